/** The status bar item: the whole image in one breath, only with a Dockerfile in front. */

import * as vscode from 'vscode';
import type { StackReport } from '../../server/src/protocol.ts';
import type { FollowedStack } from './followedStack.ts';
import { plain, sentence } from './plain.ts';

export class Status implements vscode.Disposable {
  readonly #stack: FollowedStack;
  readonly #item: vscode.StatusBarItem;
  readonly #subscription: vscode.Disposable;
  #shown = false;

  constructor(stack: FollowedStack) {
    this.#stack = stack;
    this.#item = vscode.window.createStatusBarItem(
      'dockerfileLayers.status',
      vscode.StatusBarAlignment.Right,
      100,
    );
    this.#item.name = 'Dockerfile Layers';
    this.#item.command = 'dockerfileLayers.showMenu';
    this.#subscription = stack.onDidChange(() => this.#update());
    this.#update();
  }

  /** What can be read in the status bar; undefined while it shows nothing. */
  get text(): string | undefined {
    return this.#shown ? this.#item.text : undefined;
  }

  /** What the item says when the mouse rests on it; undefined while it shows nothing. */
  get tooltip(): string | undefined {
    const { tooltip } = this.#item;
    if (!this.#shown) return undefined;
    return typeof tooltip === 'object' ? tooltip.value : tooltip;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const { front, report, state } = this.#stack;
    this.#shown = front !== undefined;
    if (!front) {
      this.#item.hide();
      return;
    }
    if (report && report.stages.length > 0) {
      const { display, totals, contextChoice, engine, compare } = report;
      const size = display.size ? ` · ${display.size}` : '';
      const again = display.again ? ` · ${display.again}` : '';
      this.#item.text = `$(layers) ${display.layers}${size}${again}`;
      const tooltip = new vscode.MarkdownString();
      tooltip.isTrusted = { enabledCommands: [goToFirstMissCommand] };
      const { accessible, nextBuild } = display;
      const sentences = [
        accessible,
        totals.size.reason,
        compare?.text,
        nextBuild,
        engine.imageText,
        engine.text,
        contextChoice.reason,
      ];
      for (const one of sentences) {
        if (!one) continue;
        tooltip.appendMarkdown(sentence(one));
        if (one === nextBuild) tooltip.appendMarkdown(firstMiss(report));
        tooltip.appendMarkdown('\n\n');
      }
      tooltip.appendMarkdown('Click to choose what is built.');
      this.#item.tooltip = tooltip;
      this.#item.accessibilityInformation = {
        label: [accessible, nextBuild, 'Opens a menu to choose what is built.']
          .filter(Boolean)
          .join(' '),
        role: 'button',
      };
    } else {
      this.#item.text = '$(layers) Layers';
      const why = without[state] ?? 'The layers are being worked out.';
      this.#item.tooltip = why;
      this.#item.accessibilityInformation = { label: why, role: 'button' };
    }
    this.#item.show();
  }
}

const goToFirstMissCommand = 'dockerfileLayers.goToFirstMiss';

/** ` It begins at line 19: src/app.ts changed.`, the line a link; `''` where nothing runs again. */
function firstMiss({ again }: StackReport): string {
  const [first] = again?.causes ?? [];
  if (!first) return '';
  const line = `[line ${first.causeLine + 1}](command:${goToFirstMissCommand})`;
  return ` It begins at ${line}: ${plain(first.reason)}.`;
}

const without: Readonly<Record<string, string>> = {
  empty: 'This Dockerfile has no stage yet.',
  stopped: 'The language server is not running.',
};

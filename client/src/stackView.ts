/** The tree view "Layers": shows the followed stack, goes to lines and is led by the cursor. */

import * as vscode from 'vscode';
import type { StackReport, WritableResult } from '../../server/src/protocol.ts';
import type { FollowedStack } from './followedStack.ts';
import { plain, sentence } from './plain.ts';
import type { Row, RowKind } from './row.ts';
import { covers, rowAt, type Sort, stackRows } from './rows.ts';

const viewId = 'dockerfileLayers.stack';

/** A cursor on its way through the file should not open every stage that it passes. */
const restMs = 80;

const icons: Readonly<Record<RowKind, string>> = {
  stage: 'list-tree',
  writable: 'edit',
  container: 'vm',
  layer: 'layers',
  metadata: 'tag',
  base: 'package',
  invalid: 'error',
};

export class StackView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #stack: FollowedStack;
  readonly #memory: vscode.Memento;
  readonly #view: vscode.TreeView<Row>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[] = [];
  #roots: readonly Row[] = [];
  #resting: NodeJS.Timeout | undefined;
  #revealing = false;
  #writable:
    | { readonly uri: string; readonly image: string | null; readonly writable: WritableResult }
    | undefined;
  /** The editor shows the view at the start by itself; only hiding it is the user's. */
  #wasHidden = false;
  readonly #shownAgain = new vscode.EventEmitter<void>();

  /** The user hid the view and shows it again. */
  readonly onDidShowAgain = this.#shownAgain.event;

  readonly onDidChangeTreeData = this.#changed.event;

  /** `memory` keeps the order and whether metadata is shown. */
  constructor(stack: FollowedStack, memory: vscode.Memento) {
    this.#stack = stack;
    this.#memory = memory;
    this.#view = vscode.window.createTreeView(viewId, {
      treeDataProvider: this,
      showCollapseAll: false,
    });
    this.#disposables.push(
      this.#view,
      this.#changed,
      this.#shownAgain,
      stack.onDidChange(() => this.#update()),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        if (event.textEditor.document === stack.document) this.#followCursor();
      }),
      this.#view.onDidChangeVisibility(({ visible }) => {
        this.#followCursor();
        if (visible && this.#wasHidden) this.#shownAgain.fire();
        this.#wasHidden = !visible;
      }),
    );
    this.#update();
  }

  /** Whether the view can be seen. */
  get visible(): boolean {
    return this.#view.visible;
  }

  get sort(): Sort {
    return this.#memory.get<Sort>('sort', 'order');
  }

  get metadata(): boolean {
    return this.#memory.get('metadata', true);
  }

  async setSort(sort: Sort): Promise<void> {
    await this.#memory.update('sort', sort);
    this.#update();
  }

  async setMetadata(shown: boolean): Promise<void> {
    await this.#memory.update('metadata', shown);
    this.#update();
  }

  /** Shows the view with the row of a line selected. */
  async revealLine(line: number): Promise<void> {
    await vscode.commands.executeCommand(`${viewId}.focus`);
    const row = rowAt(this.#roots, line);
    if (row) await this.#view.reveal(row, { select: true, focus: true });
  }

  /** Shows what containers wrote, as long as the figures are those of the same image. */
  async setWritable(uri: string, writable: WritableResult): Promise<void> {
    this.#writable = { uri, image: this.#stack.report?.engine.image?.id ?? null, writable };
    this.#update();
    const row = this.#roots[0]?.children().find(({ kind }) => kind === 'writable');
    if (!row || row.children().length === 0 || !this.#view.visible) return;
    await this.#view.reveal(row, { select: false, focus: false, expand: true });
  }

  #writableOf(report: StackReport | undefined): WritableResult | undefined {
    const asked = this.#writable;
    const isSame =
      asked?.uri === this.#stack.uri && asked?.image === (report?.engine.image?.id ?? null);
    return isSame ? asked?.writable : undefined;
  }

  /** The row that is selected, for a command without an argument. */
  get selected(): Row | undefined {
    return this.#view.selection[0];
  }

  getChildren(row?: Row): Row[] {
    return [...(row ? row.children() : this.#roots)];
  }

  getParent(row: Row): Row | null {
    return row.parent;
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const item = new vscode.TreeItem(shortened(row), this.#collapsible(row));
    item.id = row.id;
    item.description = row.description;
    item.iconPath = new vscode.ThemeIcon(icons[row.kind], colorOf(row));
    item.accessibilityInformation = { label: row.accessible };
    item.contextValue = [
      row.kind,
      row.lines ? '.line' : '',
      row.history === null ? '' : '.history',
      row.bytes === null ? '' : '.size',
      row.diffId === null ? '' : '.diffId',
      row.image === null ? '' : '.image',
      row.folder === null ? '' : '.folder',
      row.causeLine === null || row.causeLine === row.lines?.first ? '' : '.cause',
      row === this.#roots[0] ? '.target' : '',
    ].join('');
    if (row.lines) {
      item.command = {
        command: 'dockerfileLayers.revealLine',
        title: 'Go to Line',
        arguments: [row],
      };
    }
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, row: Row): vscode.TreeItem {
    const text = new vscode.MarkdownString();
    text.appendMarkdown(`**${plain(row.label)}**\n\n`);
    for (const detail of row.details) text.appendMarkdown(`${sentence(detail)}\n\n`);
    if (row.history !== null) text.appendCodeblock(row.history, 'text');
    item.tooltip = text;
    return item;
  }

  dispose(): void {
    clearTimeout(this.#resting);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #collapsible(row: Row): vscode.TreeItemCollapsibleState {
    if (row.children().length === 0) return vscode.TreeItemCollapsibleState.None;
    return row === this.#roots[0]
      ? vscode.TreeItemCollapsibleState.Expanded
      : vscode.TreeItemCollapsibleState.Collapsed;
  }

  #update(): void {
    const { document, report, state } = this.#stack;
    // While the answer to a new question is on its way, the rows of the same file stay.
    if (state !== 'asking' || this.#view.description !== describe(document)) {
      const options = {
        sort: this.sort,
        metadata: this.metadata,
        uri: document?.uri.path ?? '',
        writable: this.#writableOf(report),
      };
      this.#roots = report ? stackRows(report, options) : [];
    }
    this.#view.description = describe(document);
    setContext('hasDockerfile', document !== undefined);
    setContext('state', state);
    setContext('sort', this.sort);
    setContext('metadataHidden', !this.metadata);
    this.#changed.fire();
    this.#followCursor();
  }

  /** Selects the row of the cursor's line when the cursor rests for a moment. */
  #followCursor(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.#selectCursorRow(), restMs);
  }

  /** Without taking the focus, and only where it can be seen. */
  async #selectCursorRow(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!this.#view.visible || !editor || editor.document !== this.#stack.document) return;
    if (this.#revealing) {
      // Two at a time may end in the wrong order.
      this.#followCursor();
      return;
    }
    const { line } = editor.selection.active;
    const selected = this.#view.selection[0];
    // The row of a base stage's instruction also stands for its line: leave it selected.
    if (selected && selected.kind !== 'stage' && covers(selected, line) && this.#holds(selected)) {
      return;
    }
    const row = rowAt(this.#roots, line);
    if (!row) return;
    this.#revealing = true;
    try {
      await this.#view.reveal(row, { select: true, focus: false });
    } catch {
      // The view was filled anew or closed meanwhile; the next move selects again.
    }
    this.#revealing = false;
  }

  /** Whether a row belongs to what is shown now. */
  #holds(row: Row): boolean {
    let root = row;
    while (root.parent) root = root.parent;
    return this.#roots.includes(root);
  }
}

/** In a side bar of usual width a long instruction would push its size out of sight. */
const labelLength = 22;

/** The words say it too; the colour makes the first line that runs again easy to find. */
const changedColor = 'charts.yellow';

function colorOf({ dimmed, cache }: Row): vscode.ThemeColor | undefined {
  const name = dimmed ? 'disabledForeground' : cache === 'changed' ? changedColor : undefined;
  return name === undefined ? undefined : new vscode.ThemeColor(name);
}

/** Names of stages differ at their ends as often as at their beginnings. */
const stageLength = 32;

function shortened({ kind, label }: Row): string {
  if (kind === 'stage' && label.length > stageLength) {
    return `${label.slice(0, stageLength / 2)}…${label.slice(1 - stageLength / 2)}`;
  }
  const hasFigures = kind === 'layer' || kind === 'base';
  if (!hasFigures || label.length <= labelLength) return label;
  return `${label.slice(0, labelLength - 1).trimEnd()}…`;
}

function describe(document: vscode.TextDocument | undefined): string {
  return document ? vscode.workspace.asRelativePath(document.uri, false) : '';
}

function setContext(key: string, value: unknown): void {
  void vscode.commands.executeCommand('setContext', `dockerfileLayers.${key}`, value);
}

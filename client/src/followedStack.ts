/**
 * The stack of the Dockerfile that has, or last had, the focus: asked of the server when the
 * editor, the text or the server's facts change. One question at a time, a newer one ends the older.
 */

import * as vscode from 'vscode';
import { type LanguageClient, State } from 'vscode-languageclient/node';
import { type StackReport, stackChanged, stackRequest } from '../../server/src/protocol.ts';

/** `empty`: no stage to show. `stopped`: there is no server to ask. */
export type StackState = 'none' | 'asking' | 'shown' | 'empty' | 'stopped';

const settleMs = 120;

export class FollowedStack implements vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[] = [];
  #document: vscode.TextDocument | undefined;
  #report: StackReport | undefined;
  #state: StackState = 'none';
  #running: vscode.CancellationTokenSource | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Document, report or state are different now. */
  readonly onDidChange = this.#changed.event;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#disposables.push(
      this.#changed,
      vscode.window.onDidChangeActiveTextEditor(() => this.#follow()),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document === this.#document && event.contentChanges.length > 0) this.ask();
      }),
      vscode.workspace.onDidOpenTextDocument(() => this.#follow()),
      // A closed document lives on for minutes, its tab does not.
      vscode.window.tabGroups.onDidChangeTabs(() => {
        if (this.#document && !hasTab(this.#document)) this.#set(undefined, undefined, 'none');
      }),
      client.onNotification(stackChanged, ({ uri }) => {
        if (this.#document && uri === this.uri) this.ask();
      }),
      client.onDidChangeState(() => this.ask()),
    );
    this.#follow();
  }

  get document(): vscode.TextDocument | undefined {
    return this.#document;
  }

  get report(): StackReport | undefined {
    return this.#report;
  }

  get state(): StackState {
    return this.#state;
  }

  /** The URI as the server writes it; undefined without a Dockerfile. */
  get uri(): string | undefined {
    return this.#document && this.#client.code2ProtocolConverter.asUri(this.#document.uri);
  }

  /** The Dockerfile that is in front at this moment, not only followed. */
  get front(): vscode.TextDocument | undefined {
    const active = vscode.window.activeTextEditor?.document;
    return active && active === this.#document ? active : undefined;
  }

  /** Resolves when the report is as wanted, or there is none to wait for, or time is up. */
  async until(wanted: (report: StackReport) => boolean, limitMs: number): Promise<void> {
    const isWanted = () => !this.#report || wanted(this.#report);
    if (isWanted()) return;
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        listening.dispose();
        done();
      };
      const timer = setTimeout(end, limitMs);
      const listening = this.onDidChange(() => isWanted() && end());
    });
  }

  /** Asks again soon; several reasons within a moment make one question. */
  ask(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#askNow(), settleMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#running?.cancel();
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #follow(): void {
    const active = vscode.window.activeTextEditor?.document;
    // Another kind of file in front, or none: the last Dockerfile stays in view.
    if (active?.languageId !== 'dockerfile') {
      if (this.#document) this.#changed.fire();
      return;
    }
    if (active !== this.#document) {
      this.#set(active, undefined, 'asking');
      void this.#askNow();
    } else {
      this.#changed.fire();
    }
  }

  async #askNow(): Promise<void> {
    this.#running?.cancel();
    const document = this.#document;
    const uri = this.uri;
    if (!document || uri === undefined) return;
    const { state } = this.#client;
    if (state === State.Stopped || state === State.StartFailed) {
      this.#set(document, undefined, 'stopped');
      return;
    }
    const source = new vscode.CancellationTokenSource();
    this.#running = source;
    try {
      const report = await this.#client.sendRequest(
        stackRequest,
        { textDocument: { uri } },
        source.token,
      );
      if (source.token.isCancellationRequested || document !== this.#document) return;
      this.#set(document, report ?? undefined, report?.stages.length ? 'shown' : 'empty');
    } catch {
      // Cancelled, or the server went away: its change of state asks again.
    } finally {
      source.dispose();
    }
  }

  #set(
    document: vscode.TextDocument | undefined,
    report: StackReport | undefined,
    state: StackState,
  ): void {
    const isSame = document === this.#document && state === this.#state;
    // A tree that is filled anew loses its tooltip, so that news of nothing must not do that.
    if (isSame && report && this.#report && saysTheSame(report, this.#report)) return;
    this.#document = document;
    this.#report = report;
    this.#state = state;
    this.#changed.fire();
  }
}

/** Reports of long files are taken for news without a look, which would take longer than to show them. */
const longest = 2000;

function saysTheSame(one: StackReport, other: StackReport): boolean {
  const lines = one.stages.reduce((sum, { instructions }) => sum + instructions.length, 0);
  return lines <= longest && JSON.stringify(one) === JSON.stringify(other);
}

function hasTab(document: vscode.TextDocument): boolean {
  const wanted = document.uri.toString();
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .some(({ input }) => {
      if (input instanceof vscode.TabInputText) return input.uri.toString() === wanted;
      return input instanceof vscode.TabInputTextDiff && input.modified.toString() === wanted;
    });
}

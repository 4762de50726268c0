/**
 * Tells the server which Dockerfiles somebody sees and works with, so that it follows the container
 * engine for these alone. Opening a file is no work: until the user does something in a Dockerfile,
 * nothing is told, and nobody is contacted.
 */

import * as vscode from 'vscode';
import { type LanguageClient, State } from 'vscode-languageclient/node';
import { visibleChanged } from '../../server/src/protocol.ts';

/** Editors come and go in a row when a layout changes; one message says it all. */
const settleMs = 150;

export class Attention implements vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #inView: () => string | undefined;
  readonly #listening: vscode.Disposable;
  /** Dockerfiles that were in front before: coming back to one is work, opening one is not. */
  readonly #known = new Set<string>();
  #works = false;
  #told = '';
  #timer: NodeJS.Timeout | undefined;

  /** `inView`: the Dockerfile that the tree shows, while the tree can be seen. */
  constructor(client: LanguageClient, inView: () => string | undefined) {
    this.#client = client;
    this.#inView = inView;
    this.#known = new Set(this.#visible());
    const changed = () => this.#look();
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#workIn(document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => this.#workIn(document)),
      // The editor sets a selection by itself when a file opens, also where a search found something.
      vscode.window.onDidChangeTextEditorSelection(({ kind, textEditor }) => {
        const { Keyboard, Mouse } = vscode.TextEditorSelectionChangeKind;
        if (kind === Keyboard || kind === Mouse) this.#workIn(textEditor.document);
      }),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && this.#visible().some((uri) => this.#known.has(uri))) this.work();
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor && this.#known.has(this.#uriOf(editor.document))) this.work();
      }),
      vscode.window.onDidChangeVisibleTextEditors(changed),
      client.onDidChangeState(({ newState }) => {
        // A server that starts again has been told nothing.
        if (newState !== State.Running) return;
        this.#told = '';
        this.#look();
      }),
    );
  }

  /** The user does something with what is seen: from now on it is told. */
  work(): void {
    this.#works = true;
    this.#look();
  }

  /** The same for a request that follows at once. */
  workNow(): void {
    this.#works = true;
    clearTimeout(this.#timer);
    this.#tell();
  }

  /** The same, and it is told anew also where nothing of it changed: the user wants a fresh look. */
  workAnew(): void {
    this.#told = '';
    this.work();
  }

  /** What can be seen may be another Dockerfile now. */
  changed(): void {
    this.#look();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listening.dispose();
  }

  #workIn(document: vscode.TextDocument): void {
    if (document.languageId === 'dockerfile') this.work();
  }

  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), settleMs);
  }

  #tell(): void {
    const visible = this.#visible();
    for (const uri of visible) this.#known.add(uri);
    if (!this.#works || this.#client.state !== State.Running) return;
    const inView = this.#inView();
    const uris = [...new Set([...visible, ...(inView === undefined ? [] : [inView])])].sort();
    if (uris.join('\n') === this.#told) return;
    this.#told = uris.join('\n');
    void this.#client.sendNotification(visibleChanged, { uris });
  }

  #visible(): readonly string[] {
    return vscode.window.visibleTextEditors
      .filter(({ document }) => document.languageId === 'dockerfile')
      .map(({ document }) => this.#uriOf(document));
  }

  #uriOf({ uri }: vscode.TextDocument): string {
    return this.#client.code2ProtocolConverter.asUri(uri);
  }
}

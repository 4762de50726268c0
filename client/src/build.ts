/** The command *Build and Record*: the server builds, and says what came of it. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type BuildResult, buildOutput, buildRequest } from '../../server/src/protocol.ts';
import { withServerProgress } from './serverProgress.ts';

/** The builder's logs: a channel for each Dockerfile, so that two builds at once do not mix. */
export class BuildLog implements vscode.Disposable {
  readonly #channels = new Map<string, vscode.OutputChannel>();
  readonly #running = new Set<string>();
  readonly #listening: vscode.Disposable;
  #last: string | undefined;

  constructor(client: LanguageClient) {
    this.#listening = client.onNotification(buildOutput, ({ uri, text }) =>
      this.#channels.get(uri)?.append(text),
    );
  }

  /** Empties the log of a Dockerfile for a build of it; false: it is being built already. */
  begin(uri: string, name: string): boolean {
    this.#last = uri;
    if (this.#running.has(uri)) return false;
    this.#running.add(uri);
    let channel = this.#channels.get(uri);
    if (!channel) {
      channel = vscode.window.createOutputChannel(`Dockerfile Layers: Build of ${name}`);
      this.#channels.set(uri, channel);
    }
    channel.clear();
    return true;
  }

  end(uri: string, message: string): void {
    this.#running.delete(uri);
    this.#channels.get(uri)?.appendLine(message);
  }

  /** A message that says which Dockerfile it is about, where more than one is built in this window. */
  named(name: string, message: string): string {
    return this.#channels.size > 1 ? `${name}: ${message}` : message;
  }

  /** Shows the log of a Dockerfile, or of the last build; false: nothing was built. */
  show(uri: string | undefined): boolean {
    const channel = this.#channels.get(uri ?? '') ?? this.#channels.get(this.#last ?? '');
    channel?.show(true);
    return channel !== undefined;
  }

  dispose(): void {
    this.#listening.dispose();
    for (const channel of this.#channels.values()) channel.dispose();
  }
}

/** Shows what the builder printed; a full sentence where there is nothing yet. */
export function showBuildOutput(log: BuildLog, uri: string | undefined): void {
  if (log.show(uri)) return;
  void vscode.window.showInformationMessage(
    'Nothing was built in this window yet. The command Build and Record builds the Dockerfile.',
  );
}

/** Saves a Dockerfile and has it built with what is chosen for it. */
export async function buildAndRecord(
  client: LanguageClient,
  log: BuildLog,
  document: vscode.TextDocument | undefined,
): Promise<BuildResult | undefined> {
  if (!document) return undefined;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'Nothing is built in Restricted Mode. Trust the workspace to use this command.',
    );
    return undefined;
  }
  if (document.isUntitled) {
    void vscode.window.showInformationMessage('Save the Dockerfile as a file to build it.');
    return undefined;
  }
  if (document.isDirty && !(await document.save())) {
    void vscode.window.showWarningMessage('The Dockerfile could not be saved, so it is not built.');
    return undefined;
  }
  const uri = client.code2ProtocolConverter.asUri(document.uri);
  const name = vscode.workspace.asRelativePath(document.uri);
  if (!log.begin(uri, name)) {
    log.show(uri);
    return undefined;
  }
  // The title of a progress may have links; a bracket in a name would end this one's text.
  const title = `Building ${name.replace(/[[\]]/g, ' ')} ([show output](${linkTo(uri)}))`;
  let message = 'The build ended with the language server.';
  try {
    const result = await withServerProgress(client, title, (workDoneToken, token) =>
      client.sendRequest(buildRequest, { textDocument: { uri }, workDoneToken }, token),
    );
    message = result.message;
    void tell({ ...result, message: log.named(name, message) }, log, document.uri, uri);
    return result;
  } finally {
    log.end(uri, message);
  }
}

/** The command that shows the log of a Dockerfile, as the address of a link. */
function linkTo(uri: string): string {
  // Brackets, of all that is left as it is, would end the address.
  const escaped = encodeURIComponent(JSON.stringify([uri]))
    .replaceAll('(', '%28')
    .replaceAll(')', '%29');
  return `command:dockerfileLayers.showBuildOutput?${escaped}`;
}

async function tell(
  { outcome, message, line }: BuildResult,
  log: BuildLog,
  uri: vscode.Uri,
  key: string,
): Promise<void> {
  if (outcome === 'cancelled') return;
  const show =
    outcome === 'built' ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const showOutput = 'Show Output';
  const goToLine = 'Go to Line';
  const chosen = await show(message, ...(line === null ? [] : [goToLine]), showOutput);
  if (chosen === showOutput) log.show(key);
  if (chosen !== goToLine || line === null) return;
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start) });
}

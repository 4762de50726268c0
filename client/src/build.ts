/** The command *Build and Record*: the server builds, and says what came of it. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type BuildResult, buildOutput, buildRequest } from '../../server/src/protocol.ts';
import { withServerProgress } from './serverProgress.ts';

/** The channel that has the builder's log, one build after another. */
export class BuildLog implements vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Dockerfile Layers: Build');
  readonly #listening: vscode.Disposable;

  constructor(client: LanguageClient) {
    this.#listening = client.onNotification(buildOutput, ({ text }) => this.#channel.append(text));
  }

  begin(uri: vscode.Uri): void {
    this.#channel.clear();
    this.#channel.appendLine(`Build of ${vscode.workspace.asRelativePath(uri)}`);
  }

  end(message: string): void {
    this.#channel.appendLine(message);
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#listening.dispose();
    this.#channel.dispose();
  }
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
  const uri = document.uri.toString();
  const name = vscode.workspace.asRelativePath(document.uri);
  log.begin(document.uri);
  const result = await withServerProgress(client, `Building ${name}`, (workDoneToken, token) =>
    client.sendRequest(buildRequest, { textDocument: { uri }, workDoneToken }, token),
  );
  log.end(result.message);
  void tell(result, log, document.uri);
  return result;
}

async function tell(
  { outcome, message, line }: BuildResult,
  log: BuildLog,
  uri: vscode.Uri,
): Promise<void> {
  if (outcome === 'cancelled') return;
  const show =
    outcome === 'built' ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const showOutput = 'Show Output';
  const goToLine = 'Go to Line';
  const chosen = await show(message, ...(line === null ? [] : [goToLine]), showOutput);
  if (chosen === showOutput) log.show();
  if (chosen !== goToLine || line === null) return;
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start) });
}

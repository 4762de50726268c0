/** The command that asks servers how long downloads are; without it nobody is asked. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { askDownloadsRequest } from '../../server/src/protocol.ts';

/** Asks for the downloads of one document; its figures are renewed by the server itself. */
export async function askForDownloads(
  client: LanguageClient,
  uri: string | undefined,
): Promise<void> {
  if (uri === undefined) return;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'Servers are not asked in Restricted Mode. Trust the workspace to use this command.',
    );
    return;
  }
  const location = vscode.ProgressLocation.Notification;
  const title = 'Asking for download sizes';
  const result = await vscode.window.withProgress(
    { location, title, cancellable: true },
    (_progress, token) => client.sendRequest(askDownloadsRequest, { textDocument: { uri } }, token),
  );
  if (result.cancelled) return;
  const [first = '', ...others] = result.message.split('\n');
  if (others.length === 0) {
    void vscode.window.showInformationMessage(first);
    return;
  }
  client.warn(result.message, undefined, false);
  const showLog = 'Show Log';
  const chosen = await vscode.window.showWarningMessage(first, showLog);
  if (chosen === showLog) client.outputChannel.show();
}

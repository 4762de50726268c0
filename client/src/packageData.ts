/** The command that fetches package data: the only thing here that lets the server use the network. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { updatePackagesRequest } from '../../server/src/protocol.ts';
import { withServerProgress } from './serverProgress.ts';

/** Fetches what the open Dockerfiles need; the figures are renewed by the server itself. */
export async function updatePackageData(client: LanguageClient): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'Package data is not fetched in Restricted Mode. Trust the workspace to use this command.',
    );
    return;
  }
  const result = await withServerProgress(client, 'Updating package data', (workDoneToken, token) =>
    client.sendRequest(updatePackagesRequest, { workDoneToken }, token),
  );
  if (result.cancelled && result.failed.length === 0) return;
  const show =
    result.failed.length > 0
      ? vscode.window.showWarningMessage
      : vscode.window.showInformationMessage;
  const showLog = 'Show Log';
  if (result.failed.length === 0) {
    void show(result.message);
    return;
  }
  client.warn(result.message, undefined, false);
  if ((await show(result.message, showLog)) === showLog) client.outputChannel.show();
}

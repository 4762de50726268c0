/** The command that fetches package data: the only thing here that lets the server use the network. */

import * as vscode from 'vscode';
import { type LanguageClient, WorkDoneProgress } from 'vscode-languageclient/node';

import { updatePackagesRequest } from '../../server/src/protocol.ts';

let runs = 0;

/** Fetches what the open Dockerfiles need; the figures are renewed by the server itself. */
export async function updatePackageData(client: LanguageClient): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'Package data is not fetched in Restricted Mode. Trust the workspace to use this command.',
    );
    return;
  }
  runs += 1;
  const workDoneToken = `dockerfileLayers.updatePackages.${runs}`;
  const location = vscode.ProgressLocation.Notification;
  const title = 'Updating package data';
  const result = await vscode.window.withProgress(
    { location, title, cancellable: true },
    async (progress, token) => {
      let before = 0;
      const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind !== 'report') return;
        const { message, percentage = before } = value;
        progress.report({
          ...(message !== undefined && { message }),
          increment: Math.max(0, percentage - before),
        });
        before = Math.max(before, percentage);
      });
      try {
        return await client.sendRequest(updatePackagesRequest, { workDoneToken }, token);
      } finally {
        listening.dispose();
      }
    },
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

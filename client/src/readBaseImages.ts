/** The command that reads base images from their registries; without it, or its setting, nobody is asked. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type AskRegistryResult, askRegistryRequest } from '../../server/src/protocol.ts';
import { withServerProgress } from './serverProgress.ts';

/** Reads those of one document; its figures are renewed by the server itself. */
export async function readBaseImages(
  client: LanguageClient,
  uri: string | undefined,
): Promise<AskRegistryResult | undefined> {
  if (uri === undefined) return undefined;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'Registries are not asked in Restricted Mode. Trust the workspace to use this command.',
    );
    return undefined;
  }
  const title = 'Reading base images from their registries';
  const result = await withServerProgress(client, title, (workDoneToken, token) =>
    client.sendRequest(askRegistryRequest, { textDocument: { uri }, workDoneToken }, token),
  );
  if (!result.cancelled || result.failed.length > 0) void tell(client, result);
  return result;
}

async function tell(client: LanguageClient, { message, failed }: AskRegistryResult): Promise<void> {
  const [first = ''] = message.split('\n');
  if (failed.length === 0) {
    void vscode.window.showInformationMessage(first);
    return;
  }
  client.warn(message, undefined, false);
  const showLog = 'Show Log';
  if ((await vscode.window.showWarningMessage(first, showLog)) === showLog) {
    client.outputChannel.show();
  }
}

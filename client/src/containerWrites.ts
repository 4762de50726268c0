/** The command that has the engine say what containers of the image wrote; without it nobody is asked. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type WritableResult, writableRequest } from '../../server/src/protocol.ts';
import type { FollowedStack } from './followedStack.ts';
import { withServerProgress } from './serverProgress.ts';
import type { StackView } from './stackView.ts';

/** Asks for the image of the followed Dockerfile, and puts the answer below the writable layer. */
export async function showContainerWrites(
  client: LanguageClient,
  { uri }: FollowedStack,
  view: StackView,
): Promise<WritableResult | undefined> {
  if (uri === undefined) return undefined;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'No engine is asked in Restricted Mode. Trust the workspace to use this command.',
    );
    return undefined;
  }
  const title = 'Asking what containers wrote';
  const result = await withServerProgress(client, title, (workDoneToken, token) =>
    client.sendRequest(writableRequest, { textDocument: { uri }, workDoneToken }, token),
  );
  if (result.cancelled) return result;
  await view.setWritable(uri, result);
  // What the tree shows now needs no message.
  if (result.containers.length === 0) void vscode.window.showInformationMessage(result.message);
  return result;
}

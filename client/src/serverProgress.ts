/** Progress notifications for requests that tell how far they are. */

import * as vscode from 'vscode';
import { type LanguageClient, WorkDoneProgress } from 'vscode-languageclient/node';

let runs = 0;

/** Shows how far a request is, with a button that cancels it, until it is answered. */
export function withServerProgress<T>(
  client: LanguageClient,
  title: string,
  send: (workDoneToken: string, token: vscode.CancellationToken) => Promise<T>,
): Thenable<T> {
  runs += 1;
  const workDoneToken = `dockerfileLayers.${runs}`;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      let before = 0;
      const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === 'end') return;
        const { message, percentage = before } = value;
        progress.report({
          ...(message !== undefined && { message }),
          increment: Math.max(0, percentage - before),
        });
        before = Math.max(before, percentage);
      });
      try {
        return await send(workDoneToken, token);
      } finally {
        listening.dispose();
      }
    },
  );
}

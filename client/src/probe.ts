/** The command that has the builder say what it has; it is stopped at the first step that it has not. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type ProbeResult, probeRequest } from '../../server/src/protocol.ts';

/** Saves a Dockerfile and asks; figures and hints are renewed by the server itself. */
export async function askBuilder(
  client: LanguageClient,
  document: vscode.TextDocument | undefined,
): Promise<ProbeResult | undefined> {
  if (!document) return undefined;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'The builder is not asked in Restricted Mode. Trust the workspace to use this command.',
    );
    return undefined;
  }
  if (document.isUntitled) {
    void vscode.window.showInformationMessage(
      'Save the Dockerfile as a file to ask the builder about it.',
    );
    return undefined;
  }
  if (document.isDirty && !(await document.save())) {
    void vscode.window.showWarningMessage(
      'The Dockerfile could not be saved, so the builder is not asked.',
    );
    return undefined;
  }
  const location = vscode.ProgressLocation.Notification;
  const title = 'Asking the builder what is cached';
  const uri = document.uri.toString();
  const result = await vscode.window.withProgress(
    { location, title, cancellable: true },
    (_progress, token) => client.sendRequest(probeRequest, { textDocument: { uri } }, token),
  );
  void tell(result, document.uri);
  return result;
}

async function tell({ outcome, message, line }: ProbeResult, uri: vscode.Uri): Promise<void> {
  if (outcome === 'cancelled') return;
  const isGood = outcome === 'complete' || outcome === 'stopped';
  const show = isGood ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const goToLine = 'Go to Line';
  const chosen = await show(message, ...(line === null ? [] : [goToLine]));
  if (chosen !== goToLine || line === null) return;
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start) });
}

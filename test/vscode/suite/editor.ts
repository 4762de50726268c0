/** What the suites ask of the editor, in their own words. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../../client/src/extension.ts';
import { extensionId } from '../extensionId.ts';
import { until } from '../results.ts';

/** The workspace folder's path. */
export function folder(): string {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(first, 'a folder is open');
  return first.uri.fsPath;
}

export async function open(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(join(folder(), name));
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}

export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>(extensionId);
  assert.ok(extension, 'the extension is there');
  return await extension.activate();
}

/** The hints of a document, line number to text. */
export async function hints(document: vscode.TextDocument): Promise<ReadonlyMap<number, string>> {
  const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
  );
  return new Map(
    (found ?? []).map((hint) => [
      hint.position.line,
      typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join(''),
    ]),
  );
}

/** Waits until the hint of the first line that begins with `start` fits. */
export async function hint(
  document: vscode.TextDocument,
  start: string,
  expected: RegExp,
): Promise<void> {
  let seen = '';
  await until(`${expected} on "${start}"`, async () => {
    const line = document
      .getText()
      .split(/\r?\n/)
      .findIndex((text) => text.startsWith(start));
    seen = (await hints(document)).get(line) ?? '';
    return expected.test(seen);
  }).catch((error: Error) => {
    throw new Error(`${error.message}; the hint was "${seen}"`);
  });
}

/** Replaces the whole text in one edit. */
export async function setText(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Changes one of our settings for the workspace; undefined takes it back. */
export async function set(key: string, value: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('dockerfileLayers')
    .update(key, value, vscode.ConfigurationTarget.Workspace);
}

/** The code actions of a range, with their edits. */
export async function actions(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<readonly vscode.CodeAction[]> {
  return (
    (await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
      undefined,
      20,
    )) ?? []
  );
}

/** Pickers of what is built from one Dockerfile: target, platform, build arguments, context. */

import * as vscode from 'vscode';
import type { ArgumentReport, StackReport } from '../../server/src/protocol.ts';
import { platformItems } from './platforms.ts';
import { joined } from './row.ts';
import { type Subject, stageName } from './subject.ts';

/** Which stage is built. */
export async function pickTarget({ report, choices, uri }: Subject): Promise<void> {
  const items = report.targets.map((target) => ({
    label: stageName(target),
    description: joined([
      `line ${target.line + 1}`,
      target.index === report.target ? 'built now' : '',
    ]),
    value: target.name ?? String(target.index),
  }));
  const automatic = {
    label: 'As the settings say',
    description: 'the last stage if they say nothing',
  };
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { value?: string }>(
    [...items.reverse(), { label: '', kind: vscode.QuickPickItemKind.Separator }, automatic],
    { title: 'Target Stage', placeHolder: 'Stage to build (--target)' },
  );
  if (chosen) await choices.pick(uri, { target: chosen.value ?? null });
}

/** Which platform is built for. */
export async function pickPlatform({ report, choices, uri }: Subject): Promise<void> {
  const other = { label: 'Another platform…' };
  const automatic = { label: 'As the settings say' };
  const items = platformItems(report);
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem>(
    [...items, { label: '', kind: vscode.QuickPickItemKind.Separator }, other, automatic],
    { title: 'Platform', placeHolder: 'Platform to build for (--platform)' },
  );
  if (!chosen) return;
  const platform =
    chosen === automatic ? null : chosen === other ? await askPlatform(report) : chosen.label;
  if (platform !== undefined) await choices.pick(uri, { platform });
}

async function askPlatform(report: StackReport): Promise<string | undefined> {
  return await vscode.window.showInputBox({
    title: 'Platform',
    prompt: 'Operating system, architecture and variant, as in linux/arm/v7.',
    value: report.platform,
    validateInput: (text) =>
      /^[\w.-]+\/[\w.-]+(\/[\w.-]+)?$/.test(text.trim())
        ? undefined
        : 'A platform is written as in linux/arm64.',
  });
}

/** Values of build arguments; the list comes back until it is closed. */
export async function pickBuildArguments(subject: Subject): Promise<void> {
  const { report, choices, uri } = subject;
  const declared = new Map<string, ArgumentReport>(report.arguments.map((one) => [one.name, one]));
  for (;;) {
    const picked = choices.of(uri).buildArgs ?? {};
    const names = [...new Set([...declared.keys(), ...Object.keys(picked)])];
    const other = { label: 'Another argument…' };
    const none = { label: 'As the settings say', description: 'forget these values' };
    const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem>(
      [
        ...names.map((label) => ({ label, description: argumentValue(label, picked, declared) })),
        { label: '', kind: vscode.QuickPickItemKind.Separator },
        other,
        ...(Object.keys(picked).length > 0 ? [none] : []),
      ],
      { title: 'Build Arguments', placeHolder: 'Argument to give a value (--build-arg)' },
    );
    if (!chosen) return;
    if (chosen === none) {
      await choices.pick(uri, { buildArgs: null });
      return;
    }
    const name = chosen === other ? await askName() : chosen.label;
    if (name === undefined) continue;
    const value = await vscode.window.showInputBox({
      title: `Build Argument ${name}`,
      prompt: 'Its value; it may be empty.',
      value: picked[name] ?? declared.get(name)?.value ?? declared.get(name)?.default ?? '',
    });
    if (value !== undefined) await choices.pick(uri, { buildArgs: { ...picked, [name]: value } });
  }
}

async function askName(): Promise<string | undefined> {
  return await vscode.window.showInputBox({
    title: 'Build Argument',
    prompt: 'Name of the argument.',
    validateInput: (text) => (/^\w+$/.test(text) ? undefined : 'A name has letters, digits and _.'),
  });
}

function argumentValue(
  name: string,
  picked: Readonly<Record<string, string>>,
  declared: ReadonlyMap<string, ArgumentReport>,
): string {
  if (Object.hasOwn(picked, name)) return `${picked[name]} · picked here`;
  const argument = declared.get(name);
  if (argument && argument.value !== null) return `${argument.value} · from the settings`;
  return argument && argument.default !== null ? `${argument.default} · default` : 'no value';
}

/** Which folder COPY and ADD take their files from. */
export async function pickContext({ document, report, choices, uri }: Subject): Promise<void> {
  const { path, alternatives, inferred, reason } = report.contextChoice;
  const folders = [...new Set([...(path === null ? [] : [path]), ...alternatives])];
  const other = { label: '$(folder-opened) Another folder…' };
  const automatic = { label: '$(wand) Find it, or as the settings say' };
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { folder?: string }>(
    [
      ...folders.map((folder) => ({
        label: `$(folder) ${folderName(folder)}`,
        description: folder === path ? `used now${inferred ? ', found by itself' : ''}` : '',
        detail: folder === path ? reason : folder,
        folder,
      })),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      other,
      automatic,
    ],
    { title: 'Build Context', placeHolder: 'Folder that COPY and ADD take their files from' },
  );
  if (!chosen) return;
  if (chosen === automatic) await choices.pick(uri, { context: null });
  else if (chosen.folder !== undefined) await choices.pick(uri, { context: chosen.folder });
  else {
    const [folder] =
      (await vscode.window.showOpenDialog({
        title: 'Build Context',
        openLabel: 'Use as Context',
        canSelectFiles: false,
        canSelectFolders: true,
        defaultUri: vscode.Uri.joinPath(document.uri, '..'),
      })) ?? [];
    if (folder) await choices.pick(uri, { context: folder.fsPath });
  }
}

/** A folder as people name it: relative to the workspace where it lies inside. */
export function folderName(folder: string): string {
  const uri = vscode.Uri.file(folder);
  const inside = vscode.workspace.getWorkspaceFolder(uri);
  if (!inside) return folder;
  const relative = vscode.workspace.asRelativePath(uri, true);
  return relative === folder ? inside.name : relative;
}

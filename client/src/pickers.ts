/** The menu of the status bar item and its pickers: what is built, and which image shows it, for one Dockerfile. */

import * as vscode from 'vscode';
import type { ArgumentReport, StackReport } from '../../server/src/protocol.ts';
import type { RememberedChoices } from './choices.ts';
import type { FollowedStack } from './followedStack.ts';
import { platformItems } from './platforms.ts';

/** One Dockerfile with what is known of it and what was picked. */
interface Subject {
  readonly uri: string;
  readonly document: vscode.TextDocument;
  readonly report: StackReport;
  readonly choices: RememberedChoices;
}

type Action = (subject: Subject) => Promise<unknown>;

interface ActionItem extends vscode.QuickPickItem {
  readonly run?: Action;
}

/** The user waits for what is being asked because of the command, but not for long. */
const patienceMs = 2500;

/** Has the engine said which images there are, or that it cannot? */
export function imagesAreKnown({ engine: { state, imageText } }: StackReport): boolean {
  if (state === 'idle' || state === 'connecting') return !vscode.workspace.isTrusted;
  return state !== 'up' || imageText !== '';
}

/** Makes a command of a picker; it says in the status bar why it cannot run. */
export function pickerCommand(
  stack: FollowedStack,
  choices: RememberedChoices,
  run: Action,
  ready: (report: StackReport) => boolean = () => true,
): () => Promise<void> {
  return async () => {
    await stack.until(ready, patienceMs);
    const { uri, document, report } = stack;
    if (!uri || !document || !report) {
      vscode.window.setStatusBarMessage('Open a Dockerfile first.', 4000);
      return;
    }
    await run({ uri, document, report, choices });
  };
}

/** The whole menu. */
export async function showMenu(subject: Subject): Promise<void> {
  const { report, choices, uri } = subject;
  const target = report.targets.find((one) => one.index === report.target);
  const picked = choices.of(uri);
  const set = report.arguments.filter((argument) => argument.value !== null);
  const items: ActionItem[] = [
    {
      label: '$(target) Target stage',
      description: target ? stageName(target) : 'none',
      detail: source(picked.target),
      run: pickTarget,
    },
    {
      label: '$(chip) Platform',
      description: report.platform,
      detail: source(picked.platform),
      run: pickPlatform,
    },
    {
      label: '$(symbol-parameter) Build arguments',
      description: set.map((one) => `${one.name}=${one.value}`).join(' ') || 'none given',
      detail: source(picked.buildArgs),
      run: pickBuildArguments,
    },
    {
      label: '$(folder) Build context',
      description: report.contextChoice.path ? shown(report.contextChoice.path) : 'unknown',
      detail: report.contextChoice.reason,
      run: pickContext,
    },
    {
      label: '$(package) Built image',
      description: report.display.image || 'none is known',
      detail: source(picked.image) || report.engine.imageText,
      run: chooseImage,
    },
    {
      label: '$(server) Engine',
      description: engineName(report),
      detail: report.engine.text,
      run: openEngineSettings,
    },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...(vscode.workspace.isTrusted
      ? [
          command('$(tools) Build and record', 'dockerfileLayers.buildAndRecord'),
          command('$(question) Ask the builder what is cached', 'dockerfileLayers.askBuilder'),
        ]
      : []),
    command('$(eye) Toggle inlay hints', 'dockerfileLayers.toggleInlayHints'),
    command('$(list-tree) Show the layers', 'dockerfileLayers.stack.focus'),
    command('$(refresh) Refresh', 'dockerfileLayers.refresh'),
    command('$(output) Show log', 'dockerfileLayers.showLog'),
  ];
  if (Object.keys(picked).length > 0) {
    items.splice(6, 0, {
      label: '$(discard) Back to the settings',
      description: 'forget what was picked for this Dockerfile',
      run: ({ choices, uri }) =>
        choices.pick(uri, {
          target: null,
          platform: null,
          buildArgs: null,
          context: null,
          image: null,
        }),
    });
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.workspace.asRelativePath(subject.document.uri),
    placeHolder: 'What is built from this Dockerfile',
  });
  await chosen?.run?.(subject);
}

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
        label: `$(folder) ${shown(folder)}`,
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

/** Of which image the figures are shown. */
export async function chooseImage(subject: Subject): Promise<void> {
  const { report, choices, uri } = subject;
  const { image, candidates, imageText, state, text } = report.engine;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showInformationMessage(
      'No engine is asked in Restricted Mode. Trust the workspace to use this command.',
    );
    return;
  }
  const known = offered(uri, image ? [image, ...candidates] : candidates);
  const items: (vscode.QuickPickItem & { image?: string })[] = known.map((one) => {
    const [name = shortId(one.id), ...others] = one.references;
    const isShown = one.id === image?.id;
    return {
      label: `$(package) ${name}`,
      description: joined([
        isShown ? (image?.sure ? 'shown now' : 'probably it, shown now') : '',
        one.createdAt === null ? '' : `built ${new Date(one.createdAt).toLocaleString()}`,
      ]),
      detail: joined([...others, one.references.length === 0 ? '' : shortId(one.id)]),
      // A name goes on to mean the image that is built next.
      image: one.references[0] ?? one.id,
    };
  });
  const other = { label: '$(edit) Another image…', description: 'by its name or id' };
  const automatic = { label: '$(wand) Find it by itself, or as the settings say' };
  const engine = { label: '$(server) Engine', description: engineName(report), detail: text };
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { image?: string }>(
    [
      ...items,
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      other,
      automatic,
      ...(state === 'up' ? [] : [engine]),
    ],
    {
      title: 'Built Image',
      placeHolder: image ? 'Image whose figures are shown on the lines' : imageText,
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  if (!chosen) return;
  if (chosen === engine) await openEngineSettings();
  else if (chosen === automatic) await choices.pick(uri, { image: null });
  else {
    const picked = chosen === other ? await askImage(choices.of(uri).image) : chosen.image;
    if (picked !== undefined) await choices.pick(uri, { image: picked });
  }
}

type Offered = StackReport['engine']['candidates'];

const offeredBefore = new Map<string, Offered>();

/** With what was offered for the Dockerfile before: who chose one image can go on to another. */
function offered(uri: string, now: Offered): Offered {
  const all = new Map([...(offeredBefore.get(uri) ?? []), ...now].map((one) => [one.id, one]));
  const others = [...all.values()].filter(({ id }) => now.every((one) => one.id !== id));
  const unique = now.filter(({ id }, at) => now.findIndex((one) => one.id === id) === at);
  const list = [...unique, ...others].slice(0, mostOffered);
  offeredBefore.set(uri, list);
  return list;
}

const mostOffered = 20;

async function askImage(before: string | null | undefined): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title: 'Built Image',
    prompt: 'Name or id of an image in the engine, as in app:latest.',
    ...(before && { value: before }),
    validateInput: (text) =>
      /^\S+$/.test(text.trim()) ? undefined : 'A name of an image has no blanks.',
  });
  return name?.trim();
}

async function openEngineSettings(): Promise<void> {
  await vscode.commands.executeCommand(
    'workbench.action.openSettings',
    '@id:dockerfileLayers.engine.enable,dockerfileLayers.engine.endpoint,dockerfileLayers.image',
  );
}

/** `Docker Engine 28.5.2`, or what state it is in. */
function engineName({ engine: { product, version, state } }: StackReport): string {
  if (product !== null) return [product, version].filter(Boolean).join(' ');
  const states = {
    off: 'off',
    idle: 'not asked yet',
    connecting: 'being asked',
    up: 'answers',
    down: 'does not answer',
  };
  return states[state];
}

/** An id as the docker CLI shows it. */
function shortId(id: string): string {
  return id.replace(/^\w+:/, '').slice(0, 12);
}

function command(label: string, id: string): ActionItem {
  return { label, run: async () => vscode.commands.executeCommand(id) };
}

function stageName(target: { readonly name: string | null; readonly index: number }): string {
  return target.name ?? `stage ${target.index}`;
}

function source(picked: unknown): string {
  return picked === undefined || picked === null ? '' : 'Picked for this Dockerfile.';
}

/** A folder as people name it: relative to the workspace where it lies inside. */
function shown(folder: string): string {
  const uri = vscode.Uri.file(folder);
  const inside = vscode.workspace.getWorkspaceFolder(uri);
  if (!inside) return folder;
  const relative = vscode.workspace.asRelativePath(uri, true);
  return relative === folder ? inside.name : relative;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

/** The picker of the image whose measured figures stand on the lines. */

import * as vscode from 'vscode';
import type { StackReport } from '../../server/src/protocol.ts';
import { engineName, openEngineSettings } from './engineWords.ts';
import { joined } from './row.ts';
import type { Subject } from './subject.ts';

/** Has the engine said which images there are, or that it cannot? */
export function imagesAreKnown({ engine: { state, imageText } }: StackReport): boolean {
  if (state === 'idle' || state === 'connecting') return !vscode.workspace.isTrusted;
  return state !== 'up' || imageText !== '';
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

/** An id as the docker CLI shows it. */
function shortId(id: string): string {
  return id.replace(/^\w+:/, '').slice(0, 12);
}

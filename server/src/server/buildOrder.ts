/** What is to be built for a document, or why it is not. */

import { buildFlags } from '../analysis/buildFlags.ts';
import type { BuildOrder } from '../builder/builder.ts';
import type { Open, ServerPorts, ServerState } from './serverState.ts';
import { settledWithKeys } from './settledKeys.ts';

/** What is to be built, with the analysis that it was made of; or a full sentence on why nothing is. */
export type Readied =
  | { readonly before: Open; readonly order: BuildOrder; readonly refusal: null }
  | { readonly refusal: string };

/**
 * The order for a document as it is now on the disk, when all that its cache keys depend on is known.
 * `again`: what to do once it is saved, `build again`. Means nothing once `signal` is aborted.
 */
export async function readyOrder(
  state: ServerState,
  uri: string,
  again: string,
  signal: AbortSignal,
): Promise<Readied> {
  // What is known may be older than the files.
  state.analyzer.revalidate(uri);
  const before = await settledWithKeys(state, uri, signal);
  if (!before) return { refusal: 'This Dockerfile is not open, or it was changed meanwhile.' };
  const { order, refusal } = orderOf(before);
  if (order === null) return { refusal };
  if (!(await isSaved(before, state.ports.files))) {
    return {
      refusal: `The Dockerfile on the disk is not the one that is open here. Save it, and ${again}.`,
    };
  }
  return { before, order, refusal: null };
}

type Ordered =
  | { readonly order: BuildOrder; readonly refusal: null }
  | { readonly order: null; readonly refusal: string };

/** No Dockerfile is longer, in bytes. */
const maxBytes = 16 * 1024 * 1024;

/** The order that makes what the analysis stands for. */
function orderOf({ subject, analysis, settings }: Open): Ordered {
  const { path } = subject;
  if (path === null) return refuse('Only a Dockerfile that is saved as a file can be built.');
  const { context } = analysis;
  if (context.path === null) {
    return refuse(`There is no build context, so nothing is built. ${context.reason}`);
  }
  const own = settings.buildArguments.map(ownSetting).find((one) => one !== undefined);
  if (own) return refuse(own);
  const { target, platform, buildArgs, buildArguments } = settings;
  const order = { context: context.path, dockerfile: path, target, platform, buildArgs };
  return { order: { ...order, more: buildArguments }, refusal: null };
}

function refuse(refusal: string): Ordered {
  return { order: null, refusal };
}

/** What would make another build than the analysis stands for; undefined: nothing does. */
function ownSetting(word: string): string | undefined {
  const flag = /^(--[a-z-]+|-f)(?:=|$)/.exec(word)?.[1] ?? (/^-f./.test(word) ? '-f' : '');
  const where: Readonly<Record<string, string>> = {
    '--build-arg': 'the setting dockerfileLayers.buildArgs',
    '--target': 'the setting dockerfileLayers.target',
    '--platform': 'the setting dockerfileLayers.platform',
    '--file': 'the Dockerfile itself',
    '-f': 'the Dockerfile itself',
    '--progress': 'this command',
    '--call': 'a terminal',
    '--check': 'a terminal',
    '--print': 'a terminal',
    '--quiet': 'a terminal',
    '-q': 'a terminal',
    '--build-context': 'a terminal',
  };
  const belongs = where[flag] ?? where[word];
  return belongs === undefined
    ? undefined
    : `The setting dockerfileLayers.build.arguments has ${flag || word}, which belongs to ${belongs}.`;
}

/** Flags that what a RUN makes may depend on, and that no cache key here knows of (`buildFlags`). */
const foreign = /^--(?:isolation|policy)(?:=(?!default$)|$)/;

/** Does a command that was typed have a flag that its image does not show, though other results come of it? */
export function hasHiddenFlag(command: string): boolean {
  const words = command.split(/[\s"']+/);
  const hidden = words.some((word) => foreign.test(word) || /^--build-context(?:=|$)/.test(word));
  return hidden || (buildFlags(words)?.run.length ?? 0) > 0;
}

/** A flag for which nothing can be remembered of the build; undefined: there is none. */
export function foreignFlag({ more }: BuildOrder): string | undefined {
  const found = more.find((word) => foreign.test(word));
  return found && /^--[a-z-]+/.exec(found)?.[0];
}

/** Is this very text what the builder finds on the disk? Editors keep byte order marks to themselves. */
export async function isSaved({ subject }: Open, files: ServerPorts['files']): Promise<boolean> {
  if (subject.path === null) return false;
  try {
    const text = new TextDecoder().decode(await files.read(subject.path, maxBytes));
    return text === subject.text.replace(/^\ufeff/, '');
  } catch {
    return false;
  }
}

/**
 * What the cache key of a build step depends on, one short sentence (BuildKit
 * `dockerfile2llb`, `solver/llbsolver/ops` exec.go and file.go).
 */

import type { Plan, ResolvedCopy, ResolvedRun, Step } from '../model/plan.ts';
import { inlineCode, oneLine } from './render.ts';

/**
 * Markdown. For an instruction that is no step: what it makes run again; null where BuildKit
 * refuses it.
 */
export function cacheKey(step: Step, plan: Plan): string | null {
  if (step.run) return dependsOn(runParts(step.run));
  if (step.copy) return copyKey(step.copy, plan);
  if (step.effect === 'layer') return dependsOn(['the path', 'the user', above]);
  switch (step.command.kind) {
    case 'env':
      return 'Every RUN below depends on these values, used or not.';
    case 'arg':
      return 'Once it has a value, every RUN below depends on it, used or not.';
    case 'user':
      return 'Every RUN and WORKDIR below depends on the user; COPY and ADD do not.';
    case 'shell':
      return 'Every RUN in shell form below depends on it.';
    case 'workdir':
      return 'Every RUN below depends on the working directory.';
    case 'onbuild':
      return 'Only what is built FROM this depends on it.';
    case 'invalid':
      return null;
    default:
      return 'No build step depends on it.';
  }
}

const above = 'every step above';

function runParts({ shell, mounts, network, security }: ResolvedRun): readonly string[] {
  const shown = mounts.some(({ type, readonly }) => type === 'bind' && readonly);
  return [
    shell ? 'the command and its shell' : 'the command',
    'all ARG and ENV values above (used or not)',
    'the user',
    'the working directory',
    ...(mounts.length > 0 ? ['the mounts'] : []),
    ...(shown ? ['the contents of bind mounts'] : []),
    ...(network === 'default' ? [] : ['the network mode']),
    ...(security === 'sandbox' ? [] : ['the security mode']),
    above,
  ];
}

function copyKey(copy: ResolvedCopy, plan: Plan): string {
  const parts = [
    ...(copy.sources.length > 0 ? [filesOf(copy, plan)] : []),
    ...remoteParts(copy),
    ...(copy.files.length > 0 ? ['the text of the heredoc'] : []),
    'the destination',
    ...(copy.chown === null ? [] : ['the owner']),
    ...(copy.chmod === null ? [] : ['the mode']),
    ...(copy.link ? [] : [above]),
  ];
  const times = copy.sources.length > 0 ? '; not on file times' : '';
  const link = copy.link ? ' `--link`: the steps above do not count.' : '';
  return `${dependsOn(parts, times)}${link}`;
}

/** Owners count only in images: the files of a build context all belong to root. */
function filesOf({ origin }: ResolvedCopy, plan: Plan): string {
  if (origin.kind === 'context' || origin.kind === 'named') {
    return 'names, modes and contents of the files that it takes';
  }
  const stage = origin.kind === 'stage' ? plan.stages[origin.stage] : undefined;
  const name = origin.kind === 'image' ? origin.reference : (stage?.name ?? '');
  const from = name === '' ? `stage ${stage?.index ?? ''}`.trim() : inlineCode(oneLine(name, 60));
  return `names, modes, owners and contents of the files that it takes from ${from}`;
}

function remoteParts({ remotes, checksum }: ResolvedCopy): readonly string[] {
  const git = remotes.some(({ kind }) => kind === 'git');
  const url = remotes.some(({ kind }) => kind === 'url');
  return [
    ...(git ? ['the commit that the reference names'] : []),
    ...(url ? [checksum ? 'the checksum' : 'content, name and date of the download'] : []),
  ];
}

function dependsOn(parts: readonly string[], rest = ''): string {
  const last = parts.at(-1) ?? '';
  const first = parts.slice(0, -1).join(', ');
  return `The key depends on ${first}${first && ' and '}${last}${rest}.`;
}

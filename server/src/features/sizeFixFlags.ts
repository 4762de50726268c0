/** Fixes that put a flag into a RUN: a cache mount, or an option of an installer. */

import type { Edit } from '../merge/mergeRun.ts';
import { scriptSpan } from '../merge/runText.ts';
import type { ResolvedMount } from '../model/plan.ts';
import { visit } from '../shell/shellTree.ts';
import type { Contribution } from '../size/run/draft.ts';
import type { Span } from '../syntax/ast.ts';
import { count } from './render.ts';
import { gain, isNeededLater } from './sizeFixCleanup.ts';
import {
  changed,
  type FixPlace,
  isSameCommand,
  type SizeFix,
  savedBytes,
  smallestBytes,
} from './sizeFixRun.ts';

/** A cache mount for each folder of lists, archives or caches that stays in the layer. */
export function mountFixes(place: FixPlace): readonly SizeFix[] {
  const found = new Map<string, Contribution>();
  for (const left of place.estimate.contributions) {
    const target = targetOf(left);
    if (target !== null && !found.has(target)) found.set(target, left);
  }
  return [...found].flatMap(([target, left]) => mountFix(place, target, left) ?? []);
}

const codes: Partial<Record<Contribution['kind'], string>> = {
  lists: 'lists-left-behind',
  archives: 'archives-left-behind',
  cache: 'cache-left-behind',
};

/** The folder to be mounted; null: none that is safe to hide. */
function targetOf({ kind, path, label }: Contribution): string | null {
  if (kind === 'lists') return path === '/var/lib/apt/lists' ? path : null;
  if (kind === 'archives') return path.startsWith('/var/cache/apt/') ? '/var/cache/apt' : null;
  // What pnpm stores is linked into the project, and conda's folder belongs to its installation.
  if (kind !== 'cache' || !/^(npm cache|Yarn cache|cache of (pip|uv|Poetry|Pipenv))$/.test(label)) {
    return null;
  }
  return /^\/[\w.+-]+(\/[\w.+-]+)+$/.test(path) ? path : null;
}

function mountFix(place: FixPlace, target: string, left: Contribution): SizeFix | undefined {
  const { step, estimate, reading } = place;
  const code = codes[left.kind];
  const owner = ownerOf(place);
  if (code === undefined || owner === undefined || !takesMounts(place)) return undefined;
  if (left.size.low === 0 || isNeededLater(place, code)) return undefined;
  if (place.run.mounts.some((mount) => overlaps(mount.target, target))) return undefined;
  if (left.kind === 'archives' && reading.commands.some(({ words }) => words.includes('-d'))) {
    return undefined;
  }
  const isApt = left.kind !== 'cache';
  const sharing = isApt ? 'locked' : '';
  const flag = [
    `--mount=type=cache,target=${target}`,
    ...(sharing ? [`sharing=${sharing}`] : []),
    ...(owner.uid === null ? [] : [`uid=${owner.uid}`, `gid=${owner.gid}`]),
  ].join(',');
  const at = step.instruction.keywordSpan.end;
  const edit: Edit = { span: { start: at, end: at }, newText: ` ${flag}` };
  const mount: ResolvedMount = { ...emptyMount, target, sharing: sharing || 'shared', ...owner };
  const after = changed(place, [edit], { mounts: [mount] });
  if (!after || after.reading.unread !== reading.unread) return undefined;
  const isSame = reading.commands.every((one, index) =>
    isSameCommand(one, after.reading.commands[index]),
  );
  if (!isSame || after.estimate.contributions.some((one) => targetOf(one) === target)) {
    return undefined;
  }
  const saved = savedBytes(estimate, after.estimate);
  const isKnown = left.size.bytes !== null;
  if (saved < smallestBytes && (isKnown || isApt)) return undefined;
  const title = `Use a cache mount for ${target}, so that its files stay out of the layer`;
  return { title: `${title} ${gain(place, saved, isKnown)}`, code, edits: [edit] };
}

const emptyMount: Omit<ResolvedMount, 'target' | 'sharing'> = {
  type: 'cache',
  source: '',
  origin: null,
  readonly: false,
  id: '',
  sizeLimit: null,
  mode: null,
  uid: null,
  gid: null,
  required: false,
  env: null,
};

/** Who must own the mount; undefined where that is not known. Mounts are root's by themselves. */
function ownerOf({ run }: FixPlace): { uid: number | null; gid: number | null } | undefined {
  const [user = '', group] = run.user.split(':');
  if (user === '' || user === 'root' || user === '0') return { uid: null, gid: null };
  if (!/^\d+$/.test(user) || (group !== undefined && !/^\d+$/.test(group))) return undefined;
  return { uid: Number(user), gid: Number(group ?? user) };
}

/** Frontends before 1.2 know no mounts. */
function takesMounts({ analysis }: FixPlace): boolean {
  const syntax = analysis.dockerfile.directives.find(({ name }) => name === 'syntax')?.value ?? '';
  return !/^(docker\.io\/)?docker\/dockerfile:1\.[01](\.|-|$)/.test(syntax);
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, '')}/`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

interface OptionFix {
  readonly code: string;
  readonly program: RegExp;
  readonly option: string;
  /** The command has it, or its opposite, already. */
  readonly has: RegExp;
}

const recommends: OptionFix = {
  code: 'recommended-packages',
  program: /^(.*\/)?apt(-get)?$/,
  option: '--no-install-recommends',
  has: /recommends/i,
};

const pipCache: OptionFix = {
  code: 'cache-left-behind',
  program: /^(.*\/)?pip[\d.]*$/,
  option: '--no-cache-dir',
  has: /^--(no-)?cache-dir/,
};

/** Options that keep recommended packages, or pip's cache, out of the layer. */
export function optionFixes(place: FixPlace): readonly SizeFix[] {
  return [...(recommendedFix(place) ?? []), ...(pipFix(place) ?? [])];
}

function recommendedFix(place: FixPlace): readonly SizeFix[] | undefined {
  const extras = place.analysis.sizes.recommended(place.step);
  if (!extras || extras.bytes < smallestBytes) return undefined;
  const done = withOption(place, recommends);
  const before = place.estimate.state.installed?.names;
  const after = done?.estimate.state.installed?.names;
  if (!done || !before || !after) return undefined;
  const fewer = [...before].filter((name) => !after.has(name)).length;
  const saved = savedBytes(place.estimate, done.estimate);
  if (fewer === 0 || after.size + fewer !== before.size || saved < smallestBytes) return undefined;
  const named = extras.largest.slice(0, 2).map(({ label }) => label);
  const among =
    fewer > named.length ? `, among them ${named.join(' and ')}` : `: ${named.join(', ')}`;
  const title = `Install without recommended packages ${gain(place, saved, true)}: ${count(fewer, 'package')} fewer${among}`;
  return [{ title, code: recommends.code, edits: done.edits }];
}

function pipFix(place: FixPlace): readonly SizeFix[] | undefined {
  const isPip = ({ kind, label }: Contribution) => kind === 'cache' && label === 'cache of pip';
  const left = place.estimate.contributions.filter(isPip);
  if (left.length === 0 || isNeededLater(place, pipCache.code)) return undefined;
  const done = withOption(place, pipCache);
  if (!done || done.estimate.contributions.some(isPip)) return undefined;
  const saved = savedBytes(place.estimate, done.estimate);
  const isKnown = left.every(({ size }) => size.bytes !== null);
  const title = `Add --no-cache-dir, so that pip’s cache stays out of the layer ${gain(place, saved, isKnown)}`;
  return [{ title, code: pipCache.code, edits: done.edits }];
}

/** The RUN with the option behind each `install` of the program; undefined unless just that changes. */
function withOption(place: FixPlace, fix: OptionFix) {
  const { candidate, reading, step } = place;
  const { text: run, facts } = candidate;
  const [heredoc] = step.instruction.heredocs;
  if (heredoc && (!run.heredoc || heredoc.chomp)) return undefined;
  const edits = installWords(facts.tree, fix).map((word): Edit => {
    const at =
      heredoc === undefined
        ? scriptSpan(run, word.start, word.end).end
        : heredoc.contentSpan.start + word.end;
    return { span: { start: at, end: at }, newText: ` ${fix.option}` };
  });
  if (edits.length === 0) return undefined;
  const after = changed(place, edits);
  if (!after || after.reading.unread !== reading.unread) return undefined;
  const { commands } = reading;
  if (commands.length !== after.reading.commands.length) return undefined;
  const isMeant = commands.every((one, index) => {
    const wanted = isInstall(one.words, fix) ? inserted(one.words, fix) : one.words;
    return isSameCommand(one, after.reading.commands[index], wanted);
  });
  return isMeant ? { edits, estimate: after.estimate } : undefined;
}

function isInstall(words: readonly string[], { program, has }: OptionFix): boolean {
  const at = words.indexOf('install');
  if (at < 0 || words.some((word) => has.test(word))) return false;
  return words.slice(0, at).some((word) => program.test(word));
}

function inserted(words: readonly string[], { option }: OptionFix): readonly string[] {
  const at = words.indexOf('install') + 1;
  return [...words.slice(0, at), option, ...words.slice(at)];
}

type Tree = Parameters<typeof visit>[0];

/** The word `install` of each command that has not the option yet, where it is plain text. */
function installWords(tree: Tree, fix: OptionFix): readonly Span[] {
  const found: Span[] = [];
  visit(tree, (node) => {
    if (node.type !== 'Command' || !node.name) return true;
    const words = [node.name, ...node.args];
    if (
      !isInstall(
        words.map(({ text }) => text),
        fix,
      )
    )
      return true;
    const word = words.find(({ text }) => text === 'install');
    if (word) found.push({ start: word.pos, end: word.end });
    return true;
  });
  return found;
}

/** Fixes that end a RUN with the removal of what it leaves behind. */

import type { Contribution } from '../size/run/draft.ts';
import { bytes } from './render.ts';
import { appended } from './sizeFixAppend.ts';
import { laterSteps, needsListsLater } from './sizeFixNeeds.ts';
import {
  changed,
  type FixPlace,
  onlyAdds,
  type SizeFix,
  savedBytes,
  smallestBytes,
} from './sizeFixRun.ts';

interface Cleanup {
  readonly code: string;
  /** What it is for, of what the RUN leaves. */
  readonly takes: (left: Contribution) => boolean;
  readonly title: string;
  readonly words: readonly string[];
  /** The program has to be there still when the RUN ends. */
  readonly program?: string;
  /** The script must match, or must not. */
  readonly only?: RegExp;
  readonly unless?: RegExp;
}

function isArchive({ kind, path }: Contribution): boolean {
  return kind === 'archives' && path.startsWith('/var/cache/apt/');
}

const cleanups: readonly Cleanup[] = [
  {
    code: 'lists-left-behind',
    takes: ({ kind, path }) => kind === 'lists' && path === '/var/lib/apt/lists',
    title: 'Remove package lists in this RUN',
    words: ['rm', '-rf', '/var/lib/apt/lists/*'],
  },
  {
    code: 'archives-left-behind',
    takes: isArchive,
    title: 'Remove downloaded packages and apt’s caches in this RUN',
    words: ['apt-get', 'clean'],
    unless: /\/var\/lib\/apt\/lists/,
  },
  {
    code: 'archives-left-behind',
    takes: isArchive,
    title: 'Remove downloaded packages and apt’s caches in this RUN',
    words: ['rm', '-rf', '/var/cache/apt/archives/*', '/var/cache/apt/*.bin'],
    // Where lists are removed, `apt-get clean` would make their folders again.
    only: /\/var\/lib\/apt\/lists/,
  },
  {
    code: 'cache-left-behind',
    takes: ({ kind, label }) => kind === 'cache' && /^npm cache$/.test(label),
    title: 'Clean npm’s cache in this RUN',
    words: ['npm', 'cache', 'clean', '--force'],
    program: 'npm',
  },
  {
    code: 'cache-left-behind',
    takes: ({ kind, label }) => kind === 'cache' && /^Yarn cache$/.test(label),
    title: 'Clean Yarn’s cache in this RUN',
    words: ['yarn', 'cache', 'clean'],
    program: 'yarn',
  },
];

/** The removals that a RUN lacks. */
export function cleanupFixes(place: FixPlace): readonly SizeFix[] {
  return cleanups.flatMap((cleanup) => fixOf(place, cleanup) ?? []);
}

function fixOf(place: FixPlace, cleanup: Cleanup): SizeFix | undefined {
  const { code, takes, title, words, program, only, unless } = cleanup;
  const { estimate, reading } = place;
  const { text } = place.candidate.facts;
  if (only?.test(text) === false || unless?.test(text)) return undefined;
  const left = estimate.contributions.filter(takes);
  if (left.length === 0 || left.some(({ size }) => size.low === 0)) return undefined;
  if (isNeededLater(place, code)) return undefined;
  if (program !== undefined && mayLose(place, program)) return undefined;
  if (code === 'archives-left-behind' && reading.commands.some(isDownload)) return undefined;
  const sudo = sudoFor(place, program === undefined);
  if (sudo === undefined) return undefined;
  const edit = appended(place, [sudo + words.join(' ')]);
  const after = edit && changed(place, [edit]);
  if (!after || !onlyAdds(reading, after.reading, [words])) return undefined;
  if (after.estimate.contributions.some(takes)) return undefined;
  const saved = savedBytes(estimate, after.estimate);
  const isKnown = left.every(({ size }) => size.bytes !== null);
  // How much a cache holds, often nobody knows; all else has to be worth it.
  if (saved < smallestBytes && (isKnown || code !== 'cache-left-behind')) return undefined;
  return { title: `${title} ${gain(place, saved, isKnown)}`, code, edits: [edit] };
}

/** `(−20 MB)`; what is not known is said. */
export function gain({ analysis }: FixPlace, saved: number, isKnown: boolean): string {
  if (saved < smallestBytes) return '(how many bytes is known only after a build)';
  const least = isKnown ? 'about ' : 'at least ';
  return `(${least}−${bytes(saved, analysis.settings.units)})`;
}

/** Lists: a line below installs with them. Caches: a line below works without the network. */
export function isNeededLater(place: FixPlace, code: string): boolean {
  if (code === 'lists-left-behind') return needsListsLater(place);
  const isOffline = /--(prefer-)?offline|--no-index|--no-download/;
  return laterSteps(place).some((steps) =>
    steps.some(({ run }) => run?.argv.some((word) => isOffline.test(word))),
  );
}

/** A command of the RUN may take the program away. */
function mayLose({ reading }: FixPlace, program: string): boolean {
  return reading.commands.some(({ words }) => {
    const takesAway = words.some((word) =>
      /^(del|remove|purge|autoremove|uninstall|erase|rm|unlink|--auto-remove|mv)$/.test(word),
    );
    const isNamed = words.some((word) => word.includes(program) || /^node(js)?\b|build/.test(word));
    const isManager = /(^|\/)(apk|apt-get|apt|dnf|yum|npm|corepack)$/.test(words[0] ?? '');
    return takesAway && (isNamed || isManager);
  });
}

function isDownload({ words }: { readonly words: readonly string[] }): boolean {
  return words.some((word) => word === '-d' || word === '--download-only' || word === 'download');
}

/** `sudo ` where apt was run so; undefined where the user may not remove what root wrote. */
function sudoFor({ run, candidate }: FixPlace, ofRoot: boolean): '' | 'sudo ' | undefined {
  const user = run.user.replace(/:.*$/, '');
  if (!ofRoot || user === '' || user === 'root' || user === '0') return '';
  return /\bsudo\s+(-E\s+)?apt(-get)?\b/.test(candidate.facts.text) ? 'sudo ' : undefined;
}

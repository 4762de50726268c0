/**
 * What one RUN adds, from the commands that it executes: each is followed by the file that knows
 * its program, and what no file knows is unknown, never nothing.
 */

import type { RunReading, ShellCommand } from '../../shell/commands.ts';
import { readRun } from '../../shell/readRun.ts';
import { readable, unknownPart } from '../../shell/shellTree.ts';
import { computed, type Size, type SizePart, unknown } from '../size.ts';
import { add, nothingYet } from '../tally.ts';
import { noteAptSettings } from './aptSettings.ts';
import type { Contribution, StageState, World } from './draft.ts';
import { type DrivenDraft, draftLayer, type Removal } from './draftLayer.ts';
import { handlers } from './handlers.ts';
import { storedBy, tinyBytes, withStored, withThinned } from './stored.ts';
import { asksVersion, versionContribution } from './tiny.ts';

/** The layer of a RUN, and what the next line finds. */
export interface RunEstimate {
  readonly size: Size;
  /** What lies in the layer, in the order in which it was written. */
  readonly contributions: readonly Contribution[];
  /** What was written and removed again. */
  readonly removed: readonly Contribution[];
  /** What commands that surely run and are there to remove took away, whichever line wrote it. */
  readonly removals: readonly Removal[];
  readonly state: StageState;
}

/** Follows the commands of a RUN. */
export function estimateRun(
  world: World,
  before: StageState,
  reading: RunReading = readRun(world.run, world.platform),
): RunEstimate {
  const draft = draftLayer(world, before);
  for (const command of reading.commands) follow(command, draft);
  if (reading.unread !== null) {
    draft.doubtful = null;
    draft.write(unknownPlace(unknown(reading.unread), 'the script'));
  }
  const { contributions, removed, removals } = draft;
  const state = withStored(draft.state, storedBy(contributions));
  const size = sizeOf(contributions, removed);
  const reason = [size.reason, ...draft.notes].join(' ');
  return { size: { ...size, reason }, contributions, removed, removals, state };
}

function follow(command: ShellCommand, draft: DrivenDraft): void {
  const name = programOf(command);
  const handler = handlers.get(name);
  const { installed } = draft.state;
  draft.doubtful = command.runs === 'maybe' ? shown(command.words) : null;
  draft.remover = removerOf(name, command);
  const { stored } = draft.state;
  noteAptSettings(command, draft);
  if (asksVersion(command)) draft.write(versionContribution(name));
  else if (handler) handler(command, draft);
  else draft.write(unknownPlace(unknown(unknownReason(command)), shownShort(command.words)));
  const after = draft.state.installed;
  if (draft.doubtful !== null && after !== installed && after?.perhaps === undefined) {
    const packagesReason = `Whether \`${draft.doubtful}\` runs depends on a condition that the text does not decide.`;
    draft.state = { ...draft.state, installed: null, basePackages: null, packagesReason };
  }
  // What a command that may not run removes may still be there.
  if (draft.doubtful !== null && draft.state.stored !== stored) {
    // What it would have removed is there, or not.
    const left = new Set(draft.state.stored);
    draft.state = withThinned({ ...draft.state, stored }, (one) => !left.has(one));
  }
}

/** A program that is there to remove, as a sentence names it; null: it writes other things. */
function removerOf(name: string, { words }: ShellCommand): string | null {
  if (name === 'rm' || name === 'unlink') return name;
  const verbs = words.slice(1).filter((word) => !word.startsWith('-'));
  const [verb = '', object = ''] = verbs;
  if (/^(dist-?)?clean$/.test(verb)) return `${name} ${verb}`;
  return verb === 'cache' && /^(clean|clear|purge|prune|rm|remove)$/.test(object)
    ? `${name} cache ${object}`
    : null;
}

/** The name of the program without its folder; `''` where it is not known. */
export function programOf({ words: [program = ''] }: ShellCommand): string {
  return program.includes(unknownPart) ? '' : program.slice(program.lastIndexOf('/') + 1);
}

function unknownReason({ words }: ShellCommand): string {
  return `What \`${shown(words)}\` writes is known only after a build.`;
}

function unknownPlace(size: Size, label: string): Contribution {
  return { path: '/', size, label, kind: 'other' };
}

/** The command on one short line, what is not known of it as `…`. */
function shown(words: readonly string[]): string {
  const text = readable(words.slice(0, 8).join(' ')).replace(/\s+/g, ' ');
  return text.length > 60 || words.length > 8 ? `${text.slice(0, 59)}…` : text;
}

function shownShort(words: readonly string[]): string {
  const [program = '', first = ''] = words;
  return shown(/^[a-z][\w:-]*$/.test(first) ? [program, first] : [program]);
}

/** The sum, with what it is made of. */
function sizeOf(contributions: readonly Contribution[], removed: readonly Contribution[]): Size {
  const {
    files,
    count,
    pending: isPending,
  } = contributions.reduce((all, { size }) => add(all, size), nothingYet);
  const missing = contributions.filter(({ size }) => size.bytes === null || size.atLeast);
  const parts = partsOf(contributions);
  const [first] = missing;
  // Beside something unknown next to nothing is no figure.
  if (files.bytes <= tinyBytes && first && first.size.bytes === null) {
    const pending = isPending ? { pending: true } : {};
    return { ...unknown(unknownSentence(missing)), ...pending, ...(parts.length > 1 && { parts }) };
  }
  if (count === 0) {
    const [gone] = removed;
    return computed(
      0,
      gone ? 'What its commands write, they remove again.' : 'Its commands write no file contents.',
    );
  }
  const sentences = knownSentences(contributions);
  if (missing.length > 0) sentences.push(unknownSentence(missing));
  return {
    basis: files.doubt > 1 || missing.length > 0 ? 'estimated' : 'computed',
    bytes: files.bytes,
    low: files.low,
    high: files.high,
    atLeast: files.missing + files.partial > 0,
    reason: sentences.join(' '),
    ...(isPending && { pending: true }),
    ...(parts.length > 0 && { parts }),
  };
}

/** Where the largest figures come from; small ones are worth a word only among themselves. */
function knownSentences(contributions: readonly Contribution[]): string[] {
  const known = contributions
    .filter(({ size }) => size.bytes !== null)
    .sort((a, b) => (b.size.bytes ?? 0) - (a.size.bytes ?? 0));
  const large = known.filter(({ size }) => (size.high ?? 0) > tinyBytes);
  const told = large.length > 0 ? large : known;
  return [...new Set(told.map(({ size }) => size.reason))].slice(0, 3);
}

/** Why the first of them is unknown, and what else is. */
function unknownSentence(missing: readonly Contribution[]): string {
  const reasons = [...new Set(missing.map(({ size }) => size.reason))];
  if (reasons.length <= 2) return reasons.join(' ');
  const [first = ''] = reasons;
  const labels = missing.filter(({ size }) => size.reason !== first).map(({ label }) => label);
  const others = [...new Set(labels)];
  const more = others.length > 6 ? ` and ${others.length - 6} more` : '';
  return `${first} Not known either: ${others.slice(0, 6).join('; ')}${more}.`;
}

/** Largest first, unknown ones last; equal labels are one part. */
function partsOf(contributions: readonly Contribution[]): readonly SizePart[] {
  const parts = new Map<string, SizePart>();
  for (const { label, size } of contributions) {
    const known = parts.get(label);
    const bytes =
      known?.bytes === null || size.bytes === null ? null : (known?.bytes ?? 0) + size.bytes;
    parts.set(label, { label, bytes });
  }
  const shown = [...parts.values()].filter(({ bytes }) => bytes !== 0);
  return shown.sort((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1));
}

/** Walks through the states of a project: generated edits one after the other, from a seed. */

import { type Random, seeded } from '../support/random.ts';
import { fileEdits } from './fileEdits.ts';
import type { Project } from './predictionProjects.ts';
import { dockerfileOf, type Entry, type State } from './projectState.ts';
import { lineEdits, settingEdits } from './textEdits.ts';

export interface Edit {
  /** What it is about: the file, the line. */
  readonly about: string;
  readonly state: State;
  /** What the reason of the first miss has to name, where it has one. */
  readonly names?: string;
}

/** What an edit is made from. */
export interface Scene {
  readonly random: Random;
  readonly state: State;
  /** Another number for each edit, a time in seconds since 1970. */
  readonly now: number;
  /** Files that may go, and folders in which some may come. */
  readonly free: readonly string[];
  readonly folders: readonly string[];
  /** All states before, the first first. */
  readonly older: readonly State[];
}

/** Null: there is nothing to edit in that way. */
export type EditKind = (scene: Scene) => Edit | null;

/** An edit with what kind it is of. */
export interface NamedEdit extends Edit {
  readonly kind: string;
}

/** Older files with the times of now, as version control writes them. */
function checkedOut(now: State, older: State, time: number): State {
  const files = [...older.files].map(([path, entry]): [string, Entry] => {
    const current = now.files.get(path);
    if (entry.kind !== 'file' || current?.kind !== 'file') return [path, entry];
    const isSame =
      entry.mode === current.mode &&
      Buffer.from(entry.content).equals(Buffer.from(current.content));
    return [path, isSame ? current : { ...entry, time }];
  });
  return { ...older, files: new Map(files) };
}

const backEdits: Readonly<Record<string, EditKind>> = {
  'nothing changes': ({ state }) => ({ about: '', state }),
  'the last edit is undone': ({ older, state, now }) => {
    const last = older.at(-1);
    return last ? { about: '', state: checkedOut(state, last, now) } : null;
  },
  'an older state is checked out': ({ older, state, random, now }) =>
    older.length > 1 ? { about: '', state: checkedOut(state, random.pick(older), now) } : null,
  'an older state comes back with its times': ({ older, random }) =>
    older.length > 1 ? { about: '', state: random.pick(older) } : null,
  'the first state is checked out': ({ older, state, now }) =>
    older[0] ? { about: '', state: checkedOut(state, older[0], now) } : null,
};

const kinds: Readonly<Record<string, EditKind>> = {
  ...fileEdits,
  ...lineEdits,
  ...settingEdits,
  ...backEdits,
};

/** Names of all kinds of edits. */
export const editKinds: readonly string[] = Object.keys(kinds);

export interface WalkOptions {
  /** Edits of each project. */
  readonly edits: number;
  readonly seed: number;
  /** Kinds of edits that are left out. */
  readonly without?: RegExp | undefined;
  /** Says whether the builder can build a state. */
  builds(state: State): boolean;
}

/**
 * For each project a walk of edits. Kinds that were used least come first, so that every kind is
 * tried where it fits.
 */
export function walks(
  projects: readonly Project[],
  { edits, seed, without, builds }: WalkOptions,
): ReadonlyMap<Project, readonly NamedEdit[]> {
  const uses = new Map<string, number>();
  const chosen = editKinds.filter((kind) => !without?.test(kind));
  return new Map(
    projects.map((project, index) => {
      const random = seeded(seed * 1000 + index);
      return [project, walk(project, { edits, random, chosen, uses, builds })];
    }),
  );
}

interface Walk extends Pick<WalkOptions, 'edits' | 'builds'> {
  readonly random: Random;
  readonly chosen: readonly string[];
  /** How often each kind was used, also by other walks. */
  readonly uses: Map<string, number>;
}

function walk(
  { state: first, free, folders }: Project,
  { edits, random, chosen, uses, builds }: Walk,
): readonly NamedEdit[] {
  const made: NamedEdit[] = [];
  const older: State[] = [];
  let state = first;
  let now = 1_700_100_000;
  const place = (kind: string) => (uses.get(kind) ?? 0) * 1000 + random.below(1000);
  while (made.length < edits) {
    const order = chosen.map((kind) => ({ kind, at: place(kind) })).sort((a, b) => a.at - b.at);
    for (const { kind } of order) {
      now += 7;
      const edit = kinds[kind]?.({ random, state, now, free, folders, older });
      if (!edit || (isSameState(edit.state, state) && kind !== 'nothing changes')) continue;
      if (!builds(edit.state)) continue;
      uses.set(kind, (uses.get(kind) ?? 0) + 1);
      made.push({ ...edit, kind });
      older.push(state);
      state = edit.state;
      break;
    }
  }
  return made;
}

function isSameState(one: State, other: State): boolean {
  const text = (state: State) =>
    JSON.stringify([dockerfileOf(state), [...state.files].sort(), state.buildArgs, state.target]);
  return text(one) === text(other);
}

/**
 * Values of build arguments in snapshots, which are committed and read by others: no value stands
 * there, and what is made of one can only be compared with guesses slowly. A short value, or one that
 * the Dockerfile has itself, is not worth it.
 */

import { createHash, pbkdf2Sync } from 'node:crypto';
import type { BuildRecord } from '../cache/buildRecord.ts';
import type { KeyPart } from '../cache/keyedStep.ts';
import type { nodeDigests } from '../host/contentDigest.ts';

type FileDigests = typeof nodeDigests;

/** What a snapshot says of it, so that a report makes the same digests of the same values. */
export interface Guard {
  /** Build arguments whose values are guarded. */
  readonly names: readonly string[];
  readonly salt: string;
}

const shortest = 4;
/** Such a text may stand in any digest. */
const byChance = /^[0-9a-f]{1,5}$/;
/** About 0.1 s for each value. */
const rounds = 200_000;
/** Times are no secret. */
const known: readonly string[] = ['SOURCE_DATE_EPOCH'];

/** The guard of a new snapshot; null: there is nothing to guard. The same inputs give the same one. */
export function guardOf(
  buildArgs: Readonly<Record<string, string>>,
  { text, place }: { readonly text: string; readonly place: string },
): Guard | null {
  const names = Object.keys(buildArgs)
    .filter((name) => !known.includes(name))
    .filter((name) => (buildArgs[name] ?? '').length >= shortest)
    .filter((name) => !text.includes(buildArgs[name] ?? ''))
    .sort();
  if (names.length === 0) return null;
  const salt = createHash('sha256')
    .update(JSON.stringify([place, names]))
    .digest('hex');
  return { names, salt: salt.slice(0, 32) };
}

/** The same digests, but for texts that hold a guarded value: they take what was slowly made of it. */
export function guardedDigests(
  digests: FileDigests,
  { names, salt }: Guard,
  buildArgs: Readonly<Record<string, string>>,
): FileDigests {
  const own = longestFirst(names, buildArgs).filter(([, value]) => !byChance.test(value));
  const values = own.map(([name, value]) => ({
    value,
    slow: `\x01${name} ${pbkdf2Sync(`${name}=${value}`, salt, rounds, 32, 'sha256').toString('hex')}`,
  }));
  const text = (plain: string): string => {
    // Lists of files have zero bytes. Those of the context are in the snapshot, and are the same
    // whatever is given; a folder that a stage names by a value is left out with them.
    if (!values.some(({ value }) => plain.includes(value)) || plain.includes('\0')) {
      return digests.text(plain);
    }
    return digests.text(
      values.reduce((all, { value, slow }) => all.split(value).join(slow), plain),
    );
  };
  return { ...digests, text };
}

/** Names of parts, such as targets of mounts, with the names of arguments for their values. */
export function withoutValues(
  record: BuildRecord,
  { names }: Guard,
  buildArgs: Readonly<Record<string, string>>,
): BuildRecord {
  const values = longestFirst(names, buildArgs);
  return swapped(
    record,
    values.map(([argument, value]) => [value, written(argument)]),
  );
}

/** The other way, with the values that the arguments have now. */
export function withValues(
  record: BuildRecord,
  { names }: Guard,
  buildArgs: Readonly<Record<string, string>>,
): BuildRecord {
  const values = longestFirst(names, buildArgs);
  return swapped(
    record,
    values.map(([argument, value]) => [written(argument), value]),
  );
}

/** The guard that the text of a snapshot begins with; null: it has none. */
export function readGuard(text: string): Guard | null {
  const found = /"guard": ?(\{[^{}]{0,100000}\})/.exec(text.slice(0, 200_000))?.[1];
  try {
    const { names, salt } = JSON.parse(found ?? 'null') as Partial<Guard>;
    if (typeof salt !== 'string' || !Array.isArray(names)) return null;
    return { salt, names: names.filter((name) => typeof name === 'string').slice(0, 100) };
  } catch {
    return null;
  }
}

const written = (argument: string) => `\${${argument}}`;

/** A value may be part of another. */
function longestFirst(
  names: readonly string[],
  buildArgs: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return names
    .flatMap((name) => {
      const value = Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
      return value ? [[name, value] as const] : [];
    })
    .sort(([, a], [, b]) => b.length - a.length);
}

/** The record with one text in place of another in all names of parts. */
function swapped(
  record: BuildRecord,
  pairs: readonly (readonly [from: string, to: string])[],
): BuildRecord {
  const rename = (name: string) =>
    pairs.reduce((all, [from, to]) => all.split(from).join(to), name);
  const partsOf = (parts: readonly KeyPart[]) =>
    parts.map((part) => ({ ...part, name: rename(part.name) }));
  const stepsOf = (steps: BuildRecord['steps']) =>
    steps.map((step) => ({ ...step, parts: partsOf(step.parts) }));
  const { steps, unmerged, open } = record;
  return {
    ...record,
    steps: stepsOf(steps),
    ...(unmerged && { unmerged: stepsOf(unmerged) }),
    ...(open && { open: open.map(partsOf) }),
  };
}

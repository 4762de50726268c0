/**
 * Sums of figures. Bytes of files are added to bytes of files, and what one engine's store counts to
 * what the same store counts, never one to the other: two sums are kept side by side, and the one
 * that says more is shown.
 */

import { computed, type Size, unknown } from './size.ts';

const order = ['measured', 'computed', 'estimated'] as const;

/** What is known of one kind of bytes. */
interface Part {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  /** How many figures are unknown in these bytes. */
  readonly missing: number;
  /** How many of those are known in the other kind. */
  readonly foreign: number;
  /** How many are known in part only. */
  readonly partial: number;
  /** The least certain basis so far, as an index of `order`. */
  readonly doubt: number;
}

/** Figures added up so far. Adding is cheap, so that long chains of stages share their sums. */
export interface Tally {
  /** Bytes of files. */
  readonly files: Part;
  /** As an engine's store counts. */
  readonly stored: Part;
  /** The store that `stored` is of: the first that a figure names; null: none did. */
  readonly store: string | null;
  readonly count: number;
  /** How many of the figures are shown as a store counts them. */
  readonly shownStored: number;
  /** A figure that is not known at all; then it is missing in both. */
  readonly pending: boolean;
}

const nothing: Part = { bytes: 0, low: 0, high: 0, missing: 0, foreign: 0, partial: 0, doubt: 0 };

/** The sum of no figures. */
export const nothingYet: Tally = {
  files: nothing,
  stored: nothing,
  store: null,
  count: 0,
  shownStored: 0,
  pending: false,
};

/** The sum with one more figure; one that is unknown makes it a lower bound. */
export function add(tally: Tally, size: Size): Tally {
  const named = size.store ?? size.measured?.store ?? null;
  const store = tally.store ?? named;
  const ofFiles = inFiles(size);
  const ofStore = named === store ? inStore(size) : null;
  return {
    files: plus(tally.files, ofFiles, ofFiles === null && size.store !== undefined),
    stored: plus(tally.stored, ofStore, ofStore === null && size.basis !== 'unknown'),
    store,
    count: tally.count + 1,
    shownStored: tally.shownStored + (size.store === undefined ? 0 : 1),
    pending: tally.pending || size.pending === true,
  };
}

/** The figure in bytes of files: what was estimated, where it was measured in another way. */
function inFiles(size: Size): Size | null {
  const figure = size.store === undefined ? size : size.estimated;
  return figure && figure.store === undefined && figure.basis !== 'unknown' ? figure : null;
}

/** The figure as the store counts, beside that of files or in its place. */
function inStore({ store, basis, bytes, low, high, atLeast, measured }: Size) {
  if (store !== undefined) return basis === 'unknown' ? null : { basis, bytes, low, high, atLeast };
  if (!measured) return null;
  const count = measured.bytes;
  return { basis: 'measured', bytes: count, low: count, high: count, atLeast: false } as const;
}

function plus(
  part: Part,
  size: Pick<Size, 'basis' | 'bytes' | 'low' | 'high' | 'atLeast'> | null,
  isForeign: boolean,
): Part {
  if (size === null) {
    const foreign = part.foreign + (isForeign ? 1 : 0);
    return { ...part, missing: part.missing + 1, foreign };
  }
  return {
    bytes: part.bytes + (size.bytes ?? 0),
    low: part.low + (size.low ?? 0),
    high: part.high + (size.high ?? 0),
    missing: part.missing,
    foreign: part.foreign,
    partial: part.partial + (size.atLeast ? 1 : 0),
    doubt: Math.max(part.doubt, order.indexOf(size.basis as never)),
  };
}

/**
 * The sum as a figure. Unknown parts make it a lower bound; a sum without any known byte is unknown.
 * The basis is that of the least certain part. Where all figures are shown as a store counts them,
 * or only that sum is whole, it is the store's, and names it.
 */
export function settle(tally: Tally, what: string): Size {
  const { files, stored, store, count, shownStored } = tally;
  const pending = tally.pending ? { pending: true } : {};
  if (count === 0) return computed(0, `There are no ${what}.`);
  const isWhole = (part: Part) => part.missing + part.partial === 0;
  const known = count - (files.missing - files.foreign);
  const isStored =
    store !== null &&
    shownStored > 0 &&
    (shownStored === known || (isWhole(stored) && !isWhole(files)));
  const beside =
    !isStored && store !== null && isWhole(stored)
      ? { measured: { bytes: stored.bytes, store, reason: reasonOf(stored, count, what) } }
      : {};
  const part = isStored ? stored : files;
  const { bytes, low, high, missing, partial, doubt } = part;
  const lines = missing + partial > 0 ? { unknownLines: missing + partial } : {};
  if (missing + partial > 0 && bytes === 0) {
    return { ...unknown(`The sizes of the ${what} are not known.`), ...pending, ...lines };
  }
  return {
    basis: order[doubt] ?? 'computed',
    bytes,
    low,
    high,
    atLeast: missing + partial > 0,
    reason: reasonOf(part, count, what),
    ...(isStored ? { store } : {}),
    ...beside,
    ...pending,
    ...lines,
  };
}

function reasonOf({ missing, foreign, partial }: Part, count: number, what: string): string {
  const gap = (number: number, words: string) =>
    number > 0 && `${number} ${number === 1 ? 'is' : 'are'} ${words}`;
  const gaps = [
    gap(missing - foreign, 'not known'),
    gap(foreign, 'known only in bytes that are counted in another way'),
    gap(partial, 'known in part only'),
  ].filter((one) => one !== false);
  if (gaps.length > 0) return `The sum of ${count} ${what}, of which ${gaps.join(' and ')}.`;
  return `The sum of ${count === 1 ? `1 ${what.replace(/s$/, '')}` : `${count} ${what}`}.`;
}

/** The sum of some figures; `what` names them in the plural. */
export function sum(sizes: readonly Size[], what: string): Size {
  return settle(sizes.reduce(add, nothingYet), what);
}

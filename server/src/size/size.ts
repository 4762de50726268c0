/**
 * A figure with how it is known. Bytes are those that `docker history` shows on the classic image
 * store: contents of regular files, hard-linked files once, nothing for directories and links.
 */

export interface Size {
  readonly basis: 'measured' | 'computed' | 'estimated' | 'unknown';
  /** Unknown: `bytes`, `low` and `high` are null. */
  readonly bytes: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** A part of it is unknown. */
  readonly atLeast: boolean;
  /** A full sentence: how it is known, or why it is not. */
  readonly reason: string;
  /** A better figure is on its way. */
  readonly pending?: boolean;
  /** What it is made of, largest first; null bytes: unknown. */
  readonly parts?: readonly SizePart[];
  /** Whose bytes they are, where they are not those of file contents: `containerd`, `podman`. */
  readonly store?: string;
  /** Beside a measured figure: what was computed or estimated. */
  readonly estimated?: Size;
  /** Beside a figure of file contents: what an engine measured in its own way. */
  readonly measured?: { readonly bytes: number; readonly store: string; readonly reason: string };
  /** Of a sum: how many of its lines are unknown, or in part. */
  readonly unknownLines?: number;
}

export interface SizePart {
  readonly label: string;
  readonly bytes: number | null;
}

/** An exact figure, counted by us. */
export function computed(bytes: number, reason: string, parts?: readonly SizePart[]): Size {
  const figure = { basis: 'computed', bytes, low: bytes, high: bytes, atLeast: false } as const;
  return { ...figure, reason, ...(parts?.length ? { parts } : {}) };
}

/** No figure, and why. */
export function unknown(reason: string): Size {
  return { basis: 'unknown', bytes: null, low: null, high: null, atLeast: false, reason };
}

const order = ['measured', 'computed', 'estimated'] as const;

/** Figures added up so far. Adding is cheap, so that long chains of stages share their sums. */
export interface Tally {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
  /** How many figures were added, and how many of them are unknown. */
  readonly count: number;
  readonly missing: number;
  /** How many are known in part only. */
  readonly partial: number;
  readonly atLeast: boolean;
  readonly pending: boolean;
  /** The least certain basis so far, as an index of `order`. */
  readonly doubt: number;
}

/** The sum of no figures. */
export const nothingYet: Tally = {
  bytes: 0,
  low: 0,
  high: 0,
  count: 0,
  missing: 0,
  partial: 0,
  atLeast: false,
  pending: false,
  doubt: 0,
};

/** The sum with one more figure; one that is unknown makes it a lower bound. */
export function add(tally: Tally, size: Size): Tally {
  const isKnown = size.basis !== 'unknown';
  return {
    bytes: tally.bytes + (size.bytes ?? 0),
    low: tally.low + (size.low ?? 0),
    high: tally.high + (size.high ?? 0),
    count: tally.count + 1,
    missing: tally.missing + (isKnown ? 0 : 1),
    partial: tally.partial + (isKnown && size.atLeast ? 1 : 0),
    atLeast: tally.atLeast || !isKnown || size.atLeast,
    pending: tally.pending || size.pending === true,
    doubt: isKnown ? Math.max(tally.doubt, order.indexOf(size.basis as never)) : tally.doubt,
  };
}

/**
 * The sum as a figure. Unknown parts make it a lower bound; a sum without any known byte is unknown.
 * The basis is that of the least certain part.
 */
export function settle(tally: Tally, what: string): Size {
  const { bytes, low, high, missing, partial, atLeast, doubt } = tally;
  const pending = tally.pending ? { pending: true } : {};
  if (tally.count === 0) return computed(0, `There are no ${what}.`);
  const lines = missing + partial > 0 ? { unknownLines: missing + partial } : {};
  if (atLeast && bytes === 0) {
    return { ...unknown(`The sizes of the ${what} are not known.`), ...pending, ...lines };
  }
  const basis = order[doubt] ?? 'computed';
  const gaps = [
    missing > 0 && `${missing} ${missing === 1 ? 'is' : 'are'} not known`,
    partial > 0 && `${partial} ${partial === 1 ? 'is' : 'are'} known in part only`,
  ].filter((gap) => gap !== false);
  const count = tally.count === 1 ? `1 ${what.replace(/s$/, '')}` : `${tally.count} ${what}`;
  const reason =
    gaps.length > 0
      ? `The sum of ${tally.count} ${what}, of which ${gaps.join(' and ')}.`
      : `The sum of ${count}.`;
  return { basis, bytes, low, high, atLeast, reason, ...pending, ...lines };
}

/** The sum of some figures; `what` names them in the plural. */
export function sum(sizes: readonly Size[], what: string): Size {
  return settle(sizes.reduce(add, nothingYet), what);
}

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

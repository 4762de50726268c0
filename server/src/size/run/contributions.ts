/** Contributions as several programs' files make them. */

import { computed, type Size, unknown } from '../size.ts';
import type { Contribution } from './draft.ts';

/** One file of exactly these bytes. */
export function exactFile(
  path: string,
  bytes: number,
  label: string,
  reason: string,
): Contribution {
  return { path, size: computed(bytes, reason), label, kind: 'files', isFile: true };
}

/** Next to nothing: from none to some kilobytes, as measured for programs of its kind. */
export function tiny(path: string, bytes: number, high: number, label: string): Contribution {
  return { path, size: about(bytes, 0, high, 'What it writes is small.'), label, kind: 'files' };
}

/** An estimate. */
export function about(bytes: number, low: number, high: number, reason: string): Size {
  return { basis: 'estimated', bytes, low, high, atLeast: false, reason };
}

/** Something of unknown size at a path; null: nobody knows where. */
export function unknownAt(path: string | null, label: string, reason: string): Contribution {
  return { path: path ?? '/', size: unknown(reason), label, kind: 'other' };
}

/** What a user says of images that no table knows: a company's own bases, by pattern. */

import type { Distribution } from './baseFacts.ts';

export interface MappedImage {
  /** Reference with `*` for any text. */
  readonly pattern: string;
  /** An image of the table that it resembles: `debian:bookworm-slim`; null: none. */
  readonly like: string | null;
  readonly distribution: Distribution | null;
  /** Unpacked bytes; null: not said. */
  readonly size: number | null;
  readonly layers: number | null;
}

/** In the order of the settings: the first pattern that fits wins. */
export type ImageMapping = readonly MappedImage[];

/** What is set for an image; undefined when nothing is. */
export function mappedImage(mapping: ImageMapping, reference: string): MappedImage | undefined {
  return mapping.find(({ pattern }) => fits(pattern, reference));
}

/** `*` stands for any text. Linear: each piece is sought from where the one before ended. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() as string;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

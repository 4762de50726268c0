/** What a user says of images that no table knows: a company's own bases, by pattern. */

import type { Distribution } from './baseFacts.ts';
import { debianSuite, distribution, releaseOf, ubuntuSuite } from './releases.ts';

export interface MappedImage {
  /** Reference with `*` for any text. */
  readonly pattern: string;
  /** An image of the table that it resembles: `debian:bookworm-slim`; null: none. */
  readonly like: string | null;
  /** `ID` of os-release, and the release; null: not said. */
  readonly distribution: string | null;
  readonly suite: string | null;
  /** Unpacked bytes; null: not said. */
  readonly size: number | null;
  readonly layers: number | null;
}

/** In the order of the settings: the first pattern that fits wins. */
export type ImageMapping = readonly MappedImage[];

/** What is set for an image; undefined when nothing is. A pattern without a tag fits all tags. */
export function mappedImage(mapping: ImageMapping, reference: string): MappedImage | undefined {
  if (mapping.length === 0) return undefined;
  const [tagged = ''] = reference.split('@', 1);
  const name = tagged.replace(/:[^/:]*$/, '');
  return mapping.find(({ pattern }) =>
    [reference, tagged, name].some((text) => fits(pattern, text)),
  );
}

/** The distribution that is set, in any spelling that tags have; null when none is. */
export function mappedDistribution(image: MappedImage): Distribution | null {
  const { distribution: id, suite } = image;
  if (id === null && suite === null) return null;
  const slim = suite?.endsWith('-slim') === true;
  const word = suite?.replace(/-slim$/, '') ?? '';
  if (id === null) {
    const release = releaseOf(word);
    return release ? distribution(release, slim) : null;
  }
  const named = id === 'debian' ? debianSuite(word) : id === 'ubuntu' ? ubuntuSuite(word) : null;
  const plain = id === 'alpine' && /^\d/.test(word) ? `v${word}` : word;
  return distribution({ id, suite: named ?? (plain === '' ? null : plain) }, slim);
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

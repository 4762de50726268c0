/** Digests of sources that do not tell all contents apart: what is made otherwise may be the same. */

import type { KeyPart } from './keyedStep.ts';

/** Before a digest for which another one may stand for the same content. */
export const inexact = '~';

/** Is it the digest of a source for which another one may stand for the same content? */
export function isInexact({ kind, digest }: KeyPart): boolean {
  return kind === 'content' && digest.startsWith(inexact);
}

/**
 * Do the sources differ in nothing but what the recorded ones are not sure of? Then they may be the
 * same, as where a RUN that could not be followed is written so that it can.
 */
export function mayBeEqual(now: readonly KeyPart[], recorded: readonly KeyPart[]): boolean {
  const contents = (parts: readonly KeyPart[]) => parts.filter(({ kind }) => kind === 'content');
  const [ours, theirs] = [contents(now), contents(recorded)];
  return (
    ours.length === theirs.length &&
    ours.every((part, at) => {
      const other = theirs[at];
      return other !== undefined && (part.digest === other.digest || isInexact(other));
    })
  );
}

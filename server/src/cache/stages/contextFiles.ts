/** What is known of the files that a step takes of the build context. */

import type { ContentFacts, KnownContent } from '../../context/contentFacts.ts';
import type { Fact } from '../../context/fact.ts';
import { hiddenBy, type Making } from './making.ts';
import { certain, type Marks } from './marks.ts';
import type { HiddenNode } from './nodes.ts';

type Unknown = NonNullable<Marks['unknown']>;

/** The files, or why they are not known. */
export function contextFiles(fact: Fact<ContentFacts>): KnownContent | Unknown {
  if (fact.state === 'pending')
    return { reason: 'The files of the build context are being read.', pending: true };
  if (fact.state === 'unavailable') return { reason: fact.reason, pending: false };
  const { value } = fact;
  if (value.kind === 'unknown') return { reason: value.reason, pending: false };
  return value.fails === null ? value : { reason: value.fails, pending: false };
}

/** What stands for files that are not known. */
export function unread(making: Pick<Making, 'hash'>, unknown: Unknown): HiddenNode {
  return hiddenBy(making.hash(`unread ${unknown.reason}`), { ...certain, unknown });
}

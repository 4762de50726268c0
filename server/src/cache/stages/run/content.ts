/** Bytes of files: texts, and what is made of several. */

import { unveiled } from '../entries.ts';
import type { Making } from '../making.ts';
import { certain, joinMarks, type Marks } from '../marks.ts';
import type { Content, Node } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';

/** The bytes of a text. */
export function textContent(making: Making, text: string): Content {
  return { digest: making.hash(text), text, marks: certain };
}

/** Of more parts than this it is not told which they are. */
const mostParts = 64;

/** One content behind the other, however they came there. */
export function concatenated(making: Making, contents: readonly Content[]): Content {
  const parts = contents.filter(({ text }) => text !== '');
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  let marks: Marks = certain;
  for (const part of parts) marks = joinMarks(marks, part.marks);
  const joined: Pick<Content, 'digest' | 'text'>[] = [];
  for (const part of parts.flatMap((each) => each.parts ?? [each])) {
    const text = joinedText(joined.at(-1)?.text, part.text);
    if (text === null) joined.push(part);
    else joined[joined.length - 1] = { digest: making.hash(text), text };
  }
  const [first = textContent(making, '')] = joined;
  if (joined.length <= 1) return { digest: first.digest, text: first.text, marks };
  const digest = making.hash(JSON.stringify(['joined', joined.map((each) => each.digest)]));
  const whole = { digest, text: null, marks };
  return joined.length > mostParts ? whole : { ...whole, parts: joined };
}

/** Two texts in a row are one; null: they are not told as one. */
function joinedText(before: string | null | undefined, next: string | null): string | null {
  if (before === undefined || before === null || next === null) return null;
  return before.length + next.length > 65_536 ? null : before + next;
}

/** The bytes of a file. Throws Unfollowed for all that is none. */
export function contentOf(making: Making, node: Node): Content {
  switch (node.kind) {
    case 'file':
      return node.content;
    case 'given':
      if (node.node.kind !== 'file') throw new Unfollowed();
      return { digest: node.node.content, text: null, marks: making.digestOf(node).marks };
    case 'veiled': {
      const inner = contentOf(making, unveiled(node));
      const { marks } = making.digestOf(node);
      return { ...inner, marks };
    }
    case 'hidden': {
      const { digest, marks } = making.digestOf(node);
      return { digest: making.hash(`bytes ${digest}`), text: null, marks };
    }
    default:
      throw new Unfollowed();
  }
}

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

/** One content behind the other. */
export function concatenated(making: Making, parts: readonly Content[]): Content {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  let marks: Marks = certain;
  for (const part of parts) marks = joinMarks(marks, part.marks);
  const texts = parts.flatMap(({ text }) => (text === null ? [] : [text]));
  if (texts.length === parts.length) {
    const text = texts.join('');
    if (text.length <= 65_536) return { digest: making.hash(text), text, marks };
  }
  const digest = making.hash(JSON.stringify(['joined', parts.map((part) => part.digest)]));
  return { digest, text: null, marks };
}

/** A file with more behind it. */
export function appended(making: Making, before: Content, more: Content): Content {
  if (before.text !== null && more.text !== null && before.text.length < 65_536) {
    const text = before.text + more.text;
    return { digest: making.hash(text), text, marks: joinMarks(before.marks, more.marks) };
  }
  const digest = making.hash(JSON.stringify(['appended', before.digest, more.digest]));
  return { digest, text: null, marks: joinMarks(before.marks, more.marks) };
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

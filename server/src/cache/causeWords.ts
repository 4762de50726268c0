/** What a cause is, and which words of an instruction differ. */

import type { Span } from '../syntax/ast.ts';

export interface Cause {
  /** The instruction that causes it; null: the step's own. */
  readonly span: Span | null;
  /** A part of a sentence, such as `src/app.ts changed`. */
  readonly reason: string;
}

/** ``"npm ci" became "npm install"``; for two texts that are not equal. */
export function changedWords(before: string, now: string): string {
  const old = before.split(/(\s+)/);
  const own = now.split(/(\s+)/);
  const isBlank = old.join('').replace(/\s+/g, ' ') === own.join('').replace(/\s+/g, ' ');
  if (isBlank) return 'white space in the instruction changed';
  const [oldKeyword = '', ownKeyword = ''] = [old[0]?.toUpperCase(), own[0]?.toUpperCase()];
  const a = old.filter((word) => word.trim() !== '');
  const b = own.filter((word) => word.trim() !== '');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end++;
  }
  const gone = a.slice(start, a.length - end);
  const come = b.slice(start, b.length - end);
  if (oldKeyword !== ownKeyword && gone.length === 1 && come.length === 1) {
    return `${oldKeyword} became ${ownKeyword}`;
  }
  if (gone.length === 0) return `${quoted(come)} was added`;
  if (come.length === 0) return `${quoted(gone)} was removed`;
  return `${quoted(gone)} became ${quoted(come)}`;
}

/** An instruction in a few words. */
export function quotedLine(text: string): string {
  return quoted((text.split('\n')[0] ?? '').split(/\s+/));
}

function quoted(words: readonly string[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a Dockerfile may have them
  const text = words.join(' ').replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, '?');
  return `"${text.length <= 40 ? text : `${text.slice(0, 39)}…`}"`;
}

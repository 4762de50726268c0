/** Whether a word of `case` or `[[ … ]]` fits a text of which parts may be unknown. */

import type { Word } from 'unbash';
import type { Expander } from './expansion.ts';
import { matches } from './patterns.ts';
import type { Status } from './runner.ts';
import type { ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** Fits, does not, or undefined where the text does not tell. */
export function patternFits(
  subject: string,
  word: Word,
  scope: ShellScope,
  expand: Expander,
): Status {
  const pattern = expand.pattern(word, scope);
  if (/^\*+$/.test(pattern)) return true;
  if (pattern.includes(unknownPart)) return undefined;
  if (subject.includes(unknownPart)) return openTextFits(subject, pattern);
  return matches(subject, pattern);
}

/** A pattern without stars does not fit a text whose known start is another one. */
function openTextFits(subject: string, pattern: string): Status {
  const start = subject.slice(0, subject.indexOf(unknownPart));
  const plain = /^[\w./:@-]*/.exec(pattern)?.[0] ?? '';
  const length = Math.min(start.length, plain.length);
  if (start.slice(0, length) !== plain.slice(0, length)) return false;
  return plain === pattern && plain.length < start.length ? false : undefined;
}

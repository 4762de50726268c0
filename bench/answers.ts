/**
 * Does an answer belong to the text as it stands? A stale one does not count.
 *
 * One character is typed behind a variable's name, and taken away with the next edit. With it the
 * variable is another one and its line is longer, so the answers before and after exclude each other.
 */

import { type BenchText, probe } from './texts.ts';

/** One kind of answer, and how it shows which text it was made of. */
export interface Question {
  readonly method: string;
  params(uri: string, text: BenchText): object;
  /** `after`: the character stands there. */
  isFresh(answer: unknown, text: BenchText, after: boolean): boolean;
}

/** Lines above and below the typed one that an editor shows, and asks hints for. */
const shown = 30;

/** The hint of the typed line stands at that line's end, which the edit moves. */
export const hints: Question = {
  method: 'textDocument/inlayHint',
  params: (uri, { line, lines }) => ({
    textDocument: { uri },
    range: {
      start: { line: Math.max(0, line - shown), character: 0 },
      end: { line: Math.min(lines, line + shown), character: 0 },
    },
  }),
  isFresh(answer, { line, length }, after) {
    if (!Array.isArray(answer)) return false;
    const own = answer.filter(({ position }) => position.line === line);
    return own.length === 1 && own[0].position.character === length + (after ? 1 : 0);
  },
};

const hoverParams: Question['params'] = (uri, { line, character }) => ({
  textDocument: { uri },
  position: { line, character: character - 1 },
});

/** Our card shows the instruction's `docker history` line, and so the variable's name. */
export const ourHover: Question = {
  method: 'textDocument/hover',
  params: hoverParams,
  isFresh: (answer, _, after) =>
    contents(answer)?.includes((after ? probe.after : probe.before).reference) ?? false,
};

/** The peer shows the value of the variable under the pointer. */
export const peerHover: Question = {
  method: 'textDocument/hover',
  params: hoverParams,
  isFresh: (answer, _, after) => contents(answer) === (after ? probe.after : probe.before).value,
};

function contents(answer: unknown): string | null {
  const found = (answer as { contents?: string | { value: string } } | null)?.contents;
  return typeof found === 'string' ? found : (found?.value ?? null);
}

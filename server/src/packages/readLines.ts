/** Text of an index as lines, within limits: an index comes from a network, so nothing of it is trusted. */

/** Something is wrong with an index; the message is a full sentence for users. */
export class IndexProblem extends Error {}

export interface TextLimits {
  /** Unpacked bytes of the whole text. */
  readonly bytes: number;
  /** Characters of one line. */
  readonly line: number;
}

/** Larger than any index of today: Ubuntu's universe has 70 MB, Fedora's primary.xml 200 MB. */
export const textLimits: TextLimits = { bytes: 500_000_000, line: 1_000_000 };

/** Packages that one index may have; the largest release of today has 90,000. */
export const mostPackages = 400_000;

/**
 * Lines without their ends, many at a time, since a step for each line would take longer than
 * reading it. Throws an `IndexProblem` where the text or a line of it is larger than the limits.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  limits: TextLimits = textLimits,
): AsyncGenerator<readonly string[], void, void> {
  let rest = '';
  for await (const text of readText(input, limits)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > limits.line || lines.some((line) => line.length > limits.line)) {
      throw new IndexProblem('A line of the index is longer than any real one.');
    }
    yield lines;
  }
  if (rest !== '') yield [rest];
}

/** The input as text, in pieces; throws an `IndexProblem` beyond the limit. */
export async function* readText(
  input: AsyncIterable<Uint8Array>,
  limits: TextLimits = textLimits,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const piece of input) {
    bytes += piece.length;
    if (bytes > limits.bytes) {
      throw new IndexProblem('The index is larger than any real one when it is unpacked.');
    }
    yield decoder.decode(piece, { stream: true });
  }
  const end = decoder.decode();
  if (end !== '') yield end;
}

/** Bytes of a size in an index; 0 for what is no sensible number. */
export function bytesOf(text: string | undefined): number {
  const bytes = Number(text);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}

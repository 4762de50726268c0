/** Cases recorded from BuildKit's own parser, as the files of the parser have them. */

import { eachCase } from './conformance.ts';

/** One instruction as BuildKit's parser gave it. */
export interface NodeCase {
  readonly value: string;
  readonly args: readonly (string | NodeCase)[];
  readonly flags: readonly string[];
  readonly heredocs: readonly object[];
  readonly json: boolean;
  readonly original: string;
  readonly prevComment: readonly string[];
  readonly startLine: number;
  readonly endLine: number;
}

export interface ParserCase {
  readonly name: string;
  readonly dockerfile?: string;
  /** Instead of `dockerfile` where the text is long. */
  readonly dockerfileParts?: readonly (string | { repeat: string; count: number })[];
  readonly escape?: string;
  readonly dump?: string;
  readonly expectedDump?: string;
  readonly nodes?: readonly NodeCase[];
  readonly warnings?: readonly { line: number; short: string }[];
  readonly ranges?: readonly (readonly (string | number)[])[];
  readonly error?: string;
  readonly errorLines?: readonly (readonly number[])[];
  readonly syntax?: object;
  readonly check?: object;
}

const files = [
  'parser_testfiles',
  'parser_testfiles_negative',
  'parser_lines',
  'parser_upstream_inline',
  'parser_edge_cases',
];

/** Declares one test per case of all these files; where a file cannot be had, a skipped one. */
export function eachParserCase(
  title: (name: string) => string,
  run: (expected: ParserCase, text: string) => void | Promise<void>,
): void {
  for (const file of files) {
    eachCase<ParserCase>(
      file,
      ({ name }) => title(name),
      (expected) => run(expected, textOf(expected)),
    );
  }
}

function textOf({ dockerfile, dockerfileParts = [] }: ParserCase): string {
  if (dockerfile !== undefined) return dockerfile;
  return dockerfileParts
    .map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.count)))
    .join('');
}

/** All line numbers of a range, as the cases list them. */
export function linesIn(start: number, end: number): readonly number[] {
  return Array.from({ length: end - start + 1 }, (_, index) => start + index);
}

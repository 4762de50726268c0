/** What people do to a Dockerfile after they built it, with the truth of which line was which. */

import type { InstructionReport, StackReport } from '../../../server/src/protocol.ts';

export interface Edited {
  /** What was done, in words. */
  readonly name: string;
  readonly text: string;
  /** Zero-based first line of an instruction of the target's stage, as it was built; null: it is new or changed. */
  readonly was: ReadonlyMap<number, number | null>;
  /** First lines of instructions that changed places, which may count as changed. */
  readonly moved: ReadonlySet<number>;
}

interface Block {
  /** Comments and blank lines above it, which go where it goes. */
  readonly above: readonly string[];
  readonly lines: readonly string[];
  readonly keyword: string;
  /** First line in the text that was built; null: it was not built so. */
  readonly was: number | null;
}

/** Instructions whose removal leaves the texts of the others as they were. */
const removable = ['RUN', 'COPY', 'ADD', 'LABEL', 'EXPOSE', 'CMD', 'ENTRYPOINT', 'STOPSIGNAL'];

/**
 * Edits of the stage that the report is about: none, a line added, one changed, one removed, two
 * changed places. `seed` picks the lines. Those that the Dockerfile has no line for are left out.
 */
export function editsOf(text: string, report: StackReport, seed: number): readonly Edited[] {
  const lines = text.split('\n');
  const stage = report.stages.find(({ index }) => index === report.target);
  const own =
    stage?.instructions.filter(({ keyword, fromTrigger }) => keyword && !fromTrigger) ?? [];
  const blocks = blocksOf(lines, own);
  const first = own.findIndex(({ keyword }) => keyword !== 'FROM');
  const places = blocks.map((_, index) => index).filter((index) => index >= Math.max(1, first));
  const pick = (which: readonly number[]) => which[seed % Math.max(1, which.length)];
  const made: (Edited | null)[] = [edited('as built', lines, own, blocks)];

  const at = pick([...places, blocks.length]);
  if (at !== undefined) {
    const added = [
      'RUN echo added > /added-since',
      'LABEL added.since=yes',
      'COPY . /added-since/',
    ];
    const line = added[seed % added.length] as string;
    made.push(
      edited(`${line} is added`, lines, own, [
        ...blocks.slice(0, at),
        { above: [], lines: [line], keyword: line.split(' ')[0] as string, was: null },
        ...blocks.slice(at),
      ]),
    );
  }
  const changed = pick(places.filter((index) => isShellRun(blocks[index] as Block)));
  if (changed !== undefined) {
    const block = blocks[changed] as Block;
    const { lines: old } = block;
    const cr = old.at(-1)?.endsWith('\r') ? '\r' : '';
    const last = `${old.at(-1)?.trimEnd()} && echo changed > /changed-since${cr}`;
    made.push(
      edited(
        `a RUN is changed: ${old[0]}`,
        lines,
        own,
        blocks.with(changed, { ...block, lines: [...old.slice(0, -1), last], was: null }),
      ),
    );
  }
  const gone = pick(places.filter((index) => removable.includes((blocks[index] as Block).keyword)));
  if (gone !== undefined && places.length > 1) {
    const name = `a line is removed: ${(blocks[gone] as Block).lines[0]}`;
    made.push(edited(name, lines, own, blocks.toSpliced(gone, 1)));
  }
  const moved = pick(
    places.filter((index) =>
      [index, index + 1].every((one) => ['RUN', 'COPY'].includes(blocks[one]?.keyword ?? '')),
    ),
  );
  if (moved !== undefined) {
    const [a, b] = [blocks[moved] as Block, blocks[moved + 1] as Block];
    made.push(
      edited(
        `two lines change places: ${a.lines[0]}`,
        lines,
        own,
        blocks.toSpliced(moved, 2, b, a),
        [a, b],
      ),
    );
  }
  return made.filter((one) => one !== null);
}

function isShellRun({ keyword, lines }: Block): boolean {
  const last = lines.at(-1) ?? '';
  return (
    keyword === 'RUN' &&
    !/<<|^\s*\S+\s+(--\S+\s+)*\[/.test(lines.join('\n')) &&
    !/[\\`]\s*$/.test(last)
  );
}

/** The lines of each instruction. */
function blocksOf(lines: readonly string[], own: readonly InstructionReport[]): readonly Block[] {
  return own.map(({ range, keyword }, index) => {
    const before = own[index - 1];
    const start = before ? lastLine(before.range) + 1 : range.start.line;
    return {
      above: lines.slice(start, range.start.line),
      lines: lines.slice(range.start.line, lastLine(range) + 1),
      keyword,
      was: range.start.line,
    };
  });
}

function lastLine({ start, end }: InstructionReport['range']): number {
  return end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
}

/** The text with these blocks in place of the stage's instructions; null where that cannot be said. */
function edited(
  name: string,
  lines: readonly string[],
  own: readonly InstructionReport[],
  blocks: readonly Block[],
  swapped: readonly Block[] = [],
): Edited | null {
  const first = own[0]?.range.start.line;
  const last = own.at(-1);
  if (first === undefined || !last) return null;
  const out = lines.slice(0, first);
  const was = new Map<number, number | null>();
  const moved = new Set<number>();
  for (const block of blocks) {
    out.push(...block.above);
    was.set(out.length, block.was);
    if (swapped.includes(block)) moved.add(out.length);
    out.push(...block.lines);
  }
  out.push(...lines.slice(lastLine(last.range) + 1));
  return { name, text: out.join('\n'), was, moved };
}

/** `syntax --json` through the tool, against what BuildKit's own parser was recorded to say. */

import assert from 'node:assert/strict';
import type { SyntaxNode, SyntaxReport } from '../../../server/src/cli/syntaxReport.ts';
import { cli } from '../../support/cli.ts';
import { eachParserCase, linesIn, type NodeCase } from '../../support/parserCases.ts';

async function syntax(text: string | Uint8Array): Promise<SyntaxReport> {
  const ran = await cli(['syntax', '-', '--json'], { input: text });
  assert.equal(ran.code, 0);
  assert.equal(ran.err, '');
  return JSON.parse(ran.out);
}

eachParserCase(
  (name) => `syntax --json of ${name}`,
  async (expected, text) => {
    const report = await syntax(text);
    if (expected.error !== undefined) {
      const [first] = report.errors;
      assert.equal(first?.message, expected.error);
      if (expected.errorLines)
        assert.deepEqual([linesIn(first.startLine, first.endLine)], expected.errorLines);
      return;
    }
    assert.deepEqual(report.errors, []);
    if (expected.escape) assert.equal(report.escape, expected.escape);
    if (expected.nodes) assert.deepEqual(report.instructions, expected.nodes.map(asNode));
    for (const [index, range] of (expected.ranges ?? []).entries()) {
      const node = report.instructions[index] ?? assert.fail();
      assert.deepEqual([node.keyword, node.startLine, node.endLine].slice(-range.length), range);
    }
  },
);

function asNode({ value, args, flags, heredocs, json, startLine, endLine }: NodeCase): SyntaxNode {
  return {
    keyword: value,
    flags,
    args: args.map((arg) => (typeof arg === 'string' ? arg : asNode(arg))),
    json,
    startLine,
    endLine,
    heredocs: heredocs as SyntaxNode['heredocs'],
  };
}

describe('syntax', () => {
  it('prints the fields of the contract and no others', async () => {
    const report = await syntax(
      'FROM a\nRUN --mount=type=cache,target=/x <<EOF\nb\nEOF\nONBUILD COPY c d\nCMD ["e"]\n',
    );
    assert.deepEqual(report, {
      escape: '\\',
      instructions: [
        node('FROM', ['a'], 1, 1),
        {
          ...node('RUN', ['<<EOF'], 2, 4),
          flags: ['--mount=type=cache,target=/x'],
          heredocs: [{ name: 'EOF', fd: 0, expand: true, chomp: false, content: 'b\n' }],
        },
        node('ONBUILD', [node('COPY', ['c', 'd'], 0, 0)], 5, 5),
        { ...node('CMD', ['e'], 6, 6), json: true },
      ],
      errors: [],
      instructionErrors: [],
    });
  });

  it('tells errors of the parser from errors of instructions, all of them', async () => {
    const report = await syntax('FROM a b\nENV x\nRUN ok\nFOO\n');
    assert.deepEqual(
      report.errors.map(({ message, startLine }) => [startLine, message]),
      [[2, 'ENV must have two arguments']],
    );
    assert.deepEqual(
      report.instructionErrors.map(({ startLine }) => startLine),
      [1, 4],
    );
    assert.ok(report.instructions.some(({ keyword }) => keyword === 'RUN'));
  });

  it('prints one line for each instruction without --json', async () => {
    const ran = await cli(['syntax', '-'], { input: 'FROM a\nRUN b \\\n c\nFOO\n' });
    assert.match(ran.out, /^1-1 FROM "a"\n2-3 RUN "b {2}c"\n/);
    assert.match(ran.out, /line 4: .*unknown instruction: FOO/);
  });

  it('reads bytes that are no UTF-8 as BuildKit prints them: one mark for each byte', async () => {
    const input = Buffer.concat([
      Buffer.from('FROM a\nRUN "'),
      Buffer.from([0xff, 0xe2, 0x82, 0x41, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x90, 0xb3, 0xc3]),
      Buffer.from('"\n'),
    ]);
    const report = await syntax(input);
    assert.equal(
      report.instructions[1]?.args[0],
      '"\ufffd\ufffd\ufffdA\ufffd\ufffd\ufffd\u{1f433}\ufffd"',
    );
  });
});

function node(
  keyword: string,
  args: SyntaxNode['args'],
  startLine: number,
  endLine: number,
): SyntaxNode {
  return { keyword, flags: [], args, json: false, startLine, endLine, heredocs: [] };
}

/** The parser against what BuildKit's own parser was recorded to say, field by field. */

import assert from 'node:assert/strict';
import type { Instruction, Problem } from '../../../server/src/syntax/ast.ts';
import { detectCheck, detectSyntax } from '../../../server/src/syntax/directives.ts';
import { goQuote } from '../../../server/src/syntax/goText.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import {
  eachParserCase,
  linesIn,
  type NodeCase,
  type ParserCase,
} from '../../support/parserCases.ts';

eachParserCase((name) => name, compare);

function compare(expected: ParserCase, text: string): void {
  const { instructions, problems, escape: token } = parse(text);
  const [refusal] = problems.filter((each) => each.buildkit);
  if (expected.error !== undefined) {
    assert.equal(refusal?.buildkit?.message, expected.error);
    assert.equal(refusal?.buildkit?.phase, 'parser');
    const lines = refusal?.buildkit?.lines ?? assert.fail();
    if (expected.errorLines)
      assert.deepEqual(expected.errorLines, [linesIn(lines.start, lines.end)]);
    return;
  }
  assert.equal(refusal, undefined);
  if (expected.escape) assert.equal(token, expected.escape);
  const dump = expected.dump ?? expected.expectedDump;
  if (dump !== undefined) assert.equal(instructions.map(print).join('\n'), dump.trimEnd());
  if (expected.nodes) assert.deepEqual(instructions.map(asNode), expected.nodes);
  if (expected.warnings) assert.deepEqual(problems.map(asWarning(instructions)), expected.warnings);
  for (const [index, range] of (expected.ranges ?? []).entries()) {
    const { keyword, lines } = instructions[index] ?? assert.fail();
    assert.deepEqual([keyword, lines.start, lines.end].slice(-range.length), range);
  }
  if (expected.ranges) assert.equal(instructions.length, expected.ranges.length);
  if (expected.syntax) assert.deepEqual(detected(detectSyntax(text), 'ref'), expected.syntax);
  if (expected.check) assert.deepEqual(detected(detectCheck(text), 'value'), expected.check);
}

/** BuildKit's own notation of its tree. */
function print(each: Instruction): string {
  const flags = each.flags.length
    ? [`[${each.flags.map((flag) => goQuote(flag.text)).join(' ')}]`]
    : [];
  const inner = each.trigger ? [print(each.trigger)] : each.args.map((arg) => goQuote(arg.value));
  return `(${[each.keyword.toLowerCase(), ...flags, ...inner].join(' ')})`;
}

function asNode(each: Instruction): NodeCase {
  return {
    args: each.trigger ? [asNode(each.trigger)] : each.args.map((arg) => arg.value),
    endLine: each.lines.end,
    flags: each.flags.map((flag) => flag.text),
    heredocs: each.heredocs.map(({ chomp, content, expand, fd, name }) => {
      return { chomp, content, expand, fd, name };
    }),
    json: each.json,
    original: each.joined.text,
    prevComment: each.comments,
    startLine: each.lines.start,
    value: each.keyword,
  };
}

/** BuildKit puts its one warning on the last line of the instruction; ours is on the empty line. */
function asWarning(instructions: readonly Instruction[]): (problem: Problem) => object {
  return ({ message, span, severity }) => {
    assert.equal(severity, 'warning');
    const around = instructions.find(
      (each) => each.span.start <= span.start && span.start < each.span.end,
    );
    return { line: around?.lines.end, short: message };
  };
}

function detected(found: ReturnType<typeof detectSyntax>, key: 'ref' | 'value'): object | null {
  return found && { cmdline: found.whole, line: found.line, [key]: found.directive.value };
}

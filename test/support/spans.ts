/** What must be true of the places in any syntax tree. */

import assert from 'node:assert/strict';
import type { Dockerfile, Instruction, Span } from '../../server/src/syntax/ast.ts';

/** Fails unless all spans are in the text, nested, in order and apart from each other. */
export function assertSpans(tree: Dockerfile): void {
  const { text, instructions, comments, directives, problems } = tree;
  const whole = { start: 0, end: text.length };
  assertOrdered([...instructions.map((each) => each.span), ...comments].sort(byStart), whole);
  assertOrdered([...directives.map((each) => each.span), ...comments].sort(byStart), whole);
  for (const { span, valueSpan } of directives) assertOrdered([valueSpan], span);
  for (const { span } of problems) assertOrdered([span], whole);
  assert.deepEqual(
    problems,
    problems.toSorted((one, other) => byStart(one.span, other.span)),
  );
  for (const instruction of instructions) assertInside(instruction, text);
  const lines = instructions.map((each) => each.lines);
  for (const [index, { start, end }] of lines.entries()) {
    assert.ok(start <= end && start > (lines[index - 1]?.end ?? 0), 'lines are in order');
  }
}

function assertInside(instruction: Instruction, text: string): void {
  const { span, keywordSpan, flags, args, joined, heredocs, innerComments, trigger } = instruction;
  const pairs = instruction.name === 'ENV' || instruction.name === 'LABEL';
  const argumentSpans = args.map((each) => each.span);
  assertOrdered(
    [
      keywordSpan,
      ...flags.map((flag) => flag.span),
      ...(pairs ? argumentSpans.filter((_, index) => index % 3 === 0) : argumentSpans),
      ...heredocs.flatMap((each) => [
        each.contentSpan,
        ...(each.terminatorSpan ? [each.terminatorSpan] : []),
      ]),
    ],
    span,
  );
  for (const argument of argumentSpans) assertOrdered([argument], span);
  assertOrdered(innerComments, span);
  for (const { content, contentSpan } of heredocs) {
    assert.equal(content, text.slice(contentSpan.start, contentSpan.end));
  }
  assert.equal(keywordSpan.end > keywordSpan.start, instruction.keyword !== '');
  let at = 0;
  let source = span.start;
  for (const piece of joined.pieces) {
    assert.equal(piece.at, at, 'pieces are without gaps');
    assert.ok(piece.source >= source && piece.source + piece.length <= span.end);
    const original = text.slice(piece.source, piece.source + piece.length);
    assert.equal(joined.text.slice(at, at + piece.length), original);
    at += piece.length;
    source = piece.source + piece.length;
  }
  assert.equal(at, joined.text.length);
  if (trigger) assertInside(trigger, text);
}

function assertOrdered(spans: readonly Span[], around: Span): void {
  let last = around.start;
  for (const { start, end } of spans) {
    assert.ok(start >= last && end >= start && end <= around.end, `${start}-${end} after ${last}`);
    last = end;
  }
}

function byStart(one: Span, other: Span): number {
  return one.start - other.start;
}

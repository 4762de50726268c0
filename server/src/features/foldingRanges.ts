/** Folding: stages, instructions over several lines, heredocs, blocks of comment lines. */

import { type FoldingRange, FoldingRangeKind } from 'vscode-languageserver-types';
import type { Instruction } from '../syntax/ast.ts';
import type { Program } from '../syntax/commands.ts';
import { type Document, stageSpan } from './places.ts';

/** All regions of more than one line. A heredoc folds by itself unless its instruction folds from the same line. */
export function foldingRanges(program: Program, document: Document): FoldingRange[] {
  const lineOf = (offset: number) => document.positionAt(offset).line;
  const regions: FoldingRange[] = [];
  const add = (startLine: number, endLine: number, kind?: FoldingRangeKind) => {
    if (endLine > startLine) regions.push({ startLine, endLine, ...(kind && { kind }) });
  };
  for (const stage of program.stages) {
    const { start, end } = stageSpan(stage);
    add(lineOf(start), lineOf(end));
  }
  for (const instruction of program.dockerfile.instructions) {
    const start = lineOf(instruction.span.start);
    // The stage of a lone FROM over several lines has the same region already.
    if (instruction.name !== 'FROM') add(start, lineOf(instruction.span.end));
    for (const [from, to] of heredocLines(instruction, lineOf)) if (from > start) add(from, to);
  }
  for (const [from, to] of commentBlocks(program, lineOf)) add(from, to, FoldingRangeKind.Comment);
  return regions;
}

/** Line before the body (the opening line, or the terminator of the heredoc before) to terminator. */
function heredocLines(
  instruction: Instruction,
  lineOf: (offset: number) => number,
): (readonly [number, number])[] {
  return instruction.heredocs.map(({ contentSpan, terminatorSpan }) => [
    lineOf(contentSpan.start) - 1,
    lineOf(terminatorSpan?.start ?? contentSpan.end),
  ]);
}

function commentBlocks(program: Program, lineOf: (offset: number) => number): [number, number][] {
  const blocks: [number, number][] = [];
  for (const { start } of program.dockerfile.comments) {
    const line = lineOf(start);
    const last = blocks.at(-1);
    if (last && last[1] === line - 1) last[1] = line;
    else blocks.push([line, line]);
  }
  return blocks;
}

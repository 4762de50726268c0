/** The outline: stages with their instructions. */

import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver-types';
import type { Command, Program } from '../syntax/commands.ts';
import { summary } from './describe.ts';
import { type Document, rangeOf, stageSpan } from './places.ts';

/** Global ARG instructions and stages in order; the instructions of a stage are its children. */
export function documentSymbols(program: Program, document: Document): DocumentSymbol[] {
  return [
    ...program.globals.map((command) => symbolOf(command, document)),
    ...program.stages.map((stage) => ({
      name: stage.from.name ?? (stage.from.base || `stage ${stage.index}`),
      detail: summary(stage.from.instruction),
      kind: SymbolKind.Module,
      range: rangeOf(document, stageSpan(stage)),
      selectionRange: rangeOf(document, stage.from.instruction.span),
      children: stage.commands.map((command) => symbolOf(command, document)),
    })),
  ];
}

function symbolOf(command: Command, document: Document): DocumentSymbol {
  const { instruction } = command;
  const text = summary(instruction, 120);
  return {
    name: instruction.name || text || '?',
    detail: text.slice(instruction.keyword.length).trim(),
    kind: kindOf(command),
    range: rangeOf(document, instruction.span),
    selectionRange: rangeOf(document, instruction.keywordSpan),
  };
}

function kindOf(command: Command): SymbolKind {
  switch (command.kind) {
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'healthcheck':
      return SymbolKind.Function;
    case 'copy':
    case 'add':
    case 'workdir':
    case 'volume':
      return SymbolKind.File;
    case 'arg':
    case 'env':
      return SymbolKind.Variable;
    case 'onbuild':
      return SymbolKind.Event;
    default:
      return SymbolKind.Property;
  }
}

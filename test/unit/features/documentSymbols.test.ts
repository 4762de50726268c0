import assert from 'node:assert/strict';
import type { DocumentSymbol } from 'vscode-languageserver-types';
import { documentSymbols } from '../../../server/src/features/documentSymbols.ts';
import { analyzed } from '../../support/analyses.ts';

async function outline(text: string): Promise<string[]> {
  const { analysis, document } = await analyzed(text);
  const lines = (symbol: DocumentSymbol, depth: number): string[] => [
    `${'  '.repeat(depth)}${symbol.name} | ${symbol.detail}`,
    ...(symbol.children ?? []).flatMap((child) => lines(child, depth + 1)),
  ];
  return documentSymbols(analysis.program, document).flatMap((symbol) => lines(symbol, 0));
}

describe('the outline', () => {
  it('has stages with their instructions', async () => {
    const text = `\
ARG V=1
FROM alpine AS build
RUN echo a \\
  && echo b
FROM debian
COPY <<EOF /x
hello
EOF
`;
    assert.deepEqual(await outline(text), [
      'ARG | V=1',
      'build | FROM alpine AS build',
      '  RUN | echo a && echo b',
      'debian | FROM debian',
      '  COPY | <<EOF /x …',
    ]);
  });

  it('has names for what is half written', async () => {
    for (const name of (await outline('FROM\nRUN\nFOO bar\nCOPY a\n')).map((line) => line.trim())) {
      assert.match(name, /^\S/);
    }
  });

  it('keeps every selection inside its range', async () => {
    const { analysis, document } = await analyzed('FROM a\n\nRUN x\\\n y\n');
    const [stage] = documentSymbols(analysis.program, document);
    assert.deepEqual(stage?.range.end, { line: 3, character: 2 });
    assert.deepEqual(stage?.selectionRange.end, { line: 0, character: 6 });
    assert.deepEqual(stage?.children?.[0]?.selectionRange.end, { line: 2, character: 3 });
  });
});

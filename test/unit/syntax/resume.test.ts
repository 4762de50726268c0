/** Reading an edited text with the help of its earlier version gives what reading it anew gives. */

import assert from 'node:assert/strict';
import { realistic } from '../../../bench/texts.ts';
import type { Program } from '../../../server/src/syntax/commands.ts';
import { interpret } from '../../../server/src/syntax/instructions.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { cases } from '../../support/conformance.ts';
import { type Random, seeded } from '../../support/random.ts';

const written = [
  '# escape=`',
  '# check=skip=all',
  'ARG VERSION=20',
  'FROM node:${VERSION} AS build',
  '# what is copied',
  'COPY --chown=1:1 a b /d/',
  'RUN <<EOF',
  'echo one',
  '# two',
  'EOF',
  'RUN a `',
  '# between',
  '  && b',
  'ENV A=1 `',
  '  B=2',
  'ONBUILD COPY <<F /f',
  'text',
  'F',
  'FROM build',
  'CMD ["a"]',
  '',
].join('\n');

const fragments = [
  ...['\n', '\r\n', ' \\\n', ' `\n', '# c\n', '\n\n', ' ', '"', "'", '$', '[', '<<EOF', 'EOF\n'],
  ...[
    'FROM x AS build\n',
    'RUN y\n',
    'ENV broken\n',
    'NOPE\n',
    '# escape=`\n',
    '# syntax=x\n',
    '{',
  ],
  ...['ONBUILD ', 'COPY --from=build a b', ' # late\n', '\ufeff', 'é', '\ud800', '\t', '--x=y '],
];

function edited(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const until = random.chance(0.5) ? at : Math.min(text.length, at + random.below(12));
  const put = random.chance(0.2) ? '' : random.pick(fragments);
  return text.slice(0, at) + put + text.slice(until);
}

/** Types for a while, reads every version with the help of the one before it; how much was kept. */
function type(text: string, edits: number, random: Random): number {
  let now = text;
  let before: Program = interpret(parse(now));
  let kept = 0;
  for (let edit = 0; edit < edits; edit++) {
    now = random.chance(0.3) ? now + random.pick(fragments) : edited(now, random);
    const program = interpret(parse(now, before.dockerfile), before);
    assert.deepEqual(program, interpret(parse(now)), JSON.stringify(now));
    const old = new Set(before.dockerfile.instructions);
    kept += program.dockerfile.instructions.filter((each) => old.has(each)).length;
    before = program;
  }
  return kept;
}

describe('a text that is edited', () => {
  it('reads the same with the help of its earlier version', () => {
    const random = seeded(7);
    let kept = 0;
    for (let round = 0; round < 200; round++) kept += type(written, 12, random);
    kept += type(realistic(100).text, 40, random);
    assert.ok(kept > 2000, `only ${kept} instructions were kept`);
  });

  it('reads the same whatever it is', () => {
    const random = seeded(8);
    const edgeCases = cases<{ readonly dockerfile?: string }>('parser_edge_cases') ?? [];
    for (const { dockerfile } of edgeCases)
      if (dockerfile !== undefined) type(dockerfile, 4, random);
  });

  it('goes on with a continued line that the end of the text had cut off', () => {
    const before = 'FROM a\nRUN b \\\n# c\n';
    const after = `${before}d\n`;
    assert.deepEqual(parse(after, parse(before)), parse(after));
  });
});

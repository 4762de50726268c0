/** The table of `report` with every kind of figure. */

import assert from 'node:assert/strict';
import { table } from '../../../server/src/cli/table.ts';
import type { InstructionReport, SizeReport, StackReport } from '../../../server/src/protocol.ts';

const size = (bytes: number | null, more: Partial<SizeReport> = {}): SizeReport => ({
  basis: bytes === null ? 'unknown' : 'computed',
  bytes,
  low: bytes,
  high: bytes,
  atLeast: false,
  reason: bytes === null ? 'The file is not in the context.' : 'Counted.',
  ...more,
});

const row = (
  line: number,
  layer: number | null,
  figure: SizeReport | null,
  shown: string,
  cache: string,
  text: string,
) =>
  ({
    range: { start: { line, character: 0 }, end: { line, character: 1 } },
    effect: layer === null ? (text.startsWith('FROM') ? 'base' : 'metadata') : 'layer',
    layer,
    size: figure,
    text,
    display: { effect: '', size: shown, estimated: '', grew: '', cache, accessible: '' },
  }) as InstructionReport;

const report = {
  dockerfile: 'Dockerfile',
  platform: 'linux/arm64',
  contextChoice: { reason: 'The folder of the Dockerfile is the build context.' },
  target: 0,
  globals: [],
  stages: [
    {
      index: 0,
      name: null,
      needed: true,
      base: { triggers: [row(0, 1, size(5), '5 B', '', 'COPY a /')] },
      instructions: [
        row(0, null, size(117e6), '117 MB', '', 'FROM debian'),
        row(1, 2, size(84e6, { basis: 'estimated' }), '~84 MB', 'rebuild', 'RUN b'),
        row(2, null, null, '', '', 'USER c'),
        row(9, 3, size(1200, { atLeast: true }), '≥ 1.2 kB', 'cached', 'COPY d /'),
        row(10, 4, size(null), '', '', 'COPY e /'),
        row(11, 5, size(null), '', '', 'COPY f /'),
      ],
      display: { baseSize: '117 MB' },
    },
  ],
  totals: { size: size(201e6, { atLeast: true }), base: size(117e6) },
  engine: { state: 'off', text: 'No engine is asked.', imageText: '' },
  display: {
    size: '≥ ~201 MB',
    total: '≥ ~201 MB + 2 unknown lines',
    own: '≥ ~84 MB',
    layers: '5 layers',
  },
  problems: [
    {
      range: { start: { line: 10, character: 5 }, end: { line: 10, character: 6 } },
      severity: 'warning',
      message: 'not found\nIt is left out.',
    },
  ],
} as unknown as StackReport;

describe('the table of report', () => {
  it('shows each figure with its basis, explains the marks, and ends with the problems', () => {
    assert.equal(
      [...table(report, { width: 80, color: false, context: 'docker' })].join(''),
      `Dockerfile · linux/arm64
context docker · The folder of the Dockerfile is the build context.

  LINE  LAYER      SIZE  CACHE    INSTRUCTION
     1  base     117 MB           FROM debian
        1           5 B           ONBUILD COPY a /
     2  2        ~84 MB  rebuild  RUN b
     3  -                         USER c
    10  3      ≥ 1.2 kB  cached   COPY d /
    11  4             ?           COPY e /
    12  5             ?           COPY f /

5 layers · ≥ ~201 MB + 2 unknown lines in all · base 117 MB · own layers ≥ ~84 MB
~ estimated
≥ a part of it is unknown
? lines 11, 12: The file is not in the context.

1 problem:
  Dockerfile:11:6 warning not found
    It is left out.
`,
    );
  });

  it('shows who measured what, what was estimated, and what grew since the build before', () => {
    const stage = report.stages[0] as StackReport['stages'][number];
    const [from, run, ...rest] = stage.instructions as [InstructionReport, InstructionReport];
    const display = { ...run.display, size: '91 MB', estimated: '84 MB', grew: '+4.1 MB' };
    const instructions = [from, { ...run, display }, ...rest];
    const drawn = [
      ...table(
        {
          ...report,
          stages: [{ ...stage, instructions }],
          engine: {
            ...report.engine,
            state: 'up',
            text: 'Docker Engine 28.5.2 answers.',
            imageText: 'Measured figures are those of app:latest.',
          },
          compare: { since: '', own: 1, lines: [], text: 'Own layers take more\u001b.' },
        },
        { width: 90, color: false, context: null },
      ),
    ].join('');
    assert.match(drawn, /LINE {2}LAYER {6}SIZE {2}ESTIMATED {3}CHANGE {2}CACHE/);
    assert.match(drawn, / 2 {2}2 {9}91 MB {6}84 MB {2}\+4\.1 MB {2}rebuild {2}RUN b\n/);
    assert.match(drawn, /\nOwn layers take more\ufffd\.\n/);
    assert.match(drawn, /\nDocker Engine 28\.5\.2 answers\.\nMeasured figures are those of app/);
  });

  it('is faint where nothing of the image changes', () => {
    const lines = [...table(report, { width: 80, color: true, context: null })];
    const faint = lines.filter((line) => line.startsWith('\u001b[2m'));
    assert.ok(faint.some((line) => line.includes('USER c')));
    assert.ok(!faint.some((line) => line.includes('RUN b')));
  });
});

import assert from 'node:assert/strict';
import { stack } from '../../../server/src/features/stack.ts';
import type { InstructionReport, SizeReport, StackReport } from '../../../server/src/protocol.ts';
import { analyzed } from '../../support/analyses.ts';

async function reportOf(text: string, settings: unknown = {}): Promise<StackReport> {
  const { analysis, document } = await analyzed(text, settings);
  return stack(analysis, document, 'Dockerfile');
}

function everySize(report: StackReport): readonly SizeReport[] {
  const { size, base, own } = report.totals;
  const stages = report.stages.flatMap((stage) => [
    stage.base.size,
    stage.own,
    ...stage.instructions.flatMap((each) => each.size ?? []),
  ]);
  return [size, base, own, ...stages];
}

const text = `\
ARG V=1
FROM debian:12 AS build
ARG V
RUN make
FROM scratch AS other
COPY a /a
FROM scratch
WORKDIR /x
COPY <<E /y
hello
E
COPY --from=build /out /out
CMD ["/out"]
`;

describe('the stack', () => {
  it('has the fields of the contract', async () => {
    const report = await reportOf(text);
    assert.equal(report.schema, 1);
    assert.equal(report.dockerfile, 'Dockerfile');
    assert.equal(report.context, null);
    assert.equal(report.target, 2);
    assert.deepEqual(
      report.globals.map(({ keyword, effect }) => [keyword, effect]),
      [['ARG', 'metadata']],
    );
    assert.deepEqual(
      report.stages.map(({ index, name, needed }) => [index, name, needed]),
      [
        [0, 'build', true],
        [1, 'other', false],
        [2, null, true],
      ],
    );
    const rows = ({ keyword, effect, layer, createdBy }: InstructionReport) => [
      keyword,
      effect,
      layer,
      createdBy,
    ];
    assert.deepEqual(report.stages[2]?.instructions.map(rows), [
      ['FROM', 'base', null, null],
      ['WORKDIR', 'layer', 1, 'WORKDIR /x'],
      ['COPY', 'layer', 2, 'COPY <<E /y # buildkit'],
      ['COPY', 'layer', 3, 'COPY /out /out # buildkit'],
      ['CMD', 'metadata', null, 'CMD ["/out"]'],
    ]);
    assert.equal(report.totals.layers, 3);
    assert.equal(report.totals.baseLayers, 0);
    assert.deepEqual(report.stages[2]?.base.layers, []);
    assert.equal(report.stages[0]?.base.layers, null);
    JSON.stringify(report);
  });

  it('has sizes for what makes layers, and none for metadata', async () => {
    const report = await reportOf(text);
    for (const { instructions } of report.stages) {
      for (const { size, effect } of instructions) {
        assert.equal(size === null, effect === 'metadata');
      }
    }
    assert.equal(report.stages[2]?.instructions[2]?.size?.bytes, 6);
    assert.equal(report.totals.own.bytes, 6);
    assert.equal(report.totals.own.atLeast, true);
  });

  it('gives every unknown figure a reason, and no number', async () => {
    for (const size of everySize(await reportOf(text))) {
      const isUnknown = size.basis === 'unknown';
      for (const value of [size.bytes, size.low, size.high]) {
        assert.equal(value === null, isUnknown);
      }
      assert.match(size.reason, /^[A-Z/].*\.$/i);
    }
  });

  it('predicts no cache without a build, and none where there is nothing to predict', async () => {
    const report = await reportOf(text);
    assert.deepEqual(report.stages[0]?.instructions[2]?.cache, {
      prediction: 'unknown',
      cause: { line: 3, reason: 'There is no earlier build to compare with.' },
    });
    const caches = report.stages.map(({ instructions }) =>
      instructions.map(({ cache }) => cache !== null),
    );
    assert.deepEqual(caches, [
      [false, false, true],
      [false, false],
      [false, true, true, true, false],
    ]);
  });

  it('shows the triggers of a base that is a stage of the same file at its FROM', async () => {
    const report = await reportOf(`\
FROM scratch AS a
ONBUILD WORKDIR /x
FROM a
`);
    const [trigger] = report.stages[1]?.base.triggers ?? [];
    assert.equal(trigger?.keyword, 'WORKDIR');
    assert.equal(trigger.fromTrigger, true);
    assert.equal(trigger.layer, 1);
    assert.equal(trigger.range.start.line, 2);
  });

  it('lists what can be picked', async () => {
    const report = await reportOf(text, { buildArgs: { V: '2' } });
    assert.deepEqual(report.targets, [
      { index: 0, name: 'build', line: 1 },
      { index: 1, name: 'other', line: 4 },
      { index: 2, name: null, line: 6 },
    ]);
    assert.deepEqual(report.arguments, [
      { name: 'V', default: '1', value: '2', line: 0, global: true },
    ]);
    assert.equal(report.platform, 'linux/amd64');
    assert.match(report.contextChoice.reason, /\.$/);
  });

  it('has words for rows, for eyes and for screen readers', async () => {
    const report = await reportOf(text);
    const copy = report.stages[2]?.instructions[2];
    assert.equal(copy?.text, 'COPY <<E /y …');
    assert.deepEqual(copy?.display, {
      effect: 'layer 2',
      size: '6 B',
      estimated: '',
      grew: '',
      built: [],
      cache: '',
      time: '',
      took: '',
      cause: '',
      accessible: 'COPY <<E /y …, layer 2, size 6 B.',
    });
    assert.equal(report.display.layers, '3 layers');
    assert.equal(report.display.size, '≥ 6 B');
    assert.equal(report.stages[1]?.instructions[1]?.display.effect, 'not built');
  });

  it('is there for any text', async () => {
    for (const broken of ['', '#', 'RUN x', 'FROM', 'FROM a\nFROM', 'ARG', 'FROM a AS a\nFROM a']) {
      const report = await reportOf(broken);
      assert.equal(report.schema, 1, broken);
      assert.equal(report.target < report.stages.length, true, broken);
    }
  });
});

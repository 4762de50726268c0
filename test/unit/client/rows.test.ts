import assert from 'node:assert/strict';
import type { Row } from '../../../client/src/row.ts';
import { covers, rowAt, stackRows } from '../../../client/src/rows.ts';
import type {
  InstructionReport,
  SizeReport,
  StackReport,
  StageReport,
} from '../../../server/src/protocol.ts';

const unknown: SizeReport = {
  basis: 'unknown',
  bytes: null,
  low: null,
  high: null,
  atLeast: false,
  reason: 'The size is not known.',
};

function size(bytes: number): SizeReport {
  return { ...unknown, basis: 'computed', bytes, low: bytes, high: bytes, reason: 'Counted.' };
}

/** An instruction on one line: `FROM x`, `RUN x`, `COPY x` with a size, or metadata. */
function instruction(line: number, text: string, bytes?: number): InstructionReport {
  const [keyword = ''] = text.split(' ');
  const effect = keyword === 'FROM' ? 'base' : /^(RUN|COPY)$/.test(keyword) ? 'layer' : 'metadata';
  return {
    range: { start: { line, character: 0 }, end: { line, character: text.length } },
    keyword,
    effect,
    layer: effect === 'layer' ? line : null,
    createdBy: effect === 'base' ? null : `${text} # buildkit`,
    createdByExact: true,
    size: effect === 'metadata' ? null : bytes === undefined ? unknown : size(bytes),
    cache: null,
    text,
    metadataDetail: null,
    fromTrigger: false,
    invalid: false,
    display: {
      effect: effect === 'layer' ? `layer ${line}` : effect,
      size: bytes === undefined ? '' : `${bytes} B`,
      estimated: '',
      grew: '',
      built: [],
      cache: '',
      time: '',
      took: '',
      cause: '',
      accessible: `${text}.`,
    },
  };
}

function stage(
  index: number,
  name: string | null,
  instructions: readonly InstructionReport[],
  more: { readonly needed?: boolean; readonly base?: number } = {},
): StageReport {
  const first = instructions[0]?.range.start ?? { line: 0, character: 0 };
  const last = instructions.at(-1)?.range.end ?? first;
  return {
    index,
    name,
    needed: more.needed ?? true,
    base: {
      reference: 'debian',
      stage: more.base ?? null,
      scratch: false,
      size: unknown,
      layers: null,
      triggers: [],
    },
    instructions,
    range: { start: first, end: last },
    lastLayer: 0,
    own: unknown,
    display: { base: 'debian', baseSize: '', ownSize: '' },
  };
}

function report(target: number, stages: readonly StageReport[]): StackReport {
  return {
    schema: 1,
    dockerfile: 'Dockerfile',
    context: null,
    target,
    problems: [],
    globals: [],
    stages,
    totals: { layers: 2, baseLayers: null, size: unknown, base: unknown, own: unknown },
    again: null,
    compare: null,
    engine: {
      state: 'off',
      text: 'No engine is asked.',
      product: null,
      version: null,
      endpoint: null,
      driver: null,
      store: null,
      image: null,
      imageText: '',
      candidates: [],
    },
    targets: [],
    arguments: [],
    platform: 'linux/amd64',
    contextChoice: { path: null, inferred: true, reason: 'None.', alternatives: [] },
    display: {
      size: '≥ 9 B',
      total: '≥ 9 B',
      own: '',
      layers: '2 layers',
      image: '',
      grew: '',
      again: '',
      nextBuild: '',
      accessible: '2 layers.',
    },
  };
}

const options = { uri: '/Dockerfile', sort: 'order', metadata: true } as const;
const labels = (rows: readonly Row[] | undefined) => rows?.map((row) => row.label);

const two = report(1, [
  stage(0, 'tools', [instruction(0, 'FROM alpine AS tools'), instruction(1, 'RUN a')], {
    needed: false,
  }),
  stage(1, null, [
    instruction(3, 'FROM debian'),
    instruction(4, 'RUN b'),
    instruction(5, 'COPY small /', 5),
    instruction(6, 'COPY big /', 900),
    instruction(7, 'CMD c'),
  ]),
]);

describe('the rows of the stack', () => {
  it('begin with the target; its layers stand from last to first, the base at the bottom', () => {
    const roots = stackRows(two, options);
    assert.deepEqual(labels(roots), ['stage 1', 'tools']);
    assert.equal(roots[0]?.description, 'target · 2 layers · ≥ 9 B');
    assert.deepEqual(labels(roots[0]?.children()), [
      'Writable layer',
      'CMD c',
      'COPY big /',
      'COPY small /',
      'RUN b',
      'FROM debian',
    ]);
  });

  it('say so of a stage that the target does not need', () => {
    const other = stackRows(two, options)[1];
    assert.equal(other?.description, 'not built');
    assert.ok(other?.children().every((row) => row.dimmed));
    assert.deepEqual(labels(other?.children()), ['RUN a', 'FROM alpine AS tools']);
  });

  it('say that a size is unknown, and never show it as a number', () => {
    const rows = stackRows(two, options)[0]?.children() ?? [];
    assert.equal(rows.find((row) => row.label === 'RUN b')?.description, 'size unknown');
    assert.equal(rows.find((row) => row.label === 'RUN b')?.bytes, null);
    assert.equal(rows.at(-1)?.description, 'base · size unknown');
  });

  it('say what the next build does, how long that took, and why', () => {
    const cached = instruction(1, 'COPY a /', 5);
    const changed = instruction(2, 'COPY b /', 6);
    const rows = stackRows(
      {
        ...report(0, [
          stage(0, null, [
            instruction(0, 'FROM debian'),
            {
              ...cached,
              display: { ...cached.display, cache: 'cached', time: '2 s last time', took: '2 s' },
            },
            {
              ...changed,
              cache: {
                prediction: 'changed',
                cause: { line: 2, reason: 'b changed' },
                notes: ['N.'],
              },
              display: {
                ...changed.display,
                cache: 'changed',
                time: '3 s last time',
                took: '3 s',
                cause: 'b changed.',
              },
            },
          ]),
        ]),
        display: { ...two.display, nextBuild: 'The next build runs 1 step again.' },
      },
      options,
    );
    assert.ok(rows[0]?.details.includes('The next build runs 1 step again.'));
    const [, second, first] = rows[0]?.children() ?? [];
    assert.equal(second?.description, '6 B · changed · 3 s');
    assert.equal(second.cache, 'changed');
    assert.deepEqual(second.details, [
      'layer 2 · 6 B · changed · 3 s last time',
      'Counted.',
      'b changed.',
      'N.',
    ]);
    assert.equal(first?.description, '5 B · cached');
    assert.equal(first.cache, 'cached');
    assert.deepEqual([second.causeLine, first.causeLine], [2, null]);
    assert.equal(rows[0]?.cache, '');
  });

  it('say what was measured, estimated and grew, and have the layer to copy from', () => {
    const plain = instruction(1, 'RUN a', 91);
    const run: InstructionReport = {
      ...plain,
      size: { ...size(91), basis: 'measured', estimated: { ...size(84), basis: 'estimated' } },
      built: {
        diffId: 'sha256:1',
        image: 'sha256:2',
        createdAt: null,
        driver: 'overlay2',
        folder: '/x/diff',
        before: 87,
        grew: 4,
      },
      display: { ...plain.display, estimated: '84 MB', grew: '+4 MB', built: ['Layer: one.'] },
    };
    const one: StackReport = {
      ...report(0, [stage(0, null, [instruction(0, 'FROM a'), run])]),
      compare: { since: '', own: 4, lines: [], text: 'It grew.' },
    };
    const [root] = stackRows(
      {
        ...one,
        engine: { ...one.engine, imageText: 'From app.' },
        display: { ...one.display, image: 'probably app:latest', grew: '+4 MB' },
      },
      options,
    );
    assert.equal(root?.description, 'target · 2 layers · ≥ 9 B · +4 MB · probably app:latest');
    assert.ok(root.details.includes('It grew.') && root.details.includes('From app.'));
    const row = root.children().find(({ label }) => label === 'RUN a');
    assert.equal(row?.description, '91 B · +4 MB · estimated 84 MB');
    assert.ok(row.details.includes('Estimated 84 MB, measured 91 B.'));
    assert.ok(row.details.includes('Layer: one.'));
    assert.deepEqual([row.diffId, row.image, row.folder], ['sha256:1', 'sha256:2', '/x/diff']);
  });

  it('open FROM into the layers of the base, the lowest at the bottom', () => {
    const plain = stage(0, null, [instruction(0, 'FROM debian')]);
    const layer = {
      size: size(5),
      createdBy: '/bin/sh -c #(nop) ADD file:1 in /',
      diffId: 'sha256:a',
      compressed: null,
      createdAt: null,
      folder: '/base/diff',
      display: { text: 'ADD file in /', size: '5 B', built: ['Layer: base.'] },
    };
    const bare = { ...layer, createdBy: null, display: { text: '', size: '', built: [] } };
    const base = {
      ...{ ...plain.base, layers: [layer, bare], digest: 'sha256:d' },
      ...{ facts: ['An engine says so.'], moved: 'The tag moved.' },
    };
    const from = stackRows(report(0, [{ ...plain, base }]), options)[0]
      ?.children()
      .at(-1);
    assert.match(from?.description ?? '', /tag moved$/);
    assert.ok(from?.details.includes('An engine says so.'));
    assert.ok(from?.details.includes('The tag moved.'));
    assert.equal(from?.image, 'sha256:d');
    const [second, first] = from?.children() ?? [];
    assert.equal(first?.label, 'ADD file in /');
    assert.equal(first.description, '5 B');
    assert.equal(first.history, layer.createdBy);
    assert.deepEqual([first.diffId, first.folder], ['sha256:a', '/base/diff']);
    assert.equal(first.accessible, 'Layer 1 of the base image, ADD file in /, 5 B.');
    assert.equal(second?.label, 'Layer 2');
    assert.equal(second?.description, 'of the base image');
  });

  it('have what containers wrote below the writable layer, once somebody asked', () => {
    const one = report(0, [stage(0, null, [instruction(0, 'FROM a')])]);
    const before = stackRows(one, options)[0]?.children()[0];
    assert.equal(before?.description, 'of the container');
    assert.deepEqual(before?.children(), []);
    const writable = {
      message: '2 containers.',
      containers: [
        { name: 'web', state: 'running', writes: 12_000, size: '12 kB' },
        { name: 'old', state: 'exited', writes: null, size: '' },
      ],
    };
    const row = stackRows(one, { ...options, writable })[0]?.children()[0];
    assert.equal(row?.description, 'of 2 containers');
    assert.ok(row?.details.includes('2 containers.'));
    assert.deepEqual(
      row?.children().map(({ label, description, bytes }) => [label, description, bytes]),
      [
        ['web', '12 kB · running', 12_000],
        ['old', 'not told · exited', null],
      ],
    );
  });

  it('say how often what a line takes changes', () => {
    const churn = { commits: 9, changed: 3, steps: 1, ms: null, bytes: null, text: 'Often.' };
    const copy = { ...instruction(1, 'COPY . .', 5), churn };
    const one = report(0, [stage(0, null, [instruction(0, 'FROM a'), copy])]);
    const [root] = stackRows(one, options);
    const row = root?.children().find(({ label }) => label === 'COPY . .');
    assert.ok(row?.details.includes('Often.'));
  });

  it('stand by size when asked: the largest first, unknown ones behind, then metadata', () => {
    assert.deepEqual(labels(stackRows(two, { ...options, sort: 'size' })[0]?.children()), [
      'Writable layer',
      'COPY big /',
      'COPY small /',
      'RUN b',
      'CMD c',
      'FROM debian',
    ]);
  });

  it('leave out metadata when asked', () => {
    const rows = stackRows(two, { ...options, metadata: false })[0]?.children();
    assert.ok(!labels(rows)?.includes('CMD c'));
  });

  it('show the layers of a stage below the stage that begins with it', () => {
    const roots = stackRows(
      report(1, [
        stage(0, 'base', [instruction(0, 'FROM debian AS base'), instruction(1, 'RUN a')]),
        stage(1, 'app', [instruction(2, 'FROM base AS app'), instruction(3, 'RUN b')], { base: 0 }),
      ]),
      options,
    );
    const base = roots[0]?.children().at(-1);
    assert.deepEqual(labels(base?.children()), ['RUN a', 'FROM debian AS base']);
    const ids = roots.flatMap((root) => [root, ...root.children(), ...(base?.children() ?? [])]);
    assert.equal(new Set(ids.map((row) => row.id)).size, new Set(ids).size);
  });

  it('end where stages stand on each other in a circle', () => {
    const roots = stackRows(
      report(0, [stage(0, 'a', [instruction(0, 'FROM a AS a')], { base: 0 })]),
      options,
    );
    assert.deepEqual(roots[0]?.children().at(-1)?.children(), []);
  });

  it('are found by the line of the cursor, in the stage that the line belongs to', () => {
    const roots = stackRows(two, options);
    assert.equal(rowAt(roots, 6)?.label, 'COPY big /');
    assert.equal(rowAt(roots, 3)?.label, 'FROM debian');
    assert.equal(rowAt(roots, 1)?.label, 'RUN a');
    assert.equal(rowAt(roots, 2), undefined);
    const hidden = stackRows(two, { ...options, metadata: false });
    assert.equal(rowAt(hidden, 7)?.kind, 'stage');
    assert.ok(roots[0] && covers(roots[0], 5));
  });
});

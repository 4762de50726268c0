import assert from 'node:assert/strict';
import { compareWith, rememberedOf } from '../../../server/src/engine/compare.ts';
import type { RememberedImage } from '../../../server/src/engine/comparison.ts';
import type { HistoryRow, Store } from '../../../server/src/engine/engine.ts';
import type { Laid, LaidRow } from '../../../server/src/engine/laid.ts';
import type { Plan, Step } from '../../../server/src/model/plan.ts';
import { imageSteps, planOf } from '../../support/plans.ts';

/** What was built of a step: bytes, and a name for its content; null: it makes no layer. */
type Built = readonly [bytes: number, content: string] | null;

interface Image {
  readonly id: string;
  readonly at: number;
  readonly store?: Store;
  readonly arch?: string;
}

const base: HistoryRow = {
  createdBy: 'COPY / / # buildkit',
  comment: '',
  createdAt: 0,
  bytes: 1000,
  emptyLayer: null,
};

/** An image that was built from the text, laid over the text's own plan. */
function built(text: string, layers: readonly Built[], { id, at, store, arch }: Image) {
  const plan = planOf(text);
  const rows = new Map<Step, LaidRow>();
  const history = [base];
  const diffIds = ['base'];
  for (const [index, step] of imageSteps(plan, plan.target).entries()) {
    if (step.createdBy === null) continue;
    const layer = layers[index] ?? null;
    const row: HistoryRow = {
      createdBy: step.createdBy,
      comment: 'buildkit.dockerfile.v0',
      createdAt: at,
      bytes: layer?.[0] ?? 0,
      emptyLayer: null,
    };
    if (layer) diffIds.push(layer[1]);
    const place = layer ? diffIds.length - 1 : null;
    rows.set(step, {
      row,
      at: history.length,
      diffId: layer?.[1] ?? null,
      layer: place,
      match: 'same',
    });
    history.push(row);
  }
  const laid: Laid = {
    image: {
      id,
      references: ['app:latest'],
      digests: [],
      createdAt: at,
      labels: {},
      platform: { os: 'linux', arch: arch ?? 'amd64', variant: '' },
      diffIds,
      history,
      config: {},
      store: store ?? 'classic',
      driver: 'overlay2',
      folders: null,
    },
    rows,
    changed: new Map(),
    gone: [],
    base: { rows: 1, layers: 1 },
    certain: true,
    reason: '',
  };
  return { laid, plan };
}

function kept({ laid, plan }: { laid: Laid; plan: Plan }): RememberedImage {
  const image = rememberedOf(laid, plan);
  assert.ok(image);
  return image;
}

/** Lines of the comparison as `LINE: BEFORE -> NOW`. */
function linesOf(comparison: ReturnType<typeof compareWith>): readonly string[] {
  return (comparison?.lines ?? []).map(
    ({ step, before, now }) => `${step?.instruction.lines.start ?? 'gone'}: ${before} -> ${now}`,
  );
}

describe('the build before', () => {
  const text = 'FROM a\nRUN one\nCOPY x /x\nRUN two\n';

  it('says per line and in total what grew and what shrank, the largest change first', () => {
    const before = built(
      text,
      [
        [100, 'a'],
        [50, 'b'],
        [7000, 'c'],
      ],
      { id: 'one', at: 1 },
    );
    const now = built(
      text,
      [
        [100, 'a'],
        [60, 'd'],
        [4000, 'e'],
      ],
      { id: 'two', at: 2 },
    );
    const comparison = compareWith(now.laid, now.plan, [kept(before)]);
    assert.deepEqual(linesOf(comparison), ['4: 7000 -> 4000', '3: 50 -> 60']);
    assert.equal(comparison?.own, -2990);
    const steps = now.plan.stages[0]?.steps ?? [];
    assert.deepEqual(
      steps.map((step) => comparison?.of(step)),
      [100, 50, 7000],
    );
  });

  it('tells lines that came and lines that went', () => {
    const before = built(
      'FROM a\nRUN one\nRUN old\n',
      [
        [100, 'a'],
        [50, 'b'],
      ],
      { id: 'one', at: 1 },
    );
    const now = built(
      'FROM a\nCOPY y /y\nRUN one\n',
      [
        [30, 'c'],
        [100, 'd'],
      ],
      { id: 'two', at: 2 },
    );
    const comparison = compareWith(now.laid, now.plan, [kept(before)]);
    assert.deepEqual(linesOf(comparison), ['gone: 50 -> null', '2: null -> 30']);
    assert.equal(comparison?.own, -20);
    assert.equal(comparison?.lines[0]?.text, 'RUN old');
    const [copy, run] = now.plan.stages[0]?.steps ?? [];
    assert.equal(copy && comparison?.of(copy), undefined);
    assert.equal(run && comparison?.of(run), 100);
  });

  it('does not mix up lines with the same text', () => {
    const twice = 'FROM a\nRUN step\nCOPY a /\nRUN step\nRUN step\n';
    const before = built(
      twice,
      [
        [1, 'a'],
        [5, 'x'],
        [2, 'b'],
        [3, 'c'],
      ],
      { id: 'one', at: 1 },
    );
    const less = 'FROM a\nRUN step\nCOPY a /\nRUN step\n';
    // The middle one went: the last is the same layer as before.
    const now = built(
      less,
      [
        [1, 'a'],
        [5, 'x'],
        [3, 'c'],
      ],
      { id: 'two', at: 2 },
    );
    const comparison = compareWith(now.laid, now.plan, [kept(before)]);
    assert.deepEqual(linesOf(comparison), ['gone: 2 -> null']);
  });

  it('takes layers without content for no proof', () => {
    const before = built(
      'FROM a\nRUN true\nWORKDIR /a\n',
      [
        [0, 'empty'],
        [0, 'empty'],
      ],
      {
        id: 'one',
        at: 1,
      },
    );
    const now = built(
      'FROM a\nWORKDIR /a\nRUN true\n',
      [
        [0, 'empty'],
        [9, 'f'],
      ],
      {
        id: 'two',
        at: 2,
      },
    );
    const comparison = compareWith(now.laid, now.plan, [kept(before)]);
    assert.deepEqual(linesOf(comparison), ['3: 0 -> 9']);
  });

  it('finds a line that was edited between the same neighbours, and one that moved', () => {
    const before = built(
      'FROM a\nCOPY a /\nRUN apt install a\nCOPY b /\n',
      [
        [1, 'a'],
        [10, 'b'],
        [2, 'c'],
      ],
      {
        id: 'one',
        at: 1,
      },
    );
    const edited = built(
      'FROM a\nCOPY a /\nRUN apt install a b\nCOPY b /\n',
      [
        [1, 'a'],
        [15, 'd'],
        [2, 'e'],
      ],
      {
        id: 'two',
        at: 2,
      },
    );
    assert.deepEqual(linesOf(compareWith(edited.laid, edited.plan, [kept(before)])), [
      '3: 10 -> 15',
    ]);
    const moved = built(
      'FROM a\nCOPY b /\nCOPY a /\nRUN apt install a\n',
      [
        [4, 'f'],
        [1, 'a'],
        [10, 'b'],
      ],
      {
        id: 'three',
        at: 3,
      },
    );
    assert.deepEqual(linesOf(compareWith(moved.laid, moved.plan, [kept(before)])), ['2: 2 -> 4']);
  });

  it('is the newest one that is older, of the same target, platform and store', () => {
    const layers: readonly Built[] = [
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ];
    const image = (id: string, at: number, more: Partial<Image> = {}) =>
      kept(built(text, layers, { id, at, ...more }));
    const now = built(
      text,
      [
        [1, 'a'],
        [1, 'b'],
        [5, 'd'],
      ],
      { id: 'now', at: 10 },
    );
    const others = [
      image('younger', 11),
      image('now', 9),
      image('disk', 8, { store: 'containerd' }),
      image('arm', 7, { arch: 'arm64' }),
      { ...image('test', 6), target: 'test' },
      image('older', 3),
      image('right', 5),
    ];
    assert.equal(compareWith(now.laid, now.plan, others)?.before.id, 'right');
    assert.equal(compareWith(now.laid, now.plan, others.slice(0, 5)), null);
  });

  it('is not compared where the lines of an image are not certain', () => {
    const layers: readonly Built[] = [
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ];
    const before = kept(built(text, layers, { id: 'one', at: 1 }));
    const { laid, plan } = built(text, layers, { id: 'two', at: 2 });
    assert.equal(compareWith({ ...laid, certain: false }, plan, [before]), null);
    assert.equal(rememberedOf({ ...laid, certain: false }, plan), null);
    const open = laid.image.history.map((row) => ({ ...row, bytes: null }));
    assert.equal(rememberedOf({ ...laid, image: { ...laid.image, history: open } }, plan), null);
  });

  it('keeps what a line built before an edit apart from the line as it stands', () => {
    const layers: readonly Built[] = [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ];
    const before = kept(built(text, layers, { id: 'one', at: 1 }));
    const { laid, plan } = built(
      text,
      [
        [1, 'a'],
        [2, 'b'],
        [9, 'd'],
      ],
      { id: 'two', at: 2 },
    );
    const last = plan.stages[0]?.steps[2];
    assert.ok(last);
    const row = laid.rows.get(last)?.row;
    assert.ok(row);
    const rows = new Map([...laid.rows].filter(([step]) => step !== last));
    const edited = compareWith({ ...laid, rows, changed: new Map([[last, row]]) }, plan, [before]);
    assert.deepEqual(linesOf(edited), ['4: 3 -> 9']);
    assert.equal(edited?.of(last), undefined);
  });

  it('stays quick with thousands of entries', () => {
    const many = `FROM a\n${'RUN step\n'.repeat(3000)}`;
    const layers = (name: string) =>
      Array.from({ length: 3000 }, (_, at): Built => [at, `${name}${at}`]);
    const before = kept(built(many, layers('a'), { id: 'one', at: 1 }));
    const now = built(many, layers('b'), { id: 'two', at: 2 });
    const started = performance.now();
    assert.equal(compareWith(now.laid, now.plan, [before])?.own, 0);
    assert.ok(performance.now() - started < 2000);
  });
});

describe('what is remembered of an image', () => {
  const textOf = (dockerfile: string) => {
    const plan = planOf(dockerfile);
    const layers = imageSteps(plan, plan.target).map(
      ({ effect }): Built => (effect === 'layer' ? [1, 'a'] : null),
    );
    return kept(built(dockerfile, layers, { id: 'one', at: 1 })).rows.at(-1)?.text ?? '';
  };

  it('holds no value of a build argument', () => {
    for (const run of ['RUN make', 'RUN ["make"]', 'SHELL ["x", "-y"]\nRUN make']) {
      const text = textOf(`FROM a\nARG TOKEN="top secret /bin/sh value"\n${run}\n`);
      assert.doesNotMatch(text, /secret|value/);
      assert.match(text, /^RUN \|1 .*make/);
    }
  });

  it('holds no credentials of an address, and no digest of copied files', () => {
    const add = textOf('FROM a\nADD https://me:secret@host/file?token=secret /\n');
    assert.equal(add, 'ADD https://host/file / # buildkit');
  });

  it('is shortened, whatever the line holds', () => {
    const text = textOf(`FROM a\nRUN echo ${'😀'.repeat(5000)} end\n`);
    assert.ok(text.length <= 201, String(text.length));
    assert.match(text, /end # buildkit$/);
    assert.equal(Buffer.from(text).toString(), text);
  });
});

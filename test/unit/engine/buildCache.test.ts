import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheSizes, type KnownSizes } from '../../../server/src/engine/buildCache.ts';
import type { CacheEntry, EngineInfo } from '../../../server/src/engine/engine.ts';
import type { PlanOptions } from '../../../server/src/model/plan.ts';
import { planOf } from '../../support/plans.ts';

const recordings = join(import.meta.dirname, '../../../../shared/docker/fixtures/demo');

/** Rows: id, ids below, description, bytes, and when it was used last. */
type Row = readonly [id: string, below: string, description: string, bytes: number, used?: number];

function listing(rows: readonly Row[], more: Partial<CacheEntry> = {}): CacheEntry[] {
  return rows.map(([id, below, description, bytes, used = 0]) => ({
    id,
    parents: below.split(' ').filter(Boolean),
    type: 'regular',
    description,
    bytes,
    createdAt: 1000,
    lastUsedAt: used,
    inUse: false,
    shared: true,
    ...more,
  }));
}

interface Asked {
  readonly store?: EngineInfo['store'];
  readonly options?: Partial<PlanOptions>;
  readonly known?: KnownSizes;
}

/** `12` bytes by line, `12?` where that is not sure. */
function sizesOf(
  text: string,
  entries: readonly CacheEntry[],
  { store = 'classic', options = {}, known = {} }: Asked = {},
): Readonly<Record<number, string>> {
  const sizes = cacheSizes(planOf(text, options), entries, { store }, known);
  return Object.fromEntries(
    [...sizes].map(([{ instruction }, { bytes, sure }]) => [
      instruction.lines.start,
      `${bytes}${sure ? '' : '?'}`,
    ]),
  );
}

const oneLayer = {
  images: () => ({ config: {}, history: [{ createdBy: '', emptyLayer: false }], layers: 1 }),
};

describe('sizes from the build cache', () => {
  const base: Row = ['base', '', 'from local docker.io/library/debian:12', 0];

  it('are found along the chain from the base, whatever the stage was called', () => {
    const text = `FROM debian:12 AS build
WORKDIR /src
COPY a ./
RUN make
FROM debian:12
COPY --from=build /src/out /
`;
    const entries = listing([
      base,
      ['1', 'base', '[other 2/4] WORKDIR /src', 0],
      ['2', '1', '[other 3/4] COPY a ./', 12],
      ['3', '2', 'mount / from exec /bin/sh -c make', 345],
      ['4', 'base', '[stage-1 2/2] COPY --from=build /src/out /', 300],
      ['5', '4', 'mount / from exec /bin/sh -c make', 1],
      ['6', 'base', '[other 2/2] COPY a ./', 99],
    ]);
    assert.deepEqual(sizesOf(text, entries), { 2: '0', 3: '12', 4: '345', 6: '300' });
  });

  it('are not sure above a line that was not built so, and none for that line', () => {
    const entries = listing([
      base,
      ['1', 'base', 'mount / from exec /bin/sh -c one', 1],
      ['2', '1', 'mount / from exec /bin/sh -c two', 2],
      ['3', '2', 'mount / from exec /bin/sh -c three', 3],
    ]);
    const text = 'FROM debian:12\nRUN one\nRUN 2\nRUN three\n';
    assert.deepEqual(sizesOf(text, entries), { 2: '1', 4: '3?' });
    const inserted = 'FROM debian:12\nRUN one\nRUN new\nRUN two\nRUN three\n';
    assert.deepEqual(sizesOf(inserted, entries), { 2: '1', 4: '2?', 5: '3?' });
    const removed = 'FROM debian:12\nRUN one\nRUN three\nFROM scratch\nCOPY --from=0 /x /\n';
    assert.deepEqual(sizesOf(removed, entries), { 2: '1', 3: '3?' });
    assert.deepEqual(sizesOf('FROM debian:12\nRUN 1\nRUN two\n', entries), {});
  });

  it('are not sure where two builds differ, and then are those of the build that was used last', () => {
    const text = 'FROM debian:12\nCOPY . /app\nRUN make\n';
    const rows: Row[] = [
      base,
      ['a1', 'base', '[2/3] COPY . /app', 10, 50],
      ['a2', 'a1', 'mount / from exec /bin/sh -c make', 7, 60],
      ['b1', 'base', '[2/3] COPY . /app', 20, 90],
      ['b2', 'b1', 'mount / from exec /bin/sh -c make', 7, 55],
    ];
    assert.deepEqual(sizesOf(text, listing(rows)), { 2: '10?', 3: '7' });
    const alone = rows.filter(([id]) => id !== 'a2');
    assert.deepEqual(sizesOf(text, listing(alone)), { 2: '20', 3: '7' });
    const known = { files: (step: { copy: unknown }) => (step.copy ? 20 : undefined) };
    assert.deepEqual(sizesOf(text, listing(rows), { known }), { 2: '20', 3: '7' });
  });

  it('are not sure where no build has the files as they are now', () => {
    const entries = listing([base, ['1', 'base', '[2/2] COPY . /app', 10]]);
    const known = { files: () => 11 };
    assert.deepEqual(sizesOf('FROM debian:12\nCOPY . /app\n', entries, { known }), { 2: '10?' });
  });

  it('of a stage that others stand on are those of the builds that went on', () => {
    const text = `FROM debian:12 AS base
RUN one
FROM base AS a
RUN a
FROM base
COPY --from=a /a /a
RUN b
`;
    const entries = listing([
      base,
      ['1', 'base', 'mount / from exec /bin/sh -c one', 1, 9],
      ['2', 'base', 'mount / from exec /bin/sh -c one', 2, 1],
      ['3', '2', 'mount / from exec /bin/sh -c a', 3],
      ['4', '2', '[stage-2 2/3] COPY --from=a /a /a', 4],
      ['5', '4', 'mount / from exec /bin/sh -c b', 5],
    ]);
    assert.deepEqual(sizesOf(text, entries), { 2: '2', 4: '3', 6: '4', 7: '5' });
  });

  it('say of which commands the variables of the file may have had other values', () => {
    const entries = listing([
      base,
      ['1', 'base', 'mount / from exec /bin/sh -c get $V', 1],
      ['2', '1', 'mount / from exec /bin/sh -c get ${W}', 2],
      ['3', '2', 'mount / from exec /bin/sh -c for i in a; do get $i; done', 3],
    ]);
    const rest = 'RUN get $V\nENV W=5\nRUN get ${W}\nRUN for i in a; do get $i; done\n';
    const plan = planOf(`FROM debian:12\nARG V=1\n${rest}`);
    const sizes = cacheSizes(plan, entries, { store: 'classic' });
    assert.deepEqual(
      [...sizes.values()].map(({ bytes, variables }) => [bytes, variables]),
      [
        [1, true],
        [2, true],
        [3, false],
      ],
    );
  });

  it('of another base of the same look are not sure', () => {
    const entries = listing([
      ['other', '', 'from local docker.io/library/ubuntu:24.04', 0],
      ['1', 'other', 'mount / from exec /bin/sh -c one', 1],
    ]);
    assert.deepEqual(sizesOf('FROM debian:12\nRUN one\n', entries), { 2: '1?' });
    const nameless = listing([
      ['other', '', 'from local ', 0],
      ['1', 'other', 'mount / from exec /bin/sh -c one', 1],
    ]);
    assert.deepEqual(sizesOf('FROM debian:12\nRUN one\n', nameless), { 2: '1?' });
    assert.deepEqual(sizesOf('FROM debian:12\nRUN one\n', nameless, { options: oneLayer }), {
      2: '1',
    });
  });

  it('stand on the records of a base that was built here', () => {
    const image = {
      config: {},
      history: [
        { createdBy: '', emptyLayer: false },
        { createdBy: 'ENV A=1', emptyLayer: true },
        { createdBy: 'RUN |1 V=1 /bin/sh -c tool # buildkit', emptyLayer: false },
      ],
      layers: 2,
    };
    const entries = listing([
      ['root', '', 'from local ', 0],
      ['1', 'root', 'mount / from exec /bin/sh -c tool', 1],
      ['x', 'root', 'mount / from exec /bin/sh -c other', 1],
      ['2', '1', 'mount / from exec /bin/sh -c make', 2, 1],
      ['y', 'x', 'mount / from exec /bin/sh -c make', 3, 9],
      ['z', 'root', 'mount / from exec /bin/sh -c make', 4, 10],
    ]);
    const text = 'FROM tools\nRUN make\n';
    assert.deepEqual(sizesOf(text, entries, { options: { images: () => image } }), { 2: '2' });
  });

  it('of stages on nothing start with records that stand on nothing', () => {
    const entries = listing([
      base,
      ['1', 'base', '[2/2] COPY a /', 5],
      ['2', '', '[1/1] COPY a /', 6],
    ]);
    assert.deepEqual(sizesOf('FROM scratch\nCOPY a /\n', entries), { 2: '6' });
  });

  it('of a copy from a stage that has another name since are not sure', () => {
    const text = 'FROM debian:12 AS b\nRUN x\nFROM debian:12\nCOPY --from=b /x /\n';
    const entries = listing([base, ['1', 'base', '[stage-1 2/2] COPY --from=a /x /', 5]]);
    assert.deepEqual(sizesOf(text, entries), { 4: '5?' });
  });

  it('may have links in them on classic stores, unless they are just those of the files', () => {
    const entries = listing([base, ['1', 'base', '[2/2] COPY a /', 5]]);
    const linksOf = (store: EngineInfo['store'], known: KnownSizes = {}) =>
      [...cacheSizes(planOf('FROM debian:12\nCOPY a /\n'), entries, { store }, known).values()].map(
        ({ links, sure }) => [links, sure],
      );
    assert.deepEqual(linksOf('classic'), [[true, true]]);
    assert.deepEqual(linksOf('classic', { files: () => 5 }), [[false, true]]);
    assert.deepEqual(linksOf('classic', { files: () => 4 }), [[true, false]]);
    assert.deepEqual(linksOf('podman'), [[false, true]]);
  });

  it('are not said where containerd counts the compressed archive of an exported layer too', () => {
    const entries = listing([
      base,
      ['1', 'base', '[2/3] COPY a /', 8284],
      ['2', '1', '[3/3] COPY b /', 4096],
    ]);
    const text = 'FROM debian:12\nCOPY a /\nCOPY b /\n';
    assert.deepEqual(sizesOf(text, entries, { store: 'containerd' }), { 3: '4096' });
    assert.deepEqual(sizesOf(text, entries), { 2: '8284', 3: '4096' });
  });

  it('are not asked of a cache that is damaged', () => {
    const entries = listing([
      ['a', 'b', '[2/3] COPY a /', 1],
      ['b', 'a', '[2/3] COPY a /', 1],
      ['c', 'c', '', 1],
      ['d', 'nobody', 'mount / from exec /bin/sh -c one', 1],
    ]);
    assert.deepEqual(sizesOf('FROM debian:12\nCOPY a /\nRUN one\n', entries), {});
    assert.deepEqual(sizesOf('FROM debian:12\nCOPY a /\n', []), {});
  });

  it('take time that grows with the cache, not with its square', () => {
    const rows: Row[] = [base];
    for (let chain = 0; chain < 2000; chain++) {
      for (let step = 0; step < 20; step++) {
        const below = step === 0 ? 'base' : `${chain}-${step - 1}`;
        rows.push([`${chain}-${step}`, below, `[${step + 2}/21] COPY a /`, chain]);
      }
    }
    const stages = Array.from({ length: 20 }, (_, at) => `FROM debian:12 AS s${at}\n`);
    const text = `${stages.map((from) => from + 'COPY a /\n'.repeat(20)).join('')}FROM debian:12
${stages.map((_, at) => `COPY --from=s${at} / /\n`).join('')}`;
    const start = performance.now();
    assert.equal(Object.keys(sizesOf(text, listing(rows))).length, 400);
    assert.ok(performance.now() - start < 10_000);
  });

  const names = existsSync(join(recordings, 'Dockerfile'))
    ? ['engine26-overlay2', 'engine28-overlay2', 'engine28-containerd']
    : [];
  for (const name of names) {
    const read = (file: string) => JSON.parse(readFileSync(join(recordings, name, file), 'utf8'));
    it(`give each step of the build recorded in ${name} what was recorded`, () => {
      const store = name.endsWith('containerd') ? 'containerd' : 'classic';
      const { BuildCache } = read('system-df-buildcache.api.json') as {
        BuildCache: Record<string, never>[];
      };
      const entries = BuildCache.map(
        (record): CacheEntry => ({
          id: record.ID as unknown as string,
          parents: record[' Parents'] ?? [],
          type: record.Type as unknown as string,
          description: record.Description as unknown as string,
          bytes: record.Size as unknown as number,
          createdAt: null,
          lastUsedAt: Date.parse(record.LastUsedAt as unknown as string),
          inUse: false,
          shared: record.Shared as unknown as boolean,
        }),
      );
      const text = readFileSync(join(recordings, 'Dockerfile'), 'utf8');
      const sizes = sizesOf(text, entries, { store, options: oneLayer });
      const history = (read('history.api.json') as { CreatedBy: string; Size: number }[]).reverse();
      const own = history.filter(({ CreatedBy }) => /^(COPY|ADD|WORKDIR) .*/.test(CreatedBy));
      const last = Object.values(sizes).slice(-5);
      if (store === 'classic') {
        assert.deepEqual(
          last,
          own.slice(-5).map(({ Size }) => String(Size)),
        );
        assert.deepEqual(Object.values(sizes).slice(0, 4), ['0', '4221', '300008', '50000']);
        assert.equal(Object.keys(sizes).length, 9);
      } else {
        // Those of the last stage went into the image, and are counted with their archives.
        assert.deepEqual(Object.values(sizes), ['8192', '28672', '315392', '61440']);
      }
    });
  }
});

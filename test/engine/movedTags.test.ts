/** Base images whose tags move, or have other names: what is predicted is what the real builder does. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contextIdentity } from '../../server/src/analysis/cacheFacts.ts';
import { type Analysis, analyze } from '../../server/src/analysis.ts';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { recordOf } from '../../server/src/cache/recordOf.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../server/src/settings.ts';
import { linux } from '../support/plans.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { buildSteps } from './stepOutcomes.ts';

const name = `dockerfile-layers-test/moved-${process.pid}`;
const salt = `${process.pid}-${Date.now()}`;
const moving = `${name}:moving`;

describeWithEngine('base images whose tags move', () => {
  let folder: string;
  let records: BuildRecord[];
  const tags = [`${name}:a`, `${name}:b`, `${name}:same`, `${name}:imported`, moving];
  before(async () => {
    await ensureBaseImage();
    folder = mkdtempSync(join(tmpdir(), 'layers-moved-'));
    for (const each of ['a', 'b']) {
      const text = `FROM ${baseImage}\nRUN --network=none echo ${salt} ${each} > /which\n`;
      write({ Dockerfile: text });
      await dockerOk(['build', '-q', '-t', `${name}:${each}`, folder]);
    }
    await dockerOk(['tag', `${name}:a`, `${name}:same`]);
  });
  beforeEach(async () => {
    records = [];
    await dockerOk(['tag', `${name}:a`, moving]);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await docker(['image', 'rm', '--force', ...tags]);
  });

  function write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  /** What is said of each line, what the builder then does, and the analysis of before the build. */
  async function next(withEngine = true): Promise<{
    readonly said: string;
    readonly done: string;
    readonly analysis: Analysis;
  }> {
    const path = join(folder, 'Dockerfile');
    const analysis = await analyze(
      {
        ...{ key: path, path, folder, within: null, version: 1 },
        text: readFileSync(path, 'utf8'),
        settings: readSettings({}),
      },
      {
        files: nodeFileSystem,
        decompressors: nodeDecompressors,
        buildPlatform: linux,
        digests: nodeDigests,
        records: { read: async () => records, add: async () => {} },
        ...(withEngine && { engine: createEngine({ env: process.env }) }),
      },
      { keys: true },
    );
    const lines = await buildSteps({ folder });
    const { keyed, cache } = analysis;
    const said = keyed.steps.map(({ step }) => cache.of(step)?.word).join(' ');
    const done = keyed.steps
      .map(({ step }) => lines.get(step.instruction.lines.start)?.at(-1)?.outcome)
      .join(' ');
    const meta = {
      dockerfile: path,
      context: contextIdentity(nodeDigests.text, folder),
      at: new Date(Date.UTC(2026, 0, 1, 0, records.length)).toISOString(),
      source: 'build',
      builder: { name: 'default', mergesLayers: false, store: 'classic' },
      complete: true,
      earlier: records,
    } as const;
    records = [recordOf(analysis.keyedFor(false), meta), ...records];
    return { said, done, analysis };
  }

  const project = (base: string, mark: string) => ({
    f: `${salt} ${mark}`,
    Dockerfile: `FROM ${base} AS one
COPY f /f
RUN --network=none cat /which > /copy && echo ${mark}
FROM ${baseImage}
RUN --network=none echo ${salt} ${mark}
COPY --from=one /copy /
`,
  });

  it('run again what stands on them, and say which image it was', async () => {
    write(project(moving, 'moves'));
    await next();
    const same = await next();
    assert.equal(same.said, 'cached cached cached cached');
    assert.equal(same.done, same.said);
    assert.equal(same.analysis.movedBases.size, 0);

    await dockerOk(['tag', `${name}:b`, moving]);
    const moved = await next();
    assert.equal(moved.done, 'ran ran cached ran');
    assert.match(moved.said, /^changed rebuild cached (unknown|changed|rebuild)$/);
    const [first] = moved.analysis.keyed.steps;
    const cause = first && moved.analysis.cache.of(first.step)?.cause?.reason;
    assert.match(
      cause ?? '',
      /moving means another image than in the build of 2026-01-01 \d\d:01$/,
    );
    assert.match(moved.analysis.movedBases.get(0) ?? '', /moving means another image than in/);

    await dockerOk(['tag', `${name}:a`, moving]);
    const back = await next();
    assert.equal(back.done, 'cached cached cached cached');
    assert.equal(back.said, back.done);
    // The tag means another image than in the last build all the same.
    assert.equal(back.analysis.movedBases.size, 1);
  });

  it('take from cache what was built on the same image by another name', async () => {
    write(project(moving, 'names'));
    await next();
    write(project(`${name}:same`, 'names'));
    const other = await next();
    assert.equal(other.done, 'cached cached cached cached');
    assert.equal(other.said, other.done);
    write(project(`${name}:b`, 'names'));
    const third = await next();
    assert.equal(third.done, 'ran ran cached ran');
    assert.match(third.said, /^changed rebuild cached (unknown|changed|rebuild)$/);
  });

  it('take from cache what stands on the same layers after an import', async () => {
    const archive = join(folder, '..', `${process.pid}.tar`);
    const container = (await dockerOk(['create', `${name}:a`, 'sh'])).trim();
    let replaced = '';
    const imported = ['import', '-c', 'ENV PATH=/bin', archive, `${name}:imported`];
    try {
      await dockerOk(['export', '-o', archive, container]);
      await dockerOk(imported);
      const before = await dockerOk(['image', 'inspect', '-f', '{{.Id}}', `${name}:imported`]);
      write(project(`${name}:imported`, 'imports'));
      await next();
      await dockerOk(imported);
      const after = await dockerOk(['image', 'inspect', '-f', '{{.Id}}', `${name}:imported`]);
      assert.notEqual(after, before);
      replaced = before.trim();
      const again = await next();
      assert.equal(again.done, 'cached cached cached cached');
      assert.equal(again.said, again.done);
    } finally {
      rmSync(archive, { force: true });
      await docker(['rm', '--force', container]);
      if (replaced) await docker(['image', 'rm', '--force', replaced]);
    }
  });

  it('count as unmoved without an engine, whatever was known before', async () => {
    write(project(moving, 'nobody tells'));
    await next();
    const without = await next(false);
    assert.equal(without.done, 'cached cached cached cached');
    assert.equal(without.said, without.done);
    const again = await next();
    assert.equal(again.said, again.done);
  });

  it('of which nothing was known count as unmoved when an engine tells of them later', async () => {
    write(project(moving, 'later'));
    await next(false);
    const told = await next();
    assert.equal(told.done, 'cached cached cached cached');
    assert.equal(told.said, told.done);
    const again = await next();
    assert.equal(again.said, again.done);
  });

  it('are looked at where files are taken from them, too', async () => {
    const text = `FROM scratch\nCOPY --from=${moving} /which /${salt}\n`;
    write({ Dockerfile: text });
    await next();
    const same = await next();
    assert.equal(same.done, 'cached');
    assert.equal(same.said, same.done);
    await dockerOk(['tag', `${name}:b`, moving]);
    const moved = await next();
    assert.equal(moved.done, 'ran');
    assert.equal(moved.said, 'unknown');
  });
});

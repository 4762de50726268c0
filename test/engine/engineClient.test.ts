/** The client of engines against the one that tests have: what its own client and API say, and in which time. */

import assert from 'node:assert/strict';
import type { EngineChoice, EngineEvent } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { until } from '../support/patience.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';

const name = 'dockerfile-layers-test/client:1';
const choice: EngineChoice = { endpoint: null };
const never = new AbortController().signal;

const build = (salt: string) =>
  dockerOk(['build', '--quiet', '--tag', name, '-'], {
    input: Buffer.from(
      `FROM ${baseImage}\nENV SALT=${salt}\nRUN echo ${salt} > /salt\nCOPY <<EOF /note\nhello\nEOF\n`,
    ),
  });

describeWithEngine('the client of engines', () => {
  const engine = createEngine({ env: process.env });
  before(async () => {
    await ensureBaseImage();
    await build('first');
  });
  after(async () => {
    await docker(['image', 'rm', '--force', name]);
  });

  it('lists the images that the docker CLI lists, with their names', async () => {
    const printed = async () => {
      const format = '{{.ID}} {{.Repository}}:{{.Tag}}';
      const lines = await dockerOk(['images', '--no-trunc', '--format', format]);
      return new Set(lines.trim().split('\n'));
    };
    const before = await printed();
    const images = await engine.images(choice, never);
    const after = await printed();
    const listed = images.flatMap(({ id, references }) => references.map((one) => `${id} ${one}`));
    // Others may build and remove images meanwhile; an image may have a digest and no tag.
    const named = [...before].filter((one) => after.has(one) && !one.includes('<none>'));
    for (const one of named) assert.ok(listed.includes(one), one);
    const ids = new Set(images.map(({ id }) => id));
    for (const one of before) if (after.has(one)) assert.ok(ids.has(one.split(' ')[0] ?? ''), one);
    for (const one of listed) assert.ok(before.has(one) || after.has(one), one);
    assert.ok(listed.some((one) => one.endsWith(` ${name}`)));
  });

  it('tells of an image what the docker CLI tells', async () => {
    const inspect = JSON.parse(await dockerOk(['image', 'inspect', name]))[0];
    const image = await engine.image(choice, name, never);
    assert.equal(image?.id, inspect.Id);
    assert.deepEqual(image?.diffIds, inspect.RootFS.Layers);
    assert.deepEqual(image?.config.env, inspect.Config.Env);
    assert.equal(image?.createdAt, Date.parse(inspect.Created));
    const format = '{{.Size}}\t{{.CreatedBy}}';
    const rows = await dockerOk([
      ...['history', '--no-trunc', '--human=false', '--format', format, name],
    ]);
    assert.deepEqual(
      image?.history.map(({ bytes, createdBy }) => `${bytes}\t${createdBy}`),
      rows.replace(/\n$/, '').split('\n').reverse(),
    );
    const total = image?.history.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    if (image?.store === 'classic') assert.equal(total, inspect.Size);
    const short = inspect.Id.slice('sha256:'.length, 'sha256:'.length + 12);
    assert.equal((await engine.image(choice, short, never))?.id, inspect.Id);
  });

  it('has an image for the platform it is for, and none for another', async () => {
    const image = await engine.image(choice, name, never);
    assert.ok(image);
    assert.ok(await engine.image(choice, name, never, image.platform));
    const other = { os: 'linux', arch: 's390x', variant: '' };
    assert.equal(await engine.image(choice, name, never, other), null);
  });

  it('lists the build cache with the parents of each record', async () => {
    const entries = await engine.buildCache(choice, never);
    const ids = new Set(entries.map(({ id }) => id));
    assert.equal(ids.size, entries.length);
    const salt = entries.find(({ description }) => description.includes('echo first > /salt'));
    assert.equal(salt?.bytes, 'first\n'.length);
    assert.ok(salt?.parents.every((id) => ids.has(id)) && salt.parents.length === 1);
  });

  it('tells what containers of an image wrote, not those of images upon it', async () => {
    const child = 'dockerfile-layers-test/client-child:1';
    const made: string[] = [];
    try {
      const legacy = { DOCKER_BUILDKIT: '0' };
      const input = Buffer.from(`FROM ${name}\nLABEL upon=it\n`);
      const built = await docker(['build', '--quiet', '--tag', child, '-'], { input, env: legacy });
      assert.equal(built.status, 0, built.stderr);
      for (const [image, bytes] of [
        [name, 1234],
        [name, 0],
        [child, 99],
      ] as const) {
        const command = bytes === 0 ? 'true' : `head -c ${bytes} /dev/zero > /written`;
        const args = ['--network', 'none', image, 'sh', '-c', command];
        const id = (await dockerOk(['create', ...args])).trim();
        made.push(id);
        await docker(['start', '--attach', id]);
      }
      const containers = await engine.containers(choice, name, never);
      const writes = new Map(containers.map((one) => [one.id, one.writes]));
      assert.deepEqual([writes.get(made[0] ?? ''), writes.get(made[1] ?? '')], [1234, 0]);
      assert.equal(writes.has(made[2] ?? ''), false);
      assert.equal((await engine.containers(choice, child, never)).length, 1);
    } finally {
      for (const id of made) await docker(['rm', '--force', id]);
      await docker(['image', 'rm', '--force', child]);
    }
  });

  it('hears of a build in a terminal, and of a name that is taken away', async () => {
    const control = new AbortController();
    const events: EngineEvent[] = [];
    engine.watch(choice, (event) => events.push(event), control.signal);
    try {
      await until(() => events.some(({ kind }) => kind === 'up'));
      await build(`second-${process.pid}`);
      const image = await engine.image(choice, name, never);
      await until(() => events.some((one) => one.kind === 'images' && one.image === image?.id));
      await until(() => events.some(({ kind }) => kind === 'built'));
    } finally {
      control.abort();
    }
  });

  it('never keeps the thread for long, however much the engine says', async () => {
    const began = performance.now();
    let longest = 0;
    let last = began;
    let isOver = false;
    const beat = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (!isOver) setImmediate(beat);
    };
    beat();
    const images = await engine.images(choice, never);
    const listed = performance.now();
    const entries = await engine.buildCache(choice, never);
    isOver = true;
    const ended = performance.now();
    console.log(
      `      ${images.length} images in ${Math.round(listed - began)} ms, ` +
        `${entries.length} records of the build cache in ${Math.round(ended - listed)} ms, ` +
        `longest pause ${Math.round(longest)} ms`,
    );
    assert.ok(longest < 500, `${longest} ms`);
  });
});

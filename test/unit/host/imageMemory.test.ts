import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RememberedImage } from '../../../server/src/engine/comparison.ts';
import { openImageMemory } from '../../../server/src/host/imageMemory.ts';
import type { KeptParts } from '../../../server/src/host/keptFiles.ts';

const dockerfile = 'file:///project/Dockerfile';
const start = Date.UTC(2026, 0, 1);

function image(minute: number, more: Partial<RememberedImage> = {}): RememberedImage {
  return {
    version: 1,
    id: `sha256:${minute}`,
    createdAt: start + minute * 60_000,
    target: null,
    platform: 'linux/amd64',
    store: 'classic',
    rows: [
      { text: 'RUN a', diffId: 'sha256:a', bytes: 10 },
      { text: 'RUN b', diffId: null, bytes: 20 },
    ],
    ...more,
  };
}

describe('the memory of images', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'images-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function open(parts: Partial<KeptParts> = {}) {
    const memory = openImageMemory(parts);
    memory.useFolder(folder);
    return memory;
  }
  const paths = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .sort();
  const ids = async (memory = open()) => (await memory.read(dockerfile)).map(({ id }) => id);

  it('gives back what was added, the newest build first, whenever it was added', async () => {
    const memory = open();
    for (const minute of [2, 3, 1]) await memory.add(dockerfile, image(minute));
    assert.deepEqual(await open().read(dockerfile), [image(3), image(2), image(1)]);
    assert.deepEqual(await open().read('file:///project/other'), []);
  });

  it('keeps the last ten of a Dockerfile', async () => {
    const memory = open();
    for (let minute = 1; minute <= 14; minute += 1) await memory.add(dockerfile, image(minute));
    const found = await ids();
    assert.equal(found.length, 10);
    assert.equal(found[0], 'sha256:14');
    assert.equal(paths().length, 10);
  });

  it('remembers an image once, also where two windows do it at the same moment', async () => {
    const memories = [open(), open()];
    const adding = Array.from({ length: 12 }, (_, at) =>
      memories[at % 2]?.add(dockerfile, image(at % 3)),
    );
    await Promise.all(adding);
    assert.deepEqual(await ids(), ['sha256:2', 'sha256:1', 'sha256:0']);
    assert.equal(paths().length, 3);
  });

  it('keeps the same image apart by target', async () => {
    const memory = open();
    await memory.add(dockerfile, image(1));
    await memory.add(dockerfile, image(1, { target: 'test' }));
    assert.equal((await memory.read(dockerfile)).length, 2);
  });

  it('leaves out what is cut off, empty, foreign, of a newer version or of a wrong form', async () => {
    const memory = open();
    await memory.add(dockerfile, image(1));
    const [path = ''] = paths();
    const whole = readFileSync(path);
    const value = JSON.parse(gunzipSync(whole).toString());
    const spoiled = [
      { ...value, version: 2 },
      { ...value, dockerfile: 'file:///elsewhere' },
      { ...value, store: 'other' },
      { ...value, rows: [['a', null, -1]] },
      { ...value, rows: [['a', null]] },
      { ...value, rows: {} },
      { ...value, createdAt: 'now' },
      [value],
      null,
    ].map((one) => gzipSync(JSON.stringify(one)));
    const texts = [
      whole.subarray(0, 20),
      Buffer.of(),
      Buffer.from('no gzip'),
      gzipSync('{'),
      ...spoiled,
    ];
    for (const text of texts) {
      writeFileSync(path, text);
      assert.deepEqual(await memory.read(dockerfile), []);
    }
    writeFileSync(path, whole);
    assert.equal((await memory.read(dockerfile)).length, 1);
  });

  it('does not unpack a bomb, read a large file, or wait for a pipe', async function () {
    const memory = open();
    await memory.add(dockerfile, image(1));
    const [path = ''] = paths();
    writeFileSync(path, gzipSync(Buffer.alloc(50_000_000)));
    assert.deepEqual(await memory.read(dockerfile), []);
    writeFileSync(path, Buffer.alloc(2_000_000));
    assert.deepEqual(await memory.read(dockerfile), []);
    if (process.platform === 'win32') this.skip();
    rmSync(path);
    execFileSync('mkfifo', [path]);
    assert.deepEqual(await memory.read(dockerfile), []);
  });

  it('is readable for its user only', async function () {
    if (process.platform === 'win32') this.skip();
    await open().add(dockerfile, image(1));
    const [path = ''] = paths();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('forgets the oldest of all Dockerfiles where there is too much, but not what was just added', async () => {
    const memory = open({ totalBytes: 1 });
    await memory.add('file:///a', image(5));
    await memory.add('file:///b', image(1));
    assert.deepEqual(await memory.read('file:///a'), []);
    assert.equal((await memory.read('file:///b')).length, 1);
  });

  it('removes what was left half-written long ago', async () => {
    const memory = open();
    await memory.add(dockerfile, image(1));
    const [path = ''] = paths();
    writeFileSync(`${path}.abc.part`, '');
    utimesSync(`${path}.abc.part`, 0, 0);
    writeFileSync(`${path}.def.part`, '');
    await memory.add(dockerfile, image(2));
    assert.deepEqual(
      paths().filter((one) => one.endsWith('.part')),
      [`${path}.def.part`],
    );
  });

  it('says why it cannot keep an image, and then reads nothing', async () => {
    const none = openImageMemory();
    await assert.rejects(none.add(dockerfile, image(1)), /there is no folder for images\.$/);
    assert.deepEqual(await none.read(dockerfile), []);
    const full = open({
      files: {
        ...nodeFiles,
        writeFile: async () => {
          throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        },
      },
    });
    await assert.rejects(
      full.add(dockerfile, image(1)),
      /^Error: The image is not kept, as the disk is full\. Make room on it, and try again\.$/,
    );
    assert.deepEqual(await full.read(dockerfile), []);
    const rows = Array.from({ length: 30_000 }, (_, at) => ({
      text: `${at} `.repeat(60),
      diffId: null,
      bytes: 1,
    }));
    await assert.rejects(open().add(dockerfile, image(1, { rows })), /too long\.$/);
  });
});

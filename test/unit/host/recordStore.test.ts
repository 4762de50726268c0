import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import type { SentEntry } from '../../../server/src/context/contentFacts.ts';
import {
  openRecordStore,
  type RecordStoreParts,
  type RecordText,
} from '../../../server/src/host/recordStore.ts';

/** A text that tests can write by hand. */
const json: RecordText = {
  encode: ({ files, ...rest }) => JSON.stringify({ ...rest, files: files && [...files] }),
  decode(text) {
    try {
      const value = JSON.parse(text);
      if (value.version !== 1) return null;
      return { ...value, files: value.files && new Map(value.files) };
    } catch {
      return null;
    }
  },
};

const dockerfile = '/project/Dockerfile';
const start = Date.UTC(2026, 0, 1);
const entry: SentEntry = {
  kind: 'file',
  mode: 0o644,
  bytes: 3,
  mtimeNs: '1000000000',
  content: 'abc',
};

function record(minute: number, more: Partial<BuildRecord> = {}): BuildRecord {
  return {
    version: 1,
    dockerfile,
    context: 'context',
    target: null,
    platform: 'linux/amd64',
    arguments: {},
    at: new Date(start + minute * 60_000).toISOString(),
    source: 'build',
    builder: null,
    steps: [],
    files: new Map([['a.txt', entry]]),
    ...more,
  };
}

describe('the store of build records', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'records-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  function open(parts: Partial<RecordStoreParts> = {}) {
    const store = openRecordStore(json, { now: () => start + 86_400_000, ...parts });
    store.useFolder(folder);
    return store;
  }
  const own = (path = dockerfile) => join(folder, createHash('sha256').update(path).digest('hex'));
  const names = () => readdirSync(own()).sort();
  const times = (records: readonly BuildRecord[]) =>
    records.map(({ at }) => (Date.parse(at) - start) / 60_000);
  /** The file of the only record, to be spoiled. */
  const only = () => join(own(), names()[0] ?? '');

  it('gives back what was added, the newest build first, whenever it was added', async () => {
    const store = open();
    for (const minute of [2, 3, 1]) await store.add(record(minute));
    const found = await open().read(dockerfile);
    assert.deepEqual(found, [record(3), record(2), record(1)]);
  });

  it('keeps Dockerfiles apart', async () => {
    const store = open();
    await store.add(record(1));
    await store.add(record(2, { dockerfile: '/project/other.Dockerfile' }));
    assert.deepEqual(times(await store.read(dockerfile)), [1]);
    assert.deepEqual(await store.read('/project/none'), []);
  });

  it('leaves out a file that belongs to another Dockerfile', async () => {
    const store = open();
    await store.add(record(1));
    const spoiled = json.encode(record(1, { dockerfile: '/elsewhere' }));
    writeFileSync(only(), gzipSync(spoiled));
    assert.deepEqual(await store.read(dockerfile), []);
  });

  it('loses nothing when two windows write at the same moment', async () => {
    const stores = [open(), open()];
    const all = Array.from({ length: 16 }, (_, at) => stores[at % 2]?.add(record(5)));
    await Promise.all(all);
    assert.equal((await open().read(dockerfile)).length, 16);
    assert.deepEqual(
      names().filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('is readable for its user only', async function () {
    if (process.platform === 'win32') this.skip();
    await open().add(record(1));
    assert.equal(statSync(only()).mode & 0o777, 0o600);
    assert.equal(statSync(own()).mode & 0o777, 0o700);
  });

  it('keeps twenty records of a Dockerfile, and tables of files of the newest four', async () => {
    const store = open();
    for (let minute = 1; minute <= 25; minute += 1) await store.add(record(minute));
    const found = await store.read(dockerfile);
    assert.equal(found.length, 20);
    assert.deepEqual(times(found.slice(0, 2)), [25, 24]);
    assert.deepEqual(
      found.map(({ files }) => files !== null),
      found.map((_, at) => at < 4),
    );
    assert.deepEqual(times(found.slice(4, 6)), [21, 20]);
    assert.equal(names().length, 20);
  });

  it('does not let probes and snapshots push builds out', async () => {
    const store = open();
    await store.add(record(1));
    for (let minute = 2; minute <= 30; minute += 1) {
      await store.add(record(minute, { source: minute % 2 ? 'probe' : 'snapshot' }));
    }
    const found = await store.read(dockerfile);
    assert.equal(found.length, 13);
    assert.equal(found.at(-1)?.source, 'build');
  });

  it('forgets the oldest records of all Dockerfiles where there is too much', async () => {
    const store = open({ totalBytes: 2000 });
    for (let minute = 1; minute <= 20; minute += 1) {
      await store.add(record(minute, { dockerfile: `/project/${minute}` }));
    }
    const left = readdirSync(folder);
    const bytes = left
      .flatMap((one) => readdirSync(join(folder, one)).map((name) => join(folder, one, name)))
      .reduce((sum, path) => sum + statSync(path).size, 0);
    assert.ok(bytes <= 2000 && bytes > 1000, `${bytes} bytes`);
    assert.deepEqual(await store.read('/project/1'), []);
    assert.equal((await store.read('/project/20')).length, 1);
    assert.ok(left.length < 12, 'folders without records are removed');
  });

  it('keeps what is added last, however small the room is', async () => {
    const store = open({ totalBytes: 1 });
    await store.add(record(2));
    await store.add(record(1, { dockerfile: '/project/old' }));
    assert.equal((await store.read('/project/old')).length, 1);
    assert.deepEqual(await store.read(dockerfile), []);
  });

  it('reads files once as long as somebody has what they hold', async () => {
    let reads = 0;
    const readFile = ((...given: Parameters<typeof nodeFiles.readFile>) => {
      reads += 1;
      return nodeFiles.readFile(...given);
    }) as typeof nodeFiles.readFile;
    const store = open({ files: { ...nodeFiles, readFile } });
    await open().add(record(1));
    const first = await store.read(dockerfile);
    assert.equal(await store.read(dockerfile), first);
    assert.equal(reads, 1);
    await open().add(record(2));
    const second = await store.read(dockerfile);
    assert.equal(second.length, 2);
    assert.equal(second[1], first[0]);
    assert.equal(reads, 2);
  });

  it('leaves the table of files out of a record that is too large with it', async () => {
    const files = new Map(
      Array.from({ length: 500 }, (_, at): [string, SentEntry] => [`file ${at}`, entry]),
    );
    const store = open({ textLimit: 5000 });
    await store.add(record(1, { files }));
    assert.deepEqual(await store.read(dockerfile), [record(1, { files: null })]);
  });

  it('refuses a record that is too large in itself', async () => {
    const store = open({ textLimit: 100 });
    await assert.rejects(store.add(record(1)), {
      message: 'The record of this build is not kept, as it is too large.',
    });
  });

  it('leaves out a file that was cut off, and keeps the others', async () => {
    const store = open();
    await store.add(record(1));
    const path = only();
    writeFileSync(path, readFileSync(path).subarray(0, 60));
    await store.add(record(2));
    assert.deepEqual(times(await store.read(dockerfile)), [2]);
  });

  it('leaves out what is empty, no gzip, no JSON or no record', async () => {
    const store = open();
    let minute = 0;
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('no gzip'),
      gzipSync('{'),
      gzipSync('null'),
      gzipSync('[]'),
    ]) {
      await store.add(record(++minute));
      const damaged = names().at(-1) ?? '';
      writeFileSync(join(own(), damaged), bytes);
    }
    assert.deepEqual(await store.read(dockerfile), []);
  });

  it('leaves a record of a newer version out, and leaves it there', async () => {
    const store = open();
    await store.add(record(1));
    const path = only();
    const newer = gzipSync(json.encode(record(1)).replace('"version":1', '"version":2'));
    writeFileSync(path, newer);
    for (const minute of [2, 3, 4, 5, 6, 7]) await store.add(record(minute));
    assert.deepEqual(times(await store.read(dockerfile)), [7, 6, 5, 4, 3, 2]);
    assert.deepEqual(readFileSync(path), newer);
  });

  it('waits for no pipe and no device that stands in the place of a record', async function () {
    if (process.platform === 'win32') this.skip();
    const store = open();
    await store.add(record(1));
    for (const [at, make] of [
      [2, (path: string) => execFileSync('mkfifo', [path])],
      [3, (path: string) => symlinkSync('/dev/zero', path)],
    ] as const) {
      await store.add(record(at));
      const path = join(own(), names().at(-1) ?? '');
      rmSync(path);
      make(path);
    }
    assert.deepEqual(times(await store.read(dockerfile)), [1]);
  });

  it('does not unpack a gigabyte', async () => {
    const store = open({ textLimit: 1_000_000 });
    await store.add(record(1));
    writeFileSync(only(), gzipSync(Buffer.alloc(64_000_000, 0x20)));
    const before = process.memoryUsage().rss;
    assert.deepEqual(await store.read(dockerfile), []);
    assert.ok(process.memoryUsage().rss - before < 40_000_000);
  });

  it('does not read a file that is too large', async () => {
    await open().add(record(1));
    const asked: string[] = [];
    const readFile = ((path: string) => {
      asked.push(path);
      return nodeFiles.readFile(path);
    }) as unknown as typeof nodeFiles.readFile;
    const store = open({ packedLimit: 20, files: { ...nodeFiles, readFile } });
    assert.deepEqual(await store.read(dockerfile), []);
    assert.deepEqual(asked, []);
  });

  it('removes what a window left half-written long ago, and nothing that is being written', async () => {
    const store = open({ now: Date.now });
    await store.add(record(1));
    const long = join(own(), '000000000000001-000000000000.build.json.gz.abc.part');
    const now = join(own(), '000000000000002-000000000000.build.json.gz.abc.part');
    const elsewhere = join(own('/other'), 'x.part');
    mkdirSync(own('/other'));
    for (const path of [long, now, elsewhere]) writeFileSync(path, 'half');
    for (const path of [long, elsewhere]) utimesSync(path, 1000, 1000);
    assert.deepEqual(times(await store.read(dockerfile)), [1]);
    await store.add(record(2));
    assert.equal(names().filter((name) => name.endsWith('.part')).length, 1);
    assert.deepEqual(readdirSync(own('/other')), []);
  });

  it('counts a record once where a window ended between the two files of it', async () => {
    const store = open();
    await store.add(record(1));
    const path = only();
    const slim = path.replace('.build.', '.build.slim.');
    writeFileSync(slim, gzipSync(json.encode(record(1, { files: null }))));
    assert.deepEqual(await store.read(dockerfile), [record(1)]);
    await store.add(record(2));
    assert.equal(names().length, 2);
  });

  it('takes what is added as the newest when the clock was put back', async () => {
    const day = 1440;
    await open({ now: () => start + 10 * day * 60_000 }).add(record(9 * day));
    const back = open({ now: () => start + day * 60_000 });
    await back.add(record(day - 1));
    await back.add(record(day - 2));
    assert.deepEqual(times(await back.read(dockerfile)), [day - 2, day - 1, 9 * day]);
  });

  it('files a record without a readable time as of now', async () => {
    const store = open();
    await store.add(record(1));
    await store.add(record(2, { at: 'yesterday' }));
    assert.equal((await store.read(dockerfile))[0]?.at, 'yesterday');
  });

  it('reads nothing, and says so when it is to write, where there is no folder', async () => {
    const store = openRecordStore(json);
    assert.deepEqual(await store.read(dockerfile), []);
    await assert.rejects(store.add(record(1)), {
      message: 'The record of this build is not kept, as there is no folder for records.',
    });
  });

  it('reads nothing where a file stands in the place of the folder', async () => {
    writeFileSync(own(), '');
    const store = open();
    assert.deepEqual(await store.read(dockerfile), []);
    await assert.rejects(store.add(record(1)), /cannot be written to .* \(ENOTDIR\)\. See what /);
  });

  it('reads nothing of a folder that may not be read', async () => {
    await open().add(record(1));
    const denied = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
    const store = open({ files: { ...nodeFiles, readdir: denied, mkdir: denied } });
    assert.deepEqual(await store.read(dockerfile), []);
    await assert.rejects(
      store.add(record(2)),
      /no permission to write to .*\. Allow it, and try again\.$/,
    );
  });

  it('says that the disk is full, leaves nothing half-written, and keeps what was there', async () => {
    await open().add(record(1));
    const before = names();
    const writeFile = (async (path: string, bytes: Buffer) => {
      writeFileSync(path, bytes.subarray(0, 10));
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }) as unknown as typeof nodeFiles.writeFile;
    const full = open({ files: { ...nodeFiles, writeFile } });
    await assert.rejects(full.add(record(2)), {
      message:
        'The record of this build is not kept, as the disk is full. Make room on it, and try again.',
    });
    assert.deepEqual(names(), before);
    assert.deepEqual(times(await full.read(dockerfile)), [1]);
  });

  it('tries again when another window removed the empty folder just then', async () => {
    let first = true;
    const writeFile = (async (path: string, ...rest: [Buffer]) => {
      if (first) rmSync(own(), { recursive: true });
      first = false;
      return nodeFiles.writeFile(path, ...rest);
    }) as unknown as typeof nodeFiles.writeFile;
    const store = open({ files: { ...nodeFiles, writeFile } });
    await store.add(record(1));
    assert.deepEqual(times(await store.read(dockerfile)), [1]);
  });

  it('keeps the record when tidying up fails', async () => {
    const rm = (() => Promise.reject(new Error('no'))) as unknown as typeof nodeFiles.rm;
    const store = open({ totalBytes: 1, files: { ...nodeFiles, rm } });
    await store.add(record(1));
    await store.add(record(2));
    assert.deepEqual(times(await store.read(dockerfile)), [2, 1]);
  });

  it('packs with gzip, so that it can be read by hand', async () => {
    await open().add(record(1));
    assert.equal(JSON.parse(gunzipSync(readFileSync(only())).toString()).dockerfile, dockerfile);
  });
});

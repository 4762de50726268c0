/** Archives of every kind are unpacked by the engine; each layer has the bytes that we read. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readArchive } from '../../server/src/context/archive.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import {
  directory,
  hardLink,
  long,
  type Member,
  member,
  pax,
  symlink,
  tar,
} from '../support/archives.ts';
import { describeWithEngine, docker, dockerOk, imageHistory } from './engine.ts';

const file = (name: string, content: number): Member => ({ name, content });
const base = tar(directory('d'), file('d/a', 1234), file('b', 77), file('big', 200_000));
const deep = Array(5).fill('n'.repeat(60)).join('/');

/** What a tool of this machine makes of `input`; undefined where the tool is missing. */
function packedBy(tool: string, input: Buffer): Buffer | undefined {
  const { status, stdout } = spawnSync(tool, ['-c'], { input, maxBuffer: 1 << 26 });
  return status === 0 ? stdout : undefined;
}

const unpacked: Readonly<Record<string, Buffer | undefined>> = {
  'plain.tar': base,
  'without-extension': base,
  'misnamed.zip': gzipSync(base),
  'packed.tar.bz2': packedBy('bzip2', base),
  'packed.tar.xz': packedBy('xz', base),
  'packed.tar.zst': packedBy('zstd', base),
  'several.tar.gz': Buffer.concat([
    gzipSync(base.subarray(0, 3000)),
    gzipSync(base.subarray(3000)),
  ]),
  'garbage.tar.gz': Buffer.concat([
    gzipSync(Buffer.concat([base, Buffer.alloc(100_000)])),
    Buffer.from('garbage'),
  ]),
  'no-end.tar': member(file('a', 100)),
  'twice.tar': tar(file('a', 5000), file('a', 50)),
  'file-for-directory.tar': tar(file('d/x', 9), file('d/e/f', 100), file('d', 7)),
  'directory-for-file.tar': tar(file('d', 70), directory('d'), file('d/x', 9)),
  'through-link.tar': tar(
    directory('real'),
    symlink('l', '/real'),
    file('l/x', 31),
    file('l/y', 3),
  ),
  'hard.tar': tar(file('a', 1000), hardLink('b', 'a'), hardLink('c', '/a')),
  'hard-replaced.tar': tar(file('a', 1000), hardLink('b', 'a'), file('a', 10)),
  'names.tar': tar(directory('./'), file('./a', 12), file('/etc/x', 5), file('b//./c/../d', 6)),
  'whiteouts.tar': tar(file('a', 30), file('.wh.a', 4), file('d/.wh..wh..opq', 5)),
  'gnu-long.tar': tar(
    long(deep),
    file('short', 40),
    long('x'),
    long(deep, 'K'),
    hardLink('q', 'w'),
  ),
  'pax.tar': tar(pax({ path: 'ünï/ço∂e' }), file('s', 40), pax({ path: '' }), file('t', 4)),
  'global.tar': tar(pax({ path: 'hi' }, 'g'), file('a', 8)),
  'old.tar': tar({ name: 'd/', type: '\0' }, { name: 'd/q', type: '\0', content: 3 }),
};

const copied: Readonly<Record<string, Buffer>> = {
  'empty.tar': Buffer.alloc(10_240),
  'empty-file.tar': Buffer.alloc(0),
  'text.tar.gz': gzipSync('hello '.repeat(1000)),
  'bad-checksum.tar': tar({ name: 'a', content: 3, hasBadChecksum: true }),
  'pax-only.tar': tar(pax({ path: 'z' })),
};

const failing: Readonly<Record<string, Buffer>> = {
  'cut-off.tar': base.subarray(0, 5000),
  'cut-off.tar.gz': gzipSync(base).subarray(0, -60),
  'hard-to-itself.tar': tar(file('a', 4), hardLink('a', 'a')),
  'below-a-file.tar': tar(file('f', 9), file('f/x', 3)),
  'volume-label.tar': tar({ name: 'label', type: 'V' }, file('a', 4)),
};

function read(path: string) {
  return readArchive(
    () => createReadStream(path),
    nodeDecompressors,
    { entries: 10_000, bytes: 2 ** 30 },
    new AbortController().signal,
  );
}

describeWithEngine('archives that ADD unpacks', () => {
  const image = 'dockerfile-layers-test/archives:1';
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'layers-archives-'));
    for (const [name, data] of Object.entries({ ...unpacked, ...copied, ...failing })) {
      if (data) writeFileSync(join(folder, name), data);
    }
  });
  after(async () => {
    await docker(['image', 'rm', '--force', image]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('every layer has the bytes that were read from its archive', async () => {
    const names = Object.entries({ ...unpacked, ...copied }).flatMap(([name, data]) =>
      data ? [name] : [],
    );
    const lines = names.map((name, index) => `ADD ${name} /${index}/`);
    writeFileSync(join(folder, 'Dockerfile'), ['FROM scratch', ...lines, ''].join('\n'));
    await dockerOk(['build', '--quiet', '--tag', image, folder]);
    const history = await imageHistory(image);
    const expected = await Promise.all(
      names.map(async (name) => {
        const content = await read(join(folder, name));
        assert.equal(content.kind, name in copied ? 'none' : 'archive', name);
        return [name, content.kind === 'archive' ? content.bytes : copied[name]?.length];
      }),
    );
    assert.deepEqual(
      names.map((name, index) => [name, history[index]?.bytes]),
      expected,
    );
  });

  for (const name of Object.keys(failing)) {
    it(`${name} fails to unpack, as was said`, async () => {
      const content = await read(join(folder, name));
      assert.ok(content.kind === 'unreadable', JSON.stringify(content));
      assert.match(content.reason, /build fails/);
      const dockerfile = join(folder, `${name}.Dockerfile`);
      writeFileSync(dockerfile, `FROM scratch\nADD ${name} /x/\n`);
      const { status } = await docker(['build', '--quiet', '--file', dockerfile, folder]);
      assert.notEqual(status, 0);
    });
  }
});

/** What ADD unpacks. The engine says the same in test/engine/archives.test.ts. */

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type ArchiveContent, readArchive } from '../../../server/src/context/archive.ts';
import type { Decompressors } from '../../../server/src/context/decompress.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { unzstd } from '../../../server/src/host/unzstd.ts';
import {
  directory,
  hardLink,
  long,
  type Member,
  member,
  pax,
  symlink,
  tar,
} from '../../support/archives.ts';
import { seeded } from '../../support/random.ts';

const limits = { entries: 1000, bytes: 10_000_000 };

async function* inPieces(data: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

function read(
  data: Uint8Array,
  options: { piece?: number; decompressors?: Decompressors; signal?: AbortSignal } = {},
): Promise<ArchiveContent> {
  return readArchive(
    () => inPieces(data, options.piece),
    options.decompressors ?? nodeDecompressors,
    limits,
    options.signal ?? new AbortController().signal,
  );
}

/** Files as `path bytes`, a further name of a file as `path = first name`. */
async function contentOf(data: Uint8Array): Promise<readonly string[]> {
  const content = await read(data);
  assert.equal(content.kind, 'archive', JSON.stringify(content));
  assert.ok(content.kind === 'archive');
  assert.equal(
    content.bytes,
    content.files.reduce((sum, file) => sum + file.bytes, 0),
  );
  return content.files
    .map(({ path, bytes, sameAs }) => (sameAs ? `${path} = ${sameAs}` : `${path} ${bytes}`))
    .sort();
}

async function reasonOf(data: Uint8Array): Promise<string> {
  const content = await read(data);
  assert.ok(content.kind === 'unreadable', JSON.stringify(content));
  assert.match(content.reason, /^[A-Z“].*\.$/s);
  return content.reason;
}

const file = (name: string, content: string | number): Member => ({ name, content });
const deep = Array(5).fill('n'.repeat(60)).join('/');
const two = tar(file('a', 1234), file('d/b', 77));

/** The archive `two`, packed by bzip2, xz -9 and zstd --check. */
const packed = {
  bzip2:
    'QlpoOTFBWSZTWYvAaA0AAIBfhsyAQAj/gAAgAAL0AB5gAAQQAAgIIAB1CUTU0BoAPUABJJADQGgBppLba0mY+cCUKQSCGDuTQuDOGI8qQgYBlviMCMKCDuwgxLZ9WlNasI3CkaCkXyAe9nffREiRPAlJJPTnzMADB+LuSKcKEhF4DQGg',
  xz: '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AG9dADCAM1AYaImDAdzibkSHfhCU+WBLAe+tLE+sF3m4hbErw7PqX1+WndiZzhHJqF/DZ2ExgkGjZagtX6BZUO4XpDPF4Ug5eic7AwLeoJvrPljsQNj/Go9CRUKgsH2FGCpGr75RDDqVJertmTJUpgLdAAAApJbe8u1d8/kAAYsBgFAAAP2BpwuxxGf7AgAAAAAEWVo=',
  zstd: 'KLUv/QRorQIAAkMKEaCrAzAbbAeA0HWzexZANTEFD4UgiEUh7W5Xh632BZtiae+ZIvsYpZ8PIGC3ZzGCDD2s+EWFFL1j6hiE9AFIR0U9Z/5snpLPpNhAtIYHED8tLNt6Ygk=',
};
const bytesOf = (base64: string) => Buffer.from(base64, 'base64');
const fallback: Decompressors = {
  open: (kind, input) => (kind === 'zstd' ? unzstd(input) : nodeDecompressors.open(kind, input)),
};

describe('archives that ADD unpacks', () => {
  it('lists files and counts directories, also implied ones', async () => {
    assert.deepEqual(await read(tar(directory('e/'), file('a', 1234), file('d/x/b', 77))), {
      kind: 'archive',
      files: [
        { path: 'a', bytes: 1234 },
        { path: 'd/x/b', bytes: 77 },
      ],
      bytes: 1311,
      directories: 3,
    });
  });

  it('reads the same whatever the pieces are that the file comes in', async () => {
    const whole = await read(two);
    for (const piece of [1, 7, 511, 512, 513, 100_000]) {
      assert.deepEqual(await read(two, { piece }), whole);
      assert.deepEqual(await read(gzipSync(two), { piece }), whole);
      for (const base64 of Object.values(packed)) {
        assert.deepEqual(await read(bytesOf(base64), { piece }), whole);
        assert.deepEqual(await read(bytesOf(base64), { piece, decompressors: fallback }), whole);
      }
    }
  });

  it('reads compressed files that were put together from several', async () => {
    const expected = ['a 1234', 'd/b 77'];
    const halves = [two.subarray(0, 700), two.subarray(700)];
    assert.deepEqual(
      await contentOf(Buffer.concat(halves.map((half) => gzipSync(half)))),
      expected,
    );
  });

  const same: readonly (readonly [string, Buffer, readonly string[]])[] = [
    ['a later file replaces an earlier one', tar(file('a', 100), file('a', 50)), ['a 50']],
    [
      'a file replaces a directory and all in it',
      tar(file('d/x', 9), file('d/e/f', 100), file('d', 7)),
      ['d 7'],
    ],
    ['a directory replaces a file', tar(file('d', 70), directory('d'), file('d/x', 9)), ['d/x 9']],
    ['a symbolic link replaces a file', tar(file('a', 70), symlink('a', 'b')), []],
    [
      'a file replaces a symbolic link, not what it leads to',
      tar(file('a', 70), symlink('l', 'a'), file('l', 5)),
      ['a 70', 'l 5'],
    ],
    [
      'names go through symbolic links to directories',
      tar(directory('real'), symlink('l', '/real'), file('l/x', 31), file('real/x', 30)),
      ['real/x 30'],
    ],
    [
      'hard links are one file',
      tar(file('a', 1000), hardLink('b', 'a'), hardLink('c', '/a')),
      ['a 1000', 'b = a', 'c = a'],
    ],
    [
      'a hard link keeps the file whose first name was replaced',
      tar(file('a', 1000), hardLink('b', 'a'), file('a', 10)),
      ['a 10', 'b 1000'],
    ],
    [
      'names are cleaned',
      tar(directory('./'), file('./a', 12), file('/etc/x', 5), file('b//./c/../d', 6)),
      ['a 12', 'b/d 6', 'etc/x 5'],
    ],
    [
      'names of whiteouts are names',
      tar(file('a', 30), file('.wh.a', 4), file('d/.wh..wh..opq', 5)),
      ['.wh.a 4', 'a 30', 'd/.wh..wh..opq 5'],
    ],
    [
      'devices and pipes have no bytes',
      tar({ name: 'p', type: '6' }, { name: 'c', type: '3' }, file('a', 3)),
      ['a 3'],
    ],
    [
      'GNU long names count',
      tar(long(deep), file('short', 40), long('x'), long(deep, 'K'), hardLink('q', 'w')),
      [`${deep} = x`, 'x 40'],
    ],
    [
      'PAX names count, empty ones do not',
      tar(pax({ path: 'ünï/ço∂e' }), file('s', 40), pax({ path: '' }), file('t', 4)),
      ['t 4', 'ünï/ço∂e 40'],
    ],
    [
      'the last of several PAX headers counts',
      tar(pax({ path: 'one' }), pax({ path: 'two' }), file('s', 40)),
      ['two 40'],
    ],
    [
      'PAX sizes count',
      Buffer.concat([
        member(pax({ size: '900' })),
        member({ name: 's' }),
        Buffer.alloc(1024),
        tar(file('t', 4)),
      ]),
      ['s 900', 't 4'],
    ],
    ['global PAX headers change nothing', tar(pax({ path: 'hi' }, 'g'), file('a', 8)), ['a 8']],
    [
      'sizes in base 256 count',
      tar({ name: 'a', content: 300, patch: { 124: '\x80\0\0\0\0\0\0\0\0\0\x01\x2c' } }),
      ['a 300'],
    ],
    [
      'sparse files have their full length',
      tar(
        pax({
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.name': 'sparse',
          'GNU.sparse.realsize': '5000000',
        }),
        file('GNUSparseFile.0/sparse', '1\n5000000\n0\n'.padEnd(512, '\0')),
      ),
      ['sparse 5000000'],
    ],
    [
      'the prefix of a name counts',
      tar({ name: 'n', content: 4, prefix: 'pre/fix' }),
      ['pre/fix/n 4'],
    ],
    [
      'old archives mark directories by a slash',
      tar({ name: 'd/', type: '\0' }, { name: 'd/q', type: '\0', content: 3 }),
      ['d/q 3'],
    ],
    ['an end is not needed', tar(file('a', 100)).subarray(0, 1024), ['a 100']],
    [
      'what follows the end does not count',
      Buffer.concat([two, tar(file('c', 1))]),
      ['a 1234', 'd/b 77'],
    ],
    [
      'what follows the compressed data does not count',
      Buffer.concat([
        gzipSync(Buffer.concat([two, Buffer.alloc(100_000)])),
        Buffer.from('garbage'),
      ]),
      ['a 1234', 'd/b 77'],
    ],
  ];
  for (const [title, data, expected] of same) {
    it(title, async () => assert.deepEqual(await contentOf(data), expected));
  }
});

describe('files that ADD copies as they are', () => {
  const plain: Readonly<Record<string, Buffer>> = {
    'an empty file': Buffer.alloc(0),
    'a text that is called .tar': Buffer.from('this is no tar\n'.repeat(100)),
    'an archive without entries': Buffer.alloc(10_240),
    'a compressed archive without entries': gzipSync(Buffer.alloc(10_240)),
    'a compressed text': gzipSync('hello '.repeat(1000)),
    'only the first bytes of gzip': Buffer.from('1f8b086162636465666768', 'hex'),
    'only the first bytes of bzip2': Buffer.from('BZh91AY is no bzip2 at all'),
    'only the first bytes of xz': Buffer.from('fd377a585a00616263646566', 'hex'),
    'only the first bytes of zstd': Buffer.from('28b52ffd', 'hex'),
    'a first header with a wrong checksum': tar({ name: 'a', content: 3, hasBadChecksum: true }),
    'a first header with letters for numbers': tar({ name: 'a', patch: { 100: 'zzzzzzz' } }),
    'a negative first size': tar({ name: 'a', patch: { 124: '\xff'.repeat(12) } }),
    'a PAX header for nothing': tar(pax({ path: 'z' })),
  };
  for (const [title, data] of Object.entries(plain)) {
    it(title, async () => assert.deepEqual(await read(data), { kind: 'none' }));
  }
});

describe('archives without an answer', () => {
  const large = tar(file('a', 1234), file('b', 'abcdefghijk'.repeat(9000)), file('c', 77));
  const packedLarge = gzipSync(large);
  const broken: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    'cut off in a file': [two.subarray(0, 1000), /cut off.*build fails/],
    'cut off in a header': [two.subarray(0, 2100), /cut off.*build fails/],
    'cut off in compressed data': [packedLarge.subarray(0, -60), /cut off.*build fails/],
    'a wrong checksum later': [tar(file('k', 4), { name: 'a', hasBadChecksum: true }), /checksum/],
    'a block of zeros inside': [
      Buffer.concat([member(file('a', 4)), Buffer.alloc(512), member(file('b', 4))]),
      /block of zeros/,
    ],
    'a negative size': [
      tar(file('k', 4), { name: 'a', patch: { 124: '\xff'.repeat(12) } }),
      /header/,
    ],
    'a negative PAX size': [tar(file('k', 4), pax({ size: '-5' }), file('a', 0)), /malformed/],
    'a malformed PAX header': [
      tar(file('k', 4), { name: 'p', type: 'x', content: '99 path=x' }),
      /PAX/,
    ],
    'a size of exabytes': [
      tar(file('k', 4), pax({ size: '9'.repeat(18) }), file('a', 0)),
      /more than 10,000,000 bytes/,
    ],
    'a name of megabytes': [tar(file('k', 4), long('n'.repeat(1 << 20)), file('a', 0)), /1 MiB/],
    'a name that no file can have': [tar(long('n'.repeat(256)), file('a', 5)), /too long/],
    'a hard link to nothing': [
      tar(file('a', 4), hardLink('b', 'c')),
      /hard link “b” points to “c”.*fails/,
    ],
    'a hard link to itself': [tar(file('a', 4), hardLink('a', 'a')), /hard link.*fails/],
    'a file below a file': [tar(file('f', 9), file('f/x', 3)), /no directory.*fails/],
    'a sparse file in the old form of GNU tar': [
      tar({ name: 's', type: 'S', patch: { 257: 'ustar  \0' } }),
      /type “S”.*fails/,
    ],
    'a name that leads out': [tar(file('../x', 12)), /“..\/x” leads out.*Not all versions/],
    'a hard link that leads out': [
      tar(file('a', 1), hardLink('b', '../a')),
      /leads out.*Not all versions/,
    ],
    'a link to nothing on the way': [
      tar(symlink('l', 'no'), file('l/x', 1)),
      /symbolic link.*Not all/,
    ],
    'links in a circle': [tar(symlink('l', 'l'), file('l/x', 1)), /symbolic link.*Not all/],
    'too many entries': [
      tar(...Array.from({ length: 1001 }, (_, index) => file(`f${index}`, 0))),
      /more than 1,000 entries/,
    ],
    'too many bytes, compressed': [
      gzipSync(tar(file('a', 10_000_001))),
      /more than 10,000,000 bytes/,
    ],
    'endless headers, compressed': [
      gzipSync(Buffer.concat(Array(11_000).fill(member(pax({ comment: 'x' }))))),
      /more than|PAX/,
    ],
    'too many bytes without content': [
      tar(
        pax({
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.realsize': '99999999999',
        }),
        file('s', '0\n'),
      ),
      /more than 10,000,000 bytes/,
    ],
  };
  for (const [title, [data, expected]] of Object.entries(broken)) {
    it(`${title} is said in a sentence`, async () => assert.match(await reasonOf(data), expected));
  }

  it('a compression that cannot be read here is named', async () => {
    const content = await read(bytesOf(packed.xz), { decompressors: { open: () => null } });
    assert.ok(content.kind === 'unreadable');
    assert.match(content.reason, /compressed with xz/);
  });

  it('a zstd window of gigabytes is refused before memory is taken', async () => {
    const frame = Buffer.concat([
      bytesOf(packed.zstd),
      Buffer.from('28b52ffd00a0', 'hex'),
      Buffer.alloc(40),
    ]);
    const before = process.memoryUsage().arrayBuffers;
    const cut = Buffer.from('28b52ffd00a00100000000000000000000000000', 'hex');
    const content = await read(cut, { decompressors: fallback });
    assert.equal(content.kind, 'unreadable');
    await read(frame, { decompressors: fallback });
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 27);
  });

  it('a file that cannot be opened or read is no plain file', async () => {
    const fails = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
    const content = await readArchive(
      () => ({ [Symbol.asyncIterator]: () => ({ next: fails }) }),
      nodeDecompressors,
      limits,
      new AbortController().signal,
    );
    assert.deepEqual(content, { kind: 'unreadable', reason: 'The file cannot be read (EACCES).' });
  });

  it('reading stops when it is not wanted any more', async () => {
    const abort = new AbortController();
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        if (++pieces === 5) abort.abort();
        yield member(file('a', 0));
      }
    }
    const content = await readArchive(endless, nodeDecompressors, limits, abort.signal);
    assert.deepEqual(content, { kind: 'unreadable', reason: 'Reading the archive was stopped.' });
    assert.ok(pieces < 10);
  });

  it('the file is closed when the end of the archive is found early', async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        yield two;
        for (;;) yield Buffer.alloc(1000, 'x');
      } finally {
        isClosed = true;
      }
    }
    const content = await readArchive(
      endless,
      nodeDecompressors,
      limits,
      new AbortController().signal,
    );
    assert.equal(content.kind, 'archive');
    assert.ok(isClosed);
  });

  it('damage anywhere gives an answer, never an error', async () => {
    const { below } = seeded(7);
    const sources = [
      tar(pax({ path: deep }), file('a', 600), long(deep), hardLink('h', 'a'), symlink('l', '/')),
      gzipSync(two),
      ...Object.values(packed).map(bytesOf),
    ];
    for (let round = 0; round < 400; round++) {
      const data = Buffer.from(sources[round % sources.length] ?? two);
      for (let change = below(4); change >= 0; change--) data[below(data.length)] = below(256);
      const cut = data.subarray(0, below(3) === 0 ? below(data.length) : data.length);
      const content = await read(cut, { decompressors: fallback });
      assert.ok(['none', 'archive', 'unreadable'].includes(content.kind));
    }
  });
});

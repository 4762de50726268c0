import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import type { Fetching } from '../../../server/src/host/fetchTools.ts';
import { openPackageData } from '../../../server/src/host/packageData.ts';
import { cacheFolder, readStored, storeIndex } from '../../../server/src/host/packageStore.ts';
import { updatePackages } from '../../../server/src/host/updatePackages.ts';
import { readIndexName } from '../../../server/src/packages/mirrors.ts';
import {
  apkIndexFile,
  debSuite,
  type Mirror,
  mirrorOf,
  primaryXml,
  rpmRepository,
  type Served,
} from '../../support/mirrors.ts';

const limits = { bytes: 3_000_000, silenceMs: 300, totalMs: 5000 };
const curl = 'Package: curl\nVersion: 8\nInstalled-Size: 500\nSize: 300\n\n';

describe('Update Package Data', () => {
  let folder: string;
  let mirror: Mirror | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'packages-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await mirror?.close();
    mirror = undefined;
  });

  const keyOf = (name: string) => {
    const key = readIndexName(name);
    assert.ok(key, name);
    return key;
  };

  /** Fetches from a mirror of these files; addresses of all distributions lead there. */
  async function update(
    name: string,
    files: Served,
    {
      signal = new AbortController().signal,
      ...fetching
    }: Partial<Fetching> & { signal?: AbortSignal } = {},
  ) {
    mirror ??= await mirrorOf(files);
    const [distribution = ''] = name.split('/');
    return updatePackages({
      keys: [keyOf(name)],
      mirrors: new Map([[distribution, [`${mirror.address}/${distribution}`]]]),
      folder,
      signal,
      onProgress: () => {},
      fetching: { limits, keyFolders: [folder], today: '2026-11-21', ...fetching },
    });
  }

  async function stored(name: string) {
    const found = await readStored(folder, keyOf(name));
    assert.equal(found.state, 'known', JSON.stringify(found));
    return found.state === 'known' ? found.index : assert.fail();
  }

  const debian = (options = {}) => debSuite('/debian', 'sid', curl, options);

  it('stores the packages of a Debian release, with day and place', async () => {
    const outcome = await update('debian/sid/amd64', debian());
    assert.match(
      outcome.message,
      /^Package data was updated: debian\/sid\/amd64 \(2026-11-20\)\.$/,
    );
    const index = await stored('debian/sid/amd64');
    assert.equal(index.date, '2026-11-20');
    assert.match(index.source, /^127\.0\.0\.1:\d+, hashes checked, signature not checked$/);
    assert.equal(index.partial, false);
    assert.ok(Math.abs((index.package('curl')?.files ?? 0) - 500 * 1024 * 0.975) < 2000);
  });

  it('joins release, updates and security, each newest version', async () => {
    const newer = curl.replace('500', '600').replace('8', '9');
    const files = new Map([
      ...debSuite('/debian', 'trixie', `${curl}Package: old\nVersion: 1\n\n`),
      ...debSuite('/debian-security', 'trixie-security', newer),
    ]);
    const outcome = await update('debian/trixie/amd64', files);
    assert.equal(outcome.failed.length, 0, outcome.message);
    const index = await stored('debian/trixie/amd64');
    assert.ok((index.package('curl')?.files ?? 0) > 590_000);
    assert.ok(index.package('old'));
    assert.ok(mirror?.asked.includes('/debian/dists/trixie-updates/InRelease'));
  });

  it('takes files by their hash where the archive offers that', async () => {
    const outcome = await update('debian/sid/amd64', debian({ byHash: true }));
    assert.equal(outcome.updated.length, 1, outcome.message);
    assert.match(mirror?.asked.join(' ') ?? '', /by-hash\/SHA256/);
  });

  it('reads all components of Ubuntu', async () => {
    const outcome = await update(
      'ubuntu/noble/amd64',
      debSuite('/ubuntu', 'noble', curl.replace('curl', 'jq'), { component: 'main' }),
    );
    assert.equal(outcome.updated.length, 1, outcome.message);
    assert.ok((await stored('ubuntu/noble/amd64')).package('jq'));
  });

  it('stores the packages of Alpine, and checks the signature with a key that is there', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = {
      name: 'test@example.org-1.rsa.pub',
      pem: String(privateKey.export({ type: 'pkcs1', format: 'pem' })),
    };
    const index =
      'P:curl\nV:8-r0\nI:1000\nS:500\nD:libcurl\n\nP:libcurl\nV:8-r0\nI:2000\nS:100\n\n';
    const file = apkIndexFile(index, key);
    const path = '/alpine/v3.22/main/x86_64/APKINDEX.tar.gz';
    await update('alpine/v3.22/amd64', new Map([[path, file]]));
    const unchecked = await stored('alpine/v3.22/amd64');
    assert.match(unchecked.source, /signature not checked/);
    assert.equal(unchecked.lists, file.length);
    assert.deepEqual(unchecked.package('curl')?.depends, [['libcurl']]);

    writeFileSync(join(folder, key.name), publicKey.export({ type: 'spki', format: 'pem' }));
    await update('alpine/v3.22/amd64', new Map());
    assert.match((await stored('alpine/v3.22/amd64')).source, /, signature checked$/);

    const forged = Buffer.concat([
      file.subarray(0, file.length - apkIndexFile(index).length),
      apkIndexFile(index.replace('1000', '9')),
    ]);
    mirror?.files.set(path, forged);
    const outcome = await update('alpine/v3.22/amd64', new Map());
    assert.match(outcome.message, /could not be updated\. The signature of .* is wrong\.$/);
    assert.equal((await stored('alpine/v3.22/amd64')).package('curl')?.files, 1024);
  });

  it('stores the packages of an RPM distribution', async () => {
    const primary = primaryXml([
      { name: 'curl', installed: 700_000, requires: ['libcurl.so.4()(64bit)'] },
      { name: 'libcurl', installed: 800_000, provides: ['libcurl.so.4()(64bit)'] },
    ]);
    const outcome = await update(
      'almalinux/9/amd64',
      rpmRepository('/almalinux/9/BaseOS/x86_64/os', primary),
    );
    assert.equal(outcome.updated.length, 1, outcome.message);
    const index = await stored('almalinux/9/amd64');
    assert.deepEqual(index.package('curl')?.depends, [['libcurl']]);
    assert.equal(index.date, '2026-11-20');
  });

  const place = '/debian/dists/sid/main/binary-amd64/Packages.gz';
  const failures: readonly (readonly [string, Served, RegExp])[] = [
    ['the mirror has no such release', new Map(), /answered with status 404/],
    [
      'the mirror has no such architecture',
      debSuite('/debian', 'sid', curl, { arch: 'arm64' }),
      /has no packages for amd64/,
    ],
    [
      'a file is not what its archive says',
      new Map([...debian(), [place, gzipSync(curl.replace('500', '1'))]]),
      /is not what the mirror's own list of hashes says/,
    ],
    [
      'a file is cut off',
      debian({ packed: gzipSync(curl.repeat(50)).subarray(0, 60) }),
      /is damaged or cut off/,
    ],
    [
      'the connection ends early',
      new Map([
        ...debian(),
        [
          place,
          (_: unknown, response: import('node:http').ServerResponse) => {
            response.writeHead(200, { 'content-length': '100000' });
            response.write('x'.repeat(100));
            setImmediate(() => response.destroy());
          },
        ],
      ] as never),
      /cut off/,
    ],
    [
      'a file is announced larger than any real one',
      new Map([
        ...debian(),
        [
          place,
          (_: unknown, response: import('node:http').ServerResponse) =>
            response.writeHead(200, { 'content-length': '99000000000' }).flushHeaders(),
        ],
      ] as never),
      /is larger than any real index/,
    ],
    [
      'a file never ends',
      new Map([
        ...debian(),
        [
          place,
          (_: unknown, response: import('node:http').ServerResponse) => {
            const more = () => {
              while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
              response.once('drain', more);
            };
            more();
          },
        ],
      ] as never),
      /is larger than any real index|is damaged or cut off/,
    ],
    [
      'the mirror says nothing',
      new Map([['/debian/dists/sid/InRelease', () => {}]]) as Served,
      /did not answer in time/,
    ],
    [
      'addresses lead in a circle',
      new Map([
        [
          '/debian/dists/sid/InRelease',
          (_: unknown, response: import('node:http').ServerResponse) =>
            response.writeHead(302, { location: '/debian/dists/sid/InRelease' }).end(),
        ],
      ]) as Served,
      /leads from one address to the next without end/,
    ],
    [
      'an address leads away from the web',
      new Map([
        [
          '/debian/dists/sid/InRelease',
          (_: unknown, response: import('node:http').ServerResponse) =>
            response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
        ],
      ]) as Served,
      /begins with neither http nor https/,
    ],
    [
      'the release lists no hashes',
      new Map([['/debian/dists/sid/InRelease', 'Origin: x\n']]),
      /lists no hashes/,
    ],
  ];
  for (const [what, files, reason] of failures) {
    it(`says so, and keeps what it had, where ${what}`, async () => {
      await storeIndex(folder, content('before'));
      const outcome = await update('debian/sid/amd64', files);
      assert.equal(outcome.updated.length, 0);
      assert.match(outcome.failed[0]?.reason ?? '', reason);
      assert.ok(outcome.message.endsWith('.'));
      assert.equal((await stored('debian/sid/amd64')).source, 'before');
      assert.deepEqual(readdirSync(folder), ['debian+sid+amd64.packages.br']);
    });
  }

  for (const [family, files] of bombs()) {
    it(`refuses packages of ${family} that unpack to more than any real index`, async () => {
      const text = { bytes: 5_000_000, line: 100_000 };
      const outcome = await update(family, files, { text });
      assert.match(outcome.message, /larger than any real one when it is unpacked/);
    });
  }

  it('stops at once when it is cancelled, and stores nothing', async () => {
    const controller = new AbortController();
    const files: Served = new Map([
      ['/debian/dists/sid/InRelease', () => setImmediate(() => controller.abort())],
    ]);
    const outcome = await update('debian/sid/amd64', files, { signal: controller.signal });
    assert.equal(outcome.cancelled, true);
    assert.equal(outcome.message, 'The update was cancelled.');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('updates the others where one fails', async () => {
    mirror = await mirrorOf(debian());
    const outcome = await updatePackages({
      keys: ['debian/nope/amd64', 'debian/sid/amd64'].map(keyOf),
      mirrors: new Map([['debian', [`${mirror.address}/debian`]]]),
      folder,
      signal: new AbortController().signal,
      onProgress: () => {},
      fetching: { limits },
    });
    assert.deepEqual(
      outcome.updated.map(({ name }) => name),
      ['debian/sid/amd64'],
    );
    assert.deepEqual(
      outcome.failed.map(({ name }) => name),
      ['debian/nope/amd64'],
    );
  });

  it('never shows the password of a mirror', async () => {
    mirror = await mirrorOf(new Map());
    const address = mirror.address.replace('://', '://user:secret@');
    const outcome = await updatePackages({
      keys: [keyOf('debian/sid/amd64')],
      mirrors: new Map([['debian', [`${address}/debian`]]]),
      folder,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    assert.match(outcome.message, /status 404/);
    assert.doesNotMatch(JSON.stringify(outcome), /secret/);
  });

  it('goes through the proxy of the environment', async () => {
    mirror = await mirrorOf();
    const { address, files } = mirror;
    for (const [path, answer] of debSuite('http://mirror.invalid/debian', 'sid', curl)) {
      files.set(path, answer);
    }
    const before = process.env.http_proxy;
    process.env.http_proxy = address;
    try {
      const outcome = await updatePackages({
        keys: [keyOf('debian/sid/amd64')],
        mirrors: new Map([['debian', ['http://mirror.invalid/debian']]]),
        folder,
        signal: new AbortController().signal,
        onProgress: () => {},
      });
      assert.equal(outcome.updated.length, 1, outcome.message);
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
  });

  it('tells a release that no mirror is known for', async () => {
    const outcome = await update('gentoo/latest/amd64', new Map());
    assert.match(outcome.message, /No mirror is known for the distribution gentoo; these are: /);
  });
});

function content(source: string): Parameters<typeof storeIndex>[1] {
  const none = { fixed: 0, perPackage: 0, debconf: 0, bytecode: 0 };
  return {
    key: { distribution: 'debian', suite: 'sid', arch: 'amd64' },
    family: 'deb',
    date: '2026-01-01',
    source,
    partial: false,
    terms: { plain: none, slim: none },
    lists: null,
    packages: [],
    provides: new Map(),
    base: null,
  };
}

describe('stored package data', () => {
  let folder: string;
  const key = content('').key;
  const file = () => join(folder, 'debian+sid+amd64.packages.br');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'packages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const data = { read: async () => null, list: async () => [] };
  const reasonOf = async () => {
    const packageData = openPackageData(data, () => 'Fetch it again.');
    packageData.useFolder(folder);
    const fact = await packageData.packages(key);
    return fact.state === 'unavailable' ? fact.reason : fact.state;
  };

  it('is unknown, with the way out, where there is none', async () => {
    assert.equal(
      await reasonOf(),
      'There is no package data of debian sid for amd64. Fetch it again.',
    );
  });

  it('that is damaged is left out with a sentence', async () => {
    await storeIndex(folder, content('x'));
    assert.equal(await reasonOf(), 'known');
    const whole = readFileSync(file());
    writeFileSync(file(), whole.subarray(0, whole.length / 2));
    assert.match(await reasonOf(), /is left out\. Its file is damaged\. Fetch it again\.$/);
    const text = brotliDecompressSync(whole).toString();
    writeFileSync(
      file(),
      brotliCompressSync(text.replace('2026-01-01', '2026-01-02').slice(0, -3)),
    );
    assert.match(await reasonOf(), /is left out\. The package data is .*\. Fetch it again\.$/);
  });

  it('of another version is left out with a sentence', async () => {
    await storeIndex(folder, content('x'));
    const text = brotliDecompressSync(readFileSync(file())).toString();
    writeFileSync(file(), brotliCompressSync(text.replace(/^(.*) \d+\n/, '$1 999\n')));
    assert.match(await reasonOf(), /written by another version/);
  });

  it('under the name of another release is left out', async () => {
    await storeIndex(folder, { ...content('x'), key: { ...key, suite: 'trixie' } });
    writeFileSync(file(), readFileSync(join(folder, 'debian+trixie+amd64.packages.br')));
    assert.match(await reasonOf(), /that of another release/);
  });

  it('never names a file outside its folder', async () => {
    const found = await readStored(folder, { ...key, suite: '../../etc' });
    assert.equal(found.state, 'missing');
  });

  it('lies in the cache folder of the user on the command line', () => {
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/dockerfile-layers');
    assert.match(cacheFolder({ HOME: '/h' }) ?? '', /^\/h\/.*dockerfile-layers$/);
    assert.equal(cacheFolder({}), null);
  });
});

/** 64 MB of nothing much in 64 kB, where each kind of mirror has its index. */
function bombs(): readonly (readonly [string, Served])[] {
  const lines = (line: string) => gzipSync(Buffer.alloc(64_000_000, line));
  const entry = `<package><name>a</name><version ver="1"/>${' '.repeat(1000)}</package>`;
  return [
    ['debian/sid/amd64', debSuite('/debian', 'sid', '', { packed: lines('X: y\n') })],
    [
      'alpine/edge/amd64',
      new Map([
        ['/alpine/edge/main/x86_64/APKINDEX.tar.gz', apkIndexFile('T:text\n'.repeat(2_000_000))],
      ]),
    ],
    [
      'fedora/44/amd64',
      rpmRepository(
        '/fedora/releases/44/Everything/x86_64/os',
        gzipSync(`<metadata>${entry.repeat(20_000)}`),
      ),
    ],
  ];
}

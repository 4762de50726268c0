/** Data that comes with the extension is found, small, whole and of use. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { dataFolders, openData } from '../../../server/src/host/dataFiles.ts';
import { decodeIndex } from '../../../server/src/packages/indexText.ts';
import type { PackageIndex } from '../../../server/src/packages/packageIndex.ts';

const bundled = join(import.meta.dirname, '../../../server/data');

describe('data files', () => {
  let folder: string;
  const textOf = (data: Uint8Array | null) => data && new TextDecoder().decode(data);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-'));
    writeFileSync(join(folder, 'good.br'), brotliCompressSync('some data'));
    writeFileSync(
      join(folder, 'cut.br'),
      brotliCompressSync('some data'.repeat(50)).subarray(0, 9),
    );
    writeFileSync(join(folder, 'bad.br'), 'not brotli at all');
    writeFileSync(join(folder, 'bomb.br'), brotliCompressSync(Buffer.alloc(80 << 20)));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are unpacked', async () => {
    assert.equal(textOf(await openData([folder]).read('good')), 'some data');
  });

  it('come from the first folder that has them', async () => {
    const missing = join(folder, 'nowhere');
    assert.equal(textOf(await openData([missing, folder]).read('good')), 'some data');
  });

  for (const name of ['missing', 'cut', 'bad', 'bomb', '../good', '', 'a/b', 'good\0']) {
    it(`are null for ${JSON.stringify(name)}`, async () => {
      assert.equal(await openData([folder]).read(name), null);
    });
  }
});

describe('the data that is bundled', () => {
  it('takes at most half a megabyte', () => {
    const sizes = readdirSync(bundled).map((name) => statSync(join(bundled, name)).size);
    const sum = sizes.reduce((total, size) => total + size, 0);
    assert.ok(sum <= 500_000, `${sum} bytes`);
  });

  for (const suite of ['bookworm', 'trixie', 'bullseye']) {
    for (const arch of ['amd64', 'arm64']) {
      describe(`of ${suite} for ${arch}`, () => {
        let index: PackageIndex;
        before(async () => {
          const data = await openData(dataFolders).read(`debian-${suite}`);
          assert.ok(data);
          const decoded = decodeIndex(data, arch);
          assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason);
          index = decoded.index;
        });

        it('says what it is', () => {
          assert.deepEqual(index.key, { distribution: 'debian', suite, arch });
          assert.equal(index.family, 'deb');
          assert.match(index.date, /^20\d\d-\d\d-\d\d$/);
          assert.ok(index.partial);
          assert.ok((index.lists ?? 0) > 15e6);
        });

        it('has the packages of the plain image', () => {
          const base = index.base ?? [];
          assert.ok(base.length >= 70 && base.length < 110, `${base.length}`);
          for (const name of ['apt', 'bash', 'dpkg', 'libc6', 'perl-base']) {
            assert.ok(base.includes(name), name);
          }
          assert.ok(base.every((name) => index.package(name)));
        });

        it('has what people install, with all that it needs', () => {
          const isKnown = (name: string) =>
            index.package(name) !== undefined || index.providers(name).length > 0;
          for (const name of usual) assert.ok(isKnown(name), name);
          // A few packages of every release need what their architecture does not have.
          const lacking = [...index.names()].filter((name) =>
            index.package(name)?.depends.some((group) => !group.some(isKnown)),
          );
          assert.ok(lacking.length <= 20, lacking.join(' '));
        });

        it('has sizes that make sense, most of them measured', () => {
          const names = [...index.names()];
          let measured = 0;
          for (const name of names) {
            const one = index.package(name);
            assert.ok(one);
            if (one.measured) measured++;
            assert.ok(one.documentation <= one.files, name);
          }
          assert.ok(measured > 0.8 * names.length, `${measured} of ${names.length}`);
          const { files = 0, documentation = 0, archive = 0 } = index.package('curl') ?? {};
          assert.ok(files > 250_000 && files < 900_000 && archive > 200_000, `${files}`);
          assert.ok(documentation > 50_000);
        });
      });
    }
  }
});

const usual =
  'build-essential ca-certificates curl wget git gnupg python3-pip python3-venv nodejs npm php-cli ruby-full golang default-jdk-headless postgresql redis-server nginx apache2 mariadb-server ffmpeg imagemagick chromium libgl1 libpq-dev libssl-dev locales procps openssh-client unzip jq cmake texlive-latex-base libreoffice-writer awk mail-transport-agent'.split(
    ' ',
  );

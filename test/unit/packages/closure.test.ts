import assert from 'node:assert/strict';
import { dataFolders, openData } from '../../../server/src/host/dataFiles.ts';
import { closure } from '../../../server/src/packages/closure.ts';
import { decodeIndex } from '../../../server/src/packages/indexText.ts';
import type { PackageIndex } from '../../../server/src/packages/packageIndex.ts';
import { without } from '../../../server/src/packages/removal.ts';
import { smallIndex } from '../../support/packages.ts';

const base = new Set(['libc6']);

function added(index: PackageIndex, wanted: string, recommends = false): string {
  const found = closure(index, base, wanted.split(' '), { recommends });
  return found.packages.map(({ name }) => name).join(' ');
}

describe('what apt installs for some names', () => {
  it('is all that they need, what was asked for first, without what is there', () => {
    const index = smallIndex({
      curl: { needs: 'libc6, libcurl4' },
      libcurl4: { needs: 'libssl3' },
      libssl3: {},
      git: { needs: 'libssl3' },
    });
    assert.equal(added(index, 'git curl'), 'git curl libssl3 libcurl4');
    assert.equal(added(index, 'libc6'), '');
  });

  it('settles plain dependencies before alternatives, so that they decide those', () => {
    const index = smallIndex({
      app: { needs: 'small | big, tool' },
      tool: { needs: 'big' },
      small: {},
      big: {},
    });
    assert.equal(added(index, 'app'), 'app tool big');
  });

  it('takes the first alternative that can stand beside the others', () => {
    const index = smallIndex({
      app: { needs: 'exim | postfix, nullmailer' },
      nullmailer: { conflicts: ['exim'] },
      exim: {},
      postfix: {},
    });
    assert.equal(added(index, 'app'), 'app nullmailer postfix');
  });

  it('gives virtual names their best provider, unless one is there already', () => {
    const index = smallIndex({
      app: { needs: 'mail-agent' },
      first: { provides: 'mail-agent' },
      second: { provides: 'mail-agent' },
    });
    assert.equal(added(index, 'app'), 'app first');
    assert.equal(added(index, 'second app'), 'second app');
    assert.equal(added(index, 'mail-agent'), 'first');
  });

  it('has recommended packages where they are wanted and can be installed', () => {
    const index = smallIndex({
      git: { likes: 'less, ghost, editor | nano' },
      less: {},
      nano: {},
      editor: { needs: 'nowhere' },
    });
    assert.equal(added(index, 'git', true), 'git less nano');
    assert.equal(added(index, 'git'), 'git');
  });

  it('does not add what a package recommends that is there already', () => {
    const index = smallIndex({ libc6: { likes: 'extra' }, extra: {} });
    assert.equal(added(index, 'libc6', true), '');
  });

  it('says which names nothing meets, and who needs them', () => {
    const index = smallIndex({ app: { needs: 'gone' } });
    const { unresolved } = closure(index, base, ['crul', 'app'], { recommends: false });
    assert.deepEqual(unresolved, [
      { name: 'crul', neededBy: null },
      { name: 'gone', neededBy: 'app' },
    ]);
  });

  it('ends where packages need each other, and where chains are long', () => {
    const circle = smallIndex({ a: { needs: 'b' }, b: { needs: 'a' } });
    assert.equal(added(circle, 'a'), 'a b');
    const count = 50_000;
    const chain = Array.from({ length: count }, (_, at) => [`p${at}`, { needs: `p${at + 1}` }]);
    const long = smallIndex({ ...Object.fromEntries(chain), [`p${count}`]: {} });
    const { packages } = closure(long, base, ['p0'], { recommends: false });
    assert.equal(packages.length, count + 1);
  });

  it('is the same object when the same is asked again', () => {
    const index = smallIndex({ a: {} });
    const ask = () => closure(index, base, ['a'], { recommends: false });
    assert.equal(ask(), ask());
  });
});

describe('what is left when apt removes packages', () => {
  const index = smallIndex({
    gcc: { needs: 'cpp, libgcc', likes: 'libc-dev' },
    cpp: {},
    libgcc: {},
    'libc-dev': {},
    tool: { needs: 'libgcc' },
  });
  const all = ['libc6', 'gcc', 'cpp', 'libgcc', 'libc-dev', 'tool'];
  const left = (gone: string[], manual: string[], options = {}) =>
    [
      ...without(index, { names: new Set(all), manual: new Set(manual) }, gone, {
        auto: false,
        recommendsImportant: true,
        ...options,
      }).names,
    ].join(' ');

  it('is all but the name and what needs it', () => {
    assert.equal(left(['gcc'], ['gcc', 'tool']), 'libc6 cpp libgcc libc-dev tool');
    assert.equal(left(['libgcc'], ['gcc', 'tool']), 'libc6 cpp libc-dev');
  });

  it('is what was asked for and what that needs, with --auto-remove', () => {
    assert.equal(left(['gcc'], ['gcc', 'tool'], { auto: true }), 'libc6 tool libgcc');
  });

  it('keeps what is recommended by something that stays, unless told not to', () => {
    assert.match(left([], ['gcc'], { auto: true }), /libc-dev/);
    assert.doesNotMatch(left([], ['gcc'], { auto: true, recommendsImportant: false }), /libc-dev/);
  });
});

/** Names of new packages in real installs of September 2026, on images of Debian's mirror. */
const real: Readonly<Record<string, readonly [string, string]>> = {
  curl: [
    'curl',
    'curl libbrotli1 libcurl4 libgssapi-krb5-2 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0 libnghttp2-14 libpsl5 librtmp1 libsasl2-2 libsasl2-modules-db libssh2-1 libssl3',
  ],
  'wget unzip': ['wget unzip', 'libpsl5 unzip wget'],
  jq: ['jq', 'jq libjq1 libonig5'],
  'tini gosu': ['tini gosu', 'gosu tini'],
  locales: ['locales', 'libc-l10n locales'],
};

describe('the bundled data of Debian bookworm', () => {
  let index: PackageIndex;
  before(async () => {
    const text = await openData(dataFolders).read('debian-bookworm');
    assert.ok(text);
    const decoded = decodeIndex(text, 'amd64');
    assert.ok(decoded.ok);
    index = decoded.index;
  });

  for (const [name, [wanted, names]] of Object.entries(real)) {
    it(`installs for ${name} what apt installed`, () => {
      const { packages } = closure(index, new Set(index.base), wanted.split(' '), {
        recommends: false,
      });
      assert.equal(
        packages
          .map((one) => one.name)
          .sort()
          .join(' '),
        names,
      );
    });
  }
});

/** Package indexes come back from their text as they were, and nothing else passes for one. */

import assert from 'node:assert/strict';
import type { IndexContent } from '../../../server/src/packages/indexContent.ts';
import { decodeIndex, encodeIndex, encodePages } from '../../../server/src/packages/indexText.ts';
import type { PackageFacts, PackageIndex } from '../../../server/src/packages/packageIndex.ts';

function facts(name: string, more: Partial<PackageFacts> = {}): PackageFacts {
  return {
    name,
    files: 512_000,
    documentation: 10_240,
    control: 2_560,
    python: 0,
    templates: false,
    extra: 0,
    archive: 128_000,
    measured: true,
    depends: [],
    recommends: [],
    conflicts: [],
    essential: false,
    ...more,
  };
}

const terms = { fixed: 930_000, perPackage: 2_600, debconf: 810_000, bytecode: 1.12 };

function content(more: Partial<IndexContent> = {}): IndexContent {
  return {
    key: { distribution: 'debian', suite: 'bookworm', arch: 'amd64' },
    family: 'deb',
    date: '2026-11-19',
    source: 'a mirror of Debian’s',
    partial: true,
    terms: { plain: terms, slim: { ...terms, debconf: 800_000 } },
    lists: 19_852_735,
    base: ['libc6', 'bash'],
    packages: [
      facts('curl', {
        depends: [['libc6'], ['libcurl4'], ['awk', 'busybox']],
        recommends: [['ca-certificates']],
      }),
      facts('libcurl4', { conflicts: ['libcurl3', 'mail-transport-agent'] }),
      facts('libc6', { essential: true, templates: true, python: 25_600, extra: 2_560 }),
      facts('bash', { measured: false }),
      facts('mawk'),
      facts('gawk'),
    ],
    provides: new Map([['awk', ['mawk', 'gawk']]]),
    ...more,
  };
}

function decoded(text: string | Uint8Array, arch?: string): PackageIndex {
  const result = decodeIndex(text, arch);
  assert.ok(result.ok, result.ok ? '' : result.reason);
  return result.index;
}

function reasonOf(text: string | Uint8Array, arch?: string): string {
  const result = decodeIndex(text, arch);
  assert.ok(!result.ok, 'it was taken');
  return result.reason;
}

describe('the text of a package index', () => {
  it('gives back all that was written', () => {
    const written = content();
    const index = decoded(encodeIndex(written));
    for (const one of written.packages) assert.deepEqual(index.package(one.name), one);
    const { packages: _, provides: __, base, ...head } = written;
    for (const [key, value] of Object.entries(head)) {
      assert.deepEqual(index[key as keyof PackageIndex], value, key);
    }
    assert.deepEqual(index.base, [...(base ?? [])].sort());
    assert.deepEqual([...index.names()], written.packages.map(({ name }) => name).sort());
  });

  it('keeps the order of alternatives and of providers', () => {
    const index = decoded(encodeIndex(content()));
    assert.deepEqual(index.package('curl')?.depends[2], ['awk', 'busybox']);
    assert.deepEqual(
      index.providers('awk').map(({ name }) => name),
      ['mawk', 'gawk'],
    );
  });

  it('knows virtual names and names that only others speak of as no packages', () => {
    const index = decoded(encodeIndex(content()));
    for (const name of ['awk', 'busybox', 'mail-transport-agent', 'nothing', '__proto__', '']) {
      assert.equal(index.package(name), undefined, name);
    }
    assert.deepEqual(index.providers('mawk'), []);
  });

  it('reads the bytes of a file like the text', () => {
    const index = decoded(new TextEncoder().encode(encodeIndex(content())));
    assert.equal(index.source, 'a mirror of Debian’s');
  });

  it('is the same for the same packages in another order', () => {
    const { packages } = content();
    assert.equal(
      encodeIndex(content({ packages: [...packages].reverse() })),
      encodeIndex(content()),
    );
  });

  it('rounds sizes by less than two in a thousand', () => {
    for (let bytes = 1000; bytes < 6e9; bytes = Math.round(bytes * 1.37 + 11)) {
      const packages = [facts('one', { files: bytes })];
      const read = decoded(encodeIndex(content({ packages }))).package('one')?.files ?? 0;
      assert.ok(Math.abs(read - bytes) <= Math.max(128, bytes * 0.0015), `${bytes} as ${read}`);
    }
  });

  it('holds what is too large for it as the largest size, and what is no size as none', () => {
    const packages = [facts('big', { files: 1e15 }), facts('odd', { files: Number.NaN })];
    const index = decoded(encodeIndex(content({ packages })));
    assert.ok((index.package('big')?.files ?? 0) > 5e9);
    assert.equal(index.package('odd')?.files, 0);
  });

  it('tells lists and a base that are not known from empty ones', () => {
    const index = decoded(encodeIndex(content({ lists: null, base: null })));
    assert.equal(index.lists, null);
    assert.equal(index.base, null);
    assert.deepEqual(decoded(encodeIndex(content({ base: [] }))).base, []);
  });

  it('holds an index without packages', () => {
    const index = decoded(encodeIndex(content({ packages: [], provides: new Map(), base: null })));
    assert.deepEqual([...index.names()], []);
  });

  it('leaves out names that could not be shown or would end a line', () => {
    const bad = ['a b', 'a\nb', 'a\fb', '', 'ä', '\u001b[31m', 'x'.repeat(1000)];
    const depends = bad.map((name) => [name, 'mawk']);
    const packages = [facts('mawk'), ...bad.map((name) => facts(name)), facts('good', { depends })];
    const index = decoded(encodeIndex(content({ packages })));
    assert.deepEqual([...index.names()], ['good', 'mawk']);
    assert.ok(index.package('good')?.depends.every((group) => group.join() === 'mawk'));
  });

  it('holds a whole release of 70,000 packages', () => {
    const packages = Array.from({ length: 70_000 }, (_, i) =>
      facts(`lib${i}`, { depends: [[`lib${(i * 7) % 70_000}`], ['awk']] }),
    );
    const index = decoded(
      encodeIndex(content({ packages, provides: new Map([['awk', ['lib5']]]) })),
    );
    assert.deepEqual(index.package('lib69999')?.depends, [
      [`lib${(69_999 * 7) % 70_000}`],
      ['awk'],
    ]);
    assert.equal(index.providers('awk')[0]?.name, 'lib5');
  });
});

describe('pages of several architectures', () => {
  const arm = { distribution: 'debian', suite: 'bookworm', arch: 'arm64' };
  const text = encodePages([
    content(),
    content({ key: arm, packages: [facts('curl', { files: 786_432 }), facts('only-arm')] }),
  ]);

  it('answer for the architecture that is asked for', () => {
    assert.equal(decoded(text).key.arch, 'amd64');
    assert.equal(decoded(text, 'amd64').package('curl')?.files, 512_000);
    assert.equal(decoded(text, 'arm64').package('curl')?.files, 786_432);
  });

  it('have the packages of their own architecture only', () => {
    assert.deepEqual([...decoded(text, 'arm64').names()], ['curl', 'only-arm']);
    assert.equal(decoded(text, 'arm64').package('mawk'), undefined);
    assert.equal(decoded(text, 'amd64').package('only-arm'), undefined);
  });

  it('say so where an architecture is missing', () => {
    assert.match(reasonOf(text, 's390x'), /nothing for the architecture s390x\.$/);
  });

  it('are read as far as they are whole', () => {
    const damaged = `${text.slice(0, -20)}x${text.slice(-19)}`;
    assert.equal(decoded(damaged, 'amd64').key.arch, 'amd64');
    assert.match(reasonOf(damaged, 'arm64'), /damaged/);
  });
});

describe('what is no text of a package index', () => {
  const text = encodeIndex(content());

  it('is refused with a sentence', () => {
    const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
      ['', /damaged/],
      ['{"packages":[]}', /damaged/],
      [new Uint8Array([0xff, 0xfe, 0, 1]), /damaged/],
      [text.replace('packages 1', 'packages 2'), /another version/],
      [text.replace('{"key"', '{key'), /head/],
      [text.replace('"deb"', '"exe"'), /head/],
      [text.replace('"lists":19852735', '"lists":-1'), /head/],
      [text.replace('"bytecode":1.12', '"bytecode":"1"'), /head/],
      [text.replace('"amd64"', '{"toString":1}'), /head/],
      [text.replace(/\{"key".*\n/, 'null\n'), /head/],
      [text.slice(0, -1), /cut off/],
      [text.slice(0, 200), /head|cut off/],
      [`${text}x`, /damaged/],
      [text.replace('curl', 'curI'), /damaged/],
      [text.replace('"packages":6', '"packages":5'), /do not fit/],
    ];
    for (const [data, expected] of cases) {
      const reason = reasonOf(data);
      assert.match(reason, expected);
      assert.match(reason, /^The package data .*\.$/);
    }
  });

  it('is found out wherever one character is another', () => {
    const start = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
    for (let at = start; at < text.length; at++) {
      const other = text[at] === 'a' ? 'b' : 'a';
      assert.ok(!decodeIndex(text.slice(0, at) + other + text.slice(at + 1)).ok, `at ${at}`);
    }
  });

  it('is refused wherever it is cut off', () => {
    for (let end = 0; end < text.length; end++) {
      assert.ok(!decodeIndex(text.slice(0, end)).ok, `at ${end}`);
    }
  });
});

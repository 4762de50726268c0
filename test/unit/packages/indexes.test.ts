import assert from 'node:assert/strict';
import { gatherApk, readApkPackages } from '../../../server/src/packages/apkIndex.ts';
import { gatherDeb, readDebPackages } from '../../../server/src/packages/debIndex.ts';
import { IndexProblem } from '../../../server/src/packages/readLines.ts';
import {
  gatherRpm,
  readRepository,
  readRpmPackages,
} from '../../../server/src/packages/rpmIndex.ts';
import { primaryXml } from '../../support/mirrors.ts';
import { seeded } from '../../support/random.ts';

/** The text in pieces of some bytes, so that every border falls everywhere once. */
async function* pieces(text: string, bytes = 7): AsyncGenerator<Uint8Array, void, void> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

const ratios = { plain: 1, slim: 0.9 };

async function deb(...texts: readonly string[]) {
  const found = new Map();
  for (const text of texts) await readDebPackages(pieces(text), found);
  const { packages, ...rest } = gatherDeb(found, ratios);
  return { ...rest, packages, by: new Map(packages.map((one) => [one.name, one])) };
}

describe('the packages of a Debian mirror', () => {
  const stanza = (name: string, fields: Readonly<Record<string, string>> = {}) =>
    `${Object.entries({
      Package: name,
      Version: '1',
      'Installed-Size': '10',
      Size: '4000',
      ...fields,
    })
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n')}\n\n`;

  it('have the bytes that they declare, in KiB', async () => {
    const { by } = await deb(stanza('curl'));
    const curl = by.get('curl');
    assert.equal(curl?.files, 10_240);
    assert.equal(curl?.documentation, 1024);
    assert.equal(curl?.archive, 4000);
    assert.equal(curl?.measured, false);
  });

  it('are the newest of release, updates and security', async () => {
    const { by } = await deb(
      stanza('a', { Version: '1.9', 'Installed-Size': '1' }),
      stanza('a', { Version: '1.10', 'Installed-Size': '2' }),
      stanza('a', { Version: '1.2', 'Installed-Size': '3' }),
    );
    assert.equal(by.get('a')?.files, 2048);
  });

  it('keep alternatives in order, without versions and architectures', async () => {
    const text =
      stanza('a', { Depends: 'b (>= 1) | c:any, d [amd64]', 'Pre-Depends': 'e', Recommends: 'b' }) +
      ['b', 'c', 'd', 'e'].map((name) => stanza(name)).join('');
    const { by } = await deb(text);
    assert.deepEqual(by.get('a')?.depends, [['e'], ['b', 'c'], ['d']]);
    assert.deepEqual(by.get('a')?.recommends, [['b']]);
  });

  it('drop alternatives that no version of the release meets', async () => {
    const { by } = await deb(stanza('a', { Depends: 'b (>= 2) | c' }) + stanza('b') + stanza('c'));
    assert.deepEqual(by.get('a')?.depends, [['c']]);
  });

  it('provide virtual names, the best priority first and the last of equal ones', async () => {
    const provides = { Provides: 'mta, smtp (= 3)' };
    const { provides: found } = await deb(
      stanza('x', { ...provides, Priority: 'optional' }) +
        stanza('y', { ...provides, Priority: 'optional' }) +
        stanza('z', { ...provides, Priority: 'standard' }),
    );
    assert.deepEqual(found.get('mta'), ['z', 'y', 'x']);
    assert.deepEqual(found.get('smtp'), ['z', 'y', 'x']);
  });

  it('tell what a plain image has: what is required, apt, and what they need', async () => {
    const { base } = await deb(
      stanza('base-files', { Essential: 'yes', 'Pre-Depends': 'awk' }) +
        stanza('mawk', { Provides: 'awk', Priority: 'required' }) +
        stanza('apt', { Depends: 'libapt' }) +
        stanza('libapt') +
        stanza('vim'),
    );
    assert.deepEqual(base, ['apt', 'base-files', 'libapt', 'mawk']);
  });

  it('know which packages ask questions and which have Python modules', async () => {
    const python = { Section: 'python', Architecture: 'all', 'Installed-Size': '100' };
    const { by } = await deb(
      stanza('tzdata', { Depends: 'debconf (>= 0.5) | debconf-2.0' }) +
        stanza('debconf') +
        stanza('python3-six', python),
    );
    assert.equal(by.get('tzdata')?.templates, true);
    assert.equal(by.get('python3-six')?.python, 86_016);
  });

  it('may have lines that go on, and end without an empty line', async () => {
    const { by } = await deb('Package: a\nVersion: 1\nDepends: b,\n c\nDescription: x\n .\n more');
    assert.deepEqual(by.get('a')?.depends, [['b'], ['c']]);
  });

  for (const [what, text] of [
    ['a web page', '<html>\n<body>404</body>'],
    ['no version', 'Package: a\n\n'],
  ] as const) {
    it(`are refused with a sentence where the file is ${what}`, async () => {
      await assert.rejects(deb(text), { message: /^(The index|A package) .*\.$/ });
    });
  }

  it('are refused where a line or the whole is larger than any real one', async () => {
    const limits = { bytes: 1000, line: 100 };
    const read = (text: string) => readDebPackages(pieces(text, 50), new Map(), limits);
    await assert.rejects(read(`Package: ${'a'.repeat(500)}`), /A line of the index is longer/);
    await assert.rejects(read('Package: a\n'.repeat(200)), /larger than any real one/);
  });
});

describe('the packages of an Alpine mirror', () => {
  const stanza = (name: string, lines = '') =>
    `C:Q1abc=\nP:${name}\nV:1.0-r0\nA:x86_64\nS:100\nI:5000\nT:Some text: with colons\n${lines}\n`;
  async function apk(text: string) {
    const found = new Map();
    await readApkPackages(pieces(text), found);
    const { packages, ...rest } = gatherApk(found);
    return { ...rest, by: new Map(packages.map((one) => [one.name, one])) };
  }

  it('have the bytes that they declare', async () => {
    const { by } = await apk(stanza('curl'));
    assert.equal(by.get('curl')?.files, 5000);
    assert.equal(by.get('curl')?.archive, 100);
  });

  it('need the packages that have their libraries', async () => {
    const { by, provides } = await apk(
      `${stanza('curl', 'D:so:libcurl.so.4 ca-certificates-bundle>=2 !old\n') + stanza('libcurl', 'p:so:libcurl.so.4=4.8.0\n')}${stanza('ca-certificates-bundle')}`,
    );
    assert.deepEqual(by.get('curl')?.depends, [['libcurl'], ['ca-certificates-bundle']]);
    assert.equal(provides.has('so:libcurl.so.4'), false);
  });

  it('are found by the commands that they provide, the highest priority first', async () => {
    const { provides } = await apk(
      stanza('a', 'p:cmd:vi=1 editor\nk:10\n') + stanza('b', 'p:cmd:vi=1 editor\nk:100\n'),
    );
    assert.deepEqual(provides.get('cmd:vi'), ['b', 'a']);
    assert.deepEqual(provides.get('editor'), ['b', 'a']);
  });

  it('may come along with others', async () => {
    const { by } = await apk(
      stanza('python3') + stanza('pyc') + stanza('python3-pyc', 'i:python3=1.0-r0 pyc\n'),
    );
    assert.deepEqual(by.get('python3')?.recommends, [['python3-pyc', 'pyc']]);
    assert.deepEqual(by.get('pyc')?.recommends, [['python3-pyc', 'python3']]);
  });

  it('tell what a plain image has', async () => {
    const { base } = await apk(
      `${stanza('busybox', 'D:so:libc.musl-x86_64.so.1\n') + stanza('musl', 'p:so:libc.musl-x86_64.so.1=1\n')}${stanza('apk-tools')}${stanza('vim')}`,
    );
    assert.deepEqual(base, ['apk-tools', 'busybox', 'musl']);
  });

  it('are refused where the file is something else', async () => {
    await assert.rejects(apk('<html></html>'), /not in the format of Alpine packages/);
  });
});

describe('the packages of an RPM mirror', () => {
  async function rpm(...texts: readonly string[]) {
    const found = new Map();
    for (const text of texts) await readRpmPackages(pieces(text, 11), 'x86_64', found);
    const { packages, ...rest } = gatherRpm(found);
    return { ...rest, by: new Map(packages.map((one) => [one.name, one])) };
  }

  it('have the bytes that they declare, and the newest version counts', async () => {
    const old = primaryXml([{ name: 'curl', version: '7.9', installed: 1 }]);
    const { by } = await rpm(old, primaryXml([{ name: 'curl', version: '7.10', installed: 2 }]));
    assert.equal(by.get('curl')?.files, 2);
  });

  it('need the packages that provide what they require, by name, library or file', async () => {
    const { by } = await rpm(
      primaryXml([
        {
          name: 'curl',
          installed: 1,
          requires: ['libcurl.so.4()(64bit)', '/usr/bin/sh', 'rpmlib(CompressedFileNames)', 'curl'],
          recommends: ['(tool or other)', '(extra if never)'],
        },
        { name: 'libcurl', installed: 2, provides: ['libcurl.so.4()(64bit)'] },
        { name: 'libcurl-minimal', installed: 1, provides: ['libcurl.so.4()(64bit)'] },
        { name: 'bash', installed: 3, files: ['/usr/bin/sh'] },
        { name: 'other', installed: 4 },
      ]),
    );
    assert.deepEqual(by.get('curl')?.depends, [['libcurl', 'libcurl-minimal'], ['bash']]);
    assert.deepEqual(by.get('curl')?.recommends, [['other']]);
  });

  it('of other architectures are passed over', async () => {
    const { by } = await rpm(
      primaryXml([
        { name: 'a', installed: 1, arch: 'i686' },
        { name: 'b', installed: 1, arch: 'noarch' },
      ]),
    );
    assert.deepEqual([...by.keys()], ['b']);
  });

  it('are refused where the XML brings entities of its own', async () => {
    const bomb =
      '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><metadata>&b;</metadata>';
    await assert.rejects(rpm(bomb), /has an XML document type/);
  });

  for (const [what, text] of [
    ['cut off', primaryXml([{ name: 'a', installed: 1 }]).slice(0, -30)],
    ['mixed up', '<metadata><package></metadata></package>'],
    ['another kind of XML', '<html><body/></html>'],
    ['empty', ''],
    ['nested without end', '<a>'.repeat(1000)],
  ] as const) {
    it(`are refused with a sentence where the file is ${what}`, async () => {
      await assert.rejects(rpm(text), { message: /^The index .*\.$/ });
    });
  }

  it('are listed by the repository with a hash', async () => {
    const text =
      '<repomd><data type="primary"><checksum type="sha256">AB</checksum><open-checksum type="sha256">cd</open-checksum><location href="repodata/x.xml.gz"/><timestamp>5</timestamp></data></repomd>';
    const { files } = await readRepository(pieces(text));
    assert.deepEqual(files.get('primary'), {
      path: 'repodata/x.xml.gz',
      algorithm: 'sha256',
      digest: 'ab',
      bytes: null,
    });
  });
});

describe('indexes with any damage', () => {
  const good = {
    deb: 'Package: a\nVersion: 1:2~3-4\nDepends: b (>= 1) | c:any, d\nProvides: x (= 1)\n\nPackage: b\nVersion: 1\n\n',
    apk: 'P:a\nV:1-r0\nI:10\nS:5\nD:so:b.so.1 !c\np:cmd:a=1\ni:d e\nk:10\n\nP:b\nV:1\np:so:b.so.1=1\n\n',
    rpm: primaryXml([{ name: 'a', installed: 1, requires: ['b', '(c if d)', '(e and f)'] }]),
  };
  const read = {
    deb: async (text: string) => {
      await deb(text);
    },
    apk: async (text: string) => {
      const found = new Map();
      await readApkPackages(pieces(text), found);
      gatherApk(found);
    },
    rpm: async (text: string) => {
      const found = new Map();
      await readRpmPackages(pieces(text), 'x86_64', found);
      gatherRpm(found);
    },
  };
  const odd = [
    '',
    '\n',
    '\0',
    '\u{1f40b}',
    '<',
    '>',
    '"',
    '&',
    '(((',
    ')',
    '|',
    ',',
    ':',
    ' ',
    '=',
    '/',
  ];

  for (const family of ['deb', 'apk', 'rpm'] as const) {
    it(`of ${family} packages are read or refused with a sentence, never more`, async () => {
      const random = seeded(family.charCodeAt(0));
      for (let round = 0; round < 400; round++) {
        let text = good[family];
        for (let edits = 1 + random.below(3); edits > 0; edits--) {
          const at = random.below(text.length);
          text =
            text.slice(0, at) +
            (odd[random.below(odd.length)] ?? '') +
            text.slice(at + random.below(4));
        }
        try {
          await read[family](text);
        } catch (error) {
          assert.ok(error instanceof IndexProblem, `${error} ${JSON.stringify(text)}`);
          assert.match(error.message, /^[A-Z].*\.$/);
        }
      }
    });
  }
});

/** `packages update` and `packages list`, and the report that uses what they stored. */

import assert from 'node:assert/strict';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';
import { debSuite, type Mirror, mirrorOf } from '../../support/mirrors.ts';

const packages = ['base-files', 'apt', 'libc6', 'curl']
  .map(
    (name) =>
      `Package: ${name}\nVersion: 1\nInstalled-Size: 20000\nSize: 9\n${name === 'base-files' ? 'Essential: yes\n' : ''}Depends: libc6\n\n`,
  )
  .join('');

describe('package data on the command line', () => {
  let mirror: Mirror;
  before(async () => {
    mirror = await mirrorOf(debSuite('/debian', 'sid', packages));
  });
  after(() => mirror.close());
  afterEach(removeFolders);

  const project = () =>
    folderWith({
      Dockerfile:
        'FROM --platform=linux/amd64 debian:sid\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n',
    });

  it('is fetched for a Dockerfile, listed, and used by the report', async () => {
    const cwd = project();
    const env = { XDG_CACHE_HOME: `${cwd}/cache` };
    const sizeOf = async () => {
      const { out } = await cli(['report', '--json'], { cwd, env });
      return JSON.parse(out).stages[0].instructions[1].size;
    };
    const before = await sizeOf();
    assert.equal(before.basis, 'unknown');
    assert.match(before.reason, /packages update --for debian\/sid\/amd64` fetches it/);

    const ran = await cli(['packages', 'update', '--mirror', `debian=${mirror.address}/debian`], {
      cwd,
      env,
    });
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /^debian\/sid\/amd64: 4 packages of 2026-11-20 \(127\.0\.0\.1:\d+, /);

    const after = await sizeOf();
    assert.equal(after.basis, 'estimated');
    assert.ok(after.bytes > 19_000_000 && after.bytes < 23_000_000, String(after.bytes));
    assert.match(after.reason, /2026-11-20/);

    const { out } = await cli(['packages', 'list'], { cwd, env });
    assert.match(out, /^debian\/sid\/amd64: downloaded, 4 packages of 2026-11-20/m);
    assert.match(out, /^debian\/bookworm\/amd64: bundled, [\d,]+ packages of 20/m);
    const json = JSON.parse((await cli(['packages', 'list', '--json'], { cwd, env })).out);
    assert.equal(json.indexes.at(-1).name, 'debian/sid/amd64');
  });

  it('is fetched by name, without a Dockerfile', async () => {
    const cwd = folderWith({});
    const ran = await cli(
      [
        'packages',
        'update',
        '--for',
        'debian/sid/amd64',
        `--mirror=debian=${mirror.address}/debian`,
      ],
      { cwd, env: { XDG_CACHE_HOME: `${cwd}/cache` } },
    );
    assert.equal(ran.code, 0, ran.err);
  });

  it('that cannot be had ends with exit code 2 and the reason', async () => {
    const cwd = folderWith({});
    const ran = await cli(
      [
        'packages',
        'update',
        '--for',
        'debian/nope/amd64',
        `--mirror=debian=${mirror.address}/debian`,
      ],
      { cwd, env: { XDG_CACHE_HOME: `${cwd}/cache` } },
    );
    assert.equal(ran.code, 2);
    assert.match(ran.err, /^dockerfile-layers: debian\/nope\/amd64: .* status 404\.\n$/);
  });

  for (const [argv, sentence] of [
    [['packages'], /Say what to do with package data/],
    [['packages', 'frob'], /Say what to do with package data/],
    [['packages', 'update', '--for', 'debian'], /debian is no name of a release/],
    [['packages', 'update', '--mirror', 'x'], /--mirror x is no mirror/],
    [['packages', 'update', '--mirror', 'debian=ftp://x'], /is no mirror/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const ran = await cli(argv);
      assert.equal(ran.code, 2);
      assert.match(ran.err, sentence);
    });
  }
});

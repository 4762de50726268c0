/** `--ask-registry`: base images read from registries, with what they say in the report. */

import assert from 'node:assert/strict';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';
import { type FakeRegistry, fakeRegistry, putImage } from '../../support/fakeRegistry.ts';

describe('--ask-registry', () => {
  let registry: FakeRegistry;
  let home: string;
  beforeEach(async () => {
    registry = await fakeRegistry();
    home = folderWith({});
  });
  afterEach(async () => {
    await registry.close();
    removeFolders();
  });
  const run = async (dockerfile: string, ...argv: string[]) =>
    cli([...argv, '--no-engine'], {
      cwd: folderWith({ Dockerfile: dockerfile }),
      env: { HOME: home, XDG_CACHE_HOME: `${home}/cache` },
    });
  const baseOf = (out: string) => (JSON.parse(out) as StackReport).stages[0]?.base;

  it('opens FROM into the layers of the base, and later reports know them without asking', async () => {
    putImage(registry, 'team/base', '1', {
      layers: [30_000_000, 2000],
      archives: [76_800_000, 10_240],
    });
    const dockerfile = `FROM ${registry.host}/team/base:1\nRUN true\n`;
    const before = await run(dockerfile, 'report', '--json');
    assert.equal(baseOf(before.out)?.layers ?? null, null);
    assert.deepEqual(registry.asked, []);
    const { out, err, code } = await run(dockerfile, 'report', '--json', '--ask-registry');
    assert.deepEqual([err, code], ['', 0]);
    const base = baseOf(out);
    assert.equal(base?.source, 'registry');
    assert.deepEqual(
      base?.layers?.map(({ createdBy, compressed }) => [createdBy, compressed]),
      [
        ['RUN step 0', 30_000_000],
        ['RUN step 1', 2000],
      ],
    );
    assert.equal(base?.size.basis, 'estimated');
    // By the length of its archive, which stands at the end of the layer.
    const [first] = base?.layers ?? [];
    const { basis, bytes, low, high } = first?.size ?? {};
    assert.deepEqual([basis, bytes, low, high], ['estimated', 74_112_000, 65_280_000, 76_800_000]);
    assert.equal(first?.display.size, '~74 MB (30 MB compressed)');
    registry.asked.length = 0;
    const later = await run(dockerfile, 'report', '--json');
    assert.deepEqual(baseOf(later.out), base);
    assert.deepEqual(registry.asked, []);
  });

  it('says on standard error what could not be read, and reports the rest', async () => {
    const dockerfile = `FROM ${registry.host}/team/base:1\nRUN true\n`;
    const { out, err, code } = await run(dockerfile, 'report', '--json', '--ask-registry');
    assert.match(err, /^dockerfile-layers: 127\.0\.0\.1:\d+ has no such image in team\/base\.\n$/);
    assert.equal(code, 0);
    assert.equal(baseOf(out)?.layers ?? null, null);
  });

  it('is an option of check too', async () => {
    putImage(registry, 'team/base', '1');
    const argv = ['check', '--max-layer', '1GB', '--ask-registry'];
    const { err } = await run(`FROM ${registry.host}/team/base:1\nCMD ["a"]\n`, ...argv);
    assert.equal(err, '');
    assert.ok(registry.asked.length > 0);
  });
});

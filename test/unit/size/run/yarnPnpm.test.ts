import assert from 'node:assert/strict';
import type { Size } from '../../../../server/src/size/size.ts';
import { cached, memoryFileSystem, runSize } from '../../../support/projects.ts';

async function sizeOf(run: string): Promise<Size> {
  const files = memoryFileSystem({});
  const plain = cached(files, 'plain', 1_000_000);
  const tool = cached(files, 'tool', 500_000);
  const manifest = { dependencies: { plain: '1.0.0' }, devDependencies: { tool: '1.0.0' } };
  files.write('/context/package.json', JSON.stringify(manifest));
  files.write(
    '/context/yarn.lock',
    `# yarn lockfile v1\n\nplain@1.0.0:\n  version "1.0.0"\n  integrity ${plain}\n\ntool@1.0.0:\n  version "1.0.0"\n  integrity ${tool}\n`,
  );
  files.write(
    '/context/pnpm-lock.yaml',
    `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      plain: {specifier: 1.0.0, version: 1.0.0}
    devDependencies:
      tool: {specifier: 1.0.0, version: 1.0.0}
packages:
  plain@1.0.0:
    resolution: {integrity: ${plain}}
  tool@1.0.0:
    resolution: {integrity: ${tool}}
snapshots:
  plain@1.0.0: {}
  tool@1.0.0: {}
`,
  );
  return runSize(files, `FROM x\nWORKDIR /app\nCOPY . ./\nRUN ${run}\n`);
}

const clean = ' && yarn cache clean && rm -rf /tmp/v8-compile-cache-0';

describe('RUN yarn and RUN pnpm', () => {
  for (const [run, bytes] of [
    [`yarn install --frozen-lockfile${clean}`, 1_500_000],
    [`yarn${clean}`, 1_500_000],
    [`yarn install --production${clean}`, 1_000_000],
    [`NODE_ENV=production yarn install${clean}`, 1_000_000],
    ['pnpm install --frozen-lockfile', 1_500_000],
    ['pnpm i --prod', 1_000_000],
  ] as const) {
    it(`\`${run}\` leaves about ${bytes} bytes`, async () => {
      const size = await sizeOf(run);
      assert.ok(Math.abs((size.bytes ?? 0) - bytes) < 8000, `${size.bytes}: ${size.reason}`);
      assert.equal(size.atLeast, false);
    });
  }

  it('Yarn keeps all packages in its cache besides, unless a mount takes them', async () => {
    const kept = await sizeOf('yarn install --production && rm -rf /tmp/v8-compile-cache-0');
    assert.ok((kept.bytes ?? 0) > 2_500_000, `${kept.bytes}`);
    const mount = '--mount=type=cache,target=/usr/local/share/.cache/yarn';
    const mounted = await sizeOf(`${mount} yarn install && rm -rf /tmp/v8-compile-cache-0`);
    assert.ok(Math.abs((mounted.bytes ?? 0) - 1_500_000) < 8000, `${mounted.bytes}`);
  });

  it('packages by name are not known', async () => {
    for (const run of ['yarn add lodash', 'yarn global add pm2', 'pnpm add -g pm2', 'pnpm dlx x']) {
      assert.ok(!(await sizeOf(run)).parts?.some((part) => (part.bytes ?? 0) > 3_000_000), run);
      assert.match((await sizeOf(run)).reason, /registry says during the build/);
    }
  });
});

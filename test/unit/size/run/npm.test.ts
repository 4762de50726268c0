import assert from 'node:assert/strict';
import type { Size } from '../../../../server/src/size/size.ts';
import { memoryFileSystem } from '../../../support/memoryFileSystem.ts';
import { cached, runSizes } from '../../../support/projects.ts';

/** `plain` 1,000,000 bytes, `tool` (dev) 500,000, `maybe` (optional) 200,000, `native` with a script 100,000. */
async function sizesOf(
  lines: readonly string[],
  head = 'FROM x',
  version = 3,
): Promise<readonly Size[]> {
  const files = memoryFileSystem({});
  const entry = (name: string, bytes: number, more = {}) => ({
    version: '1.0.0',
    resolved: `https://example.com/${name}.tgz`,
    integrity: cached(files, name, bytes),
    ...more,
  });
  const packages = {
    'node_modules/plain': entry('plain', 1_000_000),
    'node_modules/tool': entry('tool', 500_000, { dev: true }),
    'node_modules/maybe': entry('maybe', 200_000, { optional: true }),
    'node_modules/esbuild': entry('esbuild', 50_000, { hasInstallScript: true, dev: true }),
  };
  const dependencies = Object.fromEntries(
    Object.entries(packages).map(([path, one]) => [path.slice('node_modules/'.length), one]),
  );
  files.write(
    '/context/package-lock.json',
    JSON.stringify({
      lockfileVersion: version,
      ...(version > 1 ? { packages } : { dependencies }),
    }),
  );
  const text = `${head}\nWORKDIR /app\nCOPY package-lock.json ./\n${lines.map((line) => `RUN ${line}\n`).join('')}`;
  return [...(await runSizes(files, text)).values()];
}

async function sizeOf(line: string, head?: string): Promise<Size> {
  const [size] = await sizesOf([line], head);
  assert.ok(size);
  return size;
}

const about = (size: Size, expected: number) =>
  assert.ok(
    size.bytes !== null && Math.abs(size.bytes - expected) < 3000,
    `${size.bytes} is not ${expected}: ${size.reason}`,
  );

const clean = ' && npm cache clean --force';

describe('RUN npm ci', () => {
  for (const [line, bytes] of [
    [`npm ci${clean}`, 1_750_000],
    [`npm ci --omit=dev${clean}`, 1_200_000],
    [`npm ci --omit dev --omit optional${clean}`, 1_000_000],
    [`npm ci --production${clean}`, 1_200_000],
    [`npm ci --only=production${clean}`, 1_200_000],
    [`NODE_ENV=production npm ci${clean}`, 1_200_000],
    [`NODE_ENV=production npm ci --include=dev${clean}`, 1_750_000],
    [`npm ci --no-optional${clean}`, 1_550_000],
    [`npm clean-install${clean}`, 1_750_000],
    ['npm ci && rm -rf ~/.npm', 1_750_000],
    ['npm ci && rm -rf /root/.npm node_modules', 0],
    ['npm ci --dry-run', 0],
    [`npm ci && npm prune --omit=dev${clean}`, 1_200_000],
    [`npm ci && npm run build${clean}`, 1_750_000],
  ] as const) {
    it(`\`${line}\` leaves ${bytes} bytes`, async () => about(await sizeOf(line), bytes));
  }

  it('has the band that installs were measured to keep', async () => {
    const size = await sizeOf(`npm ci${clean}`);
    assert.equal(size.basis, 'estimated');
    assert.equal(size.atLeast, false);
    assert.ok(
      (size.low ?? 0) >= 0.98 * (size.bytes ?? 0) && (size.high ?? 0) <= 1.02 * (size.bytes ?? 0),
    );
  });

  it('leaves its package files in the cache, unless a mount takes them', async () => {
    const kept = await sizeOf('npm ci');
    const label = kept.parts?.find((part) => part.label === 'npm cache');
    assert.ok(label && (label.bytes ?? 0) > 0);
    const mounted = await sizeOf('--mount=type=cache,target=/root/.npm npm ci');
    about(mounted, 1_750_000);
    assert.ok(!mounted.parts?.some((part) => part.label === 'npm cache'));
  });

  it('keeps the cache where the user of the line has it', async () => {
    const size = await sizeOf(`npm ci && rm -rf /home/node/.npm`, 'FROM x\nUSER node');
    assert.ok(!size.parts?.some((part) => part.label === 'npm cache'));
    const other = await sizeOf(`npm ci && rm -rf /root/.npm`, 'FROM x\nUSER node');
    assert.ok(other.parts?.some((part) => part.label === 'npm cache'));
  });

  it('with a lock file of version 1 says that descriptions of packages are kept besides', async () => {
    const [size] = await sizesOf(['npm ci'], 'FROM x', 1);
    assert.equal(size?.atLeast, true);
    assert.match(size?.reason ?? '', /descriptions of the packages/);
  });

  it('does not mind the script of esbuild, but says what a build script adds', async () => {
    assert.equal((await sizeOf(`npm ci${clean}`)).atLeast, false);
    const built = await sizeOf(`npm ci && npm run build${clean}`);
    assert.equal(built.atLeast, true);
    assert.match(built.reason, /script build/);
  });
});

describe('RUN npm install', () => {
  it('installs by the lock file, and writes that again', async () => {
    const [ci, install] = await sizesOf([`npm ci${clean}`, `npm install${clean}`]);
    assert.ok((install?.bytes ?? 0) > (ci?.bytes ?? 0));
    assert.ok((install?.bytes ?? 0) < (ci?.bytes ?? 0) + 3000);
  });

  it('of names is not known', async () => {
    for (const line of ['npm install -g pm2', 'npm i express', 'npx create-thing', 'npm add x']) {
      const size = await sizeOf(line);
      assert.equal(size.bytes, null, line);
      assert.ok(size.reason.endsWith('.'), line);
    }
  });

  it('has nothing to say about settings', async () => {
    about(await sizeOf('npm config set fund false && npm cache verify && npm -v'), 1000);
  });
});

describe('RUN npm prune', () => {
  it('frees nothing of what an earlier line installed', async () => {
    const [, pruned] = await sizesOf([`npm ci${clean}`, 'npm prune --production']);
    assert.ok(pruned && pruned.bytes !== null && pruned.bytes < 20_000);
  });
});

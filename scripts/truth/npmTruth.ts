/**
 * `npm run truth -- npm FOLDER` compares estimates with the tables of installs in that folder. Without
 * a folder it installs projects with the real package managers and compares with the estimates that a
 * Dockerfile beside them gets; that needs a registry that answers, and installs go to a folder of their
 * own below the system's temporary one, with caches of their own. `--install` and a pattern choose
 * among those.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesBelow, estimateRun } from './measure.ts';
import { compareNpmTables } from './npmTables.ts';
import { type Comparison, printComparisons } from './table.ts';

type Names = Readonly<Record<string, string>>;

/** Projects in the styles that people have: what they need, and what they need to develop. */
const projects: Readonly<Record<string, readonly [Names, Names]>> = {
  'web service': [
    { express: '^4', pino: '^9', zod: '^3', pg: '^8', helmet: '^7' },
    { jest: '^29', supertest: '^7', eslint: '^8' },
  ],
  'fast service': [
    { fastify: '^4', ioredis: '^5', undici: '^6' },
    { tap: '^18', typescript: '^5' },
  ],
  'vite and react': [
    { react: '^18', 'react-dom': '^18', 'react-router-dom': '^6' },
    { vite: '^4', '@vitejs/plugin-react': '^4', typescript: '^5' },
  ],
  'next site': [
    { next: '^14', react: '^18', 'react-dom': '^18' },
    { '@types/react': '^18', tailwindcss: '^3' },
  ],
  'vue site': [
    { vue: '^3', pinia: '^2', 'vue-router': '^4' },
    { vite: '^4', '@vitejs/plugin-vue': '^4', 'vue-tsc': '^2', typescript: '^5' },
  ],
  'nest service': [
    {
      '@nestjs/core': '^10',
      '@nestjs/common': '^10',
      '@nestjs/platform-express': '^10',
      rxjs: '^7',
      'reflect-metadata': '^0.2',
    },
    {
      '@nestjs/cli': '^10',
      '@nestjs/testing': '^10',
      'ts-jest': '^29',
      jest: '^29',
      typescript: '^5',
    },
  ],
  'images and cloud': [
    { sharp: '^0.33', '@aws-sdk/client-s3': '^3', '@aws-sdk/client-sqs': '^3' },
    { mocha: '^10' },
  ],
  'svelte site': [
    {},
    { svelte: '^4', rollup: '^3', 'rollup-plugin-svelte': '^7', 'svelte-preprocess': '^5' },
  ],
  'old webpack': [
    { lodash: '^4', moment: '^2', jquery: '^3' },
    {
      webpack: '^4',
      'webpack-cli': '^3',
      'babel-loader': '^8',
      '@babel/core': '^7',
      '@babel/preset-env': '^7',
    },
  ],
  'command line tool': [
    { commander: '^12', chalk: '^4', glob: '^10', yaml: '^2' },
    { typescript: '^5', esbuild: '^0.21', prettier: '^3', '@types/node': '^20' },
  ],
  'graph service': [
    { graphql: '^16', '@apollo/server': '^4', mongoose: '^8' },
    { nodemon: '^3', '@biomejs/biome': '^1' },
  ],
  'static site': [
    { '@11ty/eleventy': '^2' },
    { tailwindcss: '^3', autoprefixer: '^10', postcss: '^8' },
  ],
};

const noNoise = [
  '--loglevel=error',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--omit-lockfile-registry-resolved=false',
];

const lines = ['FROM node:22-slim', 'WORKDIR /app', 'COPY package*.json *lock* ./'];

function execute(folder: string, program: string, words: readonly string[], home: string): void {
  execFileSync(program, words, {
    cwd: folder,
    env: { ...process.env, HOME: home, CI: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** All projects; one that cannot be installed is named and left out. */
async function compareAll(root: string, wanted: RegExp): Promise<readonly Comparison[]> {
  const found: Comparison[] = [];
  for (const [name, needs] of Object.entries(projects)) {
    if (!wanted.test(name)) continue;
    try {
      await compareNpm(root, name, needs, found);
    } catch (error) {
      console.error(`${name} is left out: ${error instanceof Error ? error.message : error}`);
    }
    rmSync(join(root, 'aside'), { recursive: true, force: true });
  }
  return found;
}

/** Installs with npm, and compares what each source of sizes gives. */
async function compareNpm(
  root: string,
  name: string,
  [dependencies, devDependencies]: readonly [Names, Names],
  found: Comparison[],
): Promise<void> {
  const folder = join(root, name.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: name.replaceAll(' ', '-'),
    version: '1.0.0',
    dependencies,
    devDependencies,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const home = join(root, 'home');
  execute(
    folder,
    'npm',
    ['install', '--package-lock-only', `--cache=${root}/resolve`, ...noNoise],
    home,
  );
  const modules = join(folder, 'node_modules');
  const aside = join(root, 'aside');
  const measured: Record<string, number> = {};
  const kinds = [
    ['', 'all'],
    [' --omit=dev', 'production'],
  ] as const;
  const empty: { bytes: number; flags: string; cache: string }[] = [];
  for (const [flags, kind] of kinds.toReversed()) {
    const cache = join(root, 'caches', `${name}-${kind}`);
    rmSync(modules, { recursive: true, force: true });
    execute(
      folder,
      'npm',
      ['ci', ...flags.trim().split(' ').filter(Boolean), `--cache=${cache}`, ...noNoise],
      home,
    );
    try {
      measured[kind] = bytesBelow(modules);
    } catch {
      measured[kind] = 0;
    }
    empty.push({ bytes: bytesBelow(cache), flags, cache });
  }
  // The whole install is still there; its sizes tell both kinds.
  for (const [flags, kind] of kinds) {
    const run = `npm ci${flags} && npm cache clean --force`;
    const size = await estimateRun(folder, lines, run, { npmCache: null });
    found.push({
      group: 'npm, from node_modules',
      name: `${name}, ${kind}`,
      measured: measured[kind] ?? 0,
      size,
    });
  }
  renameSync(modules, aside);
  for (const [flags, kind] of kinds) {
    const npmCache = join(root, 'caches', `${name}-all`, '_cacache');
    const run = `npm ci${flags} && npm cache clean --force`;
    const size = await estimateRun(folder, lines, run, { npmCache });
    found.push({
      group: 'npm, from its cache',
      name: `${name}, ${kind}`,
      measured: measured[kind] ?? 0,
      size,
    });
  }
  for (const { bytes, flags } of empty) {
    const npmCache = join(root, 'caches', `${name}-all`, '_cacache');
    const run = `npm ci${flags} && rm -rf node_modules`;
    const size = await estimateRun(folder, lines, run, { npmCache });
    found.push({
      group: 'npm, cache left behind',
      name: `${name}${flags}`,
      measured: bytes,
      size,
    });
  }
  rmSync(aside, { recursive: true, force: true });
  await compareOthers(root, folder, name, found);
  rmSync(folder, { recursive: true, force: true });
}

/** Yarn 1 and pnpm, where the environment names a folder that has them installed. */
async function compareOthers(
  root: string,
  folder: string,
  name: string,
  found: Comparison[],
): Promise<void> {
  const tools = process.env.PACKAGE_MANAGERS;
  if (!tools) return;
  const npmCache = join(root, 'caches', `${name}-all`, '_cacache');
  const home = mkdtempSync(join(root, 'home-'));
  const modules = join(folder, 'node_modules');
  const cache = join(home, 'yarn');
  rmSync(join(folder, 'package-lock.json'), { force: true });
  execute(
    folder,
    join(tools, 'yarn'),
    ['install', '--silent', '--ignore-engines', '--cache-folder', cache],
    home,
  );
  rmSync(modules, { recursive: true, force: true });
  execute(
    folder,
    join(tools, 'yarn'),
    ['install', '--silent', '--ignore-engines', '--frozen-lockfile', '--cache-folder', cache],
    home,
  );
  const yarned = bytesBelow(modules);
  rmSync(modules, { recursive: true, force: true });
  const run =
    'yarn install --frozen-lockfile && yarn cache clean && rm -rf /tmp/v8-compile-cache-0';
  found.push({
    group: 'yarn 1',
    name,
    measured: yarned,
    size: await estimateRun(folder, lines, run, { npmCache }),
  });
  rmSync(join(folder, 'yarn.lock'));
  execute(folder, join(tools, 'pnpm'), ['install', '--lockfile-only'], home);
  rmSync(join(home, '.local'), { recursive: true, force: true });
  execute(folder, join(tools, 'pnpm'), ['install', '--frozen-lockfile'], home);
  const linked = bytesBelow(modules, join(home, '.local/share/pnpm/store'));
  rmSync(modules, { recursive: true, force: true });
  found.push({
    group: 'pnpm',
    name,
    measured: linked,
    size: await estimateRun(folder, lines, 'pnpm install --frozen-lockfile', { npmCache }),
  });
  rmSync(home, { recursive: true, force: true });
}

const [first, second] = process.argv.slice(2);
if (first !== undefined && first !== '--install') {
  process.exitCode = (await compareNpmTables(first)) ? 0 : 1;
} else {
  const root = mkdtempSync(join(tmpdir(), 'dockerfile-layers-truth-'));
  try {
    printComparisons(await compareAll(root, new RegExp(second ?? '')));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

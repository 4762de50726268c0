/**
 * Compares `npm-truth.json` and `yarn-pnpm.json`, tables of real installs, with the estimates of
 * Dockerfiles beside lock files made here: as many packages as the table counts, with its sums of
 * bytes, so that all of the way from a lock file to a figure is the one that users have.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackageSize } from '../../server/src/projects/packageSize.ts';
import type { Size } from '../../server/src/size/size.ts';
import { estimateRun } from './measure.ts';
import { type Comparison, errorOf, isInside, printComparisons } from './table.ts';

interface Install {
  readonly counted: number;
  /** Bytes of the folder. */
  readonly node_modules: number;
  /** Bytes of `node_modules/.package-lock.json`. */
  readonly hiddenLock: number;
  readonly npmCacheBytes: number;
  readonly sumUnpacked: number;
  readonly sumTarballs: number;
  readonly hasInstallScript: readonly string[];
}

interface Project {
  readonly all: Install;
  readonly 'omit-dev': Install;
}

interface Other {
  readonly node_modules: number;
  readonly layerTotal: number;
}

/** Some packages of a project, by what they have in all. */
interface Share {
  readonly count: number;
  readonly unpacked: number;
  readonly archives: number;
  readonly records: number;
  readonly scripts: readonly string[];
  readonly dev: boolean;
}

interface Made {
  readonly packages: Readonly<Record<string, object>>;
  readonly sizes: ReadonlyMap<string, PackageSize>;
}

const lines = ['FROM node:22-slim', 'WORKDIR /app', 'COPY package*.json *lock* ./'];

/** Their lock files have the first form; the table tells by their caches, full of descriptions. */
const firstForm = new Set(['real-react-nginx', 'real-awesome-angular']);

/** False where a goal is missed: the median 0.01 %, the largest 0.6 % but where scripts compile. */
export async function compareNpmTables(folder: string): Promise<boolean> {
  const table = readTable<Project>(join(folder, 'npm-truth.json'));
  const others = readTable<Readonly<Record<string, Other | number>>>(
    join(folder, 'yarn-pnpm.json'),
  );
  const found: Comparison[] = [];
  for (const [name, project] of Object.entries(table)) {
    found.push(...(await compareProject(name, project)));
    const other = others[name];
    if (other) found.push(...(await compareOthers(name, project.all, other)));
  }
  printComparisons(found);
  const judged = found.filter(({ group }) => group === all || group === production);
  const errors = judged
    .map((row) => errorOf(row) ?? Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  const median = errors[Math.floor((errors.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  const largest = errors.at(-1) ?? Number.POSITIVE_INFINITY;
  const outside = judged.filter((row) => !isInside(row));
  const isGood = median <= 0.0001 && largest <= 0.006 && outside.length === 0;
  console.log(
    `npm without scripts that compile: median ${(100 * median).toFixed(4)} %, max ${(100 * largest).toFixed(4)} %, outside the band ${outside.length}: ${isGood ? 'met' : 'missed'}`,
  );
  return isGood;
}

const all = 'npm ci';
const production = 'npm ci --omit=dev';
const compiling = 'npm, + unknown of install scripts';

async function compareProject(name: string, project: Project): Promise<readonly Comparison[]> {
  const whole = project.all;
  const part = project['omit-dev'];
  const isSame = part.counted === whole.counted;
  const kept = shareOf(isSame ? whole : part, [], false);
  const rest = shareOf(whole, isSame ? [] : part.hasInstallScript, true);
  const shares = isSame
    ? [kept]
    : [
        kept,
        {
          ...rest,
          count: rest.count - kept.count,
          unpacked: rest.unpacked - kept.unpacked,
          archives: rest.archives - kept.archives,
          records: rest.records - kept.records,
        },
      ];
  const made = packagesOf(name, shares);
  const content = firstForm.has(name) ? nestedLock(name, made) : listedLock(name, made);
  const estimate = (run: string) => estimateWith({ 'package-lock.json': content }, made.sizes, run);
  const found: Comparison[] = [];
  for (const [kind, install] of [
    [all, whole],
    [production, part],
  ] as const) {
    const size = await estimate(`${kind} && rm -rf ~/.npm`);
    const group = size?.atLeast ? compiling : kind;
    found.push({ group, name: `${name}${kind.slice(6)}`, measured: install.node_modules, size });
    const cache = await estimate(`${kind} --ignore-scripts && rm -rf node_modules`);
    const cacheGroup = cache?.atLeast ? 'npm cache, at least' : 'npm cache';
    const cacheName = `${name}${kind.slice(6)}`;
    found.push({
      group: cacheGroup,
      name: cacheName,
      measured: install.npmCacheBytes,
      size: cache,
    });
  }
  return found;
}

/**
 * The table has no sums of the packages that Yarn and pnpm chose, so npm's of the same project stand
 * for them. Copies that Yarn makes besides are taken from the table, so what is judged of it is the
 * whole layer with the cache.
 */
async function compareOthers(
  name: string,
  npm: Install,
  { yarn, pnpm }: Readonly<Record<string, Other | number>>,
): Promise<readonly Comparison[]> {
  const found: Comparison[] = [];
  const made = packagesOf(name, [shareOf(npm, [], false)]);
  const entries = Object.values(made.packages) as readonly LockEntry[];
  if (typeof yarn === 'object') {
    const dependencies = Object.fromEntries(entries.map((one) => [one.name, '1.0.0']));
    const texts = entries.map(
      (one) =>
        `"${one.name}@1.0.0":\n  version "1.0.0"\n  resolved "${one.resolved}"\n  integrity ${one.integrity}\n`,
    );
    const context = {
      'package.json': JSON.stringify({ dependencies }),
      'yarn.lock': `# yarn lockfile v1\n\n${texts.join('\n')}`,
    };
    const cache = await estimateWith(
      context,
      made.sizes,
      'yarn install --frozen-lockfile --ignore-scripts && rm -rf node_modules /tmp/v8-compile-cache-0',
    );
    found.push({
      group: 'yarn 1, cache',
      name,
      measured: yarn.layerTotal - yarn.node_modules,
      size: cache,
    });
    const modules = await estimateWith(
      context,
      made.sizes,
      'yarn install --frozen-lockfile --ignore-scripts && yarn cache clean && rm -rf /tmp/v8-compile-cache-0',
    );
    const group = 'yarn 1, node_modules (by the sums of npm)';
    found.push({ group, name, measured: yarn.node_modules, size: modules });
  }
  if (typeof pnpm === 'object') {
    const listed = entries.map(
      (one) => `  '${one.name}@1.0.0':\n    resolution: {integrity: ${one.integrity}}\n`,
    );
    const context = {
      'pnpm-lock.yaml': `lockfileVersion: '9.0'\n\npackages:\n${listed.join('')}\nsnapshots:\n${entries.map((one) => `  '${one.name}@1.0.0': {}\n`).join('')}`,
    };
    const size = await estimateWith(
      context,
      made.sizes,
      'pnpm install --frozen-lockfile --ignore-scripts',
    );
    const group = 'pnpm, node_modules (by the sums of npm)';
    found.push({ group, name, measured: pnpm.node_modules, size });
  }
  return found;
}

interface LockEntry {
  readonly name: string;
  readonly resolved: string;
  readonly integrity: string;
}

function shareOf(install: Install, without: readonly string[], dev: boolean): Share {
  const left = [...without];
  const scripts = install.hasInstallScript.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return {
    count: install.counted,
    unpacked: install.sumUnpacked,
    archives: install.sumTarballs,
    records: install.hiddenLock,
    scripts: dev ? scripts : install.hasInstallScript,
    dev,
  };
}

/** Entries as npm writes them, so long that its record of them has the bytes of the table. */
function packagesOf(project: string, shares: readonly Share[]): Made {
  const packages: Record<string, Record<string, unknown>> = {};
  const sizes = new Map<string, PackageSize>();
  const recordOf = () => Buffer.byteLength(recordText(project, packages));
  let wanted = 0;
  for (const [which, share] of shares.entries()) {
    wanted += share.records;
    let last: Record<string, unknown> = {};
    for (let index = 0; index < share.count; index++) {
      const scripted = share.scripts[index];
      const plain = `p${which}-${index}`;
      const path =
        scripted === undefined
          ? `node_modules/${plain}`
          : `node_modules/h${which}-${index}/node_modules/${scripted}`;
      const digest = Buffer.alloc(64);
      digest.writeUInt32LE(sizes.size + 1);
      const integrity = `sha512-${digest.toString('base64')}`;
      last = {
        version: '1.0.0',
        resolved: `https://example.com/${plain}.tgz`,
        integrity,
        ...(share.dev ? { dev: true } : {}),
        ...(scripted === undefined ? {} : { hasInstallScript: true }),
        license: 'MIT',
        engines: { node: '>=6.9.0' },
      };
      packages[path] = last;
      sizes.set(integrity, {
        unpacked: part(share.unpacked, index, share.count),
        archive: part(share.archives, index, share.count),
        source: 'registry',
      });
    }
    const short = wanted - recordOf();
    if (short < 0) console.error(`${project}: the records here are ${-short} bytes longer.`);
    last.resolved = `https://example.com/${'x'.repeat(Math.max(0, short))}${String(last.resolved).slice(20)}`;
  }
  const named = Object.entries(packages).map(
    ([path, entry]) =>
      [
        path,
        Object.defineProperty(entry, 'name', {
          value: path.slice(path.lastIndexOf('node_modules/') + 13),
          enumerable: false,
        }),
      ] as const,
  );
  return { packages: Object.fromEntries(named), sizes };
}

/** Whole bytes of one of `count` parts that are all of `sum` together. */
function part(sum: number, index: number, count: number): number {
  return Math.floor((sum * (index + 1)) / count) - Math.floor((sum * index) / count);
}

function recordText(name: string, packages: object): string {
  const head = { name, version: '1.0.0', lockfileVersion: 3, requires: true };
  return `${JSON.stringify({ ...head, packages }, null, 2)}\n`;
}

function listedLock(name: string, { packages }: Made): string {
  return recordText(name, { '': { name, version: '1.0.0' }, ...packages });
}

/** The first form has no licences and no engines; npm's record has them all the same. */
function nestedLock(name: string, { packages }: Made): string {
  const dependencies = Object.fromEntries(
    Object.entries(packages).map(([path, entry]) => {
      const { license: _, engines: __, ...rest } = entry as Record<string, unknown>;
      return [path.slice('node_modules/'.length), rest];
    }),
  );
  return JSON.stringify({
    name,
    version: '1.0.0',
    lockfileVersion: 1,
    requires: true,
    dependencies,
  });
}

async function estimateWith(
  files: Readonly<Record<string, string>>,
  sizes: ReadonlyMap<string, PackageSize>,
  run: string,
): Promise<Size | undefined> {
  const context = mkdtempSync(join(tmpdir(), 'dockerfile-layers-truth-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(context, name), content);
    }
    const ports = { npmCache: null, storedSizes: async () => sizes };
    return await estimateRun(context, lines, run, ports);
  } finally {
    rmSync(context, { recursive: true });
  }
}

function readTable<T>(file: string): Readonly<Record<string, T>> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

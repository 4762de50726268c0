/**
 * Runs real installs on Debian images through `report --json` and compares: `npm run truth -- apt
 * FOLDER`. The folder, or the environment's SIZES_DIR, holds `apt-truth.json` (installs with and
 * without recommended packages) and `layers.json` (patterns that clean up). Fails where a goal is missed.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../server/src/cli/run.ts';
import type { Size } from '../../server/src/size/size.ts';

interface Install {
  readonly image: string;
  readonly set: string;
  readonly recommends: boolean;
  readonly command: string;
  readonly layerWithListsRemoved: number;
  readonly layerWithLists: number;
}

interface Pattern {
  readonly base: string;
  readonly name: string;
  readonly cmd: string;
  readonly total: number;
}

interface Row {
  readonly group: string;
  readonly name: string;
  readonly measured: number;
  readonly size: Size;
}

const folder = process.argv[2] ?? process.env.SIZES_DIR;
const removal = 'rm -rf /var/lib/apt/lists/*';

if (!folder || !existsSync(join(folder, 'apt-truth.json'))) {
  console.log('Skipped: no folder with apt-truth.json was named, nor is there one in SIZES_DIR.');
} else {
  process.exitCode = (await compareAll(folder)) ? 0 : 1;
}

async function compareAll(from: string): Promise<boolean> {
  const { runs } = JSON.parse(readFileSync(join(from, 'apt-truth.json'), 'utf8')) as {
    readonly runs: readonly Install[];
  };
  const cleaned: Row[] = [];
  const withLists: Row[] = [];
  for (const [image, installs] of grouped(runs, (run) => run.image)) {
    const scripts = installs.flatMap(({ command }) => [
      `apt-get update && ${command} && ${removal}`,
      `apt-get update && ${command}`,
    ]);
    const sizes = await estimates(image, scripts);
    for (const [at, install] of installs.entries()) {
      const group = `${image} ${install.recommends ? 'with' : 'without'} recommended`;
      const row = (which: number, measured: number): Row => ({
        group,
        name: install.set,
        measured,
        size: sizes[2 * at + which] as Size,
      });
      cleaned.push(row(0, install.layerWithListsRemoved));
      withLists.push(row(1, install.layerWithLists));
    }
  }
  const isGood = [
    printTable('Layers without package lists', cleaned),
    printTable('Layers with package lists', withLists),
  ];
  if (existsSync(join(from, 'layers.json'))) await comparePatterns(join(from, 'layers.json'));
  return isGood.every(Boolean);
}

/** Patterns have no goal of their own; those outside the band are shown as such. */
async function comparePatterns(file: string): Promise<void> {
  const patterns = Object.values(
    JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Pattern>>,
  );
  console.log('\nPatterns that clean up');
  for (const [base, list] of grouped(patterns, (pattern) => pattern.base)) {
    const sizes = await estimates(
      `debian:${base}`,
      list.map(({ cmd }) => cmd),
    );
    for (const [at, { name, total }] of list.entries()) {
      const size = sizes[at] as Size;
      console.log(line({ group: base, name: `${base} ${name}`, measured: total, size }));
    }
  }
}

function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}

/** What the tool says of each script as the only RUN of a stage of its own. */
async function estimates(image: string, scripts: readonly string[]): Promise<readonly Size[]> {
  const stages = scripts.map((script, at) => `FROM ${image} AS s${at}\nRUN ${script}\n`);
  const copies = scripts.map((_, at) => `COPY --from=s${at} /etc/hostname /s${at}\n`);
  const text = `${stages.join('')}FROM scratch\n${copies.join('')}`;
  const out: string[] = [];
  const code = await runCli(['report', '--json', '--no-engine', '--platform', 'linux/amd64', '-'], {
    async *input() {
      yield Buffer.from(text);
    },
    out: (part) => out.push(part),
    err: (part) => process.stderr.write(part),
    columns: null,
    color: false,
    env: process.env,
    cwd: import.meta.dirname,
    version: '',
    serve: async () => {},
  });
  if (code !== 0) throw new Error(`report ended with ${code}`);
  const { stages: told } = JSON.parse(out.join('')) as {
    readonly stages: readonly { readonly instructions: readonly { readonly size: Size }[] }[];
  };
  return scripts.map((_, at) => told[at]?.instructions[1]?.size as Size);
}

/** Fails where the goals for a group are missed; bullseye has wider ones. */
function printTable(title: string, rows: readonly Row[]): boolean {
  console.log(`\n${title}`);
  console.log(
    `  ${'image'.padEnd(44)}   n  median     p90     max  in band  too wide  unknown  goal`,
  );
  let isGood = true;
  const groups = [...grouped(rows, ({ group }) => group), ['all', [...rows]] as const];
  for (const [group, list] of groups) {
    const known = list.filter(({ size }) => size.bytes !== null && !size.atLeast);
    const errors = known.map(errorOf).sort((a, b) => a - b);
    const at = (share: number) => errors[Math.floor(share * (errors.length - 1))] ?? 0;
    const inside = known.filter(isInside).length / Math.max(1, list.length);
    const wide = known.filter(isTooWide).length;
    const missing = 1 - known.length / list.length;
    const goal =
      group === 'all' || /bullseye/.test(group)
        ? at(0.5) <= 0.03
        : at(0.5) <= 0.005 && at(0.9) <= 0.03 && inside >= 0.95 && missing <= 0.03 && wide === 0;
    isGood &&= goal;
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(8);
    console.log(
      `  ${group.padEnd(44)} ${String(list.length).padStart(3)} ${percent(at(0.5))}${percent(at(0.9))}${percent(at(1))} ${percent(inside)} ${String(wide).padStart(9)} ${percent(missing)}  ${goal ? 'met' : 'missed'}`,
    );
  }
  for (const row of rows) if (!isInside(row) || isTooWide(row)) console.log(line(row));
  return isGood;
}

function errorOf({ measured, size }: Row): number {
  return Math.abs((size.bytes ?? 0) - measured) / measured;
}

function isInside({ measured, size }: Row): boolean {
  return size.low !== null && size.high !== null && size.low <= measured && measured <= size.high;
}

/** Wider than 5 % or 0.5 MB of the figure: allowed where sizes are those that packages declare, as the reason says. */
function isTooWide({ size: { low, bytes, high, reason } }: Row): boolean {
  if (low === null || high === null || bytes === null) return false;
  if (/as the packages declare/.test(reason)) return false;
  const most = Math.max(0.05 * bytes, 500_000) + 1;
  return high - bytes > most || bytes - low > most;
}

function line({ group, name, measured, size }: Row): string {
  const shown = size.bytes === null ? 'unknown' : `${size.bytes} (${size.low} to ${size.high})`;
  const off =
    size.bytes === null ? '' : `${((100 * (size.bytes - measured)) / measured).toFixed(2)} %`;
  const outside = size.low !== null && !isInside({ group, name, measured, size }) ? 'outside' : '';
  const more = size.atLeast ? 'and more' : '';
  return `    ${group} ${name}: measured ${measured}, estimated ${shown} ${off} ${outside} ${more}`.trimEnd();
}

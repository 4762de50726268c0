/**
 * `npm run truth -- pip FOLDER` compares the estimates from wheels with the table of installs in that
 * folder. Without a folder it installs Python packages with the machine's own pip and
 * compares with the estimates from their wheels and from a virtual environment, which needs a package
 * index that answers; `--install` and a pattern choose among those.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesBelow, estimateRun } from './measure.ts';
import { comparePipTable } from './pipTable.ts';
import { type Comparison, printComparisons } from './table.ts';

const sets: readonly (readonly string[])[] = [
  ['flask', 'gunicorn'],
  ['django', 'psycopg2-binary'],
  ['fastapi', 'uvicorn'],
  ['requests'],
  ['numpy', 'pandas'],
  ['boto3'],
  ['pytest'],
  ['sqlalchemy', 'alembic'],
  ['pillow'],
  ['aiohttp'],
  ['matplotlib'],
];

const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];

async function compare(root: string, names: readonly string[]): Promise<readonly Comparison[]> {
  const folder = mkdtempSync(join(root, 'set-'));
  const wheels = join(folder, 'wheels');
  const pip = (program: string, ...words: readonly string[]) =>
    execFileSync(program, ['-m', 'pip', ...words, ...quiet], { cwd: folder, stdio: 'ignore' });
  const python = join(folder, '.venv/bin/python');
  execFileSync('python3', ['-m', 'venv', '.venv'], { cwd: folder });
  pip(python, 'download', '--only-binary=:all:', '--dest', wheels, ...names);
  const target = join(folder, 'target');
  pip(python, 'install', '--no-index', '--find-links', wheels, '--target', target, ...names);
  pip(python, 'install', '--no-index', '--find-links', wheels, ...names);
  const frozen = execFileSync(python, ['-m', 'pip', 'freeze', '--local'], { encoding: 'utf8' });
  writeFileSync(join(folder, 'requirements.txt'), frozen);
  const measured = bytesBelow(target);
  rmSync(target, { recursive: true });
  const name = names.join(' ');
  const lines = [
    'FROM python:3.12-slim',
    'WORKDIR /app',
    'COPY wheels /wheels',
    'COPY requirements.txt .',
  ];
  const fromWheels = `pip install --no-cache-dir --no-index --find-links=/wheels ${name}`;
  const fromPins = 'pip install --no-cache-dir -r requirements.txt';
  return [
    {
      group: 'pip, from wheels',
      name,
      measured,
      size: await estimateRun(folder, lines, fromWheels),
    },
    {
      group: 'pip, from an environment',
      name,
      measured,
      size: await estimateRun(folder, lines, fromPins),
    },
  ];
}

const [first, second] = process.argv.slice(2);
if (first !== undefined && first !== '--install') {
  process.exitCode = (await comparePipTable(first)) ? 0 : 1;
} else {
  await installAll(new RegExp(second ?? ''));
}

async function installAll(wanted: RegExp): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'dockerfile-layers-truth-'));
  const found: Comparison[] = [];
  try {
    for (const names of sets) {
      if (!wanted.test(names.join(' '))) continue;
      try {
        found.push(...(await compare(root, names)));
      } catch (error) {
        console.error(
          `${names.join(' ')} is left out: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
    printComparisons(found);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

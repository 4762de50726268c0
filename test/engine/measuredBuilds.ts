/** Dockerfiles that are built: what was said of their lines before, beside their layers. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackReport } from '../../server/src/protocol.ts';
import { cli } from '../support/cli.ts';
import { readTree, writeTree } from '../support/files.ts';
import { dockerOk, imageHistory } from './engine.ts';
import { type ComparedLine, comparedStage } from './estimateCases.ts';
import { type MeasuredCase, writeCase } from './measuredCases.ts';

/** The folder with one text for each Dockerfile and its context. */
export const buildFixtures = join(import.meta.dirname, '../fixtures/builds');

/** Names of all fixtures, in the order of their files. */
export const buildNames: readonly string[] = readdirSync(buildFixtures)
  .map((file) => file.replace(/\.txt$/, ''))
  .sort();

/** A fixture's text: the Dockerfile, then its context. */
export function fixtureText(name: string): string {
  return readFileSync(join(buildFixtures, `${name}.txt`), 'utf8');
}

interface Options {
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** Writes a fixture's files into a folder and reads how it is to be built. */
export function writeFixture(name: string, context: string): readonly string[] {
  const tree = readTree(fixtureText(name));
  const options = tree.files.find(({ path }) => path === 'options');
  writeTree(context, { ...tree, files: tree.files.filter((file) => file !== options) });
  const { target, buildArgs = {} } = JSON.parse(options?.content.toString() ?? '{}') as Options;
  return [
    ...(target ? ['--target', target] : []),
    ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
  ];
}

/** Reports on one fixture without an engine, builds it, and puts both beside each other. */
export async function compareBuild(name: string): Promise<readonly ComparedLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-measured-'));
  const image = `dockerfile-layers-test/measured-${name}:1`;
  try {
    const options = writeFixture(name, folder);
    const report = await reportWithoutEngine(folder, options);
    await dockerOk(['build', '--quiet', '--tag', image, ...options, folder]);
    const stage = report.stages.find(({ index }) => index === report.target);
    return stage ? comparedStage(name, stage, await imageHistory(image)) : [];
  } finally {
    await dockerOk(['image', 'rm', '--force', image]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for a Dockerfile of `measuredCases.ts`, as it was built, in the engine at hand. */
export async function compareCaseOfLines(
  one: MeasuredCase,
  at: number,
): Promise<readonly ComparedLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-measured-'));
  const image = `dockerfile-layers-test/measured-lines-${at}:1`;
  const options = one.target === null ? [] : ['--target', one.target];
  const given = Object.entries(one.buildArgs).flatMap(([key, value]) => [
    ...['--build-arg', `${key}=${value}`],
  ]);
  const names = [image, ...(one.base ? [one.base.name] : [])];
  try {
    if (one.base) {
      writeCase({ ...one, built: { text: one.base.text, marks: new Map() } }, folder);
      await dockerOk(['build', '--quiet', '--tag', one.base.name, folder]);
    }
    writeCase(one, folder);
    const report = await reportWithoutEngine(folder, [...options, ...given]);
    await dockerOk(['build', '--quiet', '--tag', image, ...options, ...given, folder]);
    const stage = report.stages.find(({ index }) => index === report.target);
    return stage ? comparedStage(one.name, stage, await imageHistory(image)) : [];
  } finally {
    await dockerOk(['image', 'rm', '--force', ...names]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the command line tool says of a folder before anything is measured: it is given no engine here. */
export async function reportWithoutEngine(
  folder: string,
  options: readonly string[],
): Promise<StackReport> {
  const dockerfile = join(folder, 'Dockerfile');
  const given = ['report', dockerfile, '--json', '--context', folder, ...options];
  const { code, out, err } = await cli(given, { cwd: folder });
  if (code !== 0) throw new Error(`the report ended with ${code}: ${err}`);
  return JSON.parse(out) as StackReport;
}

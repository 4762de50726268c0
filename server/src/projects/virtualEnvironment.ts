/**
 * A virtual environment of this machine that has what a requirements file pins: its RECORD files
 * (PEP 376) say which files each package has.
 */

import type { FileSystem } from '../context/fileSystem.ts';
import { type PythonFiles, plainName } from './pythonSizes.ts';
import { requirementsOf } from './requirements.ts';

/** A requirement with its one version; `isOptional`: a marker decides on it. */
export interface Pin {
  readonly name: string;
  readonly version: string;
  readonly isOptional: boolean;
}

/** The pins of a requirements file, or the first line that pins nothing. */
export function readRequirements(
  content: string,
):
  | { readonly ok: true; readonly pins: readonly Pin[] }
  | { readonly ok: false; readonly line: string } {
  const pins: Pin[] = [];
  for (const whole of content.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const line = whole
      .replace(/(^|\s)#.*$/, '')
      .replace(/\s--hash[= ]\S+/g, '')
      .trim();
    if (
      line === '' ||
      /^(-i|-f|--(extra-)?index-url|--trusted-host|--find-links|--no-index|--prefer-binary|--only-binary|--no-binary|--pre)\b/.test(
        line,
      )
    )
      continue;
    const [, name, version, rest = ''] =
      /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([\w.!+-]+)\s*(;.*)?$/.exec(line) ?? [];
    if (!name || !version) return { ok: false, line: line.slice(0, 80) };
    pins.push({ name: plainName(name), version, isOptional: rest !== '' });
  }
  return { ok: true, pins };
}

export type EnvironmentReading =
  | {
      readonly ok: true;
      readonly files: PythonFiles;
      readonly count: number;
      readonly folder: string;
    }
  /** A full sentence. */
  | { readonly ok: false; readonly reason: string };

interface Distribution {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

const mostRecord = 16 << 20;
const folders = ['.venv', 'venv', 'env', '.env', 'virtualenv'];

/** What the pins and all that they need weigh in the first environment beside the requirements. */
export async function readEnvironment(
  files: FileSystem,
  project: string,
  pins: readonly Pin[],
): Promise<EnvironmentReading> {
  for (const name of folders) {
    const site = await sitePackages(files, `${project}/${name}`);
    if (site === null) continue;
    const found = await distributions(files, site);
    return measure(files, found, pins, name);
  }
  return { ok: false, reason: 'No virtual environment lies beside the requirements.' };
}

async function sitePackages(files: FileSystem, environment: string): Promise<string | null> {
  const names = await files.list(`${environment}/lib`).catch(() => []);
  const python = names.find((name) => /^python3\.\d+$/.test(name));
  return python ? `${environment}/lib/${python}/site-packages` : null;
}

async function distributions(
  files: FileSystem,
  site: string,
): Promise<ReadonlyMap<string, Distribution>> {
  const found = new Map<string, Distribution>();
  for (const entry of await files.list(site).catch(() => [])) {
    const [, name, version] = /^(.+)-([^-]+)\.dist-info$/.exec(entry) ?? [];
    if (!name || !version) continue;
    const plain = plainName(name);
    found.set(plain, { name: plain, version, folder: `${site}/${entry}` });
  }
  return found;
}

async function measure(
  files: FileSystem,
  found: ReadonlyMap<string, Distribution>,
  pins: readonly Pin[],
  folder: string,
): Promise<EnvironmentReading> {
  const waiting: string[] = [];
  for (const { name, version, isOptional } of pins) {
    const one = found.get(name);
    if (one?.version === version) waiting.push(name);
    else if (one || !isOptional) {
      const has = one ? `has ${name} ${one.version}` : `has no ${name}`;
      return { ok: false, reason: `The virtual environment ${folder} ${has}, not ${version}.` };
    }
  }
  const seen = new Set<string>();
  let bytes = 0;
  let py = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const one = found.get(name);
    if (!one || seen.has(name)) continue;
    seen.add(name);
    const record = await textOf(files, `${one.folder}/RECORD`);
    const metadata = await textOf(files, `${one.folder}/METADATA`);
    if (record === null) {
      return {
        ok: false,
        reason: `The virtual environment ${folder} does not say what ${name} consists of.`,
      };
    }
    for (const line of record.split(/\r?\n/)) {
      const [, path = '', size = ''] = /^"?(.*?)"?,[^,]*,(\d*)$/.exec(line) ?? [];
      if (/\.pyd$|darwin\.so$|\.dylib$/.test(path)) {
        return { ok: false, reason: `The virtual environment ${folder} is for another system.` };
      }
      bytes += Number(size);
      if (path.endsWith('.py')) py += Number(size);
    }
    waiting.push(...requirementsOf(metadata ?? '').map((one) => one.name));
  }
  return { ok: true, files: { bytes, py }, count: seen.size, folder };
}

async function textOf(files: FileSystem, path: string): Promise<string | null> {
  try {
    return new TextDecoder().decode(await files.read(path, mostRecord));
  } catch {
    return null;
  }
}

/** Measured packages, kept between runs: a package file of one version never changes. */

import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Measures, measureDeb } from './debFile.ts';
import type { DebPackage } from './debian.ts';
import { get, verified } from './mirror.ts';

const folder = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'dockerfile-layers',
  'data',
);
const file = join(folder, 'measures.tsv');

const keyOf = ({ name, version, architecture }: DebPackage) => `${name} ${version} ${architecture}`;

/** Measures of earlier runs, with those of this one. Safe to fill from several processes at once. */
export class KnownMeasures {
  readonly #known = new Map<string, Measures>();

  constructor() {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [key = '', ...values] = line.split('\t');
      if (values.length !== 5) continue;
      const [files = 0, documentation = 0, control = 0, python = 0, templates = 0] =
        values.map(Number);
      this.#known.set(key, { files, documentation, control, python, templates: templates === 1 });
    }
  }

  of(one: DebPackage): Measures | undefined {
    return this.#known.get(keyOf(one));
  }

  /** Fetches and reads the package file; where it is gone, that of the version before. */
  async measure(one: DebPackage): Promise<void> {
    if (!one.older || this.of(one.older)) return this.#measure(one);
    await this.#measure(one).catch(async (problem) => {
      await (one.older && this.#measure(one.older));
      throw problem;
    });
  }

  async #measure(one: DebPackage): Promise<void> {
    const data = await get(`${one.archive}/${one.file}`);
    this.add(one, await measureDeb(verified(data, one.sha256)));
  }

  add(one: DebPackage, measures: Measures): void {
    const { files, documentation, control, python, templates } = measures;
    const key = keyOf(one);
    this.#known.set(key, measures);
    appendFileSync(
      file,
      `${[key, files, documentation, control, python, Number(templates)].join('\t')}\n`,
    );
  }
}

/** Measures packages, a few at a time, in order; those that fail are told and left out. */
export async function measureAll(
  packages: readonly DebPackage[],
  known: KnownMeasures,
  atOnce = 3,
): Promise<void> {
  let next = 0;
  let bytes = 0;
  const started = Date.now();
  const work = async () => {
    for (let one = packages[next++]; one; one = packages[next++]) {
      try {
        await known.measure(one);
        bytes += one.size;
      } catch (error) {
        console.error(`${one.name} ${one.version} could not be measured: ${error}`);
      }
      if (next % 200 === 0) {
        const seconds = Math.round((Date.now() - started) / 1000);
        console.error(
          `  ${next} of ${packages.length}, ${Math.round(bytes / 1e6)} MB, ${seconds} s`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

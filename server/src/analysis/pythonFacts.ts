/** What Python packages weigh of which the build context has the wheels, or an environment with them. */

import type { Fact } from '../context/fact.ts';
import type { Measured } from '../projects/projectFacts.ts';
import { pythonFigure, wheelFits } from '../projects/pythonSizes.ts';
import { readEnvironment, readRequirements } from '../projects/virtualEnvironment.ts';
import { readWheel, type Wheel, wheelName, wheelsFor } from '../projects/wheels.ts';
import { copyOf, firstFile, type Opened, textOf } from './candidateFiles.ts';
import type { Candidate } from './imageSources.ts';

/** Wheels that are looked into at most. */
const mostWheels = 2000;

/**
 * The wheels at the first candidate that has any: one file, or all of a folder that fit. `wanted`:
 * only those that pip takes for these requirements; null: all of them.
 */
export async function wheelsSize(
  { context, files, signal, sources }: Opened,
  found: readonly Candidate[],
  arch: string,
  wanted: readonly string[] | null,
): Promise<Fact<Measured>> {
  for (const candidate of found) {
    const inside = (await context.files(copyOf(candidate), signal)).map(({ path }) => path);
    if (inside.some((path) => /\.(tar\.gz|zip)$/.test(path))) {
      return unavailable(
        'Among the wheels are sources, whose size is known only once they are built.',
      );
    }
    const wheels = inside.filter((path) => path.endsWith('.whl'));
    const all = wheels.filter((path) => wheelFits(lastName(path), arch, false));
    if (all.length === 0) continue;
    if (all.length > mostWheels) {
      return unavailable(`More than ${mostWheels} wheels lie there, and they are not looked into.`);
    }
    const known = new Map<string, Wheel | null>();
    const read = async (path: string) => {
      signal.throwIfAborted();
      const before = known.get(path);
      if (before !== undefined) return before;
      const wheel = await readWheel(files, `${context.root}/${path}`, sources.decompressors);
      known.set(path, wheel);
      return wheel;
    };
    const choice =
      wanted &&
      (await wheelsFor(wanted, all, async (path) => (await read(path))?.metadata ?? null));
    if (choice && !choice.ok) return unavailable(choice.reason);
    const fitting = choice ? choice.paths : all;
    const names = fitting.map((path) => wheelName(lastName(path)));
    if (new Set(names).size < names.length) {
      return unavailable(
        'Some packages have several wheels, and which is taken is known only during the build.',
      );
    }
    let bytes = 0;
    let py = 0;
    for (const path of fitting) {
      const wheel = await read(path);
      if (!wheel) return unavailable(`The wheel ${path} cannot be read.`);
      bytes += wheel.files.bytes;
      py += wheel.files.py;
    }
    const count = fitting.length === 1 ? '1 wheel' : `${fitting.length} wheels`;
    const reason = `The unpacked files of ${count} of the build context, and 1.2 times their sources for the bytecode that pip makes.`;
    return { state: 'known', value: pythonFigure({ bytes, py }, reason) };
  }
  return unavailable('No wheel of the build context lies there.');
}

/** The pins of a requirements file, in a virtual environment beside it or at the top of the context. */
export async function pinnedSize(
  opened: Opened,
  found: readonly Candidate[],
): Promise<Fact<Measured>> {
  const { context, files } = opened;
  const file = await firstFile(opened, found);
  if (!file) return unavailable('The requirements do not come from the build context.');
  const content = await textOf(files, `${context.root}/${file}`);
  if (!content.ok) return unavailable(`${file} cannot be read (${content.code}).`);
  const requirements = readRequirements(content.text);
  if (!requirements.ok) {
    return unavailable(`${file} does not pin one version with \`${requirements.line}\`.`);
  }
  const beside = `${context.root}/${file}`.replace(/\/[^/]*$/, '');
  let first: string | null = null;
  for (const folder of new Set([beside, context.root])) {
    const reading = await readEnvironment(files, folder, requirements.pins);
    if (!reading.ok) {
      first ??= reading.reason;
      continue;
    }
    const { files: sum, count, folder: name } = reading;
    const reason = `The files of ${count} packages in the virtual environment ${name}, which has the versions of ${file}, and 1.2 times their sources for the bytecode that pip makes.`;
    return { state: 'known', value: pythonFigure(sum, reason) };
  }
  return unavailable(first ?? 'No virtual environment lies beside the requirements.');
}

function unavailable(reason: string): Fact<Measured> {
  return { state: 'unavailable', reason };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

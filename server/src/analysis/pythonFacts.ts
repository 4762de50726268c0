/** What Python packages weigh of which the build context has the wheels, or an environment with them. */

import type { Fact } from '../context/fact.ts';
import type { Measured } from '../projects/projectFacts.ts';
import { pythonFigure, wheelFiles, wheelFits, wheelName } from '../projects/pythonSizes.ts';
import { readEnvironment, readRequirements } from '../projects/virtualEnvironment.ts';
import { copyOf, firstFile, type Opened, textOf } from './candidateFiles.ts';
import type { Candidate } from './imageSources.ts';

/** Wheels that are looked into at most. */
const mostWheels = 2000;

/** The wheels at the first candidate that has any: one file, or all of a folder that fit. */
export async function wheelsSize(
  { context, files, signal }: Opened,
  found: readonly Candidate[],
  arch: string,
): Promise<Fact<Measured>> {
  for (const candidate of found) {
    const inside = (await context.files(copyOf(candidate), signal)).map(({ path }) => path);
    if (inside.some((path) => /\.(tar\.gz|zip)$/.test(path))) {
      return unavailable(
        'Among the wheels are sources, whose size is known only once they are built.',
      );
    }
    const wheels = inside.filter((path) => path.endsWith('.whl'));
    const fitting = wheels.filter((path) => wheelFits(lastName(path), arch, false));
    if (fitting.length === 0) continue;
    const names = fitting.map((path) => wheelName(lastName(path)));
    if (new Set(names).size < names.length || names.length > mostWheels) {
      return unavailable(
        'Some packages have several wheels, and which is taken is known only during the build.',
      );
    }
    let bytes = 0;
    let py = 0;
    for (const path of fitting) {
      signal.throwIfAborted();
      const sum = await wheelFiles(files, `${context.root}/${path}`);
      if (!sum) return unavailable(`The wheel ${path} cannot be read.`);
      bytes += sum.bytes;
      py += sum.py;
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

/** Programs that write files again in place, as `sed -i` does, and how big such files are. */

import type { ShellCommand } from '../../shell/commands.ts';
import { isWithin } from '../../syntax/slashPaths.ts';
import { about, unknownAt } from './contributions.ts';
import { knows, storeAgain } from './copyUp.ts';
import type { Contribution, Draft, Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';

/** `sed -i`: the whole file is written again. */
export const edit: Handler = (command, draft) => {
  const { words, outputs } = command;
  const isInPlace = words.some((word) => /^-[nErsuz]*i|^--in-place/.test(word));
  if (!isInPlace) {
    for (const { path, from } of outputs) if (from !== '2') draft.write(printed(path, 'sed'));
    return;
  }
  const hasScript = words.some((word) => /^-[nErsuz]*e|^--expression|^-f$|^--file/.test(word));
  const { operands } = readOperands(
    words.filter((word) => !/^-[nErsuz]*i|^--in-place/.test(word)),
    '-e --expression -f --file -l --line-length',
  );
  for (const word of operands.slice(hasScript ? 0 : 1)) editPlace(word, command, draft, 'sed -i');
};

/** A file is rewritten with about as many bytes; of one that nobody knows, a configuration file is small. */
export function editPlace(
  word: string,
  command: ShellCommand,
  draft: Draft,
  program: string,
): void {
  const place = placeOf(word, command);
  if (place === null) {
    draft.write(
      unknownAt(null, program, `Which files \`${program}\` changes is known only when it runs.`),
    );
    return;
  }
  const isKnown =
    knows(draft, place) ||
    draft.contributions.some(({ path }) => path !== '/' && isWithin(place, path));
  if (isKnown || !isConfiguration(place)) {
    storeAgain(draft, place, { isRecursive: false, program });
    return;
  }
  draft.write(configuration(place, 2000, program));
}

/** Files below /etc and those that begin with a dot are small in all but a few cases. */
export function isConfiguration(path: string): boolean {
  return /^\/etc\/|\/\.[\w.-]+$|\/\.config\/|\.(conf|ini|cnf|cfg|list)$/.test(path);
}

/** A configuration file of the base image or of a package, stored again. */
export function configuration(path: string, bytes: number, program: string): Contribution {
  const reason = `\`${program}\` stores a configuration file again; such files are small.`;
  return {
    path,
    size: about(bytes, 0, Math.max(100_000, bytes + 100_000), reason),
    label: `stored again by ${program}`,
    kind: 'files',
    isFile: true,
  };
}

/** What a program prints into a file, when nobody can tell how much. */
export function printed(path: string | null, program: string): Contribution {
  return unknownAt(path, program, `How much \`${program}\` prints is known only when it runs.`);
}

/** `strip`: less of a file, by an amount that only a build shows. */
export const strip: Handler = (command, draft) => {
  const { operands } = readOperands(command.words, '-K -N -R -o -F -I -O');
  for (const word of operands) {
    const place = placeOf(word, command);
    if (place === null) continue;
    if (knows(draft, place)) {
      draft.write(
        unknownAt(place, 'strip', `How much of ${place} is left is known only in a build.`),
      );
    } else draft.removeSome(place);
  }
};

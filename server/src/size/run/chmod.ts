/** `chmod`, `chown`, `setcap`, `ln`: what changes only marks or names of files stores them again (SIZES section 8). */

import type { ShellCommand } from '../../shell/commands.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { unknownAt } from './contributions.ts';
import { storeAgain } from './copyUp.ts';
import type { Draft, Handler } from './draft.ts';
import { lastName, placeOf, readOperands } from './operands.ts';
import { isFolder } from './stored.ts';

/** `chmod`, `chown`, `chgrp`: the first operand is no path, unless another file says what is wanted. */
export const change: Handler = (command, draft) => {
  const { words } = command;
  const program = lastName(words[0] ?? '');
  // `chmod -x f` and `chmod -R -w f`: modes that look like options.
  const isMode = (word: string) =>
    program === 'chmod' && /^-[rwxXstugo,=+-]+$/.test(word) && !/^-R$/.test(word);
  const { options, operands } = readOperands(words.filter((word) => !isMode(word)));
  const hasValue = options.has('--reference') || words.some(isMode);
  const isRecursive = options.has('-R') || options.has('--recursive');
  const shown = isRecursive ? `${program} -R` : program;
  for (const word of operands.slice(hasValue ? 0 : 1)) {
    changePlace(word, command, draft, shown, isRecursive);
  }
};

/** Stores again what `word` names, as `program` does when it changes it. */
export function changePlace(
  word: string,
  command: ShellCommand,
  draft: Draft,
  program: string,
  isRecursive: boolean,
): void {
  const place = placeOf(word, command);
  if (place !== null) storeAgain(draft, place, { isRecursive, program });
  else
    draft.write(
      unknownAt(null, program, `Which files \`${program}\` changes is known only when it runs.`),
    );
}

/** `setcap`: the file that the last word names. */
export const setCapabilities: Handler = (command, draft) =>
  changePlace(command.words.at(-1) ?? '', command, draft, 'setcap', false);

/** `ln`: a second name of an old file stores it again, a symbolic link is nothing. */
export const link: Handler = (command, draft) => {
  const { options, operands } = readOperands(command.words, '-t --target-directory -S --suffix');
  if (options.has('-s') || options.has('--symbolic')) {
    remember(operands, command, draft);
    return;
  }
  for (const word of operands.slice(0, Math.max(1, operands.length - 1))) {
    changePlace(word, command, draft, 'ln', false);
  }
};

/** Where `ln -s` may have put links: at the last word, or in the folder that it is. */
function remember(operands: readonly string[], command: ShellCommand, draft: Draft): void {
  const [target = '', ...more] = operands;
  const names = operands.slice(0, -1).map(lastName);
  const place = placeOf(more.at(-1) ?? lastName(target), command);
  if (place === null) return;
  const { links: known = [], stored } = draft.state;
  const inside = names.map((name) => absolutePath(`${place}/${name}`));
  const isKnownFolder = more.at(-1)?.endsWith('/') || isFolder(place, stored);
  const made = [...(isKnownFolder ? [] : [place]), ...inside].filter(
    (path) => !known.includes(path),
  );
  if (made.length > 0 && known.length < mostLinks) {
    draft.state = { ...draft.state, links: [...known, ...made] };
  }
}

/** Beyond this a script makes links in a loop, and each further one costs more to look for. */
const mostLinks = 1000;

/** `tar`, `unzip` and their like. */

import { unknownAt } from './contributions.ts';
import type { Handler } from './draft.ts';
import { lastName, placeOf, readOperands } from './operands.ts';

/** `tar`, `unzip` and their like: how much comes out, or goes in, is not known. */
export const archive: Handler = (command, draft) => {
  const { words } = command;
  const program = lastName(words[0] ?? '');
  const text = words.slice(1).join(' ');
  if (program === 'tar') {
    const lists = /^-?[a-zA-Z]*t[a-zA-Z]*( |$)/.test(text) || /--list/.test(text);
    const toPipe = /^-?[a-zA-Z]*c/.test(text) && !/f/.test(words[1] ?? '');
    if (lists || (toPipe && command.piped)) return;
    const { values } = readOperands(dashed(words), '-C --directory -f --file');
    const folder = values.get('-C') ?? values.get('--directory') ?? '.';
    const makes =
      /^-?[a-zA-Z]*c/.test(text) ||
      words.some((word) => /^(-[a-zA-Z]*c[a-zA-Z]*|--create)$/.test(word));
    const place = placeOf(makes ? (values.get('-f') ?? '.') : folder, command);
    draft.write(
      unknownAt(
        place,
        'tar',
        makes
          ? 'How big the archive is shows only in a build.'
          : unpacked(values.get('-f') ?? values.get('--file')),
      ),
    );
    return;
  }
  const { values, operands } = readOperands(words, '-d --directory');
  const target =
    /zip$/.test(program) && program !== 'gzip' ? (values.get('-d') ?? '.') : (operands[0] ?? '.');
  draft.write(unknownAt(placeOf(target, command), program, unpacked(operands[0])));
};

/** `tar xzf a`: the first word may be options without a dash. */
function dashed(words: readonly string[]): readonly string[] {
  const [program = '', first = '', ...rest] = words;
  if (!/^[a-zA-Z]+$/.test(first)) return words;
  return [program, `-${first}`, ...rest];
}

function unpacked(name: string | undefined): string {
  const what =
    name === undefined || name === '-' ? 'the archive' : lastName(name).replaceAll('\0', '…');
  return `How much ${what} holds shows only when it is unpacked.`;
}

/** Programs that make a file of a size that is written in their words. Sparse ones count in full. */

import { exactFile, unknownAt } from './contributions.ts';
import type { Draft, Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';

const units: Readonly<Record<string, number>> = { c: 1, w: 2, b: 512, '': 1 };

/** `10M`, `1K`, `2GB`, `512`, `4x1024`: as GNU and BusyBox read them; null for anything else. */
export function byteCount(text: string): number | null {
  const product = text.split('x').map((factor) => {
    const match = /^(\d{1,15})([a-zA-Z]*)$/.exec(factor);
    if (!match) return null;
    const unit = match[2] ?? '';
    const plain = units[unit];
    if (plain !== undefined) return Number(match[1]) * plain;
    const scale = /^([kKMGT])(iB|B)?$/.exec(unit);
    if (!scale) return null;
    const power = 'kmgt'.indexOf((scale[1] ?? '').toLowerCase()) + 1;
    return Number(match[1]) * (scale[2] === 'B' ? 1000 : 1024) ** power;
  });
  return product.some((factor) => factor === null)
    ? null
    : product.reduce<number>((all, factor) => all * (factor ?? 1), 1);
}

const dd: Handler = (command, draft) => {
  const given = new Map<string, string>();
  for (const word of command.words.slice(1)) {
    const at = word.indexOf('=');
    if (at > 0) given.set(word.slice(0, at), word.slice(at + 1));
  }
  const to = given.get('of');
  if (to === undefined) {
    if (command.outputs.length > 0) {
      draft.write(
        unknownAt(
          command.outputs[0]?.path ?? null,
          'dd',
          'How much `dd` writes is known only when it runs.',
        ),
      );
    }
    return;
  }
  const place = placeOf(to, command);
  const count = byteCount(given.get('count') ?? '?');
  const block = byteCount(given.get('bs') ?? given.get('obs') ?? '512');
  const seek = byteCount(given.get('seek') ?? '0');
  const source = given.get('if') ?? '';
  const isEndless = /^\/dev\/(zero|u?random)$/.test(source);
  const flags = `${given.get('iflag') ?? ''} ${given.get('oflag') ?? ''} ${given.get('conv') ?? ''}`;
  const isPlain = !/count_bytes|seek_bytes|notrunc|append/.test(flags);
  if (
    place === null ||
    count === null ||
    block === null ||
    seek === null ||
    !isEndless ||
    !isPlain
  ) {
    draft.write(unknownAt(place, 'dd', 'How much `dd` writes is known only when it runs.'));
    return;
  }
  draft.write(
    exactFile(
      place,
      (seek + count) * block,
      'written by dd',
      '`dd` says how many bytes it writes.',
    ),
  );
};

const truncate: Handler = (command, draft) => {
  const { values, operands } = readOperands(command.words, '-s --size -r --reference');
  sized(operands, values.get('-s') ?? values.get('--size') ?? '', 'truncate', command, draft);
};

const fallocate: Handler = (command, draft) => {
  const { values, operands } = readOperands(command.words, '-l --length -o --offset');
  const text =
    values.has('-o') || values.has('--offset')
      ? ''
      : (values.get('-l') ?? values.get('--length') ?? '');
  sized(operands, text, 'fallocate', command, draft);
};

function sized(
  operands: readonly string[],
  text: string,
  program: string,
  command: Parameters<Handler>[0],
  draft: Draft,
): void {
  const bytes = byteCount(text);
  for (const word of operands) {
    const place = placeOf(word, command);
    const reason = `\`${program}\` says how big the file becomes.`;
    if (place === null || bytes === null) {
      draft.write(
        unknownAt(
          place,
          program,
          `How big \`${program}\` makes a file is known only when it runs.`,
        ),
      );
    } else draft.write(exactFile(place, bytes, `written by ${program}`, reason));
  }
}

/** By the name of the program. */
export const sizedFileHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['dd', dd],
  ['truncate', truncate],
  ['fallocate', fallocate],
]);

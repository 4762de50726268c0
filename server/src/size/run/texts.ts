/**
 * Programs that print a known text, and files that it goes to: `echo x > f`, `printf … | tee f`,
 * `cat <<EOF > f`. Counted as UTF-8, to the byte where the shell leaves no doubt.
 */

import type { ShellCommand } from '../../shell/commands.ts';
import { unknownPart } from '../../shell/shellTree.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import { computed } from '../size.ts';
import { about, unknownAt } from './contributions.ts';
import type { Contribution, Draft, Handler } from './draft.ts';
import { configuration, isConfiguration, printed } from './editFiles.ts';
import { placeOf, readOperands } from './operands.ts';
import { mayHoldBaseFiles } from './stored.ts';

/** Bytes that are printed, and how much fewer or more they may be. */
export interface Printed {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** What goes to each file that the shell opened for the output. */
export function toOutputs(
  command: ShellCommand,
  draft: Draft,
  output: Printed | null,
  program: string,
): void {
  for (const { path, append, from } of command.outputs) {
    if (from === '2') continue;
    writeText(path, append, output, program, draft);
  }
}

/** Puts a text into a file: a new one, or behind what it has. */
function writeText(
  path: string | null,
  append: boolean,
  output: Printed | null,
  program: string,
  draft: Draft,
): void {
  const place = path === null ? null : absolutePath(path);
  if (output === null || place === null) {
    draft.write(
      place !== null && output === null && isConfiguration(place)
        ? configuration(place, 1000, program)
        : printed(place, program),
    );
    return;
  }
  const before = append ? earlier(place, draft) : nothing;
  if (before === null) {
    const known = configuration(place, 1000 + output.bytes, program);
    const isSmall = isConfiguration(place);
    const reason = `How big ${place} is already is not known.`;
    draft.write(isSmall ? known : { ...unknownAt(place, program, reason), isFile: true });
    return;
  }
  const bytes = before.bytes + output.bytes;
  const low = before.low + output.low;
  const high = before.high + output.high;
  const reason = `The text that \`${program}\` prints, counted.`;
  const size = low === high ? computed(bytes, reason) : about(bytes, low, high, reason);
  draft.write({ path: place, size, label: `written by ${program}`, kind: 'files', isFile: true });
}

const nothing: Printed = { bytes: 0, low: 0, high: 0 };

/** What a file holds before something is appended; null: not known. */
function earlier(path: string, { contributions, state }: Draft): Printed | null {
  const here = contributions.find((one) => one.path === path && one.isFile);
  if (here) return figureOf(here);
  const stored = state.stored.find((one) => one.path === path && one.isFile);
  if (stored) {
    const { bytes } = stored;
    return stored.size
      ? figureOf({ size: stored.size })
      : bytes === null
        ? null
        : { bytes, low: bytes, high: bytes };
  }
  const isPart = [...contributions, ...state.stored].some(
    (one) => one.path !== '/' && path.startsWith(`${one.path}/`),
  );
  return isPart || mayHoldBaseFiles(path, state) ? null : nothing;
}

function figureOf({ size }: Pick<Contribution, 'size'>): Printed | null {
  const { bytes, low, high } = size;
  return bytes === null || low === null || high === null ? null : { bytes, low, high };
}

const echo: Handler = (command, draft) => {
  toOutputs(command, draft, echoed(command, draft), 'echo');
};

/**
 * What `echo` prints. Dash reads backslashes in it and knows no `-e`; Bash and BusyBox leave them
 * alone without `-e`. Which of them `/bin/sh` is depends on the distribution.
 */
function echoed({ words }: ShellCommand, { world, state }: Draft): Printed | null {
  const args = words.slice(1);
  const isBash = /\bbash$/.test(world.run.argv[0] ?? '');
  const debian = state.distribution?.id === 'debian' || state.distribution?.id === 'ubuntu';
  const isDash = !isBash && debian;
  let newline = 1;
  let escapes = isDash;
  const isCertain = isBash || state.distribution !== null;
  while (/^-[neE]+$/.test(args[0] ?? '')) {
    const flags = args[0] ?? '';
    if (isDash && flags !== '-n') break;
    if (flags.includes('n')) newline = 0;
    if (flags.includes('e')) escapes = true;
    args.shift();
  }
  const text = args.join(' ');
  if (text.includes(unknownPart)) return null;
  if (!isCertain && escapes) {
    // Dash would print the option, too.
    const high = bytesOf(words.slice(1).join(' ')) + 1;
    const low = bytesOf(unescaped(text));
    return { bytes: low + newline, low, high };
  }
  const plain = bytesOf(text) + newline;
  if (!text.includes('\\')) return exactly(plain);
  const read = bytesOf(unescaped(text)) + newline;
  if (escapes) return exactly(read);
  return isBash || state.distribution !== null
    ? exactly(plain)
    : { bytes: plain, low: read, high: plain };
}

function exactly(bytes: number): Printed {
  return { bytes, low: bytes, high: bytes };
}

/** One character for each escape of C; `\c` ends the text. */
function unescaped(text: string): string {
  const cut = /(^|[^\\])((?:\\\\)*)\\c/.exec(text);
  const whole = cut ? text.slice(0, cut.index + cut[0].length - 2) : text;
  return whole.replace(/\\(x[0-9a-fA-F]{1,2}|0?[0-7]{1,3}|[abefnrtv\\])/g, '.');
}

const printf: Handler = (command, draft) => {
  toOutputs(command, draft, formatted(command), 'printf');
};

/** What `printf` prints: its format, again as long as there are arguments. Only `%s` and `%d`, `%b`. */
function formatted({ words }: ShellCommand): Printed | null {
  const [format, ...args] = words.slice(words[1] === '--' ? 2 : 1);
  if (format === undefined || [format, ...args].some((word) => word.includes(unknownPart)))
    return null;
  const plain = unescaped(format);
  const holes = plain.match(/%[^%]/g) ?? [];
  if (holes.some((hole) => !/^%[sdbiu]$/.test(hole))) return null;
  const rounds = holes.length === 0 ? 1 : Math.max(1, Math.ceil(args.length / holes.length));
  const own = bytesOf(plain.replace(/%%/g, '%').replace(/%[sdbiu]/g, '')) * rounds;
  if (holes.length === 0) return exactly(own);
  const given = args.reduce((all, arg, index) => {
    const hole = holes[index % holes.length];
    return all + bytesOf(hole === '%b' ? unescaped(arg) : arg);
  }, 0);
  // A number that is missing is printed as 0.
  const lacking = rounds * holes.length - args.length;
  const zeros = lacking > 0 ? holes.slice(-lacking).filter((hole) => /[diu]/.test(hole)).length : 0;
  return exactly(own + given + zeros);
}

/** `cat`: its input, or files of known size. */
const cat: Handler = (command, draft) => {
  if (command.outputs.length === 0) return;
  const { operands } = readOperands(command.words);
  const files = operands.length > 0 ? operands : ['-'];
  let sum: Printed | null = nothing;
  for (const word of files) {
    const place = word === '-' ? null : placeOf(word, command);
    const one =
      word === '-'
        ? command.input === null || command.input.includes(unknownPart)
          ? null
          : exactly(bytesOf(command.input))
        : place === null
          ? null
          : earlier(place, draft);
    // A file that nobody knows of may well be there.
    const isMissing = one === nothing;
    sum = sum && one && !isMissing ? plus(sum, one) : null;
  }
  toOutputs(command, draft, sum, 'cat');
};

function plus(one: Printed, other: Printed): Printed {
  return { bytes: one.bytes + other.bytes, low: one.low + other.low, high: one.high + other.high };
}

/** `tee`: what it reads, into each file. */
const tee: Handler = (command, draft) => {
  const { options, operands } = readOperands(command.words);
  const { input } = command;
  const output = input === null || input.includes(unknownPart) ? null : exactly(bytesOf(input));
  const append = options.has('-a') || options.has('--append');
  for (const word of operands) writeText(placeOf(word, command), append, output, 'tee', draft);
  toOutputs(command, draft, output, 'tee');
};

/** `:` and `true` print nothing: `: > f` empties a file. */
const silent: Handler = (command, draft) => {
  toOutputs(command, draft, nothing, command.words[0] ?? 'true');
};

/** By the name of the program. */
export const textHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['echo', echo],
  ['printf', printf],
  ['cat', cat],
  ['tee', tee],
  [':', silent],
  ['true', silent],
]);

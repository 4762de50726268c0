/** Programs that change text on its way through a pipe, in the forms that scripts use for versions. */

import { unknownPart } from './shellTree.ts';

/** Names of the programs that `filterText` may know. */
export const filters: ReadonlySet<string> = new Set(
  'cat tr cut sed head tail awk gawk mawk sort uniq tac rev xargs tee'.split(' '),
);

/** What the program makes of the text; undefined: this form of it is not known here. */
export function filterText(
  name: string,
  args: readonly string[],
  input: string,
): string | undefined {
  if (args.some((arg) => arg.includes(unknownPart))) return undefined;
  switch (name) {
    case 'cat':
      return args.length === 0 || args.join() === '-' ? input : undefined;
    case 'tee':
      return input;
    case 'xargs':
      return args.length === 0 ? `${input.split(/\s+/).filter(Boolean).join(' ')}\n` : undefined;
    case 'head':
      return /^(-n ?1|-1|--lines=1)$/.test(args.join(' ')) ? firstLine(input) : undefined;
    case 'tail':
      return /^(-n ?1|-1)$/.test(args.join(' ')) ? lastLine(input) : undefined;
  }
  if (input.includes(unknownPart)) return undefined;
  switch (name) {
    case 'tr':
      return translate(args, input);
    case 'cut':
      return cutText(args, input);
    case 'sed':
      return sedText(args, input);
    case 'awk':
    case 'gawk':
    case 'mawk':
      return awkText(args, input);
    case 'rev':
      return byLine(input, (line) => [...line].reverse().join(''));
    case 'sort':
      return args.length === 0 || args.join() === '-u' ? sorted(input, args.length > 0) : undefined;
    default:
      return undefined;
  }
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\n') + 1 || undefined);
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
}

function sorted(text: string, unique: boolean): string {
  const lines = text.split('\n').filter(Boolean).sort();
  return `${(unique ? [...new Set(lines)] : lines).join('\n')}\n`;
}

function byLine(text: string, change: (line: string) => string | undefined): string | undefined {
  const ends = text.endsWith('\n');
  const lines = (ends ? text.slice(0, -1) : text).split('\n').map(change);
  return lines.includes(undefined) ? undefined : lines.join('\n') + (ends ? '\n' : '');
}

/** `tr a b`, `tr -d a` with plain characters, ranges and `[:upper:]`. */
function translate(args: readonly string[], text: string): string | undefined {
  const removes = args[0] === '-d';
  const from = characters(args[removes ? 1 : 0]);
  const to = removes ? '' : characters(args[1]);
  if (!from || to === undefined || args.length !== 2 || from.startsWith('-')) return undefined;
  if (removes) return [...text].filter((char) => !from.includes(char)).join('');
  if (to === '') return undefined;
  const turn = (char: string) => {
    const at = from.indexOf(char);
    return at < 0 ? char : (to[at] ?? to.at(-1) ?? '');
  };
  return [...text].map(turn).join('');
}

function characters(set: string | undefined): string | undefined {
  const lower = 'abcdefghijklmnopqrstuvwxyz';
  const plain = set
    ?.replaceAll('[:upper:]', lower.toUpperCase())
    .replaceAll('[:lower:]', lower)
    .replaceAll('[:digit:]', '0123456789')
    .replaceAll('[:space:]', ' \t\n\r\v\f')
    .replace(/A-Z/, lower.toUpperCase())
    .replace(/a-z/, lower)
    .replace(/0-9/, '0123456789')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
  return plain !== undefined && /\\|\[:|\w-\w/.test(plain) ? undefined : plain;
}

function cutText(args: readonly string[], text: string): string | undefined {
  const words = args.join('\n');
  const options =
    /^-d\n?(.)\n-f\n?([\d,-]+)$/.exec(words) ?? swapped(/^-f\n?([\d,-]+)\n-d\n?(.)$/.exec(words));
  const bytes = /^-[cb]\n?([\d,-]+)$/.exec(words);
  const list = options?.[2] ?? bytes?.[1];
  if (!list) return undefined;
  const ranges = list.split(',').map((range) => /^(\d*)(-?)(\d*)$/.exec(range));
  if (ranges.includes(null)) return undefined;
  const chosen = (at: number) =>
    ranges.some((range) => {
      const [, low = '', dash, high = ''] = range ?? [];
      return dash ? at >= Number(low || 1) && at <= Number(high || Infinity) : at === Number(low);
    });
  return byLine(text, (line) => {
    if (bytes) return [...line].filter((_, at) => chosen(at + 1)).join('');
    const separator = options?.[1] ?? '\t';
    if (!line.includes(separator)) return line;
    return line
      .split(separator)
      .filter((_, at) => chosen(at + 1))
      .join(separator);
  });
}

function swapped(found: RegExpExecArray | null): readonly (string | undefined)[] | null {
  return found ? [found[0], found[2], found[1]] : null;
}

/** `sed 's/a/b/'` and several of them, with patterns of plain text and dots. */
function sedText(args: readonly string[], text: string): string | undefined {
  const scripts = args.filter((arg) => arg !== '-e' && arg !== '-E' && arg !== '-r');
  let out: string | undefined = text;
  for (const script of scripts.flatMap((each) => each.split(/;\s*(?=s)/))) {
    const parts = /^s([/|#,@:!~])(.*?)\1(.*?)\1(g?)$/.exec(script);
    const [, , pattern = '', replacement = '', flag] = parts ?? [];
    if (!parts || /[\\&]/.test(replacement) || scripts.length === 0) return undefined;
    const plain = plainPattern(pattern);
    if (!plain || out === undefined) return undefined;
    const search = new RegExp(plain, flag ? 'g' : '');
    out = byLine(out, (line) => line.replace(search, () => replacement));
  }
  return out;
}

/** A regular expression without repetition, so that it takes no time; undefined for others. */
function plainPattern(pattern: string): string | undefined {
  if (!/^\^?(?:[\w /:=@,~-]|\.(?!\*)|\\[./-]|-)*(?:\.\*)?\$?$/.test(pattern)) return undefined;
  return pattern || undefined;
}

/** `awk '{print $2}'`, with `-F`, and `$NF`. */
function awkText(args: readonly string[], text: string): string | undefined {
  const words = args.join('\n');
  const found = /^(?:-F\n?(.|'.'|"."|\[.\])\n)?\{ *print +\$(\d+|NF) *;? *\}$/.exec(words);
  if (!found) return undefined;
  const separator = found[1]?.replace(/^["'[]|["'\]]$/g, '');
  return byLine(text, (line) => {
    const fields = separator ? line.split(separator) : line.trim().split(/\s+/);
    if (found[2] === 'NF') return fields.at(-1) ?? '';
    return found[2] === '0' ? line : (fields[Number(found[2]) - 1] ?? '');
  });
}

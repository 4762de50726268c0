/** Programs that print what they make of what they read: their options and the files among their words. */

import type { Call } from './call.ts';

interface Filter {
  /** Another input may give the same output. */
  readonly lossy: boolean;
  /** The files among the arguments; null: a form that is not known here. */
  readonly files: (args: readonly string[]) => readonly string[] | null;
}

/** `flags` have no value, `valued` have one, behind them or as the next word. */
export function filter(lossy: boolean, flags: string, valued: string, operands = 0): Filter {
  const isFlag = new RegExp(`^-[${flags || '_'}]+$`);
  const isWhole = new RegExp(`^-[${flags}]*[${valued || '_'}].+$`, 's');
  const takesNext = new RegExp(`^-[${flags}]*[${valued || '_'}]$`);
  const files = (args: readonly string[]) => {
    const rest: string[] = [];
    for (let at = 0; at < args.length; at++) {
      const arg = args[at] ?? '';
      if (arg === '-' || !arg.startsWith('-')) rest.push(arg);
      else if (isFlag.test(arg) || /^-\d+$/.test(arg)) continue;
      else if (takesNext.test(arg)) at++;
      else if (!isWhole.test(arg)) return null;
    }
    return rest.length < operands ? null : rest.slice(operands);
  };
  return { lossy, files };
}

const plainSed =
  /^(s([/|#,@:!])(?:(?!\2).)*\2(?:(?!\2).)*\2[gip\d]*|(\d+|\$|\/[^/]*\/)?(,(\d+|\$|\/[^/]*\/))?[pdq=])$/;

const sed = filter(true, 'nErsu', '');

/** By the names of the programs. */
export const filters: Readonly<Record<string, Filter>> = {
  cat: filter(false, 'nbAeEstTuv', ''),
  sort: filter(true, 'bdfghiMnrVuzs', 'kt'),
  uniq: { lossy: true, files: (args) => onlyOne(filter(true, 'cdiu', 'fsw').files(args)) },
  tr: { lossy: true, files: (args) => (args.some((arg) => arg.length > 200) ? null : []) },
  head: filter(true, 'qv', 'nc'),
  tail: filter(true, 'qv', 'nc'),
  cut: filter(true, 'sz', 'bcdf'),
  wc: filter(true, 'clmwL', ''),
  grep: filter(true, 'EFGPivwxcLlqsnhHo', 'm', 1),
  egrep: filter(true, 'ivwxcLlqsnhHo', 'm', 1),
  fgrep: filter(true, 'ivwxcLlqsnhHo', 'm', 1),
  sed: {
    lossy: true,
    files: (args) => {
      const rest = sed.files(args);
      return rest && plainSed.test(rest[0] ?? '') ? rest.slice(1) : null;
    },
  },
  sha1sum: filter(false, 'bt', ''),
  sha224sum: filter(false, 'bt', ''),
  sha256sum: filter(false, 'bt', ''),
  sha384sum: filter(false, 'bt', ''),
  sha512sum: filter(false, 'bt', ''),
  md5sum: filter(false, 'bt', ''),
  base64: filter(false, 'di', 'w'),
  rev: filter(false, '', ''),
  tac: filter(false, '', ''),
  nl: filter(false, '', 'bw'),
};

/** A second operand of `uniq` is a file that it writes. */
function onlyOne(files: readonly string[] | null): readonly string[] | null {
  return files && files.length > 1 ? null : files;
}

/** Decides on the order of `sort` and on what is a letter. */
export function localeOf({ command: { env } }: Call): readonly string[] {
  return ['LC_ALL', 'LC_COLLATE', 'LC_CTYPE', 'LANG', 'TZ'].map((name) => env.get(name) ?? '');
}

/**
 * Which shells RUN lines may be merged in: the POSIX-like ones whose options are understood.
 * The words before the script come from SHELL, or are BuildKit's default `/bin/sh -c`.
 */

import { type Refusal, refuse } from './refusal.ts';

export interface Shell {
  /** `bash` knows its own syntax; `sh` may be dash, BusyBox ash, or Bash in POSIX mode. */
  readonly language: 'sh' | 'bash';
  /** Absolute path or name of the program. */
  readonly program: string;
  /** `-e`: a failing command ends the script, unless it is tested by a list or condition. */
  readonly errexit: boolean;
  /** `-u`: an unset variable ends the script. */
  readonly nounset: boolean;
  /** `-x`: each command is printed, so that an added one shows. */
  readonly trace: boolean;
}

export type ShellReading = { readonly ok: true; readonly shell: Shell } | Refusal;

const languages: ReadonlyMap<string, Shell['language']> = new Map([
  ['sh', 'sh'],
  ['dash', 'sh'],
  ['ash', 'sh'],
  ['bash', 'bash'],
]);

/** Short options that mean the same for one script as for several in a row, each in its own group. */
const plainLetters = new Set('abceufhxBCETP');
const plainNames = new Set([
  'allexport',
  'braceexpand',
  'errexit',
  'errtrace',
  'functrace',
  'hashall',
  'noclobber',
  'noglob',
  'nounset',
  'physical',
  'pipefail',
  'posix',
  'xtrace',
]);
const plainLongOptions = new Set(['--norc', '--noprofile', '--posix']);
const plainShopts = new Set(['dotglob', 'extglob', 'globstar', 'nullglob']);

/** Reads the words before the script; refuses shells and options under which equality is not known. */
export function readShell(prefix: readonly string[]): ShellReading {
  const [program = '', ...options] = prefix;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const language = languages.get(name);
  if (!language) {
    return refuse(
      `The shell ${JSON.stringify(program)} is not one whose scripts can be joined safely.`,
    );
  }
  const on = new Set<string>();
  let command = false;
  for (let at = 0; at < options.length; at++) {
    const option = options[at] ?? '';
    if (plainLongOptions.has(option)) continue;
    if (!/^[-+][A-Za-z]+$/.test(option)) return refuseOption(option);
    for (const letter of option.slice(1)) {
      if (letter === 'o' || letter === 'O') {
        const value = options[++at] ?? '';
        if (!(letter === 'o' ? plainNames : plainShopts).has(value)) {
          return refuseOption(`${option} ${value}`);
        }
        if (option.startsWith('-')) on.add(value);
        else on.delete(value);
        continue;
      }
      if (!plainLetters.has(letter)) return refuseOption(option);
      if (letter === 'c') command = true;
      if (option.startsWith('-')) on.add(letter);
      else on.delete(letter);
    }
  }
  if (!command) return refuse('The shell is not started with -c, so the script is not its text.');
  return {
    ok: true,
    shell: {
      language,
      program,
      errexit: on.has('e') || on.has('errexit'),
      nounset: on.has('u') || on.has('nounset'),
      trace: on.has('x') || on.has('xtrace'),
    },
  };
}

function refuseOption(option: string): ShellReading {
  return refuse(
    `The shell option ${JSON.stringify(option)} may make one script differ from several.`,
  );
}

/** Variables and options that make shells and programs do something else under the same words. */

import { Environment } from '../../../model/environment.ts';
import type { ResolvedRun } from '../../../model/plan.ts';

/** Files, words or libraries that shells and programs take from variables before they do anything. */
function steersShells(name: string): boolean {
  return /^(BASH_ENV|ENV|BASHOPTS|SHELLOPTS|BASH_FUNC_.*|PS4|PROMPT_COMMAND|CDPATH|GLOBIGNORE|IFS|ZDOTDIR|FPATH|POSIXLY_CORRECT|LD_\w+|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|NLSPATH|MALLOC_\w+|SIMPLE_BACKUP_SUFFIX|VERSION_CONTROL|GREP_OPTIONS|TIME_STYLE|QUOTING_STYLE|BLOCKSIZE|BLOCK_SIZE|DF_BLOCK_SIZE|DU_BLOCK_SIZE|LS_BLOCK_SIZE|COLUMNS|BUSYBOX\w*)$/.test(
    name,
  );
}

const known = new WeakMap<Environment, readonly string[]>();

/** Names of such variables among these; of each environment they are looked for once. */
export function steeringNames(variables: ReadonlyMap<string, string>): readonly string[] {
  if (!(variables instanceof Environment)) return [...variables.keys()].filter(steersShells);
  const open: Environment[] = [];
  let at = variables;
  while (!known.has(at)) {
    const before: Environment | null = at.last?.before ?? at.parent;
    if (!before) break;
    open.push(at);
    at = before;
  }
  let names = known.get(at);
  if (!names) {
    names = [...at.keys()].filter(steersShells);
    known.set(at, names);
  }
  for (let next = open.pop(); next; next = open.pop()) {
    const name = next.last?.name;
    if (name !== undefined && steersShells(name) && !names.includes(name)) names = [...names, name];
    known.set(next, names);
  }
  return names;
}

/** What a shell is told to run, in shell form or by `["/bin/sh", "-c", …]`; null: no shell is. */
export function shellScript({ script, argv }: ResolvedRun): string | null {
  if (script !== null) return script;
  const [shell = '', option = '', text] = argv;
  const isShell = /^(\/(usr\/)?bin\/)?(sh|ash|dash|bash)$/.test(shell) && /^-[eux]*c$/.test(option);
  return isShell && argv.length === 3 ? (text ?? null) : null;
}

/** Shells that read files of the user, or of the system, before they do anything. */
const startsLogin =
  /\b(ba|da|a)?sh\s+(-\S+\s+)*(-\w*[il]\w*|--login|--rcfile|--init-file)\s|\bsu\b|\bsudo\b|\b(z|k|mk|c|tc|fi)sh\b/;

/** Do variables make shells or programs read other files first, or look for programs elsewhere? */
export function isSteered(run: ResolvedRun, script: string): boolean {
  const { variables, argv } = run;
  const options = shellScript(run) === null ? argv : argv.slice(0, -1);
  if (options.some((arg) => /^(-\w*[il]\w*|--login|--rcfile|--init-file)$/.test(arg))) return true;
  if (/(^|\/)(zsh|ksh|mksh|fish|csh|tcsh|yash)$/.test(argv[0] ?? '')) return true;
  if (startsLogin.test(script)) return true;
  if (steeringNames(variables).length > 0) return true;
  const set = script.match(/(?<![\w$])[A-Z_]\w*(?==)/g) ?? [];
  return set.some(steersShells) || /\bPATH\b/.test(script);
}

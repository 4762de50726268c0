/**
 * Runs scripts as a builder runs RUN lines, a process each until one fails, in scratch folders:
 * many cases by one driver script, since starting a process for each from here would take longer.
 */

import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Command lines in order; each is a shell with its script as the last word. */
export type Commands = readonly (readonly string[])[];

export interface Outcome {
  /** Which command failed, or how many ran. */
  readonly ran: number;
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** Path, kind, mode and content of every file, sorted. */
  readonly files: string;
}

/** Runs each pair, both in a folder of the same name, and gives the two outcomes of each. */
export async function runPairs(
  root: string,
  pairs: readonly (readonly [Commands, Commands])[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly (readonly [Outcome, Outcome])[]> {
  mkdirSync(root, { recursive: true });
  const driver = join(root, 'driver.sh');
  writeFileSync(
    driver,
    pairs.map((pair, index) => pairText(join(root, String(index)), pair)).join(''),
  );
  await runToEnd('/bin/sh', [driver], env, root);
  return pairs.map((_, index) => {
    const folder = join(root, String(index));
    return [outcome(folder, 'a'), outcome(folder, 'b')] as const;
  });
}

function pairText(folder: string, [first, second]: readonly [Commands, Commands]): string {
  return runText(folder, 'a', first) + runText(folder, 'b', second);
}

function runText(folder: string, name: string, commands: Commands): string {
  const lines = [
    `mkdir -p ${quote(`${folder}/w`)} ${quote(`${folder}/bin`)} ${quote(`${folder}/bin1`)} && cd ${quote(folder)}`,
    `cp ${quote(join(folder, '../tools'))}/* bin && chmod 755 bin/* && cd w`,
    's=0; n=0; umask 022',
  ];
  const path = `PATH=${quote(`${folder}/bin1:${folder}/bin`)}:"$BASE"`;
  for (const command of commands) {
    lines.push(
      `[ $s = 0 ] && { n=$((n+1)); ( ulimit -S -t 5; ulimit -S -f 100000; export ${path}; exec ${command.map(quote).join(' ')} ) >>../${name}.out 2>>../${name}.err </dev/null; s=$?; }`,
    );
  }
  lines.push(
    `echo "$n $s" >../${name}.status; cd ..; mv w ${name}; mv bin1 ${name}.bin1; rm -rf bin`,
    '',
  );
  return lines.join('\n');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Puts the programs where every case finds them first in PATH: name to script. */
export function writeTools(root: string, tools: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, 'tools'), { recursive: true });
  for (const [name, text] of Object.entries(tools)) {
    writeFileSync(join(root, 'tools', name), text);
    chmodSync(join(root, 'tools', name), 0o755);
  }
}

function runToEnd(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const base = process.env.PATH ?? '/usr/bin:/bin';
    const child = spawn(program, [...args], {
      cwd,
      env: { PATH: base, BASE: base, ...env },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

function outcome(folder: string, name: string): Outcome {
  const [ran = 0, status = -1] = read(join(folder, `${name}.status`))
    .trim()
    .split(' ')
    .map(Number);
  return {
    ran,
    status,
    out: withoutLineNumbers(read(join(folder, `${name}.out`))),
    err: withoutLineNumbers(read(join(folder, `${name}.err`))),
    files: [
      ...listing(join(folder, name), ''),
      ...listing(join(folder, `${name}.bin1`), 'bin1/'),
    ].join('\n'),
  };
}

/** Shells tell the line of an error and a process's number, which a merge may change. */
function withoutLineNumbers(text: string): string {
  return text
    .replace(/^([^\s:]*sh: (?:[a-z.]\w*: )?)(line )?\d+: /gm, '$1')
    .replace(/^environment: line \d+: /gm, 'environment: ')
    .replace(/^(\++ wait) \d+$/gm, '$1');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function listing(folder: string, prefix: string): string[] {
  const out: string[] = [];
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return out;
  }
  for (const name of names) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory())
      out.push(`${prefix}${name}/ ${mode}`, ...listing(path, `${prefix}${name}/`));
    else if (stat.isSymbolicLink()) out.push(`${prefix}${name} -> ${readlinkSync(path)}`);
    else out.push(`${prefix}${name} ${mode} ${JSON.stringify(withoutLineNumbers(read(path)))}`);
  }
  return out;
}

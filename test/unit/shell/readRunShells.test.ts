/**
 * What is read of a script is what real shells run: every program on PATH only writes down its
 * words and its folder, and the list is compared with the one that was read.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedRun } from '../../../server/src/model/plan.ts';
import type { ShellCommand } from '../../../server/src/shell/commands.ts';
import { readRun } from '../../../server/src/shell/readRun.ts';
import { unknownPart } from '../../../server/src/shell/shellTree.ts';
import { linux } from '../../support/plans.ts';
import { bashShapes, shapes } from '../../support/shellShapes.ts';

const shells = [
  { name: 'sh', program: '/bin/sh', scripts: shapes },
  { name: 'dash', program: '/bin/dash', scripts: shapes },
  { name: 'bash', program: '/bin/bash', scripts: [...shapes, ...bashShapes] },
];

/** Run inside the shell, or only run others: not among what the stand-ins write down. */
const notWritten = new Set(
  'echo printf pwd type command sh bash env xargs timeout nice nohup sudo time mktemp'.split(' '),
);
/** After being written down these do what they are for, as scripts go on with what they print. */
const real = 'cut tr sed awk cat seq basename dirname grep head'.split(' ');
const wrappers = 'env xargs timeout nice nohup sh bash time'.split(' ');

interface Ran {
  readonly words: readonly string[];
  readonly cwd: string;
}

describe('scripts as real shells run them', function () {
  this.timeout(120_000);
  let root = '';

  before(function () {
    if (process.platform === 'win32') this.skip();
    root = mkdtempSync(join(tmpdir(), 'shells-'));
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'recorder'), recorder(root));
    chmodSync(join(root, 'recorder'), 0o755);
    const names = new Set(
      [...shapes, ...bashShapes].flatMap((text) => text.match(/[a-z][\w-]*/g) ?? []),
    );
    for (const name of new Set([...names, ...real])) {
      if (!wrappers.includes(name) && name !== 'nothing' && name !== 'sudo')
        symlinkSync('../recorder', join(root, 'bin', name));
    }
    for (const name of wrappers) {
      const path = ['/bin/', '/usr/bin/'].map((folder) => folder + name).find(existsSync);
      if (path) symlinkSync(path, join(root, 'bin', name));
    }
    writeFileSync(
      join(root, 'bin/sudo'),
      '#!/bin/sh\nwhile :; do case $1 in -u) shift 2;; -*) shift;; *) break;; esac; done\nexec env "$@"\n',
    );
    chmodSync(join(root, 'bin/sudo'), 0o755);
  });

  after(() => root && rmSync(root, { recursive: true, force: true }));

  for (const { name, program, scripts } of shells) {
    it(`are read as ${name} runs them, ${scripts.length} shapes`, function () {
      if (!existsSync(program)) return this.skip();
      const differences = scripts.flatMap((script) => {
        const found = difference(script.replaceAll('/stub', `${root}/bin`), program, root);
        return found ? [`${script}\n${found}`] : [];
      });
      assert.equal(
        differences.length,
        0,
        `${differences.length}\n${differences.join('\n=====\n')}`,
      );
    });
  }
});

function recorder(root: string): string {
  return `#!/bin/sh
name=\${0##*/}
words=$(printf '%s\\037' "$name" "$@"; printf x)
printf '%s%s\\036' "\${words%x}" "$PWD" >>'${root}/log'
case "$name $*" in
  'uname -m') echo x86_64;;
  'uname -s') echo Linux;;
  'dpkg --print-architecture') echo amd64;;
  'id -u') echo 0;;
esac
case $name in ${real.join('|')}) PATH=/usr/bin:/bin; exec "$name" "$@";; which) exit 1;; esac
exit 0
`;
}

function difference(script: string, program: string, root: string): string | null {
  const log = join(root, 'log');
  rmSync(log, { force: true });
  const env = { PATH: join(root, 'bin'), HOME: '/root' };
  const { status, stderr } = spawnSync(program, ['-c', script], {
    cwd: '/',
    env,
    input: '',
    encoding: 'utf8',
  });
  const ran = existsSync(log) ? readLog(readFileSync(log, 'utf8')) : [];
  const run = {
    argv: [program, '-c', script],
    shell: true,
    script,
    env: [`PATH=${env.PATH}`],
    variables: new Map([['PATH', `${env.PATH}`]]),
    proxyEnv: [],
    cwd: '/',
    user: '',
    network: '',
    security: '',
    mounts: [],
  } satisfies ResolvedRun;
  const { commands, unread } = readRun(run, linux);
  const shown = `ran (${status}): ${JSON.stringify(ran)}\nread: ${JSON.stringify(commands.map(({ words, cwd, runs }) => [runs, cwd, ...words]))}\n${unread ?? ''}${stderr.slice(0, 200)}`;
  if (unread !== null) return shown;
  const read = commands.filter(
    ({ words }) => !notWritten.has(words[0]?.split('/').pop() ?? '') && words[0] !== ':',
  );
  const inOrder = !/[|&][^|&]|<\(/.test(script.replace(/&&|\|\||[<>]&|&>/g, ''));
  return fits(ran, read, inOrder) ? null : shown;
}

/** All that surely runs ran in that order, and nothing ran that was not read. */
function fits(ran: readonly Ran[], read: readonly ShellCommand[], inOrder: boolean): boolean {
  const taken = new Set<number>();
  let behind = 0;
  const take = (command: ShellCommand, from: number) => {
    const at = ran.findIndex(
      (it, index) => index >= from && !taken.has(index) && isSame(it, command),
    );
    if (at >= 0) taken.add(at);
    return at;
  };
  for (const command of read) {
    if (command.runs !== 'always') continue;
    const at = take(command, inOrder ? behind : 0);
    if (at < 0) return false;
    behind = at;
  }
  for (const command of read) if (command.runs === 'maybe') take(command, 0);
  return taken.size === ran.length;
}

function isSame(ran: Ran, command: ShellCommand): boolean {
  if (command.cwd !== null && command.cwd !== ran.cwd) return false;
  const words = [command.words[0]?.split('/').pop() ?? '', ...command.words.slice(1)];
  if (words.some((word) => word.includes(unknownPart))) return words[0] === ran.words[0];
  return words.length === ran.words.length && words.every((word, at) => word === ran.words[at]);
}

function readLog(text: string): readonly Ran[] {
  return text
    .split('\u001e')
    .slice(0, -1)
    .map((entry) => {
      const parts = entry.split('\u001f');
      return { words: parts.slice(0, -1), cwd: parts.at(-1) ?? '' };
    });
}

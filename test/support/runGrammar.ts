/**
 * Random Dockerfiles of neighbouring RUN lines, made of what is hard about merging them: scripts
 * that change the shell, decide their status late, end it early, or look at how they were started.
 * The same seed gives the same file.
 */

import { type Random, seeded } from './random.ts';

export interface Case {
  readonly seed: number;
  /** FROM, perhaps SHELL, and two to four RUN lines. */
  readonly text: string;
}

export interface Variant {
  readonly name: string;
  /** `null`: BuildKit's default, `/bin/sh -c`. */
  readonly shell: readonly string[] | null;
}

export const variants: readonly Variant[] = [
  { name: 'sh', shell: null },
  { name: 'bash', shell: ['/bin/bash', '-c'] },
  { name: 'sh -e', shell: ['/bin/sh', '-ec'] },
  { name: 'bash -euo pipefail', shell: ['/bin/bash', '-euo', 'pipefail', '-c'] },
  { name: 'bash -o pipefail', shell: ['/bin/bash', '-o', 'pipefail', '-c'] },
  { name: 'sh -ex', shell: ['/bin/sh', '-exc'] },
];

export function makeCase(seed: number, variant: Variant): Case {
  const random = seeded(seed);
  const bash = variant.name.startsWith('bash');
  const write = new Writer(random, bash);
  const count = 2 + random.below(3);
  const prologue = random.chance(0.15) ? write.prologue() : undefined;
  const lines = ['FROM scratch'];
  if (variant.shell) lines.push(`SHELL ${JSON.stringify(variant.shell)}`);
  for (let index = 0; index < count; index++) {
    if (index > 0 && random.chance(0.2))
      lines.push(random.pick(['', '# between', '  # indented', '']));
    lines.push(write.run(prologue));
  }
  return { seed, text: `${lines.join('\n')}\n` };
}

/** What every script may be asked for at its start. */
const probes = [
  'st',
  'st "$PWD"',
  'echo "$PWD ${V-none} ${W-none} ${R-none} $# $0"',
  'pwd; umask; set -o',
  'echo "<$-> $?"',
  'export -p | grep -v -e OLDPWD -e SHLVL -e _=',
  'trap',
  'f || echo nof',
  'ulimit -n',
  'env | grep -e ^V -e ^W -e ^A | sort',
  'echo $?',
];

const quiet = [
  'true',
  'echo one',
  'echo "a b"',
  `printf '%s\\n' "x  y"`,
  `echo 'a && b; c # no'`,
  `echo "it's # text"`,
  'echo a\\ b\\#c',
  'mkdir -p d1',
  'mkdir -p d2/e',
  'touch f1',
  'echo two >f2',
  'echo three >>f1',
  'echo "$PWD" >f3',
  'cat f1',
  'ls',
  'st',
  'st >d1/o',
  'chmod 600 f1',
  'rm -f f2',
  'echo err >&2',
  'echo $(echo sub)',
  'echo "$(cat f1)"',
  'echo `echo tick`',
  'echo $(false; echo still)',
  'echo $((1 + 2))',
  'echo ${V:-unset}',
  'echo "$V$W"',
  '>f4',
  'ls >f5 2>&1',
  'V=7 st',
  "sh -c 'cd d1; st'",
  'tool',
];

const failing = [
  'false',
  'nosuch',
  "sh -c 'exit 3'",
  '[ -f f9 ]',
  'cat f9 2>/dev/null',
  'test -d d1',
  'ls f9',
  'echo $((1 / 0))',
  '! true',
  "sh -c 'exit 137'",
];

const stateful = [
  'cd d1',
  'cd /',
  'cd d9',
  'V=1',
  'V=f W=g',
  'export V=2',
  'export W="a b" V',
  'readonly R=1',
  'R=2',
  'unset V',
  'set -e',
  'set -u',
  'set +e',
  'set -x',
  'set -f',
  'set -a; A1=5',
  'set -- a b',
  'set -eu',
  'umask 077',
  'umask 027',
  'ulimit -n 64',
  "trap 'echo bye' EXIT",
  "trap 'echo bye $?' 0",
  "trap '' TERM",
  "trap 'echo one; exit 4' EXIT",
  'exit',
  'exit 0',
  'exit 3',
  'exec echo replaced',
  "exec sh -c 'exit 2'",
  'exec >f6',
  'exec 3>f7',
  'exec 2>&1',
  'echo three >&3',
  'f() { echo func; false; }',
  'f() { V=inner; cd d1; }',
  'f',
  '. ./f8',
  "echo 'V=sourced; set -e' >f8",
  "eval 'V=3; cd d1'",
  'eval false',
  'shift',
  'read V <f1',
  'read V',
  'getopts a V -a',
  ': ${V:=assigned}',
  'echo $((V = 5))',
  'V=7 :',
  'wait',
  'st & wait',
  "sh -c 'exit 3' & wait $!",
  'hash -r',
  'command cd d1',
  'cp ../bin/other ../bin1/tool',
  'unset -f f',
  'PATH=/nowhere',
  'IFS=,',
];

/** Rare, since most of these are declined. */
const rare = [
  'echo $LINENO',
  'return 3',
  'sleep 0.01 & st',
  'echo ${V?gone}',
  "alias st='echo alias'",
  'unalias -a',
  'set -v',
  'shopt -s extglob',
  'set -n',
  'echo $_',
];

const bashOnly = [
  'shopt -s nullglob',
  '[[ -f f1 && -d d1 ]]',
  '[[ a == b ]]',
  '(( 1 + 1 ))',
  '(( V = 0 ))',
  'V=(1 2); echo "${V[1]}"',
  'cat <(echo in)',
  'cat <<<text',
  'pushd d1',
  'declare -x V=4',
  "trap 'echo err' ERR",
  'set -o pipefail',
  '{ false; } | cat',
  'mapfile -t V <f1',
  'printf -v V %s x',
  'echo {a,b}',
  "echo $'a\\'b'",
  'ls nosuch |& cat',
  'set -E',
  'function g { echo g; }',
];

class Writer {
  private readonly random: Random;
  private readonly bash: boolean;

  constructor(random: Random, bash: boolean) {
    this.random = random;
    this.bash = bash;
  }

  prologue(): string {
    const sets = ['set -e', 'set -ex', 'set -eu', 'set -eux'];
    if (this.bash) sets.push('set -euo pipefail', 'set -euxo pipefail');
    return this.random.pick(sets) + this.random.pick(['; ', '; ', ' && ']);
  }

  run(prologue: string | undefined): string {
    const { random } = this;
    const kind = random.below(20);
    if (kind < 3) return this.heredocRun(prologue);
    if (kind < 5) return this.withHeredocs(prologue);
    const comment = random.chance(0.08) ? ' # end; false && "' : '';
    return `RUN ${this.broken((prologue ?? '') + this.line())}${comment}`;
  }

  /** One line of shell: the probe first, now and then. */
  private line(): string {
    const { random } = this;
    const probe = random.chance(0.35) ? random.pick(probes) : undefined;
    const rest = this.list(2);
    if (!probe) return rest;
    return random.chance(0.5) ? `${probe}; ${rest}` : `${probe} && ${rest}`;
  }

  /** Breaks the line where blanks stand, as authors do, with comments inside. */
  private broken(line: string): string {
    const { random } = this;
    if (!random.chance(0.4)) return line;
    return line.replace(/( && |(?<!;); | \|\| )/g, (joint) => {
      if (!random.chance(0.5)) return joint;
      const comment = random.chance(0.2) ? '    # inside\n' : '';
      return random.chance(0.8)
        ? `${joint.trimEnd()} \\\n${comment}    `
        : ` \\\n${comment}    ${joint.trimStart()}`;
    });
  }

  private heredocRun(prologue: string | undefined): string {
    const lines: string[] = [];
    if (prologue) lines.push(prologue.replace(/ && $|; $/, ''));
    for (let left = 1 + this.random.below(4); left > 0; left--) {
      if (this.random.chance(0.1)) lines.push("# it's a comment");
      lines.push(this.random.chance(0.7) ? this.line() : this.compoundLines());
      if (this.random.chance(0.1) && !lines.at(-1)?.endsWith('X')) {
        lines[lines.length - 1] += ' # end (';
      }
    }
    return `RUN <<EOF\n${lines.join('\n')}\nEOF`;
  }

  private compoundLines(): string {
    return this.random.pick([
      () => `if ${this.simple()}\nthen\n  ${this.line()}\nfi`,
      () => `(\n${this.line()}\n)`,
      () => `cat <<X >>f1\n$PWD text\nX`,
      () => `{\n${this.line()}\n} >f2`,
      () => `${this.simple()} &&\n${this.simple()}`,
      () => `echo "two\nlines"`,
    ])();
  }

  private withHeredocs(prologue: string | undefined): string {
    const start = `RUN ${prologue ?? ''}`;
    return this.random.pick([
      () => `${start}cat <<EOF >f1\none $PWD\nEOF`,
      () => `${start}cat <<'EOF' && ${this.simple()}\nkept $PWD\nEOF`,
      () => `${start}${this.simple()}; cat <<A >f1 ; cat <<B >f2\na\nA\nb\nB`,
      () => `${start}cat <<-EOF | cat\n\ttab\n\tEOF`,
      () => `${start}cd d1 && cat <<EOF\nin d1\nEOF`,
      () => `${start}sh <<EOF\ncd d1\nexit 0\nEOF`,
    ])();
  }

  private list(depth: number): string {
    const { random } = this;
    let out = this.element(depth);
    for (let left = random.below(3); left > 0; left--) {
      out += random.pick([' && ', ' && ', '; ', '; ', ' || ']) + this.element(depth);
    }
    return out;
  }

  private element(depth: number): string {
    const { random } = this;
    const kind = random.below(20);
    if (depth > 0 && kind < 4) return this.compound(depth - 1);
    if (kind === 4)
      return `${this.calm()} | ${random.pick(['cat', 'while read l; do echo "-$l"; done', '{ cat >/dev/null; false; }', 'sort'])}`;
    if (kind === 5) return `! ${this.calm()}`;
    return this.simple();
  }

  private compound(depth: number): string {
    const { random } = this;
    return random.pick([
      () => `( ${this.list(depth)} )`,
      () => `(${this.simple()})`,
      () => `{ ${this.list(depth)}; }`,
      () => `if ${this.list(depth)}; then ${this.list(depth)}; fi`,
      () => `if ${this.simple()}; then ${this.simple()}; else ${this.list(depth)}; fi`,
      () => `for i in a b; do ${this.list(depth)}; done`,
      // Nothing appends to f2: the loop would never end.
      () => `while read l; do ${this.simple()}; done <f2`,
      () => `until true; do ${this.simple()}; done`,
      () => `case "$V" in 1) ${this.list(depth)};; *) ${this.simple()};; esac`,
      () => `echo "$( ${this.list(depth)} )"`,
      () => `{ ${this.list(depth)}; } >f3 2>&1`,
    ])();
  }

  /** A command that may stand in a pipeline: no list and no background job. */
  private calm(): string {
    for (;;) {
      const command = this.simple();
      if (!/ & |&$|; /.test(command)) return command;
    }
  }

  private simple(): string {
    const { random } = this;
    const share = random.below(200);
    if (share < 1) return random.pick(rare);
    if (share < 26) return random.pick(failing);
    if (share < 80) return random.pick(stateful);
    if (this.bash && share < 95) return random.pick(bashOnly);
    return random.pick(quiet);
  }
}

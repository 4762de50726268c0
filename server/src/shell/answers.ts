/** What programs print, as far as the platform and their words tell: for `$(…)` and pipes. */

import type { Platform } from '../model/plan.ts';
import { baseName } from './commandWords.ts';
import { matches } from './patterns.ts';
import { unknownPart } from './shellTree.ts';
import { filters, filterText } from './textFilters.ts';

/** What is asked, of whom. */
export interface Question {
  readonly words: readonly string[];
  readonly platform: Platform;
  readonly cwd: string | null;
  readonly user: string | null;
  /** Text on the standard input; null: not known. */
  readonly input: string | null;
  readonly language: 'sh' | 'bash';
}

/** The text that a program prints; undefined: not known. */
export function answerOf(question: Question): string | undefined {
  const { words, platform, cwd, user, input } = question;
  const [program = '', ...args] = words;
  const name = baseName(program);
  const names = machineNames(platform);
  switch (name) {
    case 'echo':
      return echoText(args, question.language);
    case 'printf':
      return printfText(args);
    case 'uname':
      return line(unameText(args, names?.kernel));
    case 'arch':
      return line(names?.kernel);
    case 'dpkg':
      return args[0] === '--print-architecture' ? line(names?.debian) : undefined;
    case 'apk':
      return args[0] === '--print-arch' ? line(names?.alpine) : undefined;
    case 'rpm':
      return /^(-E|--eval|--eval=)?%\{?_arch\}?$/.test(args.join(''))
        ? line(names?.rpm)
        : undefined;
    case 'dpkg-architecture':
      return line(debianArchitecture(args, names));
    case 'getconf':
      return args[0] === 'LONG_BIT' && names ? line(names.bits) : undefined;
    case 'pwd':
      return line(cwd ?? undefined);
    case 'whoami':
      return line(user === '' ? 'root' : user !== null && /^[a-z]/i.test(user) ? user : undefined);
    case 'id':
      return line(idText(args, user));
    case 'basename':
      return line(baseNameText(args));
    case 'dirname':
      return line(args.length === 1 ? directoryName(args[0] ?? '') : undefined);
    case 'seq':
      return sequenceText(args);
  }
  // Without words these print what they could change.
  const isAsked = /^(export|set|local|readonly|trap|ulimit|umask|shopt)$/.test(name);
  if (isAsked && (args.length === 0 || args[0] === '-p')) return undefined;
  if (silent.has(name)) return '';
  if (filters.has(name)) return input === null ? undefined : filterText(name, args, input);
  return undefined;
}

const silent = new Set(
  `: true false cd export unset set mkdir rm rmdir touch mv cp ln chmod chown test [ shift sleep
  umask return exit break continue local readonly trap ulimit shopt`.split(/\s+/),
);

function line(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${text}\n`;
}

interface MachineNames {
  readonly kernel: string;
  readonly debian: string;
  readonly alpine: string;
  readonly rpm: string;
  readonly triplet: string;
  readonly bits: string;
}

/** What distributions call a platform (Debian's `dpkg`, Alpine's `apk`, the kernel's `uname -m`). */
function machineNames({ arch, variant }: Platform): MachineNames | undefined {
  const [kernel, debian, alpine, rpm, triplet, bits] = (
    machines[`${arch}/${variant}`] ??
    machines[arch] ??
    ''
  ).split(' ');
  if (!kernel || !debian || !alpine || !rpm || !triplet || !bits) return undefined;
  return { kernel, debian, alpine, rpm, triplet, bits };
}

const machines: Readonly<Record<string, string>> = {
  amd64: 'x86_64 amd64 x86_64 x86_64 x86_64-linux-gnu 64',
  arm64: 'aarch64 arm64 aarch64 aarch64 aarch64-linux-gnu 64',
  'arm/v7': 'armv7l armhf armv7 armv7hl arm-linux-gnueabihf 32',
  'arm/v6': 'armv6l armhf armhf armv6hl arm-linux-gnueabihf 32',
  'arm/v5': 'armv5tel armel armel armv5tel arm-linux-gnueabi 32',
  386: 'i686 i386 x86 i386 i386-linux-gnu 32',
  ppc64le: 'ppc64le ppc64el ppc64le ppc64le powerpc64le-linux-gnu 64',
  s390x: 's390x s390x s390x s390x s390x-linux-gnu 64',
  riscv64: 'riscv64 riscv64 riscv64 riscv64 riscv64-linux-gnu 64',
  loong64: 'loongarch64 loong64 loongarch64 loongarch64 loongarch64-linux-gnu 64',
};

function unameText(args: readonly string[], kernel: string | undefined): string | undefined {
  const [option = '-s'] = args;
  if (args.length > 1) return undefined;
  if (option === '-s' || option === '--kernel-name') return 'Linux';
  if (option === '-m' || option === '-p' || option === '-i' || option === '--machine')
    return kernel;
  return option === '-o' || option === '--operating-system' ? 'GNU/Linux' : undefined;
}

function debianArchitecture(
  args: readonly string[],
  names: MachineNames | undefined,
): string | undefined {
  const asked = args.join(' ').replace(/^(-q ?|--query[ =])/, '');
  if (/^DEB_(BUILD|HOST)_MULTIARCH$/.test(asked)) return names?.triplet;
  if (/^DEB_(BUILD|HOST)_GNU_TYPE$/.test(asked)) return names?.triplet;
  return /^DEB_(BUILD|HOST)_ARCH$/.test(asked) ? names?.debian : undefined;
}

function idText(args: readonly string[], user: string | null): string | undefined {
  if (user === null || args.length !== 1) return undefined;
  const isRoot = /^(root|0)?$/.test(user);
  if (args[0] === '-u' || args[0] === '-g') {
    return isRoot ? '0' : args[0] === '-u' && /^\d+$/.test(user) ? user : undefined;
  }
  return args[0] === '-un' && isRoot ? 'root' : undefined;
}

function baseNameText(args: readonly string[]): string | undefined {
  const [path = '', suffix = ''] = args;
  if (args.length < 1 || args.length > 2 || path.startsWith('-')) return undefined;
  const name = baseName(path.replace(/(.)\/+$/, '$1'));
  return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

function directoryName(path: string): string | undefined {
  if (path.startsWith('-') || path.includes(unknownPart)) return undefined;
  const clean = path.replace(/(.)\/+$/, '$1');
  const at = clean.lastIndexOf('/');
  return at < 0 ? '.' : clean.slice(0, at) || '/';
}

function sequenceText(args: readonly string[]): string | undefined {
  const numbers = args.map(Number);
  if (numbers.length < 1 || numbers.length > 3 || !numbers.every(Number.isInteger))
    return undefined;
  const [from, step, to] =
    numbers.length === 1
      ? [1, 1, numbers[0]]
      : [numbers[0], numbers[2] ? numbers[1] : 1, numbers.at(-1)];
  if (from === undefined || step === undefined || to === undefined || step <= 0) return undefined;
  if ((to - from) / step > 1_000) return undefined;
  let out = '';
  for (let at = from; at <= to; at += step) out += `${at}\n`;
  return out;
}

/** `echo`: the one of dash knows backslashes without `-e`, the one of Bash does not. */
function echoText(args: readonly string[], language: 'sh' | 'bash'): string | undefined {
  let at = 0;
  let [newline, escapes] = [true, language === 'sh'];
  for (; /^-[neE]+$/.test(args[at] ?? ''); at++) {
    const option = args[at] ?? '';
    if (option.includes('n')) newline = false;
    if (option.includes('e')) escapes = true;
    if (option.includes('E')) escapes = false;
  }
  const text = args.slice(at).join(' ');
  return (escapes ? unescaped(text) : text) + (newline ? '\n' : '');
}

/** `printf` with `%s`, `%d`, `%b`, `%%`; other formats are not known. */
function printfText(args: readonly string[]): string | undefined {
  const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args;
  if (format.startsWith('-') || format.includes(unknownPart)) return undefined;
  const pieces = unescaped(format).split(/(%[sdb%])/);
  if (pieces.some((piece, at) => at % 2 === 0 && piece.includes('%'))) return undefined;
  const takes = pieces.some((piece) => /^%[sdb]$/.test(piece));
  let out = '';
  let next = 0;
  do {
    for (const piece of pieces) {
      if (piece === '%%') out += '%';
      else if (piece === '%b') out += unescaped(values[next++] ?? '');
      else if (piece === '%s') out += values[next++] ?? '';
      else if (piece === '%d') out += values[next++] ?? '0';
      else out += piece;
    }
  } while (takes && next < values.length);
  return out;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const plain: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    '\\': '\\',
    '"': '"',
  };
  return text.replace(/\\([ntr\\"])/g, (_, letter: string) => plain[letter] ?? letter);
}

/** Whether a command holds when it is asked as a condition; undefined: the text does not tell. */
export function verdictOf(question: Question): boolean | undefined {
  const [program = '', ...args] = question.words;
  if (program.includes(unknownPart)) return undefined;
  const name = baseName(program);
  if (name === 'false') return false;
  if (name === 'grep' || name === 'egrep' || name === 'fgrep')
    return grepHolds(args, question.input);
  if (asks.has(name)) return undefined;
  const rest = args.join(' ');
  if (/^(which|type|hash)$/.test(name)) return undefined;
  if (name === 'command') return undefined;
  if (name === 'dpkg') return /^(-s|-l|--status|--list|-S|-L)\b/.test(rest) ? undefined : true;
  if (name === 'rpm') return /^(-q|--query)/.test(rest) ? undefined : true;
  if (name === 'apk') return /^(info|list)\b/.test(rest) ? undefined : true;
  if (name === 'kill') return undefined;
  if (name === 'git') return /\bdiff\b|\brev-parse\b|\bls-remote\b/.test(rest) ? undefined : true;
  if (/^python[\d.]*$/.test(name)) return args[0] === '-c' ? undefined : true;
  return true;
}

const asks = new Set(
  `[ [[ test which type hash id getent stat ls diff cmp pgrep pidof ping nc expr mountpoint
  dpkg-query pkg-config ldconfig getenforce systemd-detect-virt killall pkill readlink realpath
  locale read getopts let mysqladmin pg_isready file ps lsof lsmod modprobe ag rg`.split(/\s+/),
);

function grepHolds(args: readonly string[], input: string | null): boolean | undefined {
  const [pattern, ...files] = args.filter((arg) => !arg.startsWith('-'));
  const options = args.filter((arg) => arg.startsWith('-')).join('');
  if (input === null || pattern === undefined || files.length > 0) return undefined;
  if (input.includes(unknownPart) || pattern.includes(unknownPart)) return undefined;
  if (!/^[-qsFEw]*$/.test(options) || options.includes('w')) return undefined;
  const anchored = /^(\^?)([\w /:=@-]*)(\$?)$/.exec(pattern);
  if (!anchored) return undefined;
  const [, start = '', text = '', end = ''] = anchored;
  const shape = `${start ? '' : '*'}${text}${end ? '' : '*'}`;
  return input.split('\n').some((each) => matches(each, shape) === true);
}

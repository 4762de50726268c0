/** Which words of the usual programs name files, and which are values of options. */

/** `sed` may read, write and execute by its own commands. */
export function isPlainSed(script: string): boolean {
  return /^(\d+|\$|\/[^/]*\/)?(,(\d+|\$|\/[^/]*\/))?!?(s([/|#,@:!])(?:(?!\5).)*\5(?:(?!\5).)*\5[gip\d]*|[pdq=])$/.test(
    script,
  );
}

interface Operands {
  readonly operands: readonly string[];
  /** With options whose values may name files. */
  readonly isOdd: boolean;
}

const valued: Readonly<Record<string, string>> = {
  sort: 'kt',
  cut: 'bcdf',
  head: 'nc',
  tail: 'nc',
  grep: 'm',
  egrep: 'm',
  fgrep: 'm',
  install: 'mog',
  mkdir: 'm',
  truncate: 's',
  touch: 'dt',
  fold: 'w',
  base64: 'w',
};

/** Letters of options that name a file, read a list of files or follow where they should not. */
const odd: Readonly<Record<string, string>> = {
  sort: 'oTSR',
  touch: 'r',
  truncate: 'r',
  grep: 'fe',
  egrep: 'fe',
  fgrep: 'fe',
  sed: 'fe',
  cp: 'tSTZ',
  mv: 'tSTZ',
  install: 'tSTZ',
  sha1sum: 'c',
  sha224sum: 'c',
  sha256sum: 'c',
  sha384sum: 'c',
  sha512sum: 'c',
  md5sum: 'c',
  tail: 'fF',
};

/** Values of options that are no files are left out. */
export function operandsOf(name: string, args: readonly string[]): Operands {
  const operands: string[] = [];
  const isTest = /^(test|\[|\[\[)$/.test(name);
  const refused = odd[name] ?? '';
  const takes = valued[name] ?? '';
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (name === 'dd') {
      if (/^[io]f=/.test(arg)) operands.push(arg.slice(3));
    } else if (isTest) {
      if (!/^(-\w+|\]\]?|!?=|!|==)$/.test(arg)) operands.push(arg);
    } else if (!arg.startsWith('-')) operands.push(arg);
    else if (takes.includes(arg[1] ?? '-') && arg.length > 2) continue;
    else if (arg === '-' || /^--(recursive|force|verbose|parents|archive|quiet)$/.test(arg))
      continue;
    // Modes such as `-w` are taken for operands, and an option for a mode.
    else if (!/^-\w+$/.test(arg) || (name === 'chmod' && !/^-[Rvcf]+$/.test(arg)))
      return { operands, isOdd: true };
    else if ([...arg.slice(1)].some((letter) => refused.includes(letter)))
      return { operands, isOdd: true };
    else if (takes && new RegExp(`^-\\w*[${takes}]$`).test(arg)) at++;
  }
  return { operands, isOdd: false };
}

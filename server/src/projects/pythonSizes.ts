/**
 * What Python packages weigh once they are installed: the files of their wheels, and the bytecode
 * that pip makes of them, 1.2 times their `.py` files; measured on 11 installs, the sum was between
 * 5.6 % below and 10.1 % above what lay on the disk (SIZES section 6).
 */

import type { Measured } from './projectFacts.ts';

/** Bytes of files of packages, and of those of them that are compiled. */
export interface PythonFiles {
  readonly bytes: number;
  readonly py: number;
}

const perSource = 1.2;
/** The furthest of the 11 installs, rounded away from them: Flask 5.63 % below, pytest 10.12 % above. */
const band = { below: 0.0564, above: 0.1013 };

/** The figure for installed packages; `reason` says where the files were counted. */
export function pythonFigure({ bytes, py }: PythonFiles, reason: string): Measured {
  const compiled = Math.round(bytes + perSource * py);
  return {
    basis: 'estimated',
    bytes: compiled,
    low: Math.floor(compiled / (1 + band.above)),
    high: Math.ceil(compiled / (1 - band.below)),
    reason,
    // Records and scripts are written besides.
    withoutBytecode: { bytes, low: Math.floor(bytes * 0.98), high: Math.ceil(bytes * 1.03) },
  };
}

/** PEP 503: case and the kinds of dashes do not matter. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Can a wheel be installed on Linux on that architecture, by the end of its file name (PEP 425)? */
export function wheelFits(fileName: string, arch: string, isMusl: boolean): boolean {
  const platform =
    fileName
      .replace(/\.whl$/, '')
      .split('-')
      .at(-1) ?? '';
  if (platform === 'any') return true;
  const machine = { amd64: 'x86_64', arm64: 'aarch64', '386': 'i686', arm: 'armv7l' }[arch] ?? arch;
  return platform.split('.').some((tag) => {
    if (!tag.endsWith(machine)) return false;
    return isMusl ? tag.startsWith('musllinux') : /^(many)?linux/.test(tag);
  });
}

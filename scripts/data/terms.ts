/**
 * What installations add beside the files of packages, fitted to real installs on bases built like
 * the official images (2026): once per command, for each package, for debconf's database.
 */

import type { InstallTerms } from '../../server/src/packages/packageIndex.ts';

/** Bytecode per byte of source hangs on the release's Python: 3.9 writes far less than 3.11. */
const bytecode: Readonly<Record<string, number>> = { bookworm: 1.13, trixie: 1.08, bullseye: 0.72 };

const both = (suite: string, plain: readonly number[], slim = plain) => {
  const terms = ([fixed = 0, perPackage = 0, debconf = 0]: readonly number[]): InstallTerms => ({
    fixed,
    perPackage,
    debconf,
    bytecode: bytecode[suite] ?? 1.12,
  });
  return { plain: terms(plain), slim: terms(slim) };
};

export const installTerms: Readonly<
  Record<string, { readonly plain: InstallTerms; readonly slim: InstallTerms }>
> = {
  bookworm: both('bookworm', [930_000, 2_600, 810_000]),
  trixie: both('trixie', [940_000, 2_600, 900_000], [950_000, 2_500, 880_000]),
  bullseye: both('bullseye', [970_000, 2_700, 890_000]),
};

/** Files per declared byte where a package was not measured, and bytes of its control files. */
export const declaredRatios: Readonly<
  Record<string, { readonly plain: number; readonly slim: number; readonly control: number }>
> = {
  bookworm: { plain: 0.977, slim: 0.91, control: 20_000 },
  trixie: { plain: 0.975, slim: 0.906, control: 18_000 },
  bullseye: { plain: 0.97, slim: 0.9, control: 22_000 },
};

/**
 * What installations add beside the files of packages, fitted to real installs on bases built like
 * the official images (2026): once per command, for each package, for debconf's database.
 */

import type { InstallTerms } from '../../server/src/packages/packageIndex.ts';

const terms = (fixed: number, perPackage: number, debconf: number): InstallTerms => ({
  fixed,
  perPackage,
  debconf,
  bytecode: 1.12,
});

export const installTerms: Readonly<
  Record<string, { readonly plain: InstallTerms; readonly slim: InstallTerms }>
> = {
  bookworm: { plain: terms(930_000, 2_600, 810_000), slim: terms(930_000, 2_600, 810_000) },
  trixie: { plain: terms(940_000, 2_600, 900_000), slim: terms(950_000, 2_500, 880_000) },
  bullseye: { plain: terms(970_000, 2_700, 890_000), slim: terms(970_000, 2_700, 890_000) },
};

/** Files per declared byte where a package was not measured, and bytes of its control files. */
export const declaredRatios: Readonly<
  Record<string, { readonly plain: number; readonly slim: number; readonly control: number }>
> = {
  bookworm: { plain: 0.977, slim: 0.91, control: 20_000 },
  trixie: { plain: 0.975, slim: 0.906, control: 18_000 },
  bullseye: { plain: 0.97, slim: 0.9, control: 22_000 },
};

/**
 * What an installation adds beside its packages, and how declared sizes become bytes of files, for
 * releases whose packages were not measured one by one. From real installs of 2026 (446 of them;
 * bookworm, trixie, bullseye, Ubuntu 24.04); other releases take those of the nearest one.
 */

import type { DebRatios } from './debIndex.ts';
import type { IndexKey, InstallTerms } from './packageIndex.ts';

export interface Measured {
  readonly ratios: DebRatios;
  readonly terms: { readonly plain: InstallTerms; readonly slim: InstallTerms };
  /** Bytes that package lists take, compressed with lz4 as apt keeps them, per byte of `Packages`. */
  readonly listRatio: number;
}

const bytecode = 1.12;

const older: Measured = {
  ratios: { plain: 0.977, slim: 0.91 },
  terms: {
    plain: { fixed: 930_000, perPackage: 2600, debconf: 810_000, bytecode },
    slim: { fixed: 930_000, perPackage: 2600, debconf: 810_000, bytecode },
  },
  listRatio: 0.373,
};

const newer: Measured = {
  ratios: { plain: 0.975, slim: 0.906 },
  terms: {
    plain: { fixed: 940_000, perPackage: 2600, debconf: 900_000, bytecode },
    slim: { fixed: 950_000, perPackage: 2500, debconf: 880_000, bytecode },
  },
  listRatio: 0.365,
};

/** Images of Ubuntu leave documentation out, all of them, so there is but one figure. */
const ubuntu: Measured = {
  ratios: { plain: 0.956, slim: 0.956 },
  terms: {
    plain: { fixed: 680_000, perPackage: 2700, debconf: 750_000, bytecode },
    slim: { fixed: 680_000, perPackage: 2700, debconf: 750_000, bytecode },
  },
  listRatio: 0.396,
};

const old = new Set(['stretch', 'buster', 'bullseye', 'bookworm']);

/** What was measured for the release, or for the one that is nearest to it. */
export function debMeasured({ distribution, suite }: IndexKey): Measured {
  if (distribution === 'ubuntu') return ubuntu;
  return old.has(suite) ? older : newer;
}

const none: InstallTerms = { fixed: 0, perPackage: 0, debconf: 0, bytecode: 0 };

/** Nothing was measured for packages of Alpine and of the RPM family. */
export const noTerms = { plain: none, slim: none };

/**
 * What maintainer scripts make when a package is installed, as measured in real installs on bases
 * built like the official images (Debian bookworm, trixie and bullseye, 2026).
 */

/** Bytes; where releases differ, by release, `other` for the rest. */
const made: Readonly<Record<string, number | Readonly<Record<string, number>>>> = {
  'ca-certificates': 240_000,
  'ca-certificates-java': 170_000,
  'libreoffice-common': 5_400_000,
  'mariadb-server': 118_200_000,
  'shared-mime-info': 2_700_000,
  'texlive-latex-base': {
    bookworm: 41_770_000,
    trixie: 20_580_000,
    bullseye: 14_080_000,
    other: 20_580_000,
  },
};

/** Packages whose Python sources are mostly comments and data: bytecode is this part of the usual. */
const sparse: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ansible: { bookworm: 0.785, trixie: 0.94 },
};

/** Bytes that a package's scripts make in a release. */
export function extraOf(name: string, suite: string): number {
  const known = made[name];
  if (known === undefined || typeof known === 'number') return known ?? 0;
  return known[suite] ?? known.other ?? 0;
}

/** Bytes of Python sources, counted as if they gave the usual share of bytecode. */
export function compiled(name: string, suite: string, python: number): number {
  return Math.round(python * (sparse[name]?.[suite] ?? 1));
}

/**
 * Bytes that maintainer scripts make when a package is installed, as measured in real installs on
 * bases built like the official images (Debian bookworm and trixie, 2026).
 */
export const extras: Readonly<Record<string, number>> = {
  'ca-certificates': 240_000,
  'ca-certificates-java': 170_000,
  'libreoffice-common': 5_400_000,
  'mariadb-server': 118_200_000,
  'shared-mime-info': 2_700_000,
  'texlive-latex-base': 41_800_000,
};

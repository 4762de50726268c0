/**
 * What maintainer scripts make when a package is installed, as measured in real installs on bases
 * built like the official images (Debian bookworm, trixie and bullseye, 2026).
 */

type BySuite = Readonly<Record<string, number>>;

const bySuite = (bookworm: number, trixie: number, bullseye: number): BySuite => ({
  bookworm,
  trixie,
  bullseye,
});

/** Bytes by names of packages: formats of TeX, databases, what is copied to /etc, indexes. */
const made: readonly (readonly [name: RegExp, bytes: number | BySuite])[] = [
  [/^ca-certificates$/, bySuite(242_700, 242_700, 245_300)],
  [/^ca-certificates-java$/, 168_100],
  [/^shared-mime-info$/, bySuite(2_680_500, 2_786_800, 2_591_600)],
  [/^adwaita-icon-theme$/, 124_000],
  [/^fontconfig$/, bySuite(16_900, 21_800, 16_900)],
  [/^xfonts-base$/, 43_400],
  [/^systemd$/, bySuite(217_400, 239_000, 154_000)],
  [/^udev$/, bySuite(13_018_900, 13_520_000, 10_720_400)],
  // Its initial file system and the indexes of its modules; measured on amd64.
  [
    /^linux-image-\d[\d.]*(?:-\d+|\+deb\d+)-(?:amd64|arm64)$/,
    bySuite(40_700_000, 42_360_000, 31_940_000),
  ],
  [/^postgresql-\d+$/, bySuite(40_088_000, 40_318_000, 41_249_000)],
  [/^mariadb-server$/, bySuite(118_179_000, 149_336_000, 0)],
  [/^mariadb-server-10\.5$/, 116_565_000],
  [/^slapd$/, 90_000],
  [/^cracklib-runtime$/, 259_000],
  [/^dovecot-core$/, 152_000],
  [/^tomcat(?:9|10)$/, 400_000],
  [/^php\d\.\d-cli$/, bySuite(96_100, 84_000, 97_800)],
  [/^(?:php\d\.\d-(?:fpm|cgi)|libapache2-mod-php\d\.\d)$/, 76_000],
  [/^libreoffice-common$/, bySuite(4_537_000, 5_435_000, 4_445_000)],
  [/^libreoffice-(?:writer|writer-nogui)$/, bySuite(904_000, 0, 903_000)],
  [/^libreoffice-(?:calc|calc-nogui)$/, bySuite(464_000, 0, 454_000)],
  [/^libreoffice-(?:draw|draw-nogui)$/, bySuite(341_000, 0, 341_000)],
  [/^libreoffice-(?:impress|impress-nogui)$/, bySuite(597_000, 0, 569_000)],
  [/^texlive-base$/, bySuite(4_742_500, 4_917_500, 4_646_100)],
  [/^texlive-latex-base$/, bySuite(37_040_000, 15_670_000, 9_440_000)],
  [/^texlive-latex-extra$/, bySuite(37_143_000, 16_188_000, 9_538_000)],
  [/^texlive-luatex$/, bySuite(1_030_000, 1_165_000, 1_030_000)],
  [/^texlive-xetex$/, bySuite(19_838_000, 10_697_000, 9_443_000)],
  [/^texlive-formats-extra$/, bySuite(35_803_000, 24_172_000, 10_073_000)],
  [/^texlive-lang-japanese$/, bySuite(27_464_000, 9_119_000, 6_523_000)],
];

/** What is made of manual pages, and so is hardly there on slim images. */
const madeOfManuals: BySuite = { 'man-db': 483_000 };

/** Packages whose Python sources are mostly comments and data: bytecode is this part of the usual. */
const sparse: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ansible: { bookworm: 0.785, trixie: 0.94 },
};

/** Bytes that a package's scripts make in a release. */
export function extraOf(name: string, suite: string): number {
  const bytes = made.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
  return typeof bytes === 'number' ? bytes : (bytes[suite] ?? 0);
}

/** Bytes that a package's scripts make where there is documentation. */
export function manualsOf(name: string): number {
  return madeOfManuals[name] ?? 0;
}

/** Bytes of Python sources, counted as if they gave the usual share of bytecode. */
export function compiled(name: string, suite: string, python: number): number {
  return Math.round(python * (sparse[name]?.[suite] ?? 1));
}

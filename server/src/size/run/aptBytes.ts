/**
 * Bytes that apt leaves in the layer for new packages: their files, what the package database keeps
 * of each, bytecode, what their scripts make, and what every installation rewrites. The formula and
 * its terms are those of real installs (446 of them, September 2026), which they meet within 5 % or
 * 0.5 MB in 98 of 100 cases.
 */

import type { InstallTerms, PackageFacts, PackageIndex } from '../../packages/packageIndex.ts';
import type { SizePart } from '../size.ts';
import { about } from './contributions.ts';
import type { Contribution, Stored } from './draft.ts';

/** Where most bytes of Debian's packages lie: the path that stands for them all. */
export const packagePlace = '/usr';

/** What happened to packages in one RUN. */
export interface PackageChange {
  /** New at the end. */
  readonly fresh: readonly PackageFacts[];
  /** Of these, any that may have been there before. */
  readonly perhaps: ReadonlySet<string>;
  /** How many were unpacked and how many were taken away again, for the logs. */
  readonly unpacked: number;
  readonly removed: number;
  /** Something that was unpacked has questions for debconf. */
  readonly asks: boolean;
  /** `25 packages for curl, git`. */
  readonly label: string;
  /** debconf has no database that is stored again. */
  readonly lacksDebconf: boolean;
  /** Nobody has installed anything on the plain image before. */
  readonly isFirst: boolean;
  /** Parts of the documentation that another command removed already. */
  readonly withoutPaths: ReadonlySet<string>;
}

/**
 * Of the fixed term: the rest is what debconf stores again. Measured on bookworm: status 155 kB
 * (half of it the copy of the old one) and 1.79 kB a package, logs 5.4 kB and 0.6 kB a package.
 */
const fixedStatus = 155_000;
const fixedLogs = 5_400;
const fixedCaches = 10_000;
const fixedState = 5_000;
const logsPerPackage = 600;
/** Removing logs less than unpacking: 63.9 kB for 61 packages that came and went. */
const logsPerRemoval = 360;

/** A database of debconf with the questions of a few packages. */
const debconfAnew = 20_000;

/**
 * The first dpkg on a plain `-slim` image writes the file lists of its packages anew, without the
 * documentation that is not there (bytes by release, measured in November 2026).
 */
const firstOnSlim: ReadonlyMap<string, number> = new Map([
  ['bookworm', 202_000],
  ['trixie', 177_000],
]);
const firstOnOtherSlim = 190_000;

/** Where documentation lies, as shares of its bytes in 60 real installs on bookworm. */
const documentation: readonly (readonly [string, number])[] = [
  ['/usr/share/doc', 0.42],
  ['/usr/share/locale', 0.5],
  ['/usr/share/man', 0.07],
  ['/usr/share/info', 0.01],
];

const measuredBand = 0.05;
const leastBand = 500_000;
/** Where fewer of the bytes than this are declared ones, they make no difference. */
const noDeclaredShare = 0.01;
const declaredBand = { plain: 0.2, slim: 0.5 };

/**
 * What packages make when they are installed: where it lies, and its bytes where the data does not
 * count them. Measured on bullseye, bookworm and trixie in November 2026.
 */
const made: readonly {
  readonly name: RegExp;
  readonly path: string;
  readonly bytes: number;
  readonly bullseye?: number;
}[] = [
  { name: /^udev$/, path: '/usr/lib/udev/hwdb.bin', bytes: 13_200_000, bullseye: 10_700_000 },
  { name: /^postgresql-\d+$/, path: '/var/lib/postgresql', bytes: 40_100_000 },
  { name: /^mariadb-server(-\d|$)/, path: '/var/lib/mysql', bytes: 118_200_000 },
];

function madeBy(facts: PackageFacts, suite: string): Stored | undefined {
  const found = made.find((one) => one.name.test(facts.name));
  if (!found) return undefined;
  const usual = (suite === 'bullseye' ? found.bullseye : undefined) ?? found.bytes;
  // Of a package that was measured all is known that it makes, also that it makes nothing.
  const bytes = facts.measured || facts.extra > 0 ? facts.extra : usual;
  return bytes > 0 ? { path: found.path, bytes } : undefined;
}

/** Bytes of one package's files in the image. */
export function filesOf(facts: PackageFacts, isSlim: boolean, { bytecode }: InstallTerms): number {
  const { files, documentation: left, python, extra } = facts;
  return Math.round(files - (isSlim ? left : 0) + bytecode * python + extra);
}

/** Contributions for all that changed; the last ones of the same RUN are replaced by them. */
export function packageContributions(
  index: PackageIndex,
  isSlim: boolean,
  change: PackageChange,
): readonly Contribution[] {
  const terms = isSlim ? index.terms.slim : index.terms.plain;
  const { fresh, unpacked, removed, label } = change;
  let bytes = 0;
  let certain = 0;
  let control = 0;
  let declared = 0;
  let left = 0;
  const details: SizePart[] = [];
  const within: Stored[] = [];
  for (const facts of fresh) {
    const extra = madeBy(facts, index.key.suite);
    const isGone = extra !== undefined && change.withoutPaths.has(extra.path);
    if (extra && !isGone) within.push(extra);
    const counted = filesOf(facts, isSlim, terms) - facts.extra;
    const own = counted + (isGone ? 0 : (extra?.bytes ?? facts.extra));
    bytes += own;
    control += facts.control;
    left += facts.documentation;
    if (!facts.measured) declared += own;
    if (!change.perhaps.has(facts.name)) certain += own + facts.control;
    details.push({ label: facts.name, bytes: own });
  }
  details.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  for (const [path, share] of isSlim ? [] : documentation) {
    const part = Math.round(left * share);
    if (change.withoutPaths.has(path)) bytes -= part;
    else if (part > 0) within.push({ path, bytes: part });
  }
  const again =
    isSlim && change.isFirst ? (firstOnSlim.get(index.key.suite) ?? firstOnOtherSlim) : 0;
  const status =
    again + fixedStatus + Math.round((terms.perPackage - logsPerPackage - 160) * fresh.length);
  const logs = fixedLogs + logsPerPackage * unpacked + logsPerRemoval * removed;
  const database = Math.max(0, terms.fixed - fixedStatus - fixedLogs - fixedCaches - fixedState);
  const debconf = change.lacksDebconf ? debconfAnew : database;
  const all = bytes + control + again + terms.fixed + terms.perPackage * fresh.length;
  const rate = isSlim ? declaredBand.slim : declaredBand.plain;
  const declaredShare = bytes > 0 && declared / bytes > noDeclaredShare ? declared / bytes : 0;
  const rough = declaredShare > 0 ? declared : 0;
  const doubt = Math.max(measuredBand * Math.max(0, all - rough), leastBand) + rate * rough;
  const perhaps = fresh.some(({ name }) => change.perhaps.has(name))
    ? ' An earlier command installs some of them, if it runs.'
    : '';
  const reason = reasonOf(index, declaredShare) + perhaps;
  const band = { low: bytes - doubt, high: bytes + doubt };
  // Where there are fewer bytes of files than that, the doubt is about the databases.
  const rest = Math.max(0, Math.round(-band.low));
  const maybe = bytes + control - certain;
  const first: Contribution = {
    path: packagePlace,
    size: about(bytes, Math.max(0, Math.round(band.low - maybe)), Math.round(band.high), reason),
    label,
    kind: 'packages',
    renews: 'packages',
    within,
    details: details.slice(0, 8),
  };
  const more = (path: string, count: number, name: string, parts?: readonly Stored[]) => ({
    path,
    size: about(count, count, count, reason),
    label: name,
    kind: 'packages' as const,
    renews: `${path} of packages`,
    ...(parts && { within: parts }),
  });
  const asks = change.asks && !change.lacksDebconf ? terms.debconf : 0;
  return [
    ...(fresh.length > 0 ? [first] : [more('/var/lib/apt', 0, label)]),
    {
      ...more('/var/lib/dpkg', control + status, 'package database', [
        { path: '/var/lib/dpkg/status-old', bytes: Math.round((status - again) / 2) },
      ]),
      // dpkg writes the file lists of packages anew that share folders with what it removes.
      size: about(
        control + status,
        Math.max(0, control + status - (fresh.length === 0 ? leastBand : rest)),
        control + status + (fresh.length === 0 ? leastBand : 0),
        reason,
      ),
    },
    more('/var/cache/debconf', debconf + asks, 'debconf database', [
      { path: '/var/cache/debconf/templates.dat-old', bytes: asks > 0 ? debconf : 0 },
    ]),
    more('/var/log', logs, 'logs of apt and dpkg'),
    more('/var/cache/ldconfig', (fixedCaches + 160 * fresh.length) / 2, 'cache of libraries'),
    more('/etc/ld.so.cache', (fixedCaches + 160 * fresh.length) / 2, 'cache of libraries'),
    more('/var/lib/apt/extended_states', fixedState, 'package database'),
  ];
}

function reasonOf(index: PackageIndex, declaredShare: number): string {
  const from = `${releaseName(index)} of ${index.date}`;
  if (declaredShare > 0) {
    const share = declaredShare >= 0.995 ? 'all' : `${Math.round(declaredShare * 100)} %`;
    return `Sizes of packages of ${from} (${index.source}); ${share} of it as the packages declare them.`;
  }
  return `Sizes of packages of ${from}, read from the package files (${index.source}).`;
}

/** `Debian bookworm`. */
export function releaseName({ key }: Pick<PackageIndex, 'key'>): string {
  const { distribution, suite } = key;
  return `${distribution.slice(0, 1).toUpperCase()}${distribution.slice(1)} ${suite}`;
}

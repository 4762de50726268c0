/**
 * Reads what `createrepo_c` writes: `repomd.xml`, which names and hashes the other files, and
 * `primary.xml`, which has the packages. The list of all files is not fetched: `primary.xml` has
 * those that packages commonly require by path (`/usr/bin`, `/etc`, `/usr/lib/sendmail`).
 */

import { closureOf, type GatheredPackages, isPackageName } from './indexContent.ts';
import type { Alternatives, PackageFacts } from './packageIndex.ts';
import {
  bytesOf,
  IndexProblem,
  mostPackages,
  readText,
  type TextLimits,
  textLimits,
} from './readLines.ts';
import { compareRpmVersions, type RpmVersion } from './rpmVersion.ts';
import { scanXml } from './xmlScan.ts';

/** A file that `repomd.xml` names. */
export interface RepositoryFile {
  /** Below the repository's own address. */
  readonly path: string;
  /** As named by the repository: `sha256`, `sha512`; the digest in hexadecimal digits. */
  readonly algorithm: string;
  readonly digest: string;
  /** Bytes as stored; null: not said. */
  readonly bytes: number | null;
}

export interface Repository {
  /** Files by what they hold: `primary`, `filelists`, `modules` … */
  readonly files: ReadonlyMap<string, RepositoryFile>;
  /** Second of the newest file, as Unix time; 0: not said. */
  readonly timestamp: number;
}

/** Reads `repomd.xml`; throws an `IndexProblem` where it is none. */
export async function readRepository(input: AsyncIterable<Uint8Array>): Promise<Repository> {
  const files = new Map<string, RepositoryFile>();
  let type = '';
  let file = { path: '', algorithm: '', digest: '', bytes: null as number | null };
  let algorithm = '';
  let timestamp = 0;
  let root = '';
  await scanXml(readText(input, { bytes: 4_000_000, line: 4_000_000 }), {
    open(name, attributes) {
      root ||= name;
      if (name === 'data') {
        type = attributes.get('type') ?? '';
        file = { path: '', algorithm: '', digest: '', bytes: null };
      } else if (name === 'location') file.path = attributes.get('href') ?? '';
      else if (name === 'checksum') algorithm = attributes.get('type') ?? '';
    },
    close(name, text) {
      if (name === 'checksum') {
        file.algorithm = algorithm;
        file.digest = text.trim().toLowerCase();
      } else if (name === 'size') file.bytes = bytesOf(text.trim());
      else if (name === 'timestamp') timestamp = Math.max(timestamp, bytesOf(text.trim()));
      else if (name === 'data') files.set(type, file);
    },
  });
  if (root !== 'repomd')
    throw new IndexProblem('The repository does not describe itself as one of RPM packages.');
  return { files, timestamp };
}

/** A package as the index says it. */
export interface RpmEntry extends RpmVersion {
  readonly name: string;
  readonly installed: number;
  readonly archive: number;
  readonly requires: readonly string[];
  readonly recommends: readonly string[];
  readonly provides: readonly string[];
}

/** The newest entry of each name. */
export type RpmPackages = Map<string, RpmEntry>;

interface Entry {
  name: string;
  architecture: string;
  epoch: number;
  version: string;
  release: string;
  installed: number;
  archive: number;
  requires: string[];
  recommends: string[];
  provides: string[];
}

/**
 * Adds the packages of one `primary.xml` for `architecture` (`x86_64`) to those read before; those
 * of other architectures are passed over. Throws an `IndexProblem` where it is none.
 */
export async function readRpmPackages(
  input: AsyncIterable<Uint8Array>,
  architecture: string,
  into: RpmPackages,
  limits: TextLimits = textLimits,
): Promise<void> {
  let entry: Entry | null = null;
  let list: 'requires' | 'recommends' | 'provides' | null = null;
  let root = '';
  const texts = new Interned();
  await scanXml(readText(input, limits), {
    open(name, attributes) {
      root ||= name;
      if (name === 'package') entry = emptyEntry();
      else if (!entry) return;
      else if (name === 'version') {
        entry.epoch = Number(attributes.get('epoch')) || 0;
        entry.version = attributes.get('ver') ?? '';
        entry.release = attributes.get('rel') ?? '';
      } else if (name === 'size') {
        entry.installed = bytesOf(attributes.get('installed'));
        entry.archive = bytesOf(attributes.get('package'));
      } else if (name === 'rpm:entry' && list) {
        const wanted = attributes.get('name') ?? '';
        if (wanted !== '') entry[list].push(texts.of(wanted));
      } else if (name.startsWith('rpm:')) list = lists[name] ?? null;
    },
    close(name, text) {
      if (!entry) return;
      if (name === 'name') entry.name ||= text.trim();
      else if (name === 'arch') entry.architecture = text.trim();
      else if (name === 'file') entry.provides.push(texts.of(text.trim()));
      else if (name in lists) list = null;
      else if (name === 'package') {
        addEntry(entry, architecture, into);
        entry = null;
      }
    },
  });
  if (root !== 'metadata')
    throw new IndexProblem('The index is not in the format of RPM packages.');
}

const lists: Readonly<Record<string, 'requires' | 'recommends' | 'provides'>> = {
  'rpm:requires': 'requires',
  'rpm:recommends': 'recommends',
  'rpm:provides': 'provides',
};

function emptyEntry(): Entry {
  const sizes = { epoch: 0, version: '', release: '', installed: 0, archive: 0 };
  return { name: '', architecture: '', ...sizes, requires: [], recommends: [], provides: [] };
}

function addEntry(entry: Entry, architecture: string, into: RpmPackages): void {
  if (entry.name === '' || entry.version === '') {
    throw new IndexProblem('A package of the index has no name or no version.');
  }
  if (entry.architecture !== architecture && entry.architecture !== 'noarch') return;
  if (!isPackageName(entry.name)) return;
  const known = into.get(entry.name);
  if (known && compareRpmVersions(known, entry) >= 0) return;
  into.set(entry.name, entry);
  if (into.size > mostPackages) {
    throw new IndexProblem('The index has more packages than any real one.');
  }
}

/** Equal texts as one, since thousands of packages require the same libraries. */
class Interned {
  readonly #texts = new Map<string, string>();
  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/**
 * Images that can install packages have at least these and what they need. What else an image has
 * is its maker's choice, so figures that rest on it count too much rather than too little.
 */
const baseRoots = [
  ['filesystem'],
  ['glibc-minimal-langpack'],
  ['bash'],
  ['coreutils-single', 'coreutils'],
  ['rpm'],
  ['dnf5', 'dnf', 'yum', 'zypper', 'tdnf'],
  ['tar'],
  ['gzip'],
  ['ca-certificates'],
  ['tzdata'],
];

/** The entries as facts: what a package requires becomes the names of packages that provide it. */
export function gatherRpm(entries: RpmPackages): GatheredPackages {
  const all = providersOf(entries);
  const packages = new Map<string, PackageFacts>();
  for (const entry of entries.values()) packages.set(entry.name, factsOf(entry, entries, all));
  const provides = new Map([...all].filter(([name]) => !entries.has(name) && isTyped(name)));
  const roots = baseRoots
    .map((names) => names.find((name) => packages.has(name)))
    .filter((name) => name !== undefined);
  const isWhole = packages.has('bash') && packages.has('glibc');
  const base = isWhole ? closureOf(roots, packages, provides) : null;
  return { packages: [...packages.values()], provides, base };
}

/** What people install by: commands (`/usr/bin/dig`) and plain names, not libraries nor `perl(JSON)`. */
function isTyped(name: string): boolean {
  return /^\/usr\/s?bin\/[!-~]+$/.test(name) || /^[\w.+-]+$/.test(name);
}

function providersOf(entries: RpmPackages): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, provides } of entries.values()) {
    for (const capability of provides) {
      const list = found.get(capability);
      if (!list) found.set(capability, [name]);
      else if (list.at(-1) !== name) list.push(name);
    }
  }
  // Where several fit, dnf takes one that is there already; else short names are the usual ones.
  for (const list of found.values()) {
    if (list.length > 1) list.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }
  return found;
}

/** Most packages that one requirement may be met by; a long list says nothing of which is taken. */
const mostAlternatives = 8;

function factsOf(
  { name, installed, archive, requires, recommends, provides }: RpmEntry,
  entries: RpmPackages,
  providers: ReadonlyMap<string, readonly string[]>,
): PackageFacts {
  const own = new Set(provides);
  const resolve = (capabilities: readonly string[]): readonly Alternatives[] => {
    const found = new Map<string, Alternatives>();
    for (const capability of capabilities) {
      if (capability.startsWith('rpmlib(') || own.has(capability)) continue;
      for (const wanted of alternativesOf(capability)) {
        const names = wanted.flatMap((one) => [
          ...(entries.has(one) ? [one] : []),
          ...(providers.get(one) ?? []),
        ]);
        if (names.length === 0 || names.includes(name)) continue;
        const kept = [...new Set(names)].slice(0, mostAlternatives);
        found.set(kept.join(' '), kept);
      }
    }
    return [...found.values()];
  };
  return {
    name,
    files: installed,
    documentation: 0,
    control: 0,
    python: 0,
    templates: false,
    extra: 0,
    archive,
    measured: false,
    depends: resolve(requires),
    recommends: resolve(recommends),
    essential: false,
  };
}

/**
 * A plain requirement, or a rich one (`(a or b)`, `(a >= 1 and b)`). A condition (`(a if b)`) brings
 * nothing by itself.
 */
function alternativesOf(capability: string): readonly Alternatives[] {
  if (!capability.startsWith('(')) return [[capability]];
  if (/ (if|unless|with|without) /.test(capability)) {
    const [head = ''] = capability.slice(1).split(/ (?:with|without) /);
    return / (if|unless) /.test(capability) ? [] : [[firstWord(head)]];
  }
  const inner = capability.slice(1, -1);
  if (inner.includes(' and ')) return inner.split(' and ').map((part) => [firstWord(part)]);
  return [inner.split(' or ').map(firstWord)];
}

function firstWord(text: string): string {
  return text.trim().replace(/^\(+/, '').split(/\s/)[0] ?? '';
}

/**
 * Reads the `APKINDEX` of an Alpine repository: paragraphs of one-letter fields. `so:`, `cmd:` and
 * `pc:` names are provided by packages like any other virtual name (apk-package(5)).
 */

import { closureOf, type GatheredPackages, isPackageName } from './indexContent.ts';
import type { Alternatives, PackageFacts } from './packageIndex.ts';
import {
  bytesOf,
  IndexProblem,
  mostPackages,
  readLines,
  type TextLimits,
  textLimits,
} from './readLines.ts';

/** A package as its paragraph says it. */
export interface ApkParagraph {
  readonly name: string;
  readonly version: string;
  /** Bytes that it installs, as declared. */
  readonly installed: number;
  readonly archive: number;
  readonly depends: readonly string[];
  readonly provides: readonly string[];
  /** Packages that bring this one along when all of them are installed. */
  readonly installIf: readonly string[];
  /** Larger is preferred among providers of one name. */
  readonly providerPriority: number;
}

export type ApkPackages = Map<string, ApkParagraph>;

/**
 * Adds the packages of one `APKINDEX` to those read before; of equal names the first repository
 * wins, as both carry the packages of one release. Throws an `IndexProblem` where the text is too
 * large or is none of its kind.
 */
export async function readApkPackages(
  input: AsyncIterable<Uint8Array>,
  into: ApkPackages,
  limits: TextLimits = textLimits,
): Promise<void> {
  let fields = new Map<string, string>();
  const finish = () => {
    if (fields.size === 0) return;
    const name = fields.get('P');
    const version = fields.get('V');
    if (!name || !version) {
      throw new IndexProblem('A package of the index has no name or no version.');
    }
    if (isPackageName(name) && !into.has(name)) into.set(name, paragraphOf(name, version, fields));
    if (into.size > mostPackages) {
      throw new IndexProblem('The index has more packages than any real one.');
    }
    fields = new Map();
  };
  for await (const lines of readLines(input, limits)) {
    for (const line of lines) {
      if (line === '') finish();
      else if (line[1] !== ':') {
        throw new IndexProblem('The index is not in the format of Alpine packages.');
      } else if (wanted.includes(line[0] ?? '')) fields.set(line[0] ?? '', line.slice(2).trim());
    }
  }
  finish();
}

const wanted = 'PVSIDpik';

function paragraphOf(
  name: string,
  version: string,
  fields: ReadonlyMap<string, string>,
): ApkParagraph {
  const words = (field: string) => fields.get(field)?.split(' ').filter(Boolean) ?? [];
  return {
    name,
    version,
    installed: bytesOf(fields.get('I')),
    archive: bytesOf(fields.get('S')),
    // A `!name` keeps packages apart and brings none.
    depends: words('D')
      .filter((word) => !word.startsWith('!'))
      .map(apkName),
    provides: words('p').map(apkName),
    installIf: words('i').map(apkName),
    providerPriority: Number(fields.get('k')) || 0,
  };
}

/** The name before a version or a repository: `pkg=1.2-r0`, `so:libz.so.1=1.3`, `pkg~3`, `pkg@edge`. */
export function apkName(word: string): string {
  return /^[^=<>~@]+/.exec(word)?.[0] ?? word;
}

/** What an image of the release has (Alpine's own `mini root filesystem`), with all that it needs. */
const baseRoots = [
  'alpine-baselayout',
  'alpine-keys',
  'alpine-release',
  'apk-tools',
  'busybox',
  'busybox-binsh',
  'libc-utils',
  'musl-utils',
  'ca-certificates-bundle',
  'ssl_client',
];

/**
 * The paragraphs as facts. What a package needs of libraries (`so:`) becomes the names of packages
 * that have them; of virtual names those are kept that people type.
 */
export function gatherApk(paragraphs: ApkPackages): GatheredPackages {
  const all = providersOf(paragraphs);
  const resolve = (name: string): Alternatives =>
    paragraphs.has(name) || !isInternal(name) ? [name] : (all.get(name) ?? [name]);
  const along = comingAlong(paragraphs);
  const packages = new Map<string, PackageFacts>();
  for (const paragraph of paragraphs.values()) {
    packages.set(paragraph.name, factsOf(paragraph, resolve, along.get(paragraph.name) ?? []));
  }
  const provides = new Map([...all].filter(([name]) => !isInternal(name) && isPackageName(name)));
  const roots = baseRoots.filter((name) => packages.has(name));
  const isWhole = packages.has('musl') && packages.has('busybox');
  const base = isWhole ? closureOf(roots, packages, provides) : null;
  return { packages: [...packages.values()], provides, base };
}

/** Names that only packages use among themselves. */
function isInternal(name: string): boolean {
  return name.includes(':') && !name.startsWith('cmd:');
}

/** Virtual name → packages that provide it, by priority; of equal priority as they stand. */
function providersOf(paragraphs: ApkPackages): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, ApkParagraph[]>();
  for (const paragraph of paragraphs.values()) {
    for (const name of paragraph.provides) {
      if (name === paragraph.name) continue;
      const list = found.get(name);
      if (list) list.push(paragraph);
      else found.set(name, [paragraph]);
    }
  }
  const byPriority = (a: ApkParagraph, b: ApkParagraph) => b.providerPriority - a.providerPriority;
  return new Map(
    [...found].map(([name, list]) => [name, list.sort(byPriority).map((one) => one.name)]),
  );
}

/** What comes along with a package: the name, then those that must be there as well. */
function comingAlong(paragraphs: ApkPackages): ReadonlyMap<string, readonly Alternatives[]> {
  const result = new Map<string, Alternatives[]>();
  for (const { name, installIf } of paragraphs.values()) {
    for (const trigger of installIf) {
      const others = installIf.filter((one) => one !== trigger);
      const list = result.get(trigger);
      if (list) list.push([name, ...others]);
      else result.set(trigger, [[name, ...others]]);
    }
  }
  return result;
}

function factsOf(
  paragraph: ApkParagraph,
  resolve: (name: string) => Alternatives,
  along: readonly Alternatives[],
): PackageFacts {
  const depends = paragraph.depends
    .map(resolve)
    .filter((names) => !names.includes(paragraph.name) && names.every(isPackageName));
  return {
    name: paragraph.name,
    files: paragraph.installed,
    documentation: 0,
    control: 0,
    python: 0,
    templates: false,
    extra: 0,
    archive: paragraph.archive,
    measured: false,
    depends: unique(depends),
    recommends: along.filter((names) => names.every(isPackageName)),
    essential: false,
  };
}

function unique(all: readonly Alternatives[]): readonly Alternatives[] {
  return [...new Map(all.map((names) => [names.join(' '), names])).values()];
}

/**
 * Reads `Packages` of Debian's format (deb-control(5), the repository format of the Debian wiki).
 * Several of them (a release, its updates, its security fixes) become one: the newest version of
 * each package is what apt would install.
 */

import { type DebRelation, debPriorities, readDebRelation } from './debRelation.ts';
import { compareDebVersions, debVersionFits } from './debVersion.ts';
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
export interface DebParagraph {
  readonly name: string;
  readonly version: string;
  /** Declared installed size in KiB. */
  readonly installed: number;
  /** Bytes of the package file. */
  readonly archive: number;
  readonly priority: string;
  readonly essential: boolean;
  /** `Section: python` and built for all architectures: nearly all of it is Python sources. */
  readonly pythonSources: boolean;
  readonly depends: string;
  readonly recommends: string;
  readonly conflicts: string;
  readonly provides: string;
}

/** The newest paragraph of each name. */
export type DebPackages = Map<string, DebParagraph>;

/**
 * Adds the packages of one `Packages` file to those read before. Throws an `IndexProblem` where the
 * text is too large or is none of its kind.
 */
export async function readDebPackages(
  input: AsyncIterable<Uint8Array>,
  into: DebPackages,
  limits: TextLimits = textLimits,
): Promise<void> {
  let fields = new Map<string, string>();
  let last = '';
  const finish = () => {
    if (fields.size === 0) return;
    const paragraph = paragraphOf(fields);
    fields = new Map();
    last = '';
    if (!isPackageName(paragraph.name)) return;
    const known = into.get(paragraph.name);
    if (known && compareDebVersions(known.version, paragraph.version) >= 0) return;
    into.set(paragraph.name, paragraph);
    if (into.size > mostPackages) {
      throw new IndexProblem('The index has more packages than any real one.');
    }
  };
  for await (const lines of readLines(input, limits)) {
    for (const line of lines) {
      if (line === '' || line === '\r') {
        finish();
        continue;
      }
      if (line[0] === ' ' || line[0] === '\t') {
        if (wanted.has(last)) fields.set(last, `${fields.get(last) ?? ''}${line}`);
        continue;
      }
      const colon = line.indexOf(':');
      if (colon <= 0) throw new IndexProblem('The index is not in the format of Debian packages.');
      last = line.slice(0, colon);
      if (wanted.has(last)) fields.set(last, line.slice(colon + 1).trim());
    }
  }
  finish();
}

const wanted = new Set([
  'Package',
  'Version',
  'Installed-Size',
  'Size',
  'Priority',
  'Essential',
  'Section',
  'Architecture',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Conflicts',
  'Breaks',
  'Provides',
]);

function paragraphOf(fields: ReadonlyMap<string, string>): DebParagraph {
  const get = (name: string) => fields.get(name) ?? '';
  const name = get('Package');
  const version = get('Version');
  if (!name || !version) {
    throw new IndexProblem('A package of the index has no name or no version.');
  }
  const isPython = /(^|\/)python$/.test(get('Section')) && get('Architecture') === 'all';
  return {
    name,
    version,
    installed: bytesOf(get('Installed-Size')),
    archive: bytesOf(get('Size')),
    priority: get('Priority'),
    essential: get('Essential') === 'yes',
    pythonSources: isPython,
    depends: [get('Pre-Depends'), get('Depends')].filter(Boolean).join(', '),
    recommends: get('Recommends'),
    conflicts: [get('Conflicts'), get('Breaks')].filter(Boolean).join(', '),
    provides: get('Provides'),
  };
}

/** How declared sizes become bytes of files, as measured for a release. */
export interface DebRatios {
  /** Bytes of files per declared byte, with documentation and without. */
  readonly plain: number;
  readonly slim: number;
}

/** Bytecode is made of this part of a package that is nothing but Python modules. */
const pythonShare = 0.84;
/** Python sources of the standard library, which is built for one architecture. */
const pythonLibraries: readonly (readonly [RegExp, number])[] = [
  [/^libpython3\.\d+-stdlib$/, 6_700_000],
  [/^libpython3\.\d+-minimal$/, 4_900_000],
];

/** The paragraphs as facts; `base` is what a plain image of the release has. */
export function gatherDeb(paragraphs: DebPackages, ratios: DebRatios): GatheredPackages {
  const provided = providersOf(paragraphs);
  const packages = new Map<string, PackageFacts>();
  for (const [name, paragraph] of paragraphs) {
    packages.set(name, factsOf(paragraph, paragraphs, provided, ratios));
  }
  const provides = new Map([...provided].map(([name, list]) => [name, [...list.keys()]]));
  const base = baseOf(paragraphs, packages, provides);
  return { packages: [...packages.values()], provides, base };
}

function factsOf(
  paragraph: DebParagraph,
  all: DebPackages,
  provided: Providers,
  { plain, slim }: DebRatios,
): PackageFacts {
  const { name } = paragraph;
  const declared = paragraph.installed * 1024;
  const depends = relations(paragraph.depends, all, provided);
  const library = pythonLibraries.find(([pattern]) => pattern.test(name))?.[1];
  return {
    name,
    files: Math.round(declared * plain),
    documentation: Math.round(declared * Math.max(0, plain - slim)),
    control: controlBytes(paragraph.installed),
    python: library ?? (paragraph.pythonSources ? Math.round(declared * pythonShare) : 0),
    templates: depends.some((names) => names.includes('debconf')),
    extra: 0,
    archive: paragraph.archive,
    measured: false,
    depends,
    recommends: relations(paragraph.recommends, all, provided),
    conflicts: conflictsOf(paragraph, all, provided),
    essential: paragraph.essential,
  };
}

/**
 * Bytes of a package's control files, from its declared KiB: the mean of 4,403 packages of bookworm
 * and trixie runs along this curve, from 1 kB at 16 KiB to 150 kB at 16 MiB.
 */
function controlBytes(installed: number): number {
  return Math.round(130 * installed ** 0.72);
}

/** Virtual name → its providers, best first, each with the version that it provides, if any. */
type Providers = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Of equal priority the last of the index comes first, as apt chooses. */
function providersOf(paragraphs: DebPackages): Providers {
  const found = new Map<string, { name: string; version: string; rank: number }[]>();
  for (const { name, provides, priority } of paragraphs.values()) {
    if (!provides) continue;
    const rank = (debPriorities.indexOf(priority) + debPriorities.length) % debPriorities.length;
    for (const part of provides.split(',')) {
      const relation = readDebRelation(part);
      if (!relation) continue;
      const list = found.get(relation.name) ?? [];
      list.unshift({ name, version: relation.version, rank });
      found.set(relation.name, list);
    }
  }
  return new Map(
    [...found].map(([name, list]) => [
      name,
      new Map(list.sort((a, b) => a.rank - b.rank).map((one) => [one.name, one.version])),
    ]),
  );
}

/** `a (>= 1) | b, c` → the names of each relation that something in the index can meet. */
function relations(text: string, all: DebPackages, provided: Providers): readonly Alternatives[] {
  if (text === '') return [];
  const result: Alternatives[] = [];
  for (const part of text.split(',')) {
    const read = part
      .split('|')
      .map(readDebRelation)
      .filter((one) => one !== undefined);
    const possible = read.filter((one) => canBeMet(one, all, provided));
    // Where nothing fits, all stand: whoever resolves says that the package cannot be installed.
    const names = [...new Set((possible.length > 0 ? possible : read).map(({ name }) => name))];
    if (names.length > 0) result.push(names);
  }
  return result;
}

/** Names that may not be there beside the package, in the versions of the release. */
function conflictsOf(
  { name: own, conflicts }: DebParagraph,
  all: DebPackages,
  provided: Providers,
): readonly string[] {
  if (conflicts === '') return [];
  const found = new Set<string>();
  for (const part of conflicts.split(',')) {
    const read = readDebRelation(part);
    if (!read) continue;
    const real = read.name === own ? undefined : all.get(read.name);
    const hits =
      real && (!read.relation || debVersionFits(real.version, read.relation, read.version));
    const others = [...(provided.get(read.name)?.keys() ?? [])].filter((name) => name !== own);
    if (hits || (!read.relation && others.length > 0)) found.add(read.name);
  }
  return [...found];
}

function canBeMet({ name, relation, version }: DebRelation, all: DebPackages, provided: Providers) {
  const real = all.get(name);
  if (real && (relation === '' || debVersionFits(real.version, relation, version))) return true;
  const virtual = provided.get(name);
  if (!virtual) return false;
  if (relation === '') return true;
  return [...virtual.values()].some((one) => one !== '' && debVersionFits(one, relation, version));
}

/**
 * Packages that an image of the release begins with: what debootstrap's smallest variant installs,
 * which is all that is essential or required, apt, and what these need.
 */
function baseOf(
  paragraphs: DebPackages,
  packages: ReadonlyMap<string, PackageFacts>,
  provides: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const roots = [...paragraphs.values()]
    .filter(
      ({ name, essential, priority }) => essential || priority === 'required' || name === 'apt',
    )
    .map(({ name }) => name);
  // Images of today have merged folders from the start, so the package that would merge them is none of theirs.
  const merged = packages.has('usr-is-merged') ? ['usr-is-merged'] : [];
  return closureOf([...merged, ...roots], packages, provides);
}

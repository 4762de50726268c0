/**
 * Package indexes as text: bundled with the extension or stored after a download.
 *
 * A text holds one page for each architecture, with a form feed between them. Pages have the same
 * names under the same numbers, so that they are nearly equal, which brotli makes use of. The lines
 * of a page are
 *
 *     dockerfile-layers packages 1
 *     {"key":…,"length":…,"check":…}   the head; length and check are those of what follows
 *     names, in two lines              of packages, then of what is only virtual (`nameLists.ts`)
 *     flags                            one character for each package
 *     sizes, in six lines              two characters for each package (`sizeCode.ts`)
 *     depends, recommends, conflicts   a list for each package (`idLists.ts`)
 *     providers                        a list for each name
 *     base                             packages of the plain image
 *
 * Names in lists are their numbers among the names.
 */

import { type IdList, readIds, writeIds } from './idLists.ts';
import { type IndexContent, isPackageName } from './indexContent.ts';
import { readNames, writeNames } from './nameLists.ts';
import type { Alternatives, InstallTerms, PackageFacts, PackageIndex } from './packageIndex.ts';
import { sizeAt, sizeCode } from './sizeCode.ts';

export type Decoded =
  | { readonly ok: true; readonly index: PackageIndex }
  | { readonly ok: false; readonly reason: string };

const magic = 'dockerfile-layers packages ';
const version = '1';
const pageEnd = '\f';
const mostCharacters = 256_000_000;
const mostPackages = 500_000;
const sizes = ['files', 'documentation', 'control', 'python', 'extra', 'archive'] as const;
/** Lines before those of sizes. */
const rowsBefore = 3;
const flag = { essential: 1, templates: 2, declared: 4, elsewhere: 8 } as const;

/** The text of one index. Equal contents give equal texts. */
export function encodeIndex(content: IndexContent): string {
  return encodePages([content]);
}

/** Indexes of one release, one for each architecture, as one text. */
export function encodePages(contents: readonly IndexContent[]): string {
  const real = new Set(contents.flatMap(({ packages }) => packages.map(({ name }) => name)));
  const named = new Set(contents.flatMap(namesIn));
  const packages = sorted(real);
  const virtual = sorted(named).filter((name) => !real.has(name));
  return contents.map((content) => encodePage(content, packages, virtual)).join(pageEnd);
}

function encodePage(
  content: IndexContent,
  real: readonly string[],
  virtual: readonly string[],
): string {
  const byName = new Map<string, PackageFacts>();
  for (const facts of content.packages) {
    if (!byName.has(facts.name)) byName.set(facts.name, facts);
  }
  const packages = real.map((name) => byName.get(name));
  const names = [...real, ...virtual];
  const ids = new Map(names.map((name, id) => [name, id]));
  const idsOf = (list: readonly string[]) => list.map((name) => ids.get(name) ?? -1);
  const groups = (pick: (facts: PackageFacts) => readonly Alternatives[] | undefined) =>
    writeIds(packages.map((facts) => ((facts && pick(facts)) ?? []).map(idsOf)));
  const provided = names.map((name) => idsOf(content.provides.get(name) ?? []));
  const body = [
    ...writeNames(names),
    packages.map(flagsOf).join(''),
    ...sizes.map((size) => packages.map((facts) => sizeCode(facts?.[size] ?? 0)).join('')),
    groups(({ depends }) => depends),
    groups(({ recommends }) => recommends),
    groups(({ conflicts }) => conflicts?.map((name) => [name])),
    writeIds(provided.map((list) => (list.length > 0 ? [list] : []))),
    writeIds([sorted(content.base ?? []).map((name) => idsOf([name]))]),
    '',
  ].join('\n');
  const { key, family, date, source, partial, terms, lists } = content;
  const counts = { packages: packages.length, virtual: virtual.length };
  const head = { key, family, date, source, partial, terms, lists, hasBase: content.base !== null };
  const frame = { ...head, ...counts, length: body.length, check: check(body) };
  return `${magic}${version}\n${JSON.stringify(frame)}\n${body}`;
}

/**
 * Reads the page of an architecture; without `arch` the first page. What no text of this version
 * can say, what is cut off or changed, and what is larger than any real index is refused. Lists are
 * read when someone asks for a package, so that reading a whole release stays cheap.
 */
export function decodeIndex(text: Uint8Array | string, arch?: string): Decoded {
  if (text.length > mostCharacters) return refused('is larger than any real one');
  const pages = (typeof text === 'string' ? text : new TextDecoder().decode(text)).split(pageEnd);
  let problem: Decoded | null = null;
  for (const page of pages) {
    const decoded = decodePage(page, arch);
    if (decoded?.ok) return decoded;
    problem ??= decoded;
  }
  return problem ?? refused(`has nothing for the architecture ${arch}`);
}

/** Null: a page of another architecture, which is not looked at any further. */
function decodePage(page: string, arch: string | undefined): Decoded | null {
  const end = page.indexOf('\n');
  const title = page.slice(0, Math.max(end, 0));
  if (!title.startsWith(magic))
    return refused('is damaged: its first line is not that of package data');
  if (title !== `${magic}${version}`) {
    return refused(
      'was written by another version of Dockerfile Layers and has to be fetched again',
    );
  }
  const headEnd = page.indexOf('\n', end + 1);
  const head = readHead(page.slice(end + 1, Math.max(headEnd, 0)));
  if (!head) return refused('is damaged: its head cannot be read');
  if (arch !== undefined && head.key.arch !== arch) return null;
  const body = page.slice(headEnd + 1);
  if (body.length < head.length) return refused('is cut off');
  if (body.length > head.length || check(body) !== head.check) {
    return refused('is damaged: it is not what was written');
  }
  const lines = body.split('\n');
  const names = readNames(lines[0] ?? '', lines[1] ?? '');
  const fits =
    names !== null &&
    lines.length === rowsBefore + sizes.length + 6 &&
    head.packages <= mostPackages &&
    names.length === head.packages + head.virtual &&
    lines[2]?.length === head.packages &&
    sizes.every((_, i) => lines[rowsBefore + i]?.length === 2 * head.packages);
  return fits
    ? { ok: true, index: indexOf(head, names, lines) }
    : refused('is damaged: its parts do not fit together');
}

function indexOf(head: Head, names: readonly string[], lines: readonly string[]): PackageIndex {
  const { key, family, date, source, partial, terms, lists } = head;
  const numbers = new Map(names.map((name, id) => [name, id]));
  const flags = lines[2] ?? '';
  const column = lines.slice(rowsBefore, rowsBefore + sizes.length);
  const rest = lines.slice(rowsBefore + sizes.length);
  const lazy = rest.map((line) => once(() => readIds(line)));
  const listAt = (which: number, id: number): IdList => lazy[which]?.()(id) ?? [];
  const named = (ids: readonly number[]) =>
    ids.map((id) => names[id]).filter((name) => name !== undefined);
  const known = new Map<number, PackageFacts>();

  const isHere = (id: number) => id < head.packages && !(flagsAt(flags, id) & flag.elsewhere);

  function at(id: number): PackageFacts | undefined {
    if (!isHere(id)) return undefined;
    const facts = known.get(id) ?? read(id);
    known.set(id, facts);
    return facts;
  }

  function read(id: number): PackageFacts {
    const set = flagsAt(flags, id);
    const size = (which: number) => sizeAt(column[which] ?? '', id);
    return {
      name: names[id] ?? '',
      files: size(0),
      documentation: size(1),
      control: size(2),
      python: size(3),
      extra: size(4),
      archive: size(5),
      essential: (set & flag.essential) !== 0,
      templates: (set & flag.templates) !== 0,
      measured: (set & flag.declared) === 0,
      depends: listAt(0, id).map(named),
      recommends: listAt(1, id).map(named),
      conflicts: listAt(2, id).flatMap(named),
    };
  }

  return {
    key,
    family,
    date,
    source,
    partial,
    terms,
    lists,
    package(name) {
      const id = numbers.get(name);
      return id === undefined ? undefined : at(id);
    },
    providers(name) {
      const id = numbers.get(name);
      if (id === undefined) return [];
      return listAt(3, id)
        .flat()
        .map(at)
        .filter((facts) => facts !== undefined);
    },
    names: () => names.filter((_, id) => isHere(id)),
    base: head.hasBase ? listAt(4, 0).flatMap(named) : null,
  };
}

interface Head extends Omit<IndexContent, 'base' | 'packages' | 'provides'> {
  readonly hasBase: boolean;
  readonly packages: number;
  readonly virtual: number;
  readonly length: number;
  readonly check: number;
}

function readHead(line: string): Head | null {
  let head: Partial<Head> | null;
  try {
    head = JSON.parse(line);
  } catch {
    return null;
  }
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
  const isText = (value: unknown) => typeof value === 'string' && value.length < 1000;
  const areTerms = (terms: Partial<InstallTerms> | undefined) =>
    [terms?.fixed, terms?.perPackage, terms?.debconf, terms?.bytecode].every(
      (term) => typeof term === 'number' && term >= 0,
    );
  const good =
    typeof head === 'object' &&
    head !== null &&
    [head.packages, head.virtual, head.length, head.check].every(isCount) &&
    [head.key?.distribution, head.key?.suite, head.key?.arch].every(isText) &&
    [head.date, head.source].every(isText) &&
    ['deb', 'apk', 'rpm'].includes(head.family ?? '') &&
    [head.partial, head.hasBase].every((value) => typeof value === 'boolean') &&
    (head.lists === null || isCount(head.lists)) &&
    areTerms(head.terms?.plain) &&
    areTerms(head.terms?.slim);
  return good ? (head as Head) : null;
}

/** All names that an index says anything with. */
function namesIn({ packages, provides, base }: IndexContent): readonly string[] {
  const inLists = packages.flatMap(({ depends, recommends, conflicts = [] }) => [
    ...depends.flat(),
    ...recommends.flat(),
    ...conflicts,
  ]);
  return [...provides.keys(), ...[...provides.values()].flat(), ...(base ?? []), ...inLists];
}

function flagsOf(facts: PackageFacts | undefined): string {
  if (!facts) return String.fromCharCode(48 + flag.elsewhere);
  const { essential, templates, measured } = facts;
  const set =
    (essential ? flag.essential : 0) +
    (templates ? flag.templates : 0) +
    (measured ? 0 : flag.declared);
  return String.fromCharCode(48 + set);
}

function flagsAt(flags: string, id: number): number {
  return flags.charCodeAt(id) - 48;
}

/** FNV-1a over the characters: tells damage, not forgery. */
function check(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** In the order of their characters, without what is no name. */
function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].filter(isPackageName).sort();
}

function refused(what: string): Decoded {
  return { ok: false, reason: `The package data ${what}.` };
}

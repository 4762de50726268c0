/** Packages of one release of Debian as its indexes list them, with relations settled by version. */

import {
  type DebRelation,
  debPriorities,
  readDebRelation,
} from '../../server/src/packages/debRelation.ts';
import { compareDebVersions, debVersionFits } from '../../server/src/packages/debVersion.ts';

export interface DebPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly installedSize: number;
  readonly size: number;
  readonly archive: string;
  readonly file: string;
  readonly sha256: string;
  readonly essential: boolean;
  readonly priority: string;
  readonly section: string;
  readonly source: string;
  readonly depends: readonly (readonly DebRelation[])[];
  readonly recommends: readonly (readonly DebRelation[])[];
  readonly conflicts: readonly DebRelation[];
  readonly provides: readonly DebRelation[];
  /** Place in the indexes, for ties. */
  readonly order: number;
  /** The version that this one replaces in another index of the release. */
  readonly older: DebPackage | null;
}

export interface DebRelease {
  readonly packages: ReadonlyMap<string, DebPackage>;
  /** Virtual name → who provides it, best first. */
  readonly providers: ReadonlyMap<
    string,
    readonly { readonly by: DebPackage; readonly version: string }[]
  >;
}

/** Joins the indexes of a release, its updates and its security archive: the newest version counts. */
export function readRelease(
  indexes: readonly { readonly archive: string; readonly text: string }[],
): DebRelease {
  const packages = new Map<string, DebPackage>();
  let order = 0;
  for (const { archive, text } of indexes) {
    for (const stanza of text.split('\n\n')) {
      const read = readPackage(stanza, archive, order++);
      if (!read) continue;
      const before = packages.get(read.name);
      if (!before) packages.set(read.name, read);
      else if (compareDebVersions(read.version, before.version) > 0) {
        packages.set(read.name, { ...read, order: before.order, older: before });
      }
    }
  }
  const providers = new Map<string, { by: DebPackage; version: string }[]>();
  for (const by of packages.values()) {
    for (const { name, version } of by.provides) {
      const list = providers.get(name) ?? [];
      providers.set(name, list);
      if (by.name !== name) list.push({ by, version });
    }
  }
  const rank = ({ by }: { by: DebPackage }) => (debPriorities.indexOf(by.priority) + 6) % 6;
  for (const list of providers.values()) {
    list.sort((a, b) => rank(a) - rank(b) || b.by.order - a.by.order);
  }
  return { packages, providers };
}

function readPackage(stanza: string, archive: string, order: number): DebPackage | null {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0 && line[0] !== ' ') fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const field = (name: string) => fields.get(name) ?? '';
  const name = field('Package');
  if (!name) return null;
  return {
    name,
    version: field('Version'),
    architecture: field('Architecture'),
    installedSize: 1024 * Number(field('Installed-Size')),
    size: Number(field('Size')),
    archive,
    file: field('Filename'),
    sha256: field('SHA256'),
    essential: field('Essential') === 'yes',
    priority: field('Priority'),
    section: field('Section'),
    source: field('Source').split(' ')[0] || name,
    depends: [...relations(field('Pre-Depends')), ...relations(field('Depends'))],
    recommends: relations(field('Recommends')),
    conflicts: [...relations(field('Conflicts')), ...relations(field('Breaks'))].flat(),
    provides: relations(field('Provides')).flat(),
    order,
    older: null,
  };
}

function relations(text: string): readonly (readonly DebRelation[])[] {
  if (text === '') return [];
  return text.split(',').map((group) =>
    group
      .split('|')
      .map(readDebRelation)
      .filter((one) => one !== undefined),
  );
}

/**
 * The names of a group that fit with the versions of this release, in order. A versioned relation
 * that only some providers meet becomes their names. Without any, the first name, which is then
 * missing.
 */
export function settled(
  { packages, providers }: DebRelease,
  group: readonly DebRelation[],
): readonly string[] {
  const names = group.flatMap(({ name, relation, version }) => {
    const real = packages.get(name);
    if (real && (!relation || debVersionFits(real.version, relation, version))) return [name];
    const list = providers.get(name) ?? [];
    if (!relation) return list.length > 0 ? [name] : [];
    return list
      .filter((one) => one.version && debVersionFits(one.version, relation, version))
      .map(({ by }) => by.name);
  });
  return names.length > 0 ? [...new Set(names)] : group.slice(0, 1).map(({ name }) => name);
}

/** The names that conflict in the versions of this release, without the package itself. */
export function settledConflicts(
  { packages, providers }: DebRelease,
  one: DebPackage,
): readonly string[] {
  const names = one.conflicts.flatMap(({ name, relation, version }) => {
    const real = packages.get(name);
    const others = (providers.get(name) ?? []).filter(({ by }) => by !== one);
    const hitsReal = real !== undefined && real !== one;
    if (!relation) return hitsReal || others.length > 0 ? [name] : [];
    const hits = hitsReal && debVersionFits(real.version, relation, version) ? [name] : [];
    const provided = others.filter(
      (p) => p.version && debVersionFits(p.version, relation, version),
    );
    return [...hits, ...provided.map(({ by }) => by.name)];
  });
  return [...new Set(names)];
}

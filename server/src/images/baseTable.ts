/**
 * The bundled table of official images: sizes of tags with their dates, and from which version on a
 * repository's tags stand on which release of a distribution.
 */

import type { VersionWords } from './tagParts.ts';

/** Figures of one tag on one architecture, in bytes. */
export interface PlatformFigures {
  /** Compressed bytes of each layer, base first; null: not known. */
  readonly layers: readonly number[] | null;
  /** Number of layers; null: not known. */
  readonly count: number | null;
  /** Compressed bytes of all layers; null: not known. */
  readonly compressed: number | null;
  /** Unpacked bytes; null: not known. */
  readonly unpacked: number | null;
  /** Day of the unpacked bytes; null: that of the row. */
  readonly unpackedDate: string | null;
  /** They are of an image that was made from the packages of the mirror, as the official one is. */
  readonly built: boolean;
}

export interface ImageRow {
  readonly repository: string;
  readonly tag: string;
  /** Day or month of the figures. */
  readonly date: string;
  /** Release that the image stands on, as tags spell it (`bookworm`, `alpine3.22`); null: none, or not known. */
  readonly release: string | null;
  /** By Docker's word for the architecture. */
  readonly platforms: ReadonlyMap<string, PlatformFigures>;
}

/** Tags that are older than `from` stand on what the entry before says. */
export interface ReleaseRun {
  readonly from: readonly number[];
  /** Null: not known. */
  readonly release: string | null;
}

export interface RepositoryRules {
  /** Words that stand for a version: `lts`. */
  readonly words: VersionWords;
  /** The newest version of each line, newest first. */
  readonly newest: readonly (readonly number[])[];
  /** Flavour that tags without one have: `cli` of php. */
  readonly flavor: string | null;
  /** By flavour and variant (`''`, `slim`, `alpine`, `fpm-alpine`), oldest first. */
  readonly releases: ReadonlyMap<string, readonly ReleaseRun[]>;
  /** Its Debian images are made of the slim one, whatever the tag says. */
  readonly slim: boolean;
  /** A flavour that is not in `releases` may stand on anything. */
  readonly strict: boolean;
  /** Packages asked for by name on top of the release, by flavour and variant; `null`: not known. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

export interface BaseTable {
  /** Day when the table was made. */
  readonly date: string;
  /** Day of the rules on releases. */
  readonly rulesDate: string;
  readonly rows: ReadonlyMap<string, readonly ImageRow[]>;
  readonly rules: ReadonlyMap<string, RepositoryRules>;
}

/** What is read when a table cannot be. */
export type DecodedTable =
  | { readonly ok: true; readonly table: BaseTable }
  /** `reason` is a full sentence. */
  | { readonly ok: false; readonly reason: string };

export const tableFormat = 1;

/** Reads the text of the table; one that is damaged or of another version is a sentence. */
export function decodeTable(text: string): DecodedTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'The table of base images is damaged.' };
  }
  const root = record(json);
  if (root.format !== tableFormat) {
    return { ok: false, reason: 'The table of base images is of another version.' };
  }
  const { date, rulesDate } = root;
  if (typeof date !== 'string' || typeof rulesDate !== 'string') {
    return { ok: false, reason: 'The table of base images is damaged.' };
  }
  const rows = new Map<string, ImageRow[]>();
  for (const [name, value] of Object.entries(record(root.images))) {
    const row = rowOf(name, record(value));
    if (!row) continue;
    const known = rows.get(row.repository);
    if (known) known.push(row);
    else rows.set(row.repository, [row]);
  }
  const rules = new Map(
    Object.entries(record(root.repositories)).map(([name, value]) => [
      name,
      rulesOf(record(value)),
    ]),
  );
  for (const [name, { packages }] of rules) {
    for (const key of packages.keys()) writeOut(rules, name, key);
  }
  if (rows.size === 0 || rules.size === 0) {
    return { ok: false, reason: 'The table of base images is damaged.' };
  }
  return { ok: true, table: { date, rulesDate, rows, rules } };
}

/** `22.4` → 22, 4; `latest` → nothing, which stands for the newest. */
export function versionOf(text: string): readonly number[] {
  return /^\d+(?:\.\d+)*$/.test(text) ? text.split('.').map(Number) : [];
}

function rowOf(name: string, value: Fields): ImageRow | undefined {
  const [repository = '', tag = ''] = name.split(':');
  const { date, release, ...platforms } = value;
  if (typeof date !== 'string' || tag === '') return undefined;
  const figures = Object.entries(platforms).map(
    ([arch, fields]) => [arch, figuresOf(record(fields))] as const,
  );
  return { repository, tag, date, release: text(release), platforms: new Map(figures) };
}

function figuresOf({
  layers,
  count,
  compressed,
  unpacked,
  unpackedDate,
  built,
}: Fields): PlatformFigures {
  const sizes = Array.isArray(layers) && layers.every(isBytes) ? (layers as number[]) : null;
  const total = sizes?.reduce((all, one) => all + one, 0);
  return {
    layers: sizes,
    count: sizes?.length ?? bytes(count),
    compressed: total ?? bytes(compressed),
    unpacked: bytes(unpacked),
    unpackedDate: text(unpackedDate),
    built: built === true,
  };
}

function rulesOf({
  words,
  newest,
  flavor,
  releases,
  slim,
  strict,
  packages,
}: Fields): RepositoryRules {
  const runs = (value: unknown): readonly ReleaseRun[] =>
    (text(value) ?? '')
      .split(' ')
      .filter(Boolean)
      .map((run) => run.split('=', 2))
      .map(([from = '', release = '']) => ({ from: versionOf(from), release: release || null }));
  const list = (value: unknown) =>
    typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
  return {
    words: new Map(
      Object.entries(record(words)).map(([word, version]) => [word, versionOf(String(version))]),
    ),
    newest: list(newest).map(versionOf),
    flavor: text(flavor),
    releases: new Map(Object.entries(record(releases)).map(([key, value]) => [key, runs(value)])),
    slim: slim === true,
    strict: strict === true,
    packages: new Map(Object.entries(record(packages)).map(([key, value]) => [key, list(value)])),
  };
}

/**
 * Puts the packages of another list in the place of `@repository` or `@repository:flavour`, in the
 * list and in those that it names. `depth` ends it where lists name each other.
 */
function writeOut(
  rules: ReadonlyMap<string, RepositoryRules>,
  repository: string,
  key: string,
  depth = 0,
): readonly string[] {
  const lists = rules.get(repository)?.packages as Map<string, readonly string[]> | undefined;
  const list = lists?.get(key);
  if (!lists || !list || depth > 4) return [];
  if (!list.some((name) => name.startsWith('@'))) return list;
  const whole = list.flatMap((name) => {
    if (!name.startsWith('@')) return [name];
    const [other = '', flavor = ''] = name.slice(1).split(':', 2);
    return writeOut(rules, other, flavor, depth + 1);
  });
  lists.set(key, whole);
  return whole;
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isBytes(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function bytes(value: unknown): number | null {
  return isBytes(value) ? value : null;
}

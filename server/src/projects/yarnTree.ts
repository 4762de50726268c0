/**
 * Where Yarn 1 puts the packages of a lock file: each version as high as it can stand, the one that
 * most ask for at the top, a second one below those that need it (Yarn's `package-hoister.js`).
 */

import { platformOfName } from './platformName.ts';
import type { JavaScriptLock, LockedPackage } from './projectFacts.ts';
import { isRecord, text } from './untrusted.ts';
import type { YarnEntry } from './yarnLock.ts';

/** Places that are looked at: each version may stand in many. */
const mostPlaces = 60_000;

interface Place {
  readonly entry: YarnEntry;
  readonly path: string;
  readonly parent: Place | null;
  readonly inside: Map<string, Place>;
}

/** The lock with its packages in their places, as the text of `package.json` asks for them. */
export function yarnTree(
  entries: ReadonlyMap<string, YarnEntry>,
  manifest: unknown,
  path: string,
  bytes: number,
): JavaScriptLock {
  const asked = isRecord(manifest) ? manifest : {};
  const production = [...patterns(asked.dependencies), ...patterns(asked.optionalDependencies)];
  const development = patterns(asked.devDependencies);
  const inProduction = reached(entries, production);
  const isFirm = reached(entries, [...patterns(asked.dependencies), ...development], false);
  const top = favourites(entries);
  const root: Map<string, Place> = new Map();
  const places: Place[] = [];
  let isWhole = true;

  type Wish = { readonly pattern: string; readonly by: Place | null };
  let wishes: Wish[] = [...production, ...development].map((pattern) => ({ pattern, by: null }));
  // Level by level: what is asked for nearer to the project finds its place first.
  for (; wishes.length > 0 && isWhole; ) {
    const next: Wish[] = [];
    for (const { pattern, by } of wishes) {
      const entry = entries.get(pattern);
      if (!entry || sees(root, by, entry.name)?.entry === entry) continue;
      if (places.length >= mostPlaces) {
        isWhole = false;
        break;
      }
      const place = put(root, by, entry, top);
      places.push(place);
      for (const wanted of [...entry.dependencies, ...entry.optional]) {
        next.push({ pattern: wanted, by: place });
      }
    }
    wishes = next;
  }
  const hasScripts = isRecord(asked.scripts)
    ? ['preinstall', 'install', 'postinstall', 'prepare'].some(
        (name) => text((asked.scripts as Record<string, unknown>)[name]) !== null,
      )
    : false;
  return {
    manager: 'yarn',
    path,
    version: 1,
    bytes,
    packages: places.map(({ entry, path: at }) =>
      packageOf(entry, at, !inProduction.has(entry), !isFirm.has(entry)),
    ),
    // `.yarn-integrity` names each pattern with its address.
    ownBytes: 600,
    workspaces: [],
    projectScripts: hasScripts,
    unread: isWhole ? null : `${path} leads to more than ${mostPlaces} folders of packages.`,
  };
}

function patterns(dependencies: unknown): readonly string[] {
  if (!isRecord(dependencies)) return [];
  return Object.entries(dependencies).flatMap(([name, range]) =>
    typeof range === 'string' ? [`${name}@${range}`] : [],
  );
}

function reached(
  entries: ReadonlyMap<string, YarnEntry>,
  from: readonly string[],
  withOptional = true,
): ReadonlySet<YarnEntry> {
  const seen = new Set<YarnEntry>();
  const waiting = [...from];
  for (let pattern = waiting.pop(); pattern !== undefined; pattern = waiting.pop()) {
    const entry = entries.get(pattern);
    if (!entry || seen.has(entry)) continue;
    seen.add(entry);
    // Optional ones stand in both lists.
    const optional = new Set(entry.optional);
    waiting.push(...entry.dependencies.filter((one) => withOptional || !optional.has(one)));
    if (withOptional) waiting.push(...entry.optional);
  }
  return seen;
}

/** For each name the version that most others ask for. */
function favourites(entries: ReadonlyMap<string, YarnEntry>): ReadonlyMap<string, YarnEntry> {
  const votes = new Map<YarnEntry, number>();
  for (const entry of new Set(entries.values())) {
    for (const pattern of entry.dependencies) {
      const wanted = entries.get(pattern);
      if (wanted) votes.set(wanted, (votes.get(wanted) ?? 0) + 1);
    }
  }
  const top = new Map<string, YarnEntry>();
  for (const [entry, count] of votes) {
    const best = top.get(entry.name);
    if (!best || count > (votes.get(best) ?? 0)) top.set(entry.name, entry);
  }
  return top;
}

/** The package of that name that the place would load. */
function sees(
  root: ReadonlyMap<string, Place>,
  from: Place | null,
  name: string,
): Place | undefined {
  for (let at = from; at; at = at.parent) {
    const found = at.inside.get(name);
    if (found) return found;
  }
  return root.get(name);
}

/** Puts a package at the highest place that is free on the way. */
function put(
  root: Map<string, Place>,
  by: Place | null,
  entry: YarnEntry,
  top: ReadonlyMap<string, YarnEntry>,
): Place {
  const isKept = by !== null && (top.get(entry.name) ?? entry) !== entry;
  let parent = by;
  if (!root.has(entry.name) && !isKept) parent = null;
  else {
    for (let at = by; at && !at.inside.has(entry.name); at = at.parent) parent = at;
  }
  const path = `${parent ? `${parent.path}/` : ''}node_modules/${entry.name}`;
  const place: Place = { entry, path, parent, inside: new Map() };
  (parent ? parent.inside : root).set(entry.name, place);
  return place;
}

function packageOf(entry: YarnEntry, path: string, dev: boolean, optional: boolean): LockedPackage {
  const { name, version, integrity, resolved } = entry;
  return {
    name,
    version,
    path,
    integrity,
    resolved,
    dev,
    optional,
    devOptional: false,
    peer: false,
    ...(optional ? platformOfName(name) : { os: [], cpu: [] }),
    // Yarn 1 does not know of C libraries, so those for both are installed.
    libc: [],
    // The lock does not tell; packages that are known to compile say it by name.
    hasInstallScript: compiles.has(name),
    needs: [],
    isAsked: false,
    recordBytes: name.length * 2 + 100,
    unpacked: null,
    source: null,
    archive: null,
  };
}

const compiles = new Set(
  `bcrypt better-sqlite3 bufferutil canvas cypress deasync electron grpc kerberos leveldown libxmljs
  node-sass playwright prisma @prisma/client @prisma/engines puppeteer re2 robotjs sqlite3 usb
  utf-8-validate zeromq cpu-features argon2 chromedriver node-pty isolated-vm snappy`.split(/\s+/),
);

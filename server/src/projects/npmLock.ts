/**
 * Reads `package-lock.json` and `npm-shrinkwrap.json` of all three versions (npm's documentation,
 * "package-lock.json"). Version 1 nests `dependencies`; 2 and 3 list `packages` by path.
 */

import { type LockedPackage, type LockReading, mostPackages } from './projectFacts.ts';
import { flag, isRecord, list, own, text } from './untrusted.ts';

/** Entries of an npm lock; `path` is where the file lies in the build context. Never throws. */
export function readNpmLock(content: string, path: string): LockReading {
  const root = parsed(content);
  if (!root) return { ok: false, reason: `${path} is not valid JSON, so npm refuses it.` };
  const { packages, dependencies } = root;
  const version = typeof root.lockfileVersion === 'number' ? root.lockfileVersion : 1;
  const found: Entry[] = [];
  const workspaces: string[] = [];
  const isWhole = isRecord(packages)
    ? readPackages(packages, found, workspaces)
    : isRecord(dependencies)
      ? readNested(dependencies, found)
      : true;
  const self = isRecord(packages) ? own(packages, '') : null;
  const projectScripts = isRecord(self) && flag(self.hasInstallScript);
  const bytes = byteLength(content);
  const unread = isWhole
    ? null
    : `${path} has more than ${mostPackages} packages, and the rest is not counted.`;
  const ownBytes = byteLength(recordFrame(text(root.name) ?? '', text(root.version)));
  return {
    ok: true,
    lock: {
      manager: 'npm',
      path,
      version,
      bytes,
      packages: connected(found, isRecord(packages) ? packages : {}),
      ownBytes,
      workspaces,
      projectScripts,
      unread,
    },
  };
}

function parsed(content: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(content.replace(/^\uFEFF/, ''));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** A package while the ones that it needs are known by name only. */
type Entry = Omit<LockedPackage, 'needs' | 'isAsked'> & { readonly asks: readonly string[] };

/** The packages with the paths of those that they need, as Node would find them. */
function connected(
  found: readonly Entry[],
  packages: Readonly<Record<string, unknown>>,
): readonly LockedPackage[] {
  const paths = new Set(found.map(({ path }) => path));
  const asked = new Set<string>();
  for (const [key, entry] of Object.entries(packages)) {
    if (!isRecord(entry) || isInstalledPath(key)) continue;
    const names = [...namesNeeded(entry), ...keysOf(entry.devDependencies)];
    for (const path of located(names, key, paths)) asked.add(path);
  }
  return found.map(({ asks, ...one }) => ({
    ...one,
    needs: located(asks, one.path, paths),
    isAsked: asked.has(one.path),
  }));
}

/** Where the names lead from a folder: its own `node_modules`, else the ones above. */
function located(
  names: readonly string[],
  from: string,
  paths: ReadonlySet<string>,
): readonly string[] {
  return names.flatMap((name) => {
    for (let folder = from; ; ) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
      if (paths.has(path)) return [path];
      if (folder === '') return [];
      const cut = folder.lastIndexOf('/node_modules/');
      folder = cut < 0 ? '' : folder.slice(0, cut);
    }
  });
}

function namesNeeded(entry: Readonly<Record<string, unknown>>): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = entry;
  return [dependencies, optionalDependencies, peerDependencies].flatMap(keysOf);
}

function keysOf(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value).slice(0, 5000) : [];
}

/** Versions 2 and 3. False: there are too many. */
function readPackages(
  packages: Readonly<Record<string, unknown>>,
  found: Entry[],
  workspaces: string[],
): boolean {
  for (const [key, entry] of Object.entries(packages)) {
    if (key === '' || !isRecord(entry)) continue;
    if (!isInstalledPath(key)) {
      if (!key.split('/').includes('..')) workspaces.push(key);
      continue;
    }
    if (entry.link === true || entry.inBundle === true) continue;
    if (found.length >= mostPackages) return false;
    found.push({
      ...fieldsOf(entry),
      name: text(entry.name) ?? nameOf(key),
      path: key,
      recordBytes: recordBytes(key, entry),
      asks: namesNeeded(entry),
    });
  }
  return true;
}

/** Version 1, without recursion: nesting is input. False: there are too many. */
function readNested(dependencies: Readonly<Record<string, unknown>>, found: Entry[]): boolean {
  const waiting = [{ below: '', dependencies }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const [name, entry] of Object.entries(next.dependencies)) {
      if (!isRecord(entry)) continue;
      const path = `${next.below}node_modules/${name}`;
      if (path.length > 4096) continue;
      if (isRecord(entry.dependencies)) {
        waiting.push({ below: `${path}/`, dependencies: entry.dependencies });
      }
      const version = text(entry.version) ?? '';
      if (entry.bundled === true || version.startsWith('file:')) continue;
      if (found.length >= mostPackages) return false;
      // What this version leaves out, npm adds from the registry: licence, engines, dependencies.
      const { dependencies: _, requires, ...plain } = entry;
      const known = recordBytes(path, isRecord(requires) ? { ...plain, requires } : plain);
      found.push({
        ...fieldsOf(entry),
        name,
        path,
        recordBytes: known + 70,
        asks: isRecord(requires) ? Object.keys(requires) : [],
      });
    }
  }
  return true;
}

function fieldsOf(entry: Readonly<Record<string, unknown>>) {
  return {
    version: text(entry.version) ?? '',
    integrity: text(entry.integrity),
    resolved: text(entry.resolved),
    dev: flag(entry.dev),
    optional: flag(entry.optional),
    devOptional: flag(entry.devOptional),
    peer: flag(entry.peer),
    os: list(entry.os),
    cpu: list(entry.cpu),
    libc: list(entry.libc),
    hasInstallScript: flag(entry.hasInstallScript),
    unpacked: null,
    source: null,
    archive: null,
  };
}

/** Does the key name an installed package, below no folder that leads out of the project? */
function isInstalledPath(key: string): boolean {
  const parts = key.split('/');
  return parts.includes('node_modules') && !parts.includes('..') && !key.startsWith('/');
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Bytes of an entry in `node_modules/.package-lock.json`, which npm writes with two blanks a level. */
function recordBytes(key: string, entry: Readonly<Record<string, unknown>>): number {
  const json = jsonOf(entry);
  const lines = json.split('\n').length;
  // Four blanks before each line, `"key": ` before the first, a comma and a line end behind the last.
  return byteLength(json) + byteLength(JSON.stringify(key)) + 2 + 4 * lines + 2;
}

function jsonOf(entry: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(entry, null, 2);
  } catch {
    // Nested deeper than the stack.
    return '';
  }
}

function recordFrame(name: string, version: string | null): string {
  const head = { name, ...(version === null ? {} : { version }), lockfileVersion: 3 };
  // The braces of the entries stand on two lines; no comma follows the last of them.
  return `${JSON.stringify({ ...head, requires: true, packages: {} }, null, 2)}\n  `;
}

const encoder = new TextEncoder();

function byteLength(value: string): number {
  return encoder.encode(value).length;
}

/**
 * Reads `pnpm-lock.yaml` of the versions 5 to 9. Packages are stored once for each version, however
 * often they are linked; peers in a key tell instances apart, not packages.
 */

import { CORE_SCHEMA, load } from 'js-yaml';
import { type LockedPackage, type LockReading, mostPackages } from './projectFacts.ts';
import { flag, isRecord, list, own, text } from './untrusted.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Entries of a pnpm lock; `path` is where the file lies in the build context. Never throws. */
export function readPnpmLock(content: string, path: string): LockReading {
  const root = parsed(content);
  if (!root) return { ok: false, reason: `${path} is not valid YAML, so pnpm refuses it.` };
  const version = Number.parseInt(String(root.lockfileVersion ?? ''), 10);
  if (!(version >= 5 && version <= 9)) {
    return { ok: false, reason: `${path} is of a version that is not read.` };
  }
  const packages = isRecord(root.packages) ? root.packages : {};
  const snapshots = isRecord(root.snapshots) ? root.snapshots : null;
  const needed = snapshots ? reach(root, snapshots) : null;
  const found = new Map<string, LockedPackage>();
  for (const [key, entry] of Object.entries(packages)) {
    if (!isRecord(entry)) continue;
    const one = packageOf(key, entry, version);
    if (!one || found.has(one.path)) continue;
    if (found.size >= mostPackages) {
      return { ok: false, reason: `${path} has more than ${mostPackages} packages.` };
    }
    const known = needed?.get(`${one.name}@${one.version}`);
    found.set(
      one.path,
      needed ? { ...one, dev: known?.dev !== false, optional: known?.optional !== false } : one,
    );
  }
  return {
    ok: true,
    lock: {
      manager: 'pnpm',
      path,
      version,
      bytes: new TextEncoder().encode(content).length,
      packages: [...found.values()],
      ownBytes: 0,
      workspaces: isRecord(root.importers)
        ? Object.keys(root.importers).filter((name) => name !== '.' && !name.includes('..'))
        : [],
      projectScripts: false,
      unread: null,
    },
  };
}

function parsed(content: string): Fields | null {
  // Anchors make small files large, and pnpm writes none.
  if (/^[^'"\n]*[:\-[,] *[&*]\w/m.test(content)) return null;
  try {
    const value = load(content, { schema: CORE_SCHEMA });
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** `/a/1.0.0_peer` (5), `/@a/b@1.0.0(peer)` (6), `@a/b@1.0.0` (9). */
function packageOf(key: string, entry: Fields, version: number): LockedPackage | null {
  const plain = key.replace(/^\//, '').replace(/\(.*$/s, '');
  const cut = version === 5 ? plain.lastIndexOf('/') : plain.lastIndexOf('@');
  const name = text(entry.name) ?? plain.slice(0, cut);
  const itsVersion = text(entry.version) ?? plain.slice(cut + 1).replace(/_.*$/s, '');
  if (cut <= 0 || name === '' || /^(link|file|workspace):/.test(itsVersion)) return null;
  const resolution = isRecord(entry.resolution) ? entry.resolution : {};
  return {
    name,
    version: itsVersion,
    path: `node_modules/.pnpm/${name}@${itsVersion}`,
    integrity: text(resolution.integrity),
    resolved: text(resolution.tarball),
    dev: flag(entry.dev),
    optional: flag(entry.optional),
    devOptional: false,
    peer: false,
    os: list(entry.os),
    cpu: list(entry.cpu),
    libc: list(entry.libc),
    hasInstallScript: flag(entry.requiresBuild),
    needs: [],
    isAsked: false,
    recordBytes: 0,
    unpacked: null,
    source: null,
    archive: null,
  };
}

interface Need {
  /** Only development reaches it. */
  dev: boolean;
  /** Only what is optional reaches it. */
  optional: boolean;
}

/** Which packages production and what is not optional reach, by `name@version` (version 9). */
function reach(root: Fields, snapshots: Fields): ReadonlyMap<string, Need> {
  const needs = new Map<string, Need>();
  for (const dev of [false, true]) {
    for (const optional of [false, true]) {
      const seen = new Set<string>();
      const waiting = [...roots(root, dev, optional)];
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        if (seen.has(key)) continue;
        seen.add(key);
        const id = key.replace(/\(.*$/s, '');
        const need = needs.get(id);
        if (!need) needs.set(id, { dev, optional });
        else {
          need.dev &&= dev;
          need.optional &&= optional;
        }
        const entry = own(snapshots, key);
        if (!isRecord(entry)) continue;
        waiting.push(...edges(entry.dependencies));
        if (optional) waiting.push(...edges(entry.optionalDependencies));
      }
    }
  }
  return needs;
}

/** What the projects ask for; the pass for what is optional follows all. */
function roots(root: Fields, dev: boolean, optional: boolean): readonly string[] {
  const importers = isRecord(root.importers) ? Object.values(root.importers) : [root];
  return importers.flatMap((one) => {
    if (!isRecord(one)) return [];
    return [
      ...(dev ? edges(one.devDependencies) : edges(one.dependencies)),
      ...(optional && !dev ? edges(one.optionalDependencies) : []),
    ];
  });
}

/** Keys of snapshots that a list of dependencies names. */
function edges(dependencies: unknown): readonly string[] {
  if (!isRecord(dependencies)) return [];
  return Object.entries(dependencies).flatMap(([name, value]) => {
    const version = isRecord(value) ? text(value.version) : text(value);
    if (version === null || /^(link|file|workspace):/.test(version)) return [];
    // Another name for a package stands as `real@version`.
    const isWhole = /^@?[^@(]+@/.test(version);
    return [isWhole ? version : `${name}@${version}`];
  });
}

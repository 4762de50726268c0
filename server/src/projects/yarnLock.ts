/** Reads `yarn.lock`: the form of Yarn 1 (its own, near to YAML), and tells later ones apart. */

import { type LockedPackage, type LockReading, mostPackages } from './projectFacts.ts';

/**
 * Entries of a Yarn 1 lock. It says neither where packages are put nor what only development needs,
 * so `unread` says that; each version stands once.
 */
export function readYarnLock(content: string, path: string): LockReading {
  if (/^__metadata:/m.test(content)) {
    return {
      ok: false,
      reason: `${path} is of Yarn 2 or later, whose packages stay zipped or are unpacked as its settings say.`,
    };
  }
  const packages: LockedPackage[] = [];
  let current: { name: string; fields: Map<string, string> } | null = null;
  const finish = () => {
    const version = current?.fields.get('version');
    if (current && version && packages.length < mostPackages) {
      packages.push(entryOf(current.name, version, current.fields));
    }
    current = null;
  };
  for (const line of content.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) {
      finish();
      const name = nameOf(line);
      if (name !== null) current = { name, fields: new Map() };
      continue;
    }
    const [, key = '', value = ''] = /^ {2}(\w+) "?([^"]*)"?$/.exec(line) ?? [];
    if (key !== '') (current as { fields: Map<string, string> } | null)?.fields.set(key, value);
  }
  finish();
  return {
    ok: true,
    lock: {
      manager: 'yarn',
      path,
      version: 1,
      bytes: 0,
      packages,
      ownBytes: 0,
      workspaces: [],
      projectScripts: false,
      unread: null,
    },
  };
}

/** `"@a/b@^1", "@a/b@^2":` is `@a/b`; `x@npm:y@^1` is `x`. */
function nameOf(line: string): string | null {
  const [, name = null] = /^"?(@?[^@"]+)@/.exec(line) ?? [];
  return name;
}

function entryOf(
  name: string,
  version: string,
  fields: ReadonlyMap<string, string>,
): LockedPackage {
  const resolved = fields.get('resolved') ?? null;
  return {
    name,
    version,
    path: `node_modules/${name}`,
    integrity: fields.get('integrity') ?? null,
    resolved,
    dev: false,
    optional: false,
    devOptional: false,
    peer: false,
    os: [],
    cpu: [],
    libc: [],
    hasInstallScript: false,
    recordBytes: 0,
    unpacked: null,
    source: null,
    archive: null,
  };
}

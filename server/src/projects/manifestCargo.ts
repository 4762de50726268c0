/**
 * What Cargo reads of a project when it only downloads: manifests of all its packages, the lock file,
 * settings. A manifest is refused by Cargo where a file is missing that it takes for a target, so that
 * such files must be there, be they empty (seen with Cargo 1.95).
 */

import { existing, refused } from './manifestParts.ts';
import type { Install, Manifests, ProjectFiles } from './manifests.ts';
import { type TomlTable, tomlField, tomlTables, tomlTexts } from './tomlTables.ts';

/** Each is a line of its own in the Dockerfile. */
const mostPackages = 20;

/** `cargo fetch` of a package or a workspace. */
export async function cargoManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const lock = await files.text('Cargo.lock');
  if ((await files.text('Cargo.toml')) === null) {
    return refused('The build context has no Cargo.toml.');
  }
  if (lock === null) return refused('The build context has no Cargo.lock.');
  if (!/^source = "/m.test(lock)) return refused('Cargo.lock names nothing that is downloaded.');
  if (await files.has('../Cargo.toml')) return refused('The project lies in another one.');
  const settings = await settingsOf(files);
  if (typeof settings === 'string') return refused(settings);
  const manifests: string[] = [];
  const dummies: string[] = [];
  const open = [''];
  const seen = new Set(open);
  for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
    const path = `${folder}Cargo.toml`;
    const text = await files.text(path);
    const tables = text === null ? null : tomlTables(text);
    if (!tables) return refused(`${path} cannot be read.`);
    const found = await packageOf(folder, tables, files);
    if (typeof found === 'string') return refused(`${path}: ${found}`);
    manifests.push(path);
    if (manifests.length > mostPackages) {
      return refused(`There are more than ${mostPackages} packages.`);
    }
    dummies.push(...found.dummies);
    for (const other of found.folders) {
      if (seen.has(other)) continue;
      seen.add(other);
      open.push(other);
    }
  }
  const [own = '', ...others] = manifests;
  return {
    ok: true,
    files: [own, 'Cargo.lock', ...settings, ...others.sort()],
    restores: install.frozen ? null : 'Cargo.lock',
    dummies: [...new Set(dummies)].sort(),
  };
}

/** Settings that Cargo and rustup read; a sentence where they lead elsewhere. */
async function settingsOf(files: ProjectFiles): Promise<readonly string[] | string> {
  const names = ['.cargo/config.toml', '.cargo/config', 'rust-toolchain.toml', 'rust-toolchain'];
  const found = await existing(files, names);
  for (const name of found) {
    const text = ((await files.text(name)) ?? '').replace(/^\s*#.*$/gm, '');
    const leads =
      /^\s*"?(include|paths|directory|local-registry|path|offline|credential-provider|global-credential-providers|token-from-stdout)"?\s*=|\b(path|directory)\s*=|file:\/\/|\b(cainfo|rustc(-\w+)*)"?\s*=\s*["'][^"']*\/|\.json["']/m;
    if (leads.test(text)) return `${name} may lead to other files of the project.`;
  }
  return found;
}

interface Package {
  /** Of packages that it needs, relative to the project and ending with a slash. */
  readonly folders: readonly string[];
  readonly dummies: readonly string[];
}

async function packageOf(
  folder: string,
  tables: readonly TomlTable[],
  files: ProjectFiles,
): Promise<Package | string> {
  const workspace = tables.find(({ name }) => name === 'workspace');
  if (folder !== '' && tables.some(({ name }) => /^workspace(\.|$)/.test(name))) {
    return 'it is a workspace in another one.';
  }
  const folders: string[] = [];
  for (const { name, values } of tables) {
    for (const path of localPaths(name, values)) {
      const place = within(folder, path);
      if (place === null) return `${JSON.stringify(path)} lies outside of the project.`;
      folders.push(place);
    }
  }
  const members = await membersOf(workspace, files);
  if (typeof members === 'string') return members;
  const own = tables.find(({ name }) => name === 'package' || name === 'project');
  if (own?.values.has('workspace')) return 'it names a workspace of its own.';
  const dummies = own ? await targetsOf(folder, own, tables, files) : [];
  if (typeof dummies === 'string') return dummies;
  return { folders: [...folders, ...members], dummies };
}

/** Folders that dependencies name, and patches of them. */
function localPaths(name: string, values: ReadonlyMap<string, string>): readonly string[] {
  const parts = name.split('.');
  if (
    !parts.some((part) => /dependencies$/.test(part)) &&
    parts[0] !== 'patch' &&
    name !== 'replace'
  ) {
    return [];
  }
  return [...values].flatMap(([key, value]) => {
    const isPath = key === 'path' || key.endsWith('.path');
    const found = isPath ? tomlTexts(value)[0] : tomlField(value, 'path');
    return found === undefined ? [] : [found];
  });
}

async function membersOf(
  workspace: TomlTable | undefined,
  files: ProjectFiles,
): Promise<readonly string[] | string> {
  const excluded = tomlTexts(workspace?.values.get('exclude')).map(plain);
  const found: string[] = [];
  for (const pattern of tomlTexts(workspace?.values.get('members')).map(plain)) {
    if (pattern === '.') continue;
    if (!/^[\w@.-]+(\/[\w@.-]+)*(\/\*)?$|^\*$/.test(pattern) || pattern.includes('..')) {
      return `its members ${JSON.stringify(pattern)} cannot be listed.`;
    }
    for (const path of await files.glob(`${pattern}/Cargo.toml`)) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (!excluded.includes(folder)) found.push(`${folder}/`);
    }
  }
  return found;
}

function plain(path: string): string {
  return path.replace(/^\.\//, '').replace(/\/+$/, '');
}

/** A folder that a manifest names, below the project; null: not below. */
function within(folder: string, path: string): string | null {
  const parts: string[] = [];
  if (path.startsWith('/') || path.includes('\\')) return null;
  for (const part of `${folder}${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}

/** Tables of targets, and the folder where Cargo looks for one that names no file. */
const places = { bin: 'src/bin', example: 'examples', test: 'tests', bench: 'benches' } as const;

/** Files that Cargo must find for the manifest to be read; a sentence where there is none. */
async function targetsOf(
  folder: string,
  own: TomlTable,
  tables: readonly TomlTable[],
  files: ProjectFiles,
): Promise<readonly string[] | string> {
  const inFolder = async (names: readonly string[]) =>
    await existing(
      files,
      names.map((name) => `${folder}${name}`),
    );
  const name = tomlTexts(own.values.get('name'))[0] ?? '';
  const found = [...(await inFolder(['src/lib.rs', 'src/main.rs']))];
  let hasTarget = found.length > 0;
  const lacks = (what: string) => `Cargo would not find the target ${JSON.stringify(what)}.`;
  const find = async (kind: keyof typeof places, target: string) => {
    const isOwn = kind === 'bin' && target === name && found.includes(`${folder}src/main.rs`);
    const at = `${places[kind]}/${target}`;
    const [first] = isOwn ? ['src/main.rs'] : await inFolder([`${at}.rs`, `${at}/main.rs`]);
    if (first && !isOwn) found.push(first);
    return first !== undefined;
  };
  for (const { name: table, values } of tables) {
    if (table === 'lib') {
      const isThere = values.has('path') || found.includes(`${folder}src/lib.rs`);
      if (!isThere) return lacks(`${name} (lib)`);
      hasTarget = true;
    }
    if (!Object.hasOwn(places, table)) continue;
    hasTarget ||= table === 'bin';
    const target = tomlTexts(values.get('name'))[0] ?? '';
    if (!values.has('path') && !(await find(table as keyof typeof places, target))) {
      return lacks(target);
    }
  }
  const first = tomlTexts(own.values.get('default-run'))[0];
  const isNamed = tables.some(
    ({ name: table, values }) => table === 'bin' && tomlTexts(values.get('name'))[0] === first,
  );
  if (first !== undefined && !isNamed && !(await find('bin', first))) return lacks(first);
  if (hasTarget || found.length > 0) return found;
  const [some] = [
    ...(await files.glob(`${folder}src/bin/*.rs`)),
    ...(await files.glob(`${folder}src/bin/*/main.rs`)),
  ].sort();
  if (!some || (await files.text(some)) === null) return 'it has no target.';
  return [some];
}

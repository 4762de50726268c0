/** What npm, Yarn and pnpm read of a project when they install its dependencies. */

import { load } from 'js-yaml';
import { existing, json, made, refused } from './manifestParts.ts';
import type { Install, Manifests, ProjectFiles } from './manifests.ts';
import { isRecord, list, own } from './untrusted.ts';

type Manager = 'npm' | 'yarn' | 'pnpm';

const locks: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  yarn: ['yarn.lock'],
  pnpm: ['pnpm-lock.yaml'],
};

const settings: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['.npmrc'],
  yarn: ['.npmrc', '.yarnrc', '.yarnrc.yml', '.yarnclean', '.yarn/'],
  pnpm: ['.npmrc', 'pnpm-workspace.yaml'],
};

/** What the managers write beside `node_modules`. */
const results: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['node_modules'],
  yarn: [
    ...['node_modules', '.pnp.cjs', '.pnp.js', '.pnp.loader.mjs', '.yarn/cache', '.yarn/unplugged'],
    ...['.yarn/install-state.gz', '.yarn/build-state.yml'],
  ],
  pnpm: ['node_modules', '.pnpm-store'],
};

/** Each is a line of its own in the Dockerfile. */
const mostWorkspaces = 20;

/** The files of a project with its workspaces. */
export async function javaScriptManifests(
  manager: Manager,
  install: Install,
  files: ProjectFiles,
): Promise<Manifests> {
  const text = await files.text('package.json');
  const manifest = text === null ? undefined : json(text);
  if (!isRecord(manifest))
    return refused('The build context has no package.json that can be read.');
  const lock = (await existing(files, locks[manager]))[0] ?? null;
  if (lock === null && install.frozen) {
    return refused(`The build context has no ${locks[manager].at(-1)}.`);
  }
  if (manager === 'pnpm' && (await files.has('.pnpmfile.cjs'))) {
    return refused('pnpm runs .pnpmfile.cjs, which may read any file.');
  }
  for (const above of ['../package.json', '../pnpm-workspace.yaml', '../yarn.lock']) {
    if (await files.has(above)) return refused('The project lies in another one.');
  }
  const locked = lock === null ? '' : ((await files.text(lock)) ?? '');
  const reader = install.noScripts ? null : (readers.exec(`${text}${locked}`)?.[1] ?? null);
  if (reader) return refused(`${reader} looks at the project when it is installed.`);
  const set = await existing(files, settings[manager]);
  const unsafe = await unsafeSettings(set, files);
  if (unsafe) return refused(unsafe);
  const workspaces = await workspacesOf(manager, manifest, files);
  if (typeof workspaces === 'string') return refused(workspaces);
  const own = needsMore(manifest, install, false);
  if (own) return refused(own);
  if (!install.noScripts && (await files.has('binding.gyp'))) {
    return refused('The project has a binding.gyp, which the installation builds.');
  }
  const patches = manager === 'pnpm' ? await patchesOf(manifest, files) : [];
  if (!patches) return refused('The installation applies patches that the build context lacks.');
  const all = ['package.json', ...(lock === null ? [] : [lock]), ...set, ...workspaces, ...patches];
  const clash = await made(files, results[manager], all);
  if (clash) return clash;
  for (const path of workspaces) {
    const found = json((await files.text(path)) ?? '');
    const reason = isRecord(found) ? needsMore(found, install, true) : `${path} cannot be read.`;
    if (reason) return refused(`${path}: ${reason}`);
    const folder = path.slice(0, path.lastIndexOf('/'));
    const inside = await made(files, [`${folder}/node_modules`, `${folder}/binding.gyp`]);
    if (inside) return inside;
  }
  // pnpm writes even a frozen lock file anew where its line ends are others than its own.
  const isKept = install.frozen && (manager !== 'pnpm' || /^[^\r]*[^\r\n]\n$/.test(locked));
  return { ok: true, files: all, restores: isKept ? null : lock };
}

/** Packages whose own scripts read the project that they are installed into, or write into it. */
const readers =
  /["'/\s](@prisma\/client|prisma|husky|lefthook|yorkie|simple-git-hooks|pre-commit|pre-push|ghooks|git-hooks|puppeteer|msw)["'@:/]/;

/** Scripts that an installation runs in a project (npm, Yarn and pnpm have these names in common). */
const lifecycle = [
  ...['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'],
  ...['dependencies', 'pnpm:devPreinstall'],
];

const dependencyFields = [
  ...['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'],
  ...['overrides', 'resolutions', 'catalog', 'catalogs', 'pnpm'],
];

/** Why the installation reads more than this file; null: it does not. */
function needsMore(
  manifest: Readonly<Record<string, unknown>>,
  install: Install,
  isWorkspace: boolean,
): string | null {
  const scripts = own(manifest, 'scripts');
  const script = isRecord(scripts) && lifecycle.find((name) => own(scripts, name) !== undefined);
  if (script && !install.noScripts) {
    return `The script ${script} of package.json runs with the installation, and may need other files.`;
  }
  // A workspace's program is linked, and made executable, only where it is there.
  if (isWorkspace && (own(manifest, 'bin') !== undefined || own(manifest, 'directories'))) {
    return 'The installation links programs of a workspace.';
  }
  const local = dependencyFields.map((name) => localIn(own(manifest, name), 0)).find(Boolean);
  return local ? `The dependency ${local} lies in the project itself.` : null;
}

/** A value that names files of the project, of a table of dependencies. */
function localIn(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return isLocal(value) ? value.slice(0, 80) : null;
  if (!isRecord(value) || depth > 20) return null;
  for (const [name, one] of Object.entries(value)) {
    const found = isLocal(name) ? name : localIn(one, depth + 1);
    if (found) return found;
  }
  return null;
}

function isLocal(value: string): boolean {
  if (/^patch:/.test(value)) return !/#(~|\.)\/\.yarn\/patches\//.test(value);
  return /^(file|link|portal|exec):|^\.{0,2}[\\/]|^~[\\/]|@(file|link|portal|exec):/.test(value);
}

/** Why settings may lead to other files; null: they do not. */
async function unsafeSettings(
  names: readonly string[],
  files: ProjectFiles,
): Promise<string | null> {
  for (const name of names) {
    if (name.endsWith('/')) continue;
    const text = (await files.text(name)) ?? '';
    const leads =
      name === '.yarnrc.yml' || name === '.yarnrc'
        ? /^\s*-?\s*"?(yarnPath|yarn-path|path)"?:?\s+(?!"?(\.\/)?\.yarn\/)|enableConstraintsChecks|injectEnvironmentFiles|offline-mirror|cacheFolder|globalFolder|-folder/m
        : name === 'pnpm-workspace.yaml'
          ? /configDependencies|(file|link):|Dir:\s/
          : /=\s*("?\.{1,2}\/|file:)|^\s*(modules-dir|virtual-store-dir|store-dir|prefix|cache)\s*=\s*[^/\s]/m;
    if (leads.test(text)) return `${name} may lead to other files of the project.`;
  }
  return null;
}

/** Patches that pnpm applies to packages; null: one is not there. */
async function patchesOf(
  manifest: Readonly<Record<string, unknown>>,
  files: ProjectFiles,
): Promise<readonly string[] | null> {
  const settings = [own(manifest, 'pnpm'), yaml((await files.text('pnpm-workspace.yaml')) ?? '')];
  const tables = settings.map((one) => isRecord(one) && own(one, 'patchedDependencies'));
  const named = tables.flatMap((table) => (isRecord(table) ? Object.values(table) : []));
  const paths = named.map((path) => String(path).replace(/^\.\//, ''));
  const found = await existing(files, paths);
  return found.length === paths.length && paths.every((path) => !path.includes('..'))
    ? [...new Set(found)]
    : null;
}

/** Manifests of the workspaces; a sentence where they cannot be listed. */
async function workspacesOf(
  manager: Manager,
  manifest: Readonly<Record<string, unknown>>,
  files: ProjectFiles,
): Promise<readonly string[] | string> {
  let patterns: readonly string[];
  if (manager === 'pnpm') {
    const text = await files.text('pnpm-workspace.yaml');
    patterns = text === null ? [] : packagesOf(text);
  } else {
    const named = own(manifest, 'workspaces');
    patterns = list(isRecord(named) ? own(named, 'packages') : named);
  }
  const found = new Set<string>();
  for (const pattern of patterns) {
    const plain = pattern.replace(/^\.\//, '').replace(/\/$/, '');
    if (plain === '.') continue;
    if (!/^[\w@.-]+(\/[\w@.-]+)*(\/\*)?$/.test(plain) || plain.includes('..')) {
      return `The workspaces ${JSON.stringify(pattern)} cannot be listed.`;
    }
    for (const path of await files.glob(`${plain}/package.json`)) found.add(path);
  }
  if (found.size > mostWorkspaces) return `There are more than ${mostWorkspaces} workspaces.`;
  return [...found].sort();
}

function packagesOf(text: string): readonly string[] {
  const value = yaml(text);
  if (value === undefined) return ['**'];
  return isRecord(value) ? list(own(value, 'packages')) : [];
}

/** What a YAML file has; undefined where it is none. */
function yaml(text: string): unknown {
  try {
    return load(text) ?? null;
  } catch {
    return undefined;
  }
}

/** What pip, Poetry and uv read of a project when they install its dependencies. */

import { existing, made, refused } from './manifestParts.ts';
import type { Install, Manifests, ProjectFiles } from './manifests.ts';

const mostFiles = 20;

/** Requirements and constraints files with those that they include. */
export async function pipManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const found: string[] = [];
  const open = [...install.files].reverse();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const path = inside(name);
    if (path === null) return refused(`The file ${name} lies outside of the project.`);
    if (found.includes(path)) continue;
    const text = await files.text(path);
    if (text === null) return refused(`The build context has no ${path}.`);
    if (found.push(path) > mostFiles) return refused('There are too many requirements files.');
    for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
      const read = requirement(line.replace(/(^|\s)#.*$/, '').trim());
      if (read === 'needs more') {
        return refused(
          `${path} may name other files of the project (${line.trim().slice(0, 60)}).`,
        );
      }
      if (read.include === null) continue;
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
      open.push(/^https?:/.test(read.include) ? '..' : folder + read.include);
    }
  }
  return { ok: true, files: found, restores: null };
}

/** A line of a requirements file; `include`: another file, relative to it. */
function requirement(line: string): { readonly include: string | null } | 'needs more' {
  if (line === '') return { include: null };
  const included =
    /^(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+)(\S+)$/.exec(line) ??
    /^(?:-r|-c)([^\s-]\S*)$/.exec(line);
  if (included) return { include: included[1] ?? '' };
  if (/^(-i|--index-url|--extra-index-url|-f|--find-links)(\s+|=)https?:\/\/\S+$/.test(line)) {
    return { include: null };
  }
  if (/^(--no-binary|--only-binary|--trusted-host)(\s+|=)[\w.:,@-]+$/.test(line)) {
    return { include: null };
  }
  if (/^(--pre|--prefer-binary|--require-hashes|--no-index)$/.test(line)) return { include: null };
  const plain = line.replace(/(\s+--hash[= ]\S+)+$/, '');
  // A name with a slash in it would be a path.
  const isName = /^[A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]*\])?\s*([<>=!~(;][^/@\\]*)?$/.test(plain);
  if (isName && !/\.(whl|zip|tar\.\w+|tgz)$/i.test(plain)) return { include: null };
  const isRemote =
    /^([A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]*\])?\s*@\s*)?((git|hg|svn|bzr)\+)?(https?|ssh):\/\/\S+(\s*;.*)?$/;
  return isRemote.test(plain) ? { include: null } : 'needs more';
}

/** Clean and below the project; null: not below. */
function inside(name: string): string | null {
  const parts: string[] = [];
  if (name.startsWith('/')) return null;
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join('/');
}

const environment = ['.venv'];

/** Poetry with `--no-root`, or for a project that is no package. */
export async function poetryManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const project = await files.text('pyproject.toml');
  if (project === null) return refused('The build context has no pyproject.toml.');
  if ((await files.text('poetry.lock')) === null) {
    return refused('The build context has no poetry.lock.');
  }
  if (!install.noProject && !/^\s*package-mode\s*=\s*false\b/m.test(project)) {
    return refused('Without --no-root the installation needs the project itself.');
  }
  if (namesFiles(project)) return refused('pyproject.toml names other files of the project.');
  const clash = await made(files, environment, ['pyproject.toml', 'poetry.lock']);
  if (clash) return clash;
  const set = await existing(files, ['poetry.toml']);
  return { ok: true, files: ['pyproject.toml', 'poetry.lock', ...set], restores: null };
}

/** uv with `--no-install-project`, or for a project that is no package. */
export async function uvManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const project = await files.text('pyproject.toml');
  if (project === null) return refused('The build context has no pyproject.toml.');
  if ((await files.text('uv.lock')) === null) return refused('The build context has no uv.lock.');
  const isPackage =
    !/^\s*package\s*=\s*false\b/m.test(project) &&
    (/^\s*\[build-system\]/m.test(project) || /^\s*package\s*=\s*true\b/m.test(project));
  if (!install.noProject && isPackage) {
    return refused('Without --no-install-project the installation needs the project itself.');
  }
  if (/^\s*dynamic\s*=/m.test(project)) {
    return refused('Metadata of the project are made from its sources (dynamic).');
  }
  if (namesFiles(project) || /\bworkspace\b/.test(project)) {
    return refused('pyproject.toml names other files of the project.');
  }
  const clash = await made(files, environment, ['pyproject.toml', 'uv.lock']);
  if (clash) return clash;
  const set = await existing(files, ['uv.toml', '.python-version', '.python-versions']);
  return {
    ok: true,
    files: ['pyproject.toml', 'uv.lock', ...set],
    restores: install.frozen ? null : 'uv.lock',
  };
}

/** Paths of dependencies, or texts that are read from files. */
function namesFiles(project: string): boolean {
  return /\bpath\s*=\s*["']|\bfile\s*=\s*["']|file:\/\/|["']\s*@\s*\.|\bdevelop\s*=\s*true/.test(
    project,
  );
}

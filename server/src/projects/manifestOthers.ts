/** What Composer and Bundler read of a project when they install its dependencies. */

import { existing, json, made, refused } from './manifestParts.ts';
import type { Install, Manifests, ProjectFiles } from './manifests.ts';
import { isRecord, own } from './untrusted.ts';

/** `composer install` that runs no scripts, and whose autoloader does not list classes. */
export async function composerManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const manifest = json((await files.text('composer.json')) ?? '');
  if (!isRecord(manifest))
    return refused('The build context has no composer.json that can be read.');
  const lock = await files.text('composer.lock');
  if (lock === null) return refused('The build context has no composer.lock.');
  const scripts = own(manifest, 'scripts');
  const events = isRecord(scripts) ? Object.keys(scripts) : [];
  if (!install.noScripts && events.some((name) => /^(pre|post)-/.test(name))) {
    return refused('Scripts of composer.json run with the installation, and may need other files.');
  }
  // These run for packages that are installed, which are there already when the scripts may run.
  if (install.isAdded && events.some((name) => /-package-|operations|download|pool/.test(name))) {
    return refused('Scripts of composer.json run with each package.');
  }
  const config = own(manifest, 'config');
  const settings = isRecord(config) ? config : {};
  const plugins = own(settings, 'allow-plugins');
  const hasPlugins =
    plugins === true || (isRecord(plugins) && Object.values(plugins).some((one) => one !== false));
  if (hasPlugins && !install.noPlugins) {
    return refused('Plugins run with the installation, and may read other files.');
  }
  if (['vendor-dir', 'bin-dir', 'cache-dir'].some((name) => own(settings, name) !== undefined)) {
    return refused('composer.json says where to install.');
  }
  if (/"type"\s*:\s*"(path|artifact)"/.test(`${JSON.stringify(manifest)}${lock}`)) {
    return refused('Packages come from the project itself.');
  }
  if (!install.noProject && listsClasses(manifest, settings)) {
    return refused('The autoloader lists the classes of the project.');
  }
  const clash = await made(files, ['vendor'], ['composer.json', 'composer.lock']);
  if (clash) return clash;
  if (own(manifest, 'version') === undefined && (await files.has('.git'))) {
    return refused('Composer reads the version of the project from .git, which the context has.');
  }
  const set = await existing(files, ['auth.json']);
  return { ok: true, files: ['composer.json', 'composer.lock', ...set], restores: null };
}

function listsClasses(
  manifest: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): boolean {
  const isOptimized = ['optimize-autoloader', 'classmap-authoritative'].some(
    (name) => own(settings, name) === true,
  );
  return (
    isOptimized ||
    ['autoload', 'autoload-dev'].some((name) => {
      const autoload = own(manifest, name);
      return isRecord(autoload) && own(autoload, 'classmap') !== undefined;
    })
  );
}

/** `bundle install` for a Gemfile of plain lines. */
export async function bundlerManifests(install: Install, files: ProjectFiles): Promise<Manifests> {
  const text = await files.text('Gemfile');
  if (text === null) return refused('The build context has no Gemfile.');
  const lock = await files.text('Gemfile.lock');
  if (lock === null) return refused('The build context has no Gemfile.lock.');
  const code = text.replace(/^\s*#.*$/gm, '');
  const runs =
    /\b(path|gemspec|eval|eval_gemfile|instance_eval|require|require_relative|load|File|Dir|IO|Pathname|read|open|system|exec|__dir__|__FILE__|file|plugin|glob)\b|`|%x/;
  if (runs.test(code) || /^PATH$/m.test(lock)) {
    return refused('The Gemfile may read other files of the project.');
  }
  const clash = await made(
    files,
    ['.bundle', 'vendor/bundle', 'vendor/cache'],
    ['Gemfile', 'Gemfile.lock'],
  );
  if (clash) return clash;
  return {
    ok: true,
    files: ['Gemfile', 'Gemfile.lock'],
    restores: install.frozen ? null : 'Gemfile.lock',
  };
}

/**
 * Installs what the editor tests need where no desktop VS Code can be had: VS Code's server and
 * web workbench (they come with the npm package `code-server`) and a headless Chromium. Everything
 * lands in a cache folder and is used again; a run that finds it there does nothing.
 *
 *   node --import tsx scripts/installVscode.ts [version]
 *
 * `DOCKERFILE_LAYERS_CACHE` names another folder than `~/.cache/dockerfile-layers`; `CHROMIUM` a
 * browser that is already there.
 */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A VS Code server that can be started: its folder, and the Node that it wants. */
export interface Host {
  readonly vscode: string;
  readonly node: string;
}

/** The newest that is tried, and the oldest that the manifest's `engines.vscode` allows. */
export const newest = '4.139.1';
export const floor = '4.100.3';

/** Node's major version that each of them is built for. */
const nodeMajors: Readonly<Record<string, number>> = { [newest]: 24, [floor]: 20 };

const cache =
  process.env.DOCKERFILE_LAYERS_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dockerfile-layers');

/** The server of a version of `code-server`, installed if it is not there yet. */
export function installHost(version: string = newest): Host {
  const folder = join(cache, `code-server-${version}`);
  const host = hostIn(folder, version);
  if (existsSync(join(folder, 'complete'))) return host;
  console.error(`Installing VS Code's server (code-server ${version}) into ${folder} …`);
  // Made beside and moved at the end, so that a broken run leaves nothing that looks whole.
  const work = `${folder}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'package.json'), '{"name":"vscode-host","private":true}\n');
  install(work, version);
  prune(join(work, 'node_modules/code-server/lib/vscode'));
  writeFileSync(join(work, 'complete'), `${version}\n`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
  return host;
}

/** Path of a Chromium, installed from the system's packages if there is none; undefined: none to be had. */
export function installChromium(): string | undefined {
  const found = findChromium();
  if (found) return found;
  if (process.platform !== 'linux') return undefined;
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args: string[]) => {
    const [command = '', ...rest] = [...root, 'apt-get', ...args];
    execFileSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    console.error('Installing Chromium from the system packages …');
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
  } catch {
    return undefined;
  }
  return findChromium();
}

function findChromium(): string | undefined {
  const given = process.env.CHROMIUM;
  if (given) return given;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const mac = [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...mac].find(
    existsSync,
  );
}

function hostIn(folder: string, version: string): Host {
  const own = join(folder, 'node_modules', nodePackage(), 'bin/node');
  return {
    vscode: join(folder, 'node_modules/code-server/lib/vscode'),
    node: usesSystemNode(version) ? process.execPath : own,
  };
}

function install(folder: string, version: string): void {
  const major = nodeMajors[version] ?? 24;
  const system = usesSystemNode(version);
  const node = system
    ? dirname(dirname(process.execPath))
    : join(folder, 'node_modules', nodePackage());
  const env = {
    ...process.env,
    PATH: `${join(node, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    npm_config_nodedir: node,
  };
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const bare = ['--ignore-scripts', '--no-save', '--no-package-lock'];
  // Its own scripts compile modules that the tests do not need and download from elsewhere.
  npm(
    folder,
    'install',
    ...bare,
    ...(system ? [] : [`${nodePackage()}@${major}`]),
    `code-server@${version}`,
  );
  const vscode = join(folder, 'node_modules/code-server/lib/vscode');
  npm(vscode, 'install', '--ignore-scripts', '--omit=dev');
  const watchdog = existsSync(join(vscode, 'node_modules/@vscode/native-watchdog'))
    ? '@vscode/native-watchdog'
    : 'native-watchdog';
  npm(vscode, 'rebuild', '--foreground-scripts', '@vscode/spdlog', watchdog);
  // Up to 1.10x the search binary came by a download; without it no file is found.
  const ripgrep = join(vscode, 'node_modules/@vscode/ripgrep');
  if (!existsSync(ripgrep)) return;
  npm(folder, 'install', ...bare, '--prefix', 'rg', '@vscode/ripgrep-universal@1.18.0');
  const binary = join(ripgrep, 'bin/rg');
  mkdirSync(dirname(binary), { recursive: true });
  copyFileSync(
    join(
      folder,
      'rg/node_modules/@vscode/ripgrep-universal/bin',
      `${process.platform}-${process.arch}`,
      'rg',
    ),
    binary,
  );
  chmodSync(binary, 0o755);
  rmSync(join(folder, 'rg'), { recursive: true });
}

/** Drops some 350 MB that nothing here uses. */
function prune(vscode: string): void {
  for (const path of [
    'node_modules/@github/copilot-sdk-linux-x64',
    'node_modules/@microsoft/mxc-sdk',
    'node_modules/@vscode/windows-process-tree',
    'extensions/copilot',
    'extensions/mermaid-markdown-features',
  ]) {
    rmSync(join(vscode, path), { recursive: true, force: true });
  }
}

function usesSystemNode(version: string): boolean {
  return (
    Number(process.versions.node.split('.')[0]) === (nodeMajors[version] ?? 24) &&
    existsSync(join(dirname(dirname(process.execPath)), 'include/node/node.h'))
  );
}

/** A plain archive with `bin/node` and the headers; no install script. */
function nodePackage(): string {
  return `node-${process.platform}-${process.arch}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const host = installHost(process.argv[2]);
  const version = execFileSync(host.node, [join(host.vscode, 'out/server-main.js'), '--version']);
  console.log(`VS Code server ${String(version).split('\n')[0]}`);
  console.log(`Chromium ${installChromium() ?? 'not found'}`);
}

/**
 * A real VS Code without a display: its server on this machine, its workbench in a headless
 * Chromium. Used by the editor tests, the pictures and `npm run code`.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Host, installChromium } from '../../scripts/installVscode.ts';

/** A quiet workbench: nothing pops up, calls elsewhere or moves. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'editor.minimap.enabled': false,
  'editor.accessibilitySupport': 'off',
  'editor.hover.delay': 100,
};

export interface ServerOptions {
  readonly host: Host;
  /** User settings over the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where extensions are installed; a fresh folder when absent. */
  readonly extensionsDir?: string;
  /** Loads extensions and suites named in the address; also mutes notifications. */
  readonly driver?: boolean;
  /** False: folders are opened in Restricted Mode. */
  readonly trusted?: boolean;
}

export interface RunningServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** Folder of its data, with that of extensions below it. */
  readonly data: string;
  readonly log: () => string;
  readonly stop: () => void;
}

/** Starts VS Code's server on a free port of this machine; it ends with this process at the latest. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, settings = {}, env = {}, driver = true, trusted = true } = options;
  const data = mkdtempSync(join(tmpdir(), 'vscode-host-'));
  mkdirSync(join(data, 'data/User'), { recursive: true });
  const trust = trusted
    ? { 'security.workspace.trust.enabled': false }
    : {
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.banner': 'never',
      };
  writeFileSync(
    join(data, 'data/User/settings.json'),
    JSON.stringify({ ...quiet, ...trust, ...settings }, null, 1),
  );
  // No marketplace; sockets in the data folder, so that they go with it.
  const childEnv: NodeJS.ProcessEnv = {
    EXTENSIONS_GALLERY: '{}',
    ...process.env,
    XDG_RUNTIME_DIR: data,
    ...env,
  };
  for (const name of Object.keys(childEnv)) {
    if (/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name)) delete childEnv[name];
  }
  const child = spawn(
    host.node,
    [
      join(host.vscode, 'out/server-main.js'),
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off'],
      ...['--server-data-dir', data],
      ...['--extensions-dir', options.extensionsDir ?? join(data, 'extensions')],
      ...(trusted ? ['--disable-workspace-trust'] : []),
      ...(driver ? ['--enable-smoke-test-driver'] : []),
    ],
    // A group of its own: one signal ends extension hosts and language servers too.
    { env: childEnv, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  const endAll = () => {
    stop();
    process.exit(130);
  };
  const stop = once(() => {
    process.off('exit', stop).off('SIGINT', endAll).off('SIGTERM', endAll);
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  process.once('exit', stop).once('SIGINT', endAll).once('SIGTERM', endAll);
  const port = await new Promise<number>((found, failed) => {
    const timer = setTimeout(() => failed(new Error(`VS Code did not start:\n${log}`)), 60_000);
    const read = (chunk: Buffer) => {
      log += chunk;
      const match = /Extension host agent listening on (\d+)/.exec(log);
      if (!match) return;
      clearTimeout(timer);
      found(Number(match[1]));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', (code) => failed(new Error(`VS Code ended with ${code}:\n${log}`)));
  });
  return { port, process: child, data, log: () => log, stop };
}

export interface Workbench {
  readonly folder: string;
  /** Extension to load from its source folder; needs the driver. */
  readonly extension?: string;
  /** Bundled suite to run in the extension host; needs the driver. */
  readonly suite?: string;
}

/** The address of a workbench on a started server. */
export function workbenchUrl(port: number, workbench: Workbench): string {
  const authority = `127.0.0.1:${port}`;
  const remote = (path: string) => `vscode-remote://${authority}${resolve(path)}`;
  const payload: [string, string][] = [['skipWelcome', 'true']];
  if (workbench.extension) payload.push(['extensionDevelopmentPath', remote(workbench.extension)]);
  if (workbench.suite) payload.push(['extensionTestsPath', remote(workbench.suite)]);
  const url = new URL(`http://${authority}/`);
  url.searchParams.set('folder', resolve(workbench.folder));
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

/** A page in a headless Chromium; undefined where no Chromium can be had. */
export async function openBrowser(
  look: { readonly width: number; readonly height: number; readonly scale?: number } = {
    width: 1400,
    height: 850,
  },
): Promise<{ readonly browser: Browser; readonly page: Page } | undefined> {
  const executablePath = installChromium();
  if (!executablePath) return undefined;
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    deviceScaleFactor: look.scale ?? 1,
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  return { browser, page: await context.newPage() };
}

/** Installs a packaged extension into a folder of its own. */
export function installPackage(host: Host, vsix: string, extensionsDir: string): void {
  const data = mkdtempSync(join(tmpdir(), 'vscode-install-'));
  try {
    const output = execFileSync(
      host.node,
      [
        join(host.vscode, 'out/server-main.js'),
        '--accept-server-license-terms',
        ...['--server-data-dir', data, '--extensions-dir', extensionsDir],
        ...['--install-extension', vsix, '--force'],
      ],
      { encoding: 'utf8', env: { ...process.env, EXTENSIONS_GALLERY: '{}' } },
    );
    if (!/successfully installed/.test(output)) throw new Error(output);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}

/**
 * Watches an extension host from outside while a Dockerfile is opened: the language server is the
 * only process that starts, and nothing is contacted. Linux only, as it reads /proc.
 */

import { appendFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Host } from '../../scripts/installVscode.ts';
import { openBrowser, startServer, workbenchUrl } from './host.ts';
import { descendants, endedChildren, type Process, sockets } from './processes.ts';
import { projectRoot } from './project.ts';
import { until } from './results.ts';
import { openFile, painted } from './workbench.ts';
import { commitAll, makeWorkspace } from './workspace.ts';

/** VS Code's own reasons to start processes: tasks to look for, ports to forward. */
const silent = {
  'remote.autoForwardPorts': false,
  'remote.autoForwardPortsSource': 'output',
  'remote.restoreForwardedPorts': false,
  'npm.autoDetect': 'off',
  'grunt.autoDetect': 'off',
  'gulp.autoDetect': 'off',
  'jake.autoDetect': 'off',
  'typescript.tsc.autoDetect': 'off',
};

/** Input, output, errors and messages of a child: all that client and server need between them. */
const pairs = 4;

/**
 * What was seen that should not be; empty when all is well. VS Code itself may start something at
 * that moment on a busy machine: such a look proves nothing, and another is taken.
 */
export async function watchActivation(host: Host, extension: string): Promise<readonly string[]> {
  let seen = await watchOnce(host, extension);
  for (let again = 0; seen.disturbed && again < 4; again++) {
    seen = await watchOnce(host, extension);
  }
  return seen.wrong;
}

interface Seen {
  readonly wrong: readonly string[];
  /** VS Code's own processes came or went, and no others. */
  readonly disturbed: boolean;
}

async function watchOnce(host: Host, extension: string): Promise<Seen> {
  const { root, folder } = makeWorkspace();
  // Git may be asked how often files change, but not because a file was opened.
  commitAll(folder);
  const opened = await openBrowser();
  if (!opened) throw new Error('there is no Chromium');
  const server = await startServer({ host, settings: silent });
  try {
    await opened.page.goto(workbenchUrl(server.port, { folder, extension }));
    const extensionHost = await until('the extension host', () =>
      descendants(server.process.pid ?? 0).find((one) =>
        one.command.includes('--type=extensionHost'),
      ),
    );
    await opened.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    await settled(extensionHost.pid);
    const watch = startWatch(extensionHost.pid, host);
    await openFile(opened.page, 'Dockerfile');
    await painted(opened.page, 'CMD', /metadata/);
    // What starts late is seen too.
    await settled(extensionHost.pid);
    return watch();
  } finally {
    await opened.browser.close();
    server.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Looks every few milliseconds; the returned function ends it and says what was wrong. */
function startWatch(extensionHost: number, host: Host): () => Seen {
  const before = {
    processes: new Set(descendants(extensionHost).map((one) => one.pid)),
    sockets: new Set(sockets(extensionHost).keys()),
    ended: endedChildren(extensionHost),
  };
  const seenProcesses = new Map<number, Process>();
  const seenSockets = new Map<string, string>();
  const look = () => {
    for (const one of descendants(extensionHost)) {
      if (before.processes.has(one.pid)) continue;
      // Right after the fork a child still has its parent's command line.
      if (!one.command.includes('--type=extensionHost')) seenProcesses.set(one.pid, one);
    }
    for (const pid of [extensionHost, ...seenProcesses.keys()]) {
      for (const [inode, kind] of sockets(pid)) {
        if (!before.sockets.has(inode)) seenSockets.set(`${pid} ${inode}`, kind);
      }
    }
  };
  /** Before a child starts its parent holds both ends of what is between them. */
  const handedOn = (key: string) =>
    [...seenProcesses.keys()].some((pid) => seenSockets.has(`${pid} ${key.split(' ')[1]}`));
  const timer = setInterval(look, 4);
  return () => {
    look();
    clearInterval(timer);
    const wrong: string[] = [];
    const all = [...seenProcesses.values()];
    const servers = all.filter((one) => /dist[/\\]server\.cjs/.test(one.command));
    if (servers.length !== 1) wrong.push(`process: ${servers.length} language servers`);
    const others = all.filter((one) => !servers.includes(one));
    for (const one of all) {
      if (others.includes(one)) wrong.push(`process: ${one.pid} ${one.command.slice(0, 200)}`);
      if (endedChildren(one.pid) > 0) wrong.push(`process: ${one.pid} had a child that ended`);
    }
    if (endedChildren(extensionHost) > before.ended) {
      wrong.push('process: the extension host had a child that ended');
    }
    for (const pid of [extensionHost, ...seenProcesses.keys()]) {
      const own = [...seenSockets].filter(
        ([key]) => key.startsWith(`${pid} `) && !(pid === extensionHost && handedOn(key)),
      );
      const far = own.filter(([, kind]) => kind !== 'unix');
      for (const [key, kind] of far) wrong.push(`socket: ${key} ${kind}`);
      const near = own.length - far.length;
      if (near > pairs) wrong.push(`socket: ${pid} has ${near} to other processes, not ${pairs}`);
    }
    const disturbed = others.length > 0 && others.every((one) => isOfVscode(one, host));
    return { wrong, disturbed };
  };
}

/** The search for ports to forward, whatever the settings say at the start, and parts of VS Code. */
function isOfVscode({ command }: Process, host: Host): boolean {
  const scans = /^(\/bin\/sh -c )?(ls -l \/proc\/|ps -F -A -l|grep (root|socket:))/;
  // A process that has just ended has no command line any more.
  return command === '' || command.includes(`${host.vscode}/`) || scans.test(command);
}

/** Waits until no process below has come or gone for a while. */
async function settled(pid: number): Promise<void> {
  const quietMs = 1500;
  let last = '';
  let since = Date.now();
  await until('a quiet extension host', () => {
    const now = descendants(pid)
      .map((one) => one.pid)
      .join();
    if (now !== last) {
      last = now;
      since = Date.now();
    }
    return Date.now() - since > quietMs;
  });
}

export type Plant = 'process' | 'address' | 'socket';

/**
 * A copy of the extension that does what it must not: starts a process that ends at once (client),
 * connects to an address of this machine, or to a named socket as an engine has (server).
 */
export async function withPlant(
  plant: Plant,
  use: (extension: string) => Promise<void>,
): Promise<void> {
  const { root } = makeWorkspace();
  const extension = join(root, 'extension');
  mkdirSync(extension);
  for (const name of ['package.json', 'dist', 'media', 'syntaxes']) {
    cpSync(join(projectRoot, name), join(extension, name), { recursive: true });
  }
  const listener = createServer();
  const path = join(root, 'engine.sock');
  await new Promise<void>((ready) => {
    if (plant === 'socket') listener.listen(path, ready);
    else listener.listen(0, '127.0.0.1', ready);
  });
  const address = listener.address();
  const code = {
    process: "require('node:child_process').spawn('true');",
    address: `require('node:net').connect(${typeof address === 'object' ? address?.port : 0}, '127.0.0.1');`,
    socket: `require('node:net').connect(${JSON.stringify(path)});`,
  };
  const bundle = plant === 'process' ? 'extension.cjs' : 'server.cjs';
  appendFileSync(join(extension, 'dist', bundle), `\n${code[plant]}\n`);
  try {
    await use(extension);
  } finally {
    listener.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** A language server as a process of its own, spoken to over stdio as an editor does. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

/** A program to measure. */
export interface Candidate {
  readonly name: string;
  /** Arguments to Node. */
  readonly args: readonly string[];
  /** Beside the environment of the measurement. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface LanguageServer {
  /** From the start of the process to the answer to `initialize`. */
  readonly readyMs: number;
  /** Does it wait to be asked for diagnostics, or does it send them by itself? */
  readonly pullsDiagnostics: boolean;
  request(method: string, params: object): Promise<unknown>;
  notify(method: string, params: object): void;
  /** Resolves when diagnostics come in after this call; at once for a server that is asked for them. */
  nextDiagnostics(): Promise<void>;
  /** Resolves when the server asks to be asked for hints again. */
  nextHintRefresh(): Promise<void>;
  usage(): Usage | null;
  stop(): Promise<void>;
}

/** What the process took so far. Linux only. */
export interface Usage {
  /** Of all threads, user and system, in steps of 10 ms. */
  readonly cpuMs: number;
  readonly rssMB: number;
  readonly peakMB: number;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How long any one answer may take. */
const patienceMs = 180_000;

const capabilities = {
  general: { positionEncodings: ['utf-16'] },
  workspace: {
    configuration: true,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
    inlayHint: { refreshSupport: true },
    diagnostics: { refreshSupport: true },
  },
  textDocument: {
    synchronization: { dynamicRegistration: true, didSave: true },
    publishDiagnostics: { versionSupport: true, relatedInformation: true },
    diagnostic: { dynamicRegistration: false },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    inlayHint: { resolveSupport: { properties: ['tooltip', 'label.tooltip', 'label.command'] } },
  },
};

/** Starts the server and resolves when it has answered `initialize`. */
export async function startServer(candidate: Candidate, root: string): Promise<LanguageServer> {
  const started = performance.now();
  const child = spawn(process.execPath, candidate.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...candidate.env },
  });
  running.add(child);
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    if (complaint.length < 2000) complaint += chunk;
  });
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      running.delete(child);
      reject(new Error(`${candidate.name} ended (${code ?? signal}). ${complaint}`));
    });
  });
  ended.catch(() => {});
  child.stdin.on('error', () => {});

  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const waiting = new Set<() => void>();
  connection.onRequest('workspace/configuration', (params: { items: unknown[] }) =>
    params.items.map(() => null),
  );
  const refreshed = new Set<() => void>();
  connection.onRequest((method) => {
    if (method === 'workspace/inlayHint/refresh') {
      for (const resolve of refreshed) resolve();
      refreshed.clear();
    }
    return null;
  });
  connection.onNotification((method) => {
    if (method !== 'textDocument/publishDiagnostics') return;
    for (const resolve of waiting) resolve();
    waiting.clear();
  });
  connection.listen();

  const request = (method: string, params: object) =>
    within(
      Promise.race([connection.sendRequest(method, params), ended]),
      `${candidate.name} ${method}`,
    );
  const answer = (await request('initialize', {
    processId: process.pid,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'bench' }],
    capabilities,
  })) as { capabilities: { diagnosticProvider?: unknown } };
  const readyMs = performance.now() - started;
  void connection.sendNotification('initialized', {});

  const pullsDiagnostics = answer.capabilities.diagnosticProvider !== undefined;
  return {
    readyMs,
    pullsDiagnostics,
    request,
    notify: (method, params) => void connection.sendNotification(method, params),
    nextDiagnostics: () =>
      pullsDiagnostics
        ? Promise.resolve()
        : within(
            Promise.race([new Promise<void>((resolve) => waiting.add(resolve)), ended]),
            `${candidate.name} diagnostics`,
          ),
    nextHintRefresh: () =>
      within(
        Promise.race([new Promise<void>((resolve) => refreshed.add(resolve)), ended]),
        `${candidate.name} to ask for hints again`,
      ),
    usage: () => usageOf(child.pid),
    async stop() {
      if (!running.has(child)) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      connection.sendRequest('shutdown').then(
        () => connection.sendNotification('exit'),
        () => {},
      );
      await gone;
      clearTimeout(timer);
      connection.dispose();
    },
  };
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Null where there is no /proc. */
function usageOf(pid: number | undefined): Usage | null {
  if (pid === undefined || process.platform !== 'linux') return null;
  // The second field is the name in brackets, which may hold spaces; the 14th and 15th are ticks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { cpuMs: ticks * 10, rssMB: megabytes('VmRSS'), peakMB: megabytes('VmHWM') };
}

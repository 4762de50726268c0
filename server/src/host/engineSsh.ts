/** Reaches an engine on another machine by `ssh`, whose docker CLI there hands on what is sent. */

import { spawn } from 'node:child_process';
import * as http from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';
import { Duplex } from 'node:stream';
import { saying } from '../engine/answersJson.ts';
import type { Endpoint } from './engineEndpoint.ts';
import { EngineProblem } from './engineProblem.ts';
import { processFamily } from './processFamily.ts';
import { isProgram, programPath } from './programPath.ts';

type SshEndpoint = Extract<Endpoint, { readonly kind: 'ssh' }>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The arguments behind `ssh`. It never asks anything (`BatchMode`), and what stands behind `--` is no
 * option; `readEndpoint` lets no name through that begins with `-`, and no path with signs that a
 * shell takes for more than themselves.
 */
export function sshArguments({ host, user, port, path }: SshEndpoint): readonly string[] {
  return [
    ...['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15', '-o', 'ServerAliveInterval=30'],
    ...(user === null ? [] : ['-l', user]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...['--', host, 'docker'],
    ...(path === null ? [] : ['--host', `unix://${path}`]),
    ...['system', 'dial-stdio'],
  ];
}

/** Milliseconds that a connection is kept for the next question. */
const keptMs = 10_000;

/** Makes the connections of requests, each by an `ssh` of its own, and keeps one for a while. */
export function sshAgent(endpoint: SshEndpoint, env: Environment): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1, timeout: keptMs });
  const createConnection = (
    _: unknown,
    done: (error: Error | null, stream?: Duplex) => void,
  ): undefined => {
    connect(endpoint, env).then(
      (stream) => done(null, stream),
      (error) => done(error),
    );
    return undefined;
  };
  return Object.assign(agent, { createConnection });
}

const open = new Set<() => void>();
process.on('exit', () => {
  for (const kill of open) kill();
});

/** Milliseconds after which what did not end by itself is ended by force. */
const graceMs = 1000;

async function connect(endpoint: SshEndpoint, env: Environment): Promise<Duplex> {
  const path = await programPath('ssh', { platform: process.platform, env, isProgram });
  if (!path) throw new EngineProblem('absent', 'The program ssh is not installed.');
  const child = spawn(path, sshArguments(endpoint), {
    env: { ...env, SSH_ASKPASS_REQUIRE: 'never' },
    shell: false,
    windowsHide: true,
    // A session of its own, so that all that it starts can be found and ended, and no terminal.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Pipes of a child are sockets (`net.Socket`), which may let the process end.
  const [stdin, stdout, stderr] = [child.stdin, child.stdout, child.stderr] as unknown as Socket[];
  const pipes = [stdin, stdout, stderr] as readonly Socket[];
  const family = child.pid === undefined ? null : processFamily(child.pid);
  const kill = () => family?.signal('SIGKILL');
  if (family) open.add(kill);

  let said = '';
  let isGone = false;
  let idle: NodeJS.Timeout | undefined;
  stderr?.on('data', (piece: Buffer) => {
    said = (said + piece.toString('utf8')).slice(-4000);
  });
  const stream = new Duplex({
    read: () => void stdout?.resume(),
    write: (piece, _, done) => void stdin?.write(piece, () => done()),
    final: (done) => void stdin?.end(done),
    destroy: (error, done) => {
      clearTimeout(idle);
      for (const pipe of pipes) pipe.destroy();
      if (!isGone) {
        family?.signal('SIGTERM');
        setTimeout(() => {
          if (family?.isAlive()) kill();
          open.delete(kill);
        }, graceMs).unref();
      }
      done(error);
    },
  });
  stdout?.on('data', (piece) => {
    if (!stream.push(piece)) stdout.pause();
  });
  for (const pipe of pipes) pipe.on('error', () => {});
  child.on('error', () => {
    stream.destroy(new EngineProblem('broken', 'The program ssh could not be started.'));
  });
  child.on('close', () => {
    isGone = true;
    if (!family?.isAlive()) open.delete(kill);
    // Before what went wrong there may be a greeting.
    const last = said.trim().split('\n').at(-1) ?? '';
    const why = `There is no connection to the engine at ${endpoint.shown}. ${saying(last)}`;
    stream.destroy(new EngineProblem('absent', why));
  });
  // What Node's agent expects of a socket.
  return Object.assign(stream, {
    setKeepAlive: () => stream,
    setNoDelay: () => stream,
    setTimeout(ms: number, listener?: () => void) {
      clearTimeout(idle);
      if (listener) stream.once('timeout', listener);
      if (ms > 0) idle = setTimeout(() => stream.emit('timeout'), ms).unref();
      return stream;
    },
    ref() {
      child.ref();
      for (const pipe of pipes) pipe.ref();
      return stream;
    },
    unref() {
      child.unref();
      for (const pipe of pipes) pipe.unref();
      return stream;
    },
  });
}

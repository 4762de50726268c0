/**
 * Asks an engine by HTTP over a socket, a pipe, TCP, TLS or `ssh`. Every question ends within its
 * limits of time and bytes, and at once when its signal aborts.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import { errorSaying } from '../engine/answersJson.ts';
import type { Endpoint } from './engineEndpoint.ts';
import type { Limits } from './engineLimits.ts';
import { cancelled, EngineProblem, late, problemOf } from './engineProblem.ts';
import { sshAgent } from './engineSsh.ts';
import { secureContext } from './engineTls.ts';
import { createLanes } from './lanes.ts';
import { onAbort } from './onAbort.ts';

export interface Question {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly limits: Limits;
  /** Called when an answer with status 200 begins. */
  readonly onOpen?: () => void;
  /** Gets each piece of such an answer as it comes; then none is kept. What it throws ends the question. */
  readonly onText?: (piece: string) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** UTF-8; `''` where pieces were taken. */
  readonly body: string;
}

/** A way to one engine. */
export interface Way {
  readonly shown: string;
  /** Rejects with an `EngineProblem`; an answer of any status is an answer. */
  ask(question: Question): Promise<Answer>;
  /** Ends connections that wait for a next question; those in use end with their question. */
  close(): void;
}

/** Begins a request; `isFresh`: by a connection of its own. */
type Start = (path: string, isFresh: boolean) => http.ClientRequest;

/** Milliseconds that a connection is kept for the next question: here one costs little, elsewhere more. */
const keptMs = 100;
const keptElsewhereMs = 5000;

/** Prepares the way to an engine; contacts nothing. Rejects with an `EngineProblem`. */
export async function openWay(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Way> {
  const { shown } = endpoint;
  const headers = { 'user-agent': 'dockerfile-layers', accept: 'application/json' };
  const kept = { keepAlive: true, maxFreeSockets: questionsAtOnce } as const;
  switch (endpoint.kind) {
    case 'socket': {
      const agent = new http.Agent({ ...kept, timeout: keptMs });
      const options = { socketPath: endpoint.path, headers: { ...headers, host: 'docker' } };
      const start: Start = (path, isFresh) =>
        http.request({ ...options, path, agent: isFresh ? false : agent });
      return way(shown, start, agent);
    }
    case 'ssh': {
      const agent = sshAgent(endpoint, env);
      const options = { agent, headers: { ...headers, host: 'docker' } };
      return way(shown, (path) => http.request({ ...options, path }), agent, processesAtOnce);
    }
    case 'tcp': {
      const { host, port, base, auth, tls } = endpoint;
      const options = { host, port, headers, ...(auth !== null && { auth }) };
      if (!tls) {
        const agent = new http.Agent({ ...kept, timeout: keptElsewhereMs });
        const start: Start = (path, isFresh) =>
          http.request({ ...options, path: base + path, agent: isFresh ? false : agent });
        return way(shown, start, agent);
      }
      const agent = new https.Agent({ ...kept, timeout: keptElsewhereMs });
      const safe = {
        secureContext: await secureContext(tls, shown),
        rejectUnauthorized: tls.verify,
      };
      const start: Start = (path, isFresh) =>
        https.request({ ...options, ...safe, path: base + path, agent: isFresh ? false : agent });
      return way(shown, start, agent);
    }
  }
}

function way(shown: string, start: Start, agent: http.Agent, most = questionsAtOnce): Way {
  const lanes = createLanes(most);
  return {
    shown,
    ask(question) {
      const send = () => exchange(shown, start, question);
      // What has no end would never leave its lane.
      return Number.isFinite(question.limits.totalMs) ? lanes(question.signal, send) : send();
    },
    close() {
      agent.maxFreeSockets = 0;
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    },
  };
}

/** Questions at a time; each by `ssh` is a process here and there. */
const questionsAtOnce = 8;
const processesAtOnce = 2;

/** What an error's answer may say; the rest is not read. */
const errorBytes = 16_384;

function exchange(
  at: string,
  start: Start,
  { path, signal, limits, onOpen, onText }: Question,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    let sent: http.ClientRequest | undefined;
    let isOver = false;
    let limit: NodeJS.Timeout | undefined;
    const end = (what: () => void) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(limit);
      clearTimeout(total);
      leave();
      what();
    };
    const fail = (error: unknown) =>
      end(() => {
        reject(problemOf(error, at));
        sent?.destroy();
      });
    const give = () => fail(late(at));
    const wait = (ms: number) => {
      clearTimeout(limit);
      if (Number.isFinite(ms) && !isOver) limit = setTimeout(give, ms);
    };
    const total = Number.isFinite(limits.totalMs) ? setTimeout(give, limits.totalMs) : undefined;
    const leave = onAbort(signal, () => fail(cancelled()));
    const begin = (isFresh: boolean) => {
      wait(limits.connectMs);
      try {
        sent = start(path, isFresh);
      } catch (error) {
        return fail(error);
      }
      follow(sent);
    };
    const follow = (request: http.ClientRequest) => {
      let isAnswered = false;
      request.on('error', (error) => {
        // The engine may have closed a connection that was kept, or may be another one by now.
        if (request === sent && request.reusedSocket && !isAnswered && !isOver) begin(true);
        else if (request === sent) fail(error);
      });
      request.on('close', () => {
        if (request === sent) fail(cutOff(at));
      });
      request.on('upgrade', (_, socket) => {
        socket.destroy();
        fail(new EngineProblem('broken', `${at} does not answer as a container engine does.`));
      });
      request.on('socket', (socket) => {
        const isReady = () => wait(limits.silenceMs);
        // Events may be days apart; that the other side is gone is noticed all the same.
        socket.setKeepAlive(true, 30_000);
        if (!socket.connecting) isReady();
        else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', isReady);
      });
      request.on('response', (answer) => {
        isAnswered = true;
        take(answer);
      });
      request.end();
    };
    const take = (answer: http.IncomingMessage) => {
      const status = answer.statusCode ?? 0;
      const isGood = status === 200;
      const most = isGood ? limits.bytes : errorBytes;
      const decoder = new StringDecoder('utf8');
      const pieces: string[] = [];
      const keep = (isGood && onText) || ((piece: string) => void pieces.push(piece));
      let bytes = 0;
      const finish = () =>
        end(() => resolve({ status, headers: answer.headers, body: pieces.join('') }));
      wait(limits.silenceMs);
      answer.on('data', (piece: Buffer) => {
        if (isOver) return;
        wait(limits.silenceMs);
        bytes += piece.length;
        if (bytes > most) {
          if (isGood) fail(new EngineProblem('broken', `${at} says more than ${amount(most)}.`));
          else finish();
          sent?.destroy();
          return;
        }
        try {
          keep(decoder.write(piece));
        } catch (error) {
          fail(error);
        }
      });
      answer.on('error', fail);
      answer.on('end', () => (answer.complete ? finish() : fail(cutOff(at))));
      answer.on('close', () => fail(cutOff(at)));
      if (isGood) onOpen?.();
    };
    begin(false);
  });
}

function cutOff(at: string): EngineProblem {
  return new EngineProblem('broken', `The connection to ${at} was cut off.`);
}

function amount(bytes: number): string {
  return bytes < 1_000_000 ? `${bytes} bytes` : `${Math.round(bytes / 1_000_000)} MB`;
}

/** The problem of an answer whose status is not 200, with what the engine says itself. */
export function refusal(at: string, what: string, { status, body }: Answer): EngineProblem {
  const said = status >= 300 && status < 400 ? '' : ` ${errorSaying(body)}`;
  return new EngineProblem(
    'refused',
    `${at} answers ${what} with status ${status}.${said}`,
    status,
  );
}

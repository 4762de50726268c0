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
  /** Lets go of connections that are kept for the next question. */
  close(): void;
}

/** Prepares the way to an engine; contacts nothing. Rejects with an `EngineProblem`. */
export async function openWay(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Way> {
  const { shown } = endpoint;
  const headers = { host: 'docker', 'user-agent': 'dockerfile-layers', accept: 'application/json' };
  switch (endpoint.kind) {
    case 'socket': {
      const options = { socketPath: endpoint.path, agent: false, headers } as const;
      return way(shown, (path) => http.request({ ...options, path }));
    }
    case 'ssh': {
      const { agent, letGo } = sshAgent(endpoint, env);
      const start = (path: string) => http.request({ agent, headers, path });
      return way(shown, start, processesAtOnce, letGo);
    }
    case 'tcp': {
      const { host, port, base, auth, tls } = endpoint;
      const { host: _, ...rest } = headers;
      const options = { host, port, headers: rest, ...(auth !== null && { auth }) };
      if (!tls) {
        return way(shown, (path) => http.request({ ...options, agent: false, path: base + path }));
      }
      const safe = {
        secureContext: await secureContext(tls, shown),
        rejectUnauthorized: tls.verify,
      };
      const start = (path: string) =>
        https.request({ ...options, ...safe, agent: false, path: base + path });
      return way(shown, start);
    }
  }
}

function way(
  shown: string,
  start: (path: string) => http.ClientRequest,
  most = questionsAtOnce,
  close: () => void = () => {},
): Way {
  const lanes = createLanes(most);
  const ask = (question: Question) => {
    const send = () => exchange(shown, start, question);
    // What has no end would never leave its lane.
    return Number.isFinite(question.limits.totalMs) ? lanes(question.signal, send) : send();
  };
  return { shown, ask, close };
}

/** Questions at a time; each by `ssh` is a process here and there. */
const questionsAtOnce = 8;
const processesAtOnce = 2;

/** What an error's answer may say; the rest is not read. */
const errorBytes = 16_384;

function exchange(
  at: string,
  start: (path: string) => http.ClientRequest,
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
    wait(limits.connectMs);
    try {
      sent = start(path);
    } catch (error) {
      return fail(error);
    }
    sent.on('error', fail);
    sent.on('close', () => fail(cutOff(at)));
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      fail(new EngineProblem('broken', `${at} does not answer as a container engine does.`));
    });
    sent.on('socket', (socket) => {
      const isReady = () => wait(limits.silenceMs);
      // Events may be days apart; that the other side is gone is noticed all the same.
      socket.setKeepAlive(true, 30_000);
      if (!socket.connecting) isReady();
      else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', isReady);
    });
    sent.on('response', (answer) => {
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
    });
    sent.end();
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

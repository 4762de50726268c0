/**
 * One question to a registry or its token server and the whole answer: bounded in size, time and
 * redirects. What is secret goes to the address that it is for and is left out behind a redirect to
 * another.
 */

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { RegistryProblem } from '../registry/problem.ts';
import type { Trust } from './imageRegistryTrust.ts';
import { isLoopback, isRedirect, send, shownAddress, unreachable } from './webRequest.ts';

export interface Question {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Value of `Authorization`; null: nothing is said of who asks. */
  readonly authorization: string | null;
  readonly body?: string;
  /** Bytes of the answer. */
  readonly limit: number;
  readonly silenceMs: number;
  readonly totalMs: number;
  readonly redirects: number;
  readonly signal: AbortSignal;
  /** How to speak to a host (with its port). */
  readonly trust: Trust;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Empty unless the status is 200, or 206 where a part was asked for. */
  readonly body: Buffer;
  /** It came from the address that was asked, not from one that it led to. */
  readonly direct: boolean;
}

const unpack = promisify(gunzip);

/** Rejects with a `RegistryProblem`, or as the signal says where that ended it. */
export async function question(asked: Question): Promise<Answer> {
  const clock = AbortSignal.any([asked.signal, AbortSignal.timeout(asked.totalMs)]);
  let { url } = asked;
  let direct = true;
  try {
    for (let hops = 0; ; hops++) {
      // Nor is it said to one that another host leads back to.
      direct &&= url.origin === asked.url.origin;
      const answer = await send(url, {
        method: asked.method,
        signal: clock,
        silenceMs: asked.silenceMs,
        headers: {
          ...asked.headers,
          ...(direct && asked.authorization && { authorization: asked.authorization }),
        },
        ...(asked.body !== undefined && { body: asked.body }),
        ...(url.protocol === 'https:' && { tls: await asked.trust(url.host, isLoopback(url)) }),
      });
      const { statusCode: status = 0, headers } = answer;
      if (isRedirect(status) && headers.location) {
        answer.destroy();
        if (hops >= asked.redirects) throw tooManyRedirects(asked);
        url = redirected(headers.location, url, asked.url);
        continue;
      }
      const isPart = asked.headers.range !== undefined;
      const isRead = status === (isPart ? 206 : 200) && asked.method !== 'HEAD';
      if (!isRead) answer.destroy();
      const body = isRead ? await wholeBody(answer, url, asked.limit) : Buffer.alloc(0);
      return { status, headers, body, direct };
    }
  } catch (error) {
    asked.signal.throwIfAborted();
    if (error instanceof RegistryProblem) throw error;
    if (clock.aborted) throw new RegistryProblem(`${shownAddress(url)} did not answer in time.`);
    throw problemOf(error, url);
  }
}

function tooManyRedirects({ url, redirects }: Question): RegistryProblem {
  return new RegistryProblem(
    redirects === 0
      ? `${shownAddress(url)} leads to another address, to which nothing is said of who asks.`
      : `${shownAddress(url)} leads from one address to the next without end.`,
  );
}

/** Never from encrypted to plain, and from elsewhere never to this machine. */
function redirected(location: string, from: URL, first: URL): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (!next || (next.protocol !== 'https:' && next.protocol !== 'http:')) {
    throw new RegistryProblem(`${shownAddress(from)} leads to what is no address of the web.`);
  }
  next.username = '';
  next.password = '';
  if (next.protocol === 'http:' && (from.protocol === 'https:' || !isLoopback(next))) {
    throw new RegistryProblem(`${shownAddress(from)} leads to an address that is not encrypted.`);
  }
  if (isLoopback(next) && !isLoopback(first)) {
    throw new RegistryProblem(`${shownAddress(from)} leads to an address on this machine.`);
  }
  return next;
}

async function wholeBody(answer: IncomingMessage, url: URL, limit: number): Promise<Buffer> {
  const tooLarge = () =>
    new RegistryProblem(`${shownAddress(url)} answered with more than any real answer has.`);
  const packing = answer.headers['content-encoding'] ?? 'identity';
  const said = Number(answer.headers['content-length'] ?? Number.NaN);
  try {
    if (said > limit) throw tooLarge();
    if (packing !== 'identity' && packing !== 'gzip') {
      throw new RegistryProblem(`${shownAddress(url)} answered in a way that was not asked for.`);
    }
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of answer as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > limit) throw tooLarge();
      pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    if (packing === 'identity') return body;
    return await unpack(body, { maxOutputLength: limit }).catch(() => {
      throw tooLarge();
    });
  } finally {
    answer.destroy();
  }
}

const tlsCodes = /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT)/;
const plainCodes = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);
const droppedCodes = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

function problemOf(error: unknown, url: URL): RegistryProblem {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') {
    return new RegistryProblem(`Nothing answers at ${url.host}.`);
  }
  if (tlsCodes.test(code)) {
    return new RegistryProblem(`The certificate of ${url.host} is not trusted here (${code}).`);
  }
  if (url.protocol === 'https:' && plainCodes.has(code)) {
    return new RegistryProblem(`${url.host} does not answer encrypted.`, 'unencrypted');
  }
  const sentence = unreachable(error, url) ?? `${shownAddress(url)} did not answer in time.`;
  return new RegistryProblem(sentence, droppedCodes.has(code) ? 'dropped' : 'other');
}

/**
 * Fetches files from mirrors when the user asks for it: bounded in size, time and redirects, only
 * over HTTP and HTTPS. Node's own `fetch` knows no proxies, so the plain modules are used.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import process from 'node:process';
import * as tls from 'node:tls';
import { IndexProblem } from '../packages/readLines.ts';

export interface DownloadLimits {
  /** Bytes as they are sent. */
  readonly bytes: number;
  /** Milliseconds without a byte. */
  readonly silenceMs: number;
  /** Milliseconds for the whole file. */
  readonly totalMs: number;
}

/** Fedora's `primary.xml` has 20 MB packed, Ubuntu's universe 15 MB. */
export const downloadLimits: DownloadLimits = {
  bytes: 200_000_000,
  silenceMs: 30_000,
  totalMs: 600_000,
};

const mostRedirects = 5;

export interface Download {
  /** Where the file was in the end, without a user or password. */
  readonly address: string;
  /** Announced length in bytes; null: not said. */
  readonly length: number | null;
  /** The bytes; iterating throws an `IndexProblem` where the connection ends early or breaks a limit. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The server answered that it does not have the file. */
export class NotThere extends IndexProblem {}

/**
 * Begins to fetch a file; throws an `IndexProblem` with a sentence for users where it cannot be
 * fetched, `NotThere` where the server has none. `signal` ends it at once.
 */
export async function download(
  address: string,
  signal: AbortSignal,
  limits: DownloadLimits = downloadLimits,
): Promise<Download> {
  const { answer, url } = await follow(address, signal, limits, 'GET');
  const said = headerLength(answer);
  if (said !== null && said > limits.bytes) {
    answer.destroy();
    throw tooLarge(url);
  }
  return { address: shownAddress(url), length: said, body: bodyOf(answer, url, said, limits) };
}

/** How long a file is by a HEAD request, in bytes; null where the server does not say. Throws as `download`. */
export async function announcedLength(
  address: string,
  signal: AbortSignal,
): Promise<number | null> {
  const limits = { ...downloadLimits, silenceMs: 10_000, totalMs: 20_000 };
  const { answer } = await follow(address, signal, limits, 'HEAD');
  const length = headerLength(answer);
  answer.destroy();
  return length;
}

function headerLength({ headers }: http.IncomingMessage): number | null {
  const said = headers['content-length'];
  // What is sent packed is longer when it is stored.
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  return said === undefined || !isPlain || !/^\d{1,15}$/.test(said) ? null : Number(said);
}

/** The answer at the end of all redirects. */
async function follow(
  address: string,
  signal: AbortSignal,
  limits: DownloadLimits,
  method: 'GET' | 'HEAD',
): Promise<{ readonly answer: http.IncomingMessage; readonly url: URL }> {
  const clock = AbortSignal.any([signal, AbortSignal.timeout(limits.totalMs)]);
  let url = readAddress(address);
  for (let hops = 0; ; hops++) {
    const answer = await request(url, clock, limits.silenceMs, method);
    const { statusCode = 0, headers } = answer;
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location) {
      answer.resume();
      answer.destroy();
      if (hops >= mostRedirects) {
        throw new IndexProblem(
          `${shownAddress(url)} leads from one address to the next without end.`,
        );
      }
      const next = readAddress(new URL(headers.location, url).href);
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        throw new IndexProblem(`${shownAddress(url)} leads to an address that is not encrypted.`);
      }
      url = next;
      continue;
    }
    if (statusCode !== 200) {
      answer.destroy();
      const sentence = `${shownAddress(url)} answered with status ${statusCode}.`;
      throw statusCode === 404 || statusCode === 410
        ? new NotThere(sentence)
        : new IndexProblem(sentence);
    }
    return { answer, url };
  }
}

/** Fetches a small file whole. */
export async function downloadWhole(
  address: string,
  signal: AbortSignal,
  limits: DownloadLimits = { ...downloadLimits, bytes: 20_000_000 },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await download(address, signal, limits)).body) pieces.push(piece);
  return Buffer.concat(pieces);
}

function readAddress(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new IndexProblem(`${text.slice(0, 200)} is no address.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new IndexProblem(`${shownAddress(url)} begins with neither http nor https.`);
  }
  return url;
}

/** Without what may be secret: user, password, query. */
function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function tooLarge(url: URL): IndexProblem {
  return new IndexProblem(`${shownAddress(url)} is larger than any real index.`);
}

async function* bodyOf(
  answer: http.IncomingMessage,
  url: URL,
  length: number | null,
  limits: DownloadLimits,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  try {
    for await (const piece of answer as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > limits.bytes) throw tooLarge(url);
      yield piece;
    }
  } catch (error) {
    throw problemOf(error, url);
  } finally {
    answer.destroy();
  }
  if (length !== null && bytes !== length)
    throw new IndexProblem(`${shownAddress(url)} was cut off.`);
}

async function request(
  url: URL,
  signal: AbortSignal,
  silenceMs: number,
  method: 'GET' | 'HEAD',
): Promise<http.IncomingMessage> {
  const proxy = proxyOf(url);
  try {
    const options: http.RequestOptions = {
      method,
      signal,
      headers: { 'user-agent': 'dockerfile-layers', 'accept-encoding': 'identity' },
      ...(url.username && { auth: credentials(url) }),
    };
    if (proxy && url.protocol === 'http:') {
      const headers = { ...options.headers, host: url.host, ...proxyHeaders(proxy) };
      const path = `${url.origin}${url.pathname}${url.search}`;
      return await answerOf(
        http.request({ ...options, host: proxy.hostname, port: proxy.port || 80, path, headers }),
        silenceMs,
      );
    }
    if (proxy) {
      const socket = await tunnel(proxy, url, signal, silenceMs);
      const createConnection = () => tls.connect({ socket, servername: url.hostname });
      return await answerOf(https.request(url, { ...options, createConnection }), silenceMs);
    }
    const { request: start } = url.protocol === 'https:' ? https : http;
    return await answerOf(start(url, options), silenceMs);
  } catch (error) {
    throw problemOf(error, url);
  }
}

function answerOf(sent: http.ClientRequest, silenceMs: number): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.setTimeout(silenceMs, () => sent.destroy(new Silence()));
    sent.on('error', reject);
    sent.on('response', (answer) => {
      // A body that nobody reads any more must not end the process with its error.
      answer.on('error', () => {});
      resolve(answer);
    });
    sent.end();
  });
}

/** A connection to the host of `url` through a proxy (`CONNECT`). */
function tunnel(proxy: URL, url: URL, signal: AbortSignal, silenceMs: number): Promise<Socket> {
  const target = `${url.hostname}:${url.port || 443}`;
  return new Promise((resolve, reject) => {
    const sent = http.request({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyHeaders(proxy) },
      signal,
    });
    sent.setTimeout(silenceMs, () => sent.destroy(new Silence()));
    sent.on('error', reject);
    sent.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new IndexProblem(`The proxy answered with status ${statusCode}.`));
      }
    });
    sent.end();
  });
}

class Silence extends Error {}

/** The sentence for what went wrong; what ended on request passes as it is. */
function problemOf(error: unknown, url: URL): unknown {
  if (error instanceof IndexProblem) return error;
  const { code, name } = error as { readonly code?: string; readonly name?: string };
  const where = shownAddress(url);
  if (error instanceof Silence || name === 'TimeoutError') {
    return new IndexProblem(`${where} did not answer in time.`);
  }
  if (name === 'AbortError' || code === 'ABORT_ERR') return error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new IndexProblem(`There is no way to ${url.hostname}: its name cannot be resolved.`);
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new IndexProblem(`${where} was cut off.`);
  }
  return new IndexProblem(`${where} could not be fetched${code ? ` (${code})` : ''}.`);
}

function credentials({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

function proxyHeaders(proxy: URL): Record<string, string> {
  if (!proxy.username) return {};
  const words = Buffer.from(credentials(proxy)).toString('base64');
  return { 'proxy-authorization': `Basic ${words}` };
}

/** The proxy of the environment for an address, as curl reads `http_proxy`, `https_proxy` and `no_proxy`. */
function proxyOf(url: URL): URL | null {
  const { env } = process;
  const set =
    url.protocol === 'https:'
      ? (env.https_proxy ?? env.HTTPS_PROXY)
      : (env.http_proxy ?? env.HTTP_PROXY);
  if (!set) return null;
  const spared = (env.no_proxy ?? env.NO_PROXY ?? '').split(',').map((one) => one.trim());
  const isSpared = spared.some(
    (one) =>
      one === '*' ||
      (one !== '' &&
        (url.hostname === one.replace(/^\./, '') ||
          url.hostname.endsWith(`.${one.replace(/^\./, '')}`))),
  );
  if (isSpared) return null;
  try {
    const proxy = new URL(set.includes('://') ? set : `http://${set}`);
    return proxy.protocol === 'http:' ? proxy : null;
  } catch {
    return null;
  }
}

/**
 * One request over HTTP or HTTPS, through the machine's proxy. Node's own `fetch` knows no proxies,
 * so the plain modules are used. Redirects, limits of size and credentials are for those who ask.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import process from 'node:process';
import * as tls from 'node:tls';

export interface WebRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Ends it at once, the answer too. */
  readonly signal: AbortSignal;
  /** Milliseconds without a byte. */
  readonly silenceMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How to speak over HTTPS; absent: as Node does by itself. */
  readonly tls?: Trusted;
}

/** Whom to trust, and who we are. */
export interface Trusted {
  readonly options: tls.ConnectionOptions;
  /** Keeps connections that were made by these options, and no others. */
  readonly agent: https.Agent;
}

/** Nothing came for too long. */
export class Silence extends Error {}

/** What a proxy answered when it was asked for a way. */
class ProxyProblem extends Error {}

/**
 * Sends a request; resolves when the head of the answer is here. Rejects with the error of Node or
 * with `Silence`; `unreachable` makes a sentence of either. A user in the address is sent along.
 */
export async function send(url: URL, request: WebRequest): Promise<http.IncomingMessage> {
  const { method, signal, silenceMs, body } = request;
  const proxy = proxyOf(url);
  const options: https.RequestOptions = {
    method,
    signal,
    headers: {
      // Behind a tunnel Node would add the port of plain HTTP.
      host: url.host,
      'user-agent': 'dockerfile-layers',
      'accept-encoding': 'identity',
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...request.headers,
    },
    ...(url.username && { auth: credentials(url) }),
    ...request.tls?.options,
  };
  if (proxy && url.protocol === 'http:') {
    const headers = { ...options.headers, ...proxyHeaders(proxy) };
    const path = `${url.origin}${url.pathname}${url.search}`;
    return await answerOf(
      http.request({ ...options, host: proxy.hostname, port: proxy.port || 80, path, headers }),
      silenceMs,
      body,
    );
  }
  if (proxy) {
    const socket = await tunnel(proxy, url, signal, silenceMs);
    const servername = isIP(bareHost(url)) === 0 ? { servername: url.hostname } : {};
    const createConnection = () => tls.connect({ ...request.tls?.options, socket, ...servername });
    return await answerOf(https.request(url, { ...options, createConnection }), silenceMs, body);
  }
  const isPlain = url.protocol === 'http:';
  const agent = isPlain ? undefined : request.tls?.agent;
  const started = (isPlain ? http : https).request(url, { ...options, ...(agent && { agent }) });
  return await answerOf(started, silenceMs, body);
}

/** Does the answer say that what was asked for is elsewhere? */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Without what may be secret: user, password, query. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Is it this machine itself, so that nothing goes over a wire? */
export function isLoopback(url: URL): boolean {
  const host = bareHost(url);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The sentence for what went wrong with a request; null: it was ended on request. */
export function unreachable(error: unknown, url: URL): string | null {
  const { code, name, message } = error as Partial<NodeJS.ErrnoException>;
  const where = shownAddress(url);
  if (error instanceof ProxyProblem) return message ?? '';
  if (error instanceof Silence || name === 'TimeoutError') {
    return `${where} did not answer in time.`;
  }
  if (name === 'AbortError' || code === 'ABORT_ERR') return null;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `There is no way to ${url.hostname}: its name cannot be resolved.`;
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return `${where} was cut off.`;
  }
  return `${where} could not be fetched${code ? ` (${code})` : ''}.`;
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function answerOf(
  sent: http.ClientRequest,
  silenceMs: number,
  body?: string,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    let begun: http.IncomingMessage | null = null;
    sent.setTimeout(silenceMs, () => {
      const silence = new Silence();
      // Ended from the side of the request, a body that has begun would look cut off.
      begun?.destroy(silence);
      sent.destroy(silence);
    });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      begun = answer;
      // A body that nobody reads any more must not end the process with its error.
      answer.on('error', () => {});
      resolve(answer);
    });
    sent.end(body);
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
        reject(new ProxyProblem(`The proxy answered with status ${statusCode}.`));
      }
    });
    sent.end();
  });
}

function credentials({ username, password }: URL): string {
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

function proxyHeaders(proxy: URL): Record<string, string> {
  if (!proxy.username) return {};
  const words = Buffer.from(credentials(proxy)).toString('base64');
  return { 'proxy-authorization': `Basic ${words}` };
}

/** The proxy of the environment for an address, as curl reads `http_proxy`, `https_proxy` and `no_proxy`; none to this machine. */
function proxyOf(url: URL): URL | null {
  const { env } = process;
  const set =
    url.protocol === 'https:'
      ? (env.https_proxy ?? env.HTTPS_PROXY)
      : (env.http_proxy ?? env.HTTP_PROXY);
  if (!set || isLoopback(url)) return null;
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

/**
 * Fetches files from mirrors when the user asks for it: bounded in size, time and redirects, only
 * over HTTP and HTTPS. Node's own `fetch` knows no proxies, so the plain modules are used.
 */

import type { IncomingMessage } from 'node:http';
import { IndexProblem } from '../packages/readLines.ts';
import { isRedirect, send, shownAddress, unreachable } from './webRequest.ts';

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

function headerLength({ headers }: IncomingMessage): number | null {
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
): Promise<{ readonly answer: IncomingMessage; readonly url: URL }> {
  const clock = AbortSignal.any([signal, AbortSignal.timeout(limits.totalMs)]);
  let url = readAddress(address);
  for (let hops = 0; ; hops++) {
    const answer = await begin(url, clock, limits.silenceMs, method);
    const { statusCode = 0, headers } = answer;
    if (isRedirect(statusCode) && headers.location) {
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

function tooLarge(url: URL): IndexProblem {
  return new IndexProblem(`${shownAddress(url)} is larger than any real index.`);
}

async function* bodyOf(
  answer: IncomingMessage,
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

async function begin(
  url: URL,
  signal: AbortSignal,
  silenceMs: number,
  method: 'GET' | 'HEAD',
): Promise<IncomingMessage> {
  try {
    return await send(url, { method, signal, silenceMs });
  } catch (error) {
    throw problemOf(error, url);
  }
}

/** The sentence for what went wrong; what ended on request passes as it is. */
function problemOf(error: unknown, url: URL): unknown {
  if (error instanceof IndexProblem) return error;
  const sentence = unreachable(error, url);
  return sentence === null ? error : new IndexProblem(sentence);
}

/**
 * How a registry is spoken to: encrypted, and by whose word it is itself. As the engine does it, with
 * the certificates that it has for single registries, and plain HTTP on this machine alone.
 */

import { readdir, readFile, stat } from 'node:fs/promises';
import { Agent } from 'node:https';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { type ConnectionOptions, connect, createSecureContext, rootCertificates } from 'node:tls';
import type { Trusted } from './webRequest.ts';

export interface TrustParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | null;
}

/** How to speak to the registry `host` (with its port). Never rejects. */
export type Trust = (host: string, loopback: boolean) => Promise<Trusted>;

const largestFile = 4_000_000;
const mostFiles = 50;
/** Somebody may put the certificate that was lacking in its place. */
const keptMs = 60_000;

/** Reads certificates when they are first needed, and keeps what came of them for a while. */
export function createTrust(parts: TrustParts): Trust {
  const known = new Map<string, { readonly at: number; readonly trusted: Promise<Trusted> }>();
  return (host, loopback) => {
    const before = known.get(host);
    if (before && performance.now() - before.at < keptMs) return before.trusted;
    const trusted = readTrust(host, loopback, parts).then((options) => ({
      options,
      // Like the one that Node shares, which would take a connection for another's trust.
      agent: new Agent({ keepAlive: true, timeout: 5000 }),
    }));
    known.set(host, { at: performance.now(), trusted });
    return trusted;
  };
}

async function readTrust(
  host: string,
  loopback: boolean,
  parts: TrustParts,
): Promise<ConnectionOptions> {
  const own = await ownCertificates(host, parts);
  // Docker takes any certificate on this machine; where it was told one, it is that one here.
  if (loopback && own.ca.length === 0) return { rejectUnauthorized: false, ...own.client };
  const system = await systemCertificates(parts.env);
  if (own.ca.length === 0 && !own.client && system.length === 0) return {};
  try {
    const ca = [...rootCertificates, ...system, ...own.ca];
    return { secureContext: createSecureContext({ ca, ...own.client }) };
  } catch {
    // A damaged file trusts nobody more.
    return {};
  }
}

interface Own {
  readonly ca: readonly string[];
  readonly client: { readonly cert: string; readonly key: string } | null;
}

/** `certs.d/HOST`: `*.crt` are authorities, `*.cert` with `*.key` say who we are. */
async function ownCertificates(host: string, { env, home }: TrustParts): Promise<Own> {
  const config = env.XDG_CONFIG_HOME || (home && join(home, '.config'));
  const roots = [
    '/etc/docker/certs.d',
    config && join(config, 'docker/certs.d'),
    home && join(home, '.docker/certs.d'),
    '/etc/containers/certs.d',
    config && join(config, 'containers/certs.d'),
  ];
  const name = process.platform === 'win32' ? host.replaceAll(':', '') : host;
  for (const root of roots) {
    if (!root || !isAbsolute(root)) continue;
    const folder = join(root, name);
    const names = (await readdir(folder).catch(() => [])).sort().slice(0, mostFiles);
    const ca: string[] = [];
    let client: Own['client'] = null;
    for (const file of names) {
      if (file.endsWith('.crt')) ca.push((await readSmall(join(folder, file))) ?? '');
      if (!file.endsWith('.cert') || client) continue;
      const cert = await readSmall(join(folder, file));
      const key = await readSmall(join(folder, file.replace(/cert$/, 'key')));
      if (cert && key) client = { cert, key };
    }
    const found = ca.filter((one) => one !== '');
    if (found.length > 0 || client) return { ca: found, client };
  }
  return { ca: [], client: null };
}

/**
 * The authorities of the system that Node does not have by itself, and those that its user has named
 * to Node, which a list of our own would leave out.
 */
async function systemCertificates(env: TrustParts['env']): Promise<readonly string[]> {
  const places = [
    env.SSL_CERT_FILE,
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/ssl/ca-bundle.pem',
    '/etc/ssl/cert.pem',
  ];
  const texts: string[] = [];
  for (const file of process.platform === 'win32' ? [] : places) {
    const text = file && isAbsolute(file) ? await readSmall(file) : null;
    if (!text) continue;
    texts.push(text);
    break;
  }
  const named = env.NODE_EXTRA_CA_CERTS;
  if (named && isAbsolute(named)) texts.push((await readSmall(named)) ?? '');
  const known = new Set(rootCertificates.map(bodyOf));
  return texts
    .flatMap(
      (text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
    )
    .filter((certificate) => {
      const body = bodyOf(certificate);
      const isNew = !known.has(body);
      known.add(body);
      return isNew;
    });
}

function bodyOf(certificate: string): string {
  return certificate.replace(/\s/g, '');
}

async function readSmall(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= largestFile ? await readFile(path, 'utf8') : null;
  } catch {
    return null;
  }
}

/** A handshake on this machine takes some milliseconds. */
const handshakeMs = 2000;

/**
 * Whether what listens on this machine speaks TLS, by a handshake and nothing else; any certificate
 * will do for that. Where nobody listens at a port that is named it counts as speaking it, so that
 * the question itself fails. Rejects when the signal aborts.
 */
export async function speaksTls({ hostname, port }: URL, signal: AbortSignal): Promise<boolean> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = connect({ host, port: Number(port) || 443, rejectUnauthorized: false });
  // Some servers wait for the end of a line that never comes.
  const timer = setTimeout(() => socket.destroy(), handshakeMs);
  const cancel = () => socket.destroy();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answer = await new Promise<boolean>((resolve) => {
      socket.on('secureConnect', () => resolve(true));
      socket.on('error', ({ code }: NodeJS.ErrnoException) =>
        resolve(code === 'ECONNREFUSED' && port !== ''),
      );
      socket.on('close', () => resolve(false));
    });
    signal.throwIfAborted();
    return answer;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    socket.destroy();
  }
}

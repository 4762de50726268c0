/** Where an engine answers, read from text that a user or a tool wrote. */

import { EngineProblem } from './engineProblem.ts';
import type { TlsFiles } from './engineTls.ts';

export type Endpoint = {
  /** For users, without credentials. */
  readonly shown: string;
} & (
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** What stands before every path: `''` or `/prefix`. */
      readonly base: string;
      /** `user:password`; null: none. Never shown. */
      readonly auth: string | null;
      /** Null: not encrypted. */
      readonly tls: TlsFiles | null;
    }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user: string | null;
      readonly port: number | null;
      /** Socket on the other machine; null: its docker CLI decides. */
      readonly path: string | null;
    }
);

/**
 * Reads `unix:///path`, `npipe:////./pipe/name`, `tcp://host:port`, `http://…`, `https://…`,
 * `ssh://user@host`, the path of a socket, or `host:port` as the docker CLI does (`opts.ParseHost`).
 * `tls` is how TCP is to be encrypted, where its address does not say it. Throws an `EngineProblem`.
 */
export function readEndpoint(text: string, tls: TlsFiles | null): Endpoint {
  const written = text.trim();
  if (written.length > longest) throw bad(written, 'is too long');
  if (/^\\\\[.?]\\pipe\\/i.test(written)) return pipe(written.replaceAll('\\', '/'));
  if (/^\/\/[.?]\/pipe\//i.test(written)) return pipe(written);
  if (written.startsWith('/')) return socket(written);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(written)?.[1]?.toLowerCase();
  const rest = scheme ? written.slice(scheme.length + 3) : written;
  switch (scheme) {
    case 'unix':
      return socket(rest);
    case 'npipe':
      return pipe(rest.replaceAll('\\', '/'));
    case 'ssh':
      return ssh(written);
    case undefined:
    case 'tcp':
      return tcp(`${tls ? 'https' : 'http'}://${rest}`, tls ? 2376 : 2375, tls, written);
    case 'http':
      return tcp(written, 80, null, written);
    case 'https':
      return tcp(written, 443, tls ?? systemTls, written);
    default:
      throw bad(written, 'begins with nothing that engines are reached by');
  }
}

const longest = 4096;
const systemTls: TlsFiles = { folder: null, verify: true };

function socket(path: string): Endpoint {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw bad(`unix://${path}`, 'is no absolute path of a socket');
  }
  return { kind: 'socket', path, shown: `unix://${path}` };
}

/** Pipes of other machines would be given the name and password hash of the user. */
function pipe(path: string): Endpoint {
  if (!/^\/\/[.?]\/pipe\/[^/\0]+/i.test(path))
    throw bad(`npipe://${path}`, 'is no pipe of this machine');
  return { kind: 'socket', path, shown: `npipe://${path}` };
}

function tcp(
  address: string,
  defaultPort: number,
  tls: TlsFiles | null,
  written: string,
): Endpoint {
  const url = urlOf(address, written);
  // A port that is the usual one of its scheme is not in `url.port`.
  const said = /:(\d+)$/.exec(address.split('/')[2] ?? '')?.[1];
  const port = said === undefined ? defaultPort : Number(said);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const base = url.pathname.replace(/\/+$/, '');
  // A second address behind the first would have its password shown.
  if (!/^[\w.:%-]+$/.test(host) || !/^(\/[\w.~-]+)*$/.test(base))
    throw bad(written, 'is no address');
  const scheme = /^[a-z]+:\/\//i.exec(written)?.[0]?.toLowerCase() ?? 'tcp://';
  return {
    kind: 'tcp',
    ...{ host, port, base, tls },
    auth: url.username || url.password ? `${decoded(url.username)}:${decoded(url.password)}` : null,
    shown: `${scheme}${url.hostname}:${port}${base}`,
  };
}

/**
 * A name that begins with `-` would be an option to `ssh`, and what has blanks or quotes would be more
 * than one word to the shell of the other machine, so both are refused.
 */
function ssh(written: string): Endpoint {
  const url = urlOf(written, written);
  if (url.password) throw bad(written, 'has a password, which ssh does not take');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const user = decoded(url.username);
  const path = decoded(url.pathname).replace(/\/+$/, '');
  if (!/^[a-z0-9_:][a-z0-9_.:%-]*$/i.test(host)) throw bad(written, 'names no host');
  if (user !== '' && !/^[a-z0-9_][a-z0-9_.@+\\-]*$/i.test(user))
    throw bad(written, 'names no user');
  if (!/^(\/[\w.+-]+)*$/.test(path)) throw bad(written, 'names no path of a socket');
  const port = url.port === '' ? null : Number(url.port);
  return {
    kind: 'ssh',
    host,
    user: user || null,
    port,
    path: path || null,
    shown: `ssh://${user ? `${user}@` : ''}${url.hostname}${port === null ? '' : `:${port}`}${path}`,
  };
}

/** May the engine be on another machine? */
export function isRemote(endpoint: Endpoint): boolean {
  if (endpoint.kind !== 'tcp') return endpoint.kind === 'ssh';
  return !/^(localhost|127(\.\d+){3}|::1)$/i.test(endpoint.host);
}

/** Does the place tell that the engine is in a virtual machine on this one? */
export function isInMachine(endpoint: Endpoint, platform: NodeJS.Platform): boolean {
  if (endpoint.kind !== 'socket') return false;
  if (platform === 'darwin') return true;
  return /\/\.(docker\/(desktop|run)|colima|rd|lima|orbstack|config\/colima)\//.test(endpoint.path);
}

function urlOf(address: string, written: string): URL {
  // What a URL would leave out or turn around without a word.
  if (/[\s\\\p{Cc}]|:\/\/\//u.test(written)) throw bad(written, 'is no address');
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw bad(written, 'is no address');
  }
  if (url.hostname === '') throw bad(written, 'names no host');
  if (url.search || url.hash) throw bad(written, 'is no address of an engine');
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function bad(written: string, what: string): EngineProblem {
  return new EngineProblem('absent', `The engine's address ${withoutSecrets(written)} ${what}.`);
}

/** Shortened, without what stands before the last `@` or behind `?`, and without control characters. */
function withoutSecrets(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length);
  const shown = `${scheme}${rest.slice(rest.lastIndexOf('@') + 1).replace(/[?#].*$/s, '')}`;
  return shown.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

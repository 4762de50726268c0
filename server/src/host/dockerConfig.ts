/**
 * Credentials for registries, from where the docker CLI and Podman keep them: files, and credential
 * helpers, which are programs. What they say goes to the registry that it is for and nowhere else:
 * not into sentences, logs or files.
 */

import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { elements, parsed, record, text } from '../registry/values.ts';
import { type RunResult, run } from './processes.ts';

/** What a registry can be told of who asks. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Is exchanged for an access token (OAuth 2). */
  | { readonly kind: 'identity'; readonly token: string }
  /** Is an access token. */
  | { readonly kind: 'access'; readonly token: string };

export interface FoundCredentials {
  /** Null: there are none. */
  readonly credentials: Credentials | null;
  /** A full sentence on why some could not be read; null: nothing went wrong. */
  readonly problem: string | null;
}

/** Looks for the credentials of a repository's registry. Never rejects, but when `signal` aborts. */
export type FindCredentials = (
  host: string,
  repository: string,
  signal: AbortSignal,
) => Promise<FoundCredentials>;

export interface DockerConfigParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder; null: not known. */
  readonly home: string | null;
  readonly start?: typeof run;
}

const largestFile = 1_000_000;
/** A keychain may ask its user. */
const helperMs = 30_000;
const none: FoundCredentials = { credentials: null, problem: null };

/** Reads the files anew each time, since a user may have logged in meanwhile. */
export function createFindCredentials(parts: DockerConfigParts): FindCredentials {
  return async (host, repository, signal) => {
    let problem: string | null = null;
    const search = { host, repository, signal, ...parts };
    const given = parts.env.DOCKER_AUTH_CONFIG;
    // As Docker's CLI 28 does: credentials alone, no helpers.
    const { auths } = record(given ? parsed(given) : null);
    if (auths !== undefined) {
      const found = await findIn({ auths }, search);
      if (found.credentials) return found;
    }
    for (const file of configFiles(parts)) {
      const config = await readConfig(file);
      if (!config) continue;
      const found = await findIn(config, search);
      if (found.credentials) return found;
      problem ??= found.problem;
    }
    return { credentials: null, problem };
  };
}

/** The docker CLI's file first, then that of Podman, Buildah and Skopeo. */
function configFiles({ env, home }: DockerConfigParts): readonly string[] {
  const { DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR } = env;
  return [
    DOCKER_CONFIG ? join(DOCKER_CONFIG, 'config.json') : home && join(home, '.docker/config.json'),
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers/auth.json'),
    home && join(home, '.config/containers/auth.json'),
  ].filter((path): path is string => typeof path === 'string' && isAbsolute(path));
}

async function readConfig(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const found = await stat(path);
    // A pipe or a device in its place would be read without an end.
    if (!found.isFile() || found.size > largestFile) return null;
    return record(parsed(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

interface Search extends DockerConfigParts {
  readonly host: string;
  readonly repository: string;
  readonly signal: AbortSignal;
}

async function findIn(
  config: Readonly<Record<string, unknown>>,
  search: Search,
): Promise<FoundCredentials> {
  const { host } = search;
  const helpers = record(config.credHelpers);
  const named = Object.keys(helpers).find((key) => registryOf(key) === host);
  const helper = text(named === undefined ? undefined : helpers[named]) || text(config.credsStore);
  const asked = helper ? await askHelper(helper, search) : none;
  if (asked.credentials) return asked;
  for (const key of keysFor(record(config.auths), search)) {
    const credentials = readEntry(record(config.auths)[key]);
    if (credentials) return { credentials, problem: null };
  }
  return asked;
}

/** Docker Hub has the oldest key of all. */
const hubKey = 'https://index.docker.io/v1/';
const hubNames = new Set(['index.docker.io', 'registry-1.docker.io', 'docker.io']);

/** The registry that a key stands for, which may be an address. */
function registryOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
  return hubNames.has(host) ? 'docker.io' : host;
}

/** Keys of a repository, the narrowest first: Podman keeps some for a part of a registry only. */
function keysFor(
  auths: Readonly<Record<string, unknown>>,
  { host, repository }: Search,
): readonly string[] {
  const found = Object.keys(auths).flatMap((key) => {
    if (registryOf(key) !== host) return [];
    const path = /^https?:/.test(key) ? '' : key.replace(/^[^/]*\/?/, '').replace(/\/+$/, '');
    const isWhole = path === '' || path === 'v1' || path === 'v2';
    if (!isWhole && repository !== path && !repository.startsWith(`${path}/`)) return [];
    return [{ key, depth: isWhole ? 0 : path.length }];
  });
  return found.sort((a, b) => b.depth - a.depth).map(({ key }) => key);
}

function readEntry(value: unknown): Credentials | null {
  const entry = record(value);
  const access = text(entry.registrytoken);
  if (access) return { kind: 'access', token: access };
  const identity = text(entry.identitytoken);
  if (identity) return { kind: 'identity', token: identity };
  const words = Buffer.from(text(entry.auth), 'base64').toString('utf8');
  const colon = words.indexOf(':');
  const user = colon < 0 ? text(entry.username) : words.slice(0, colon);
  const password = colon < 0 ? text(entry.password) : words.slice(colon + 1);
  return credentialsOf(user, trimmed(password));
}

/** As the docker CLI does: old versions padded passwords with zeros. */
function trimmed(password: string): string {
  let end = password.length;
  while (end > 0 && password.charCodeAt(end - 1) === 0) end -= 1;
  return password.slice(0, end);
}

/** A helper that keeps a token in place of a password says so by the user's name. */
function credentialsOf(user: string, password: string): Credentials | null {
  if (password === '' || user === '') return null;
  return user === '<token>'
    ? { kind: 'identity', token: password }
    : { kind: 'password', user, password };
}

async function askHelper(name: string, search: Search): Promise<FoundCredentials> {
  const { host, signal, start = run, home } = search;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const problem =
      'The Docker configuration names a credential helper that is no name of a program.';
    return { credentials: null, problem };
  }
  const program = `docker-credential-${name}`;
  const result = await start(program, ['get'], {
    cwd: home ?? '/',
    signal,
    timeoutMs: helperMs,
    maxBytes: 65_536,
    input: Buffer.from(host === 'docker.io' ? hubKey : host),
  });
  signal.throwIfAborted();
  // Helpers say on either stream, and with different codes, that they have nothing.
  const answer = record(parsed(result.stdout));
  const credentials = credentialsOf(text(answer.Username), text(answer.Secret));
  if (result.ended === 'exited' && result.code === 0) return { credentials, problem: null };
  return { credentials: null, problem: problemOf(program, result) };
}

/** Never what the program printed, which may be a secret. */
function problemOf(program: string, { ended, code, stdout }: RunResult): string | null {
  if (ended === 'notFound') return `The credential helper ${program} is not installed.`;
  if (ended === 'timedOut') return `The credential helper ${program} did not answer in time.`;
  if (ended === 'exited') {
    return /not found/i.test(stdout) ? null : `The credential helper ${program} failed (${code}).`;
  }
  return `The credential helper ${program} could not be started.`;
}

/** Mirrors of Docker Hub that the engine's own configuration names, where that can be read here. */
export async function configuredMirrors({
  env,
  home,
}: DockerConfigParts): Promise<readonly string[]> {
  const config = env.XDG_CONFIG_HOME || (home && join(home, '.config'));
  const files = [
    '/etc/docker/daemon.json',
    config && join(config, 'docker/daemon.json'),
    home && join(home, '.docker/daemon.json'),
  ];
  for (const file of files) {
    const found = file && isAbsolute(file) ? await readConfig(file) : null;
    const mirrors = elements(found?.['registry-mirrors'])
      .map(text)
      .filter((one) => one !== '');
    if (mirrors.length > 0) return mirrors;
  }
  return [];
}

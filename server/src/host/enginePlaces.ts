/** Where engines are looked for, in order. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { objectOf, parsed, textOf } from '../engine/answersJson.ts';
import { type Endpoint, readEndpoint } from './engineEndpoint.ts';
import { EngineProblem } from './engineProblem.ts';
import type { TlsFiles } from './engineTls.ts';

export interface Place {
  readonly endpoint: Endpoint;
  readonly foundBy: string;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Number of the user; null: the system has none. */
  readonly uid: number | null;
  /** The usual sockets, in order; absent: those of Docker and Podman. */
  readonly sockets?: readonly string[];
}

export interface Places {
  /** The first that answers is taken. */
  readonly list: readonly Place[];
  /** Is it the usual sockets, of which most machines have one at most? */
  readonly usual: boolean;
}

/**
 * What is named comes alone, since another engine would say other things: the setting, `DOCKER_HOST`,
 * the docker CLI's context (`DOCKER_CONTEXT`, else `currentContext`), as the CLI ranks them
 * (`resolveContextName`). Where nothing is named, the usual sockets. Throws an `EngineProblem`.
 */
export async function enginePlaces(endpoint: string | null, around: Surroundings): Promise<Places> {
  const { env } = around;
  const named = (text: string, foundBy: string, tls = tlsOf(around)): Places => ({
    list: [{ endpoint: readEndpoint(text, tls), foundBy }],
    usual: false,
  });
  if (endpoint?.trim()) return named(endpoint, 'the setting dockerfileLayers.engine.endpoint');
  if (env.DOCKER_HOST?.trim()) return named(env.DOCKER_HOST, 'DOCKER_HOST');
  const context = await currentContext(around);
  if (!context) return { list: usualPlaces(around), usual: true };
  const { name, by } = context;
  const { host, tls } = await contextEndpoint(name, by, around);
  return named(host, `the docker CLI's context ${name}${by}`, tls);
}

/** Folder of the docker CLI's settings. */
export function dockerFolder({ env, home }: Pick<Surroundings, 'env' | 'home'>): string {
  return env.DOCKER_CONFIG || join(home, '.docker');
}

/** `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` (`cli/flags` of the docker CLI). */
function tlsOf(around: Surroundings): TlsFiles | null {
  const { DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = around.env;
  if (!DOCKER_TLS && !DOCKER_TLS_VERIFY) return null;
  return { folder: DOCKER_CERT_PATH || dockerFolder(around), verify: Boolean(DOCKER_TLS_VERIFY) };
}

interface Context {
  readonly name: string;
  /** ` (DOCKER_CONTEXT)` or nothing. */
  readonly by: string;
}

/** Null: the default one, which is no file. */
async function currentContext(around: Surroundings): Promise<Context | null> {
  const said = around.env.DOCKER_CONTEXT;
  const config = said
    ? {}
    : objectOf(parsed(await text(join(dockerFolder(around), 'config.json'))));
  const name = said || textOf(config.currentContext);
  if (name === '' || name === 'default') return null;
  return { name, by: said ? ' (DOCKER_CONTEXT)' : '' };
}

/** `contexts/meta/<digest of the name>/meta.json` (`cli/context/store`). */
async function contextEndpoint(
  name: string,
  by: string,
  around: Surroundings,
): Promise<{ readonly host: string; readonly tls: TlsFiles | null }> {
  const folder = join(dockerFolder(around), 'contexts');
  const key = createHash('sha256').update(name).digest('hex');
  const meta = objectOf(parsed(await text(join(folder, 'meta', key, 'meta.json'))));
  const docker = objectOf(objectOf(meta.Endpoints).docker);
  const host = textOf(docker.Host);
  if (host === '') {
    throw new EngineProblem(
      'absent',
      `The docker CLI's context ${printable(name)}${by} does not say where its engine is.`,
    );
  }
  const certificates = join(folder, 'tls', key, 'docker');
  const verify = docker.SkipTLSVerify !== true;
  const has = await Promise.all(
    ['ca.pem', 'cert.pem'].map((file) => text(join(certificates, file))),
  );
  const encrypted = !verify || has.some((content) => content !== '');
  return { host, tls: encrypted ? { folder: certificates, verify } : null };
}

function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

/** Empty where the file cannot be read, or is not what such a file is. */
async function text(path: string): Promise<string> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= mostBytes ? await readFile(path, 'utf8') : '';
  } catch {
    return '';
  }
}

const mostBytes = 4_000_000;

/**
 * Sockets of Docker Engine, also without root (`docs.docker.com/engine/security/rootless`), of Docker
 * Desktop, Colima, Rancher Desktop, OrbStack and Lima, and of Podman.
 */
function usualPlaces({ env, home, platform, uid, sockets }: Surroundings): readonly Place[] {
  if (platform === 'win32') {
    return ['docker_engine', 'dockerDesktopLinuxEngine', 'podman-machine-default'].map((name) => ({
      endpoint: readEndpoint(`npipe:////./pipe/${name}`, null),
      foundBy: 'its usual pipe',
    }));
  }
  const runtime = env.XDG_RUNTIME_DIR || (uid === null ? '' : `/run/user/${uid}`);
  const colima = env.COLIMA_HOME || join(home, '.colima');
  const paths = sockets ?? [
    '/var/run/docker.sock',
    runtime && join(runtime, 'docker.sock'),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.rd/docker.sock'),
    join(colima, 'default/docker.sock'),
    join(home, '.config/colima/default/docker.sock'),
    join(home, '.lima/docker/sock/docker.sock'),
    runtime && join(runtime, 'podman/podman.sock'),
    '/run/podman/podman.sock',
    join(home, '.local/share/containers/podman/machine/podman.sock'),
    join(home, '.lima/podman/sock/podman.sock'),
  ];
  return paths
    .filter((path) => path.startsWith('/'))
    .map((path) => ({ endpoint: readEndpoint(path, null), foundBy: 'its usual socket' }));
}

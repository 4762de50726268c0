/**
 * Reads images from their registries by the OCI distribution API: manifest and configuration, and of
 * layers the last bytes, which say how long they are. Manifests and configurations are proved by
 * their digests, and all is kept on the disk; nobody is contacted but by `ask`.
 */

import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as timer } from 'node:timers/promises';
import {
  archiveLength,
  lengthBytes,
  mayTellLength,
  packingOf,
  wholeLength,
} from '../registry/archiveLength.ts';
import { readDigest } from '../registry/digest.ts';
import { manifestTypes } from '../registry/manifest.ts';
import {
  type ImagePlace,
  manifestName,
  placeOf,
  requestHost,
  shownPlace,
} from '../registry/place.ts';
import { RegistryProblem } from '../registry/problem.ts';
import { readImage, type Sources } from '../registry/readImage.ts';
import type { ImageRegistry } from '../registry/registry.ts';
import { configuredMirrors, createFindCredentials, type FindCredentials } from './dockerConfig.ts';
import { createRegistryCache, type RegistryCache } from './imageRegistryCache.ts';
import {
  type ClientLimits,
  createRegistryClient,
  type Endpoint,
  type RegistryClient,
} from './imageRegistryClient.ts';
import { createTrust } from './imageRegistryTrust.ts';

export interface ImageRegistryOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder, where the docker CLI keeps its configuration; null: not known. */
  readonly home: string | null;
  /** Where answers are kept; null: nowhere. Asked each time, as it may become known later. */
  readonly folder: () => string | null;
  /** Addresses of mirrors of Docker Hub, asked before it; absent: those of the engine's configuration. */
  readonly mirrors?: () => Promise<readonly string[]>;
  readonly findCredentials?: FindCredentials;
  readonly now?: () => number;
  readonly limits?: Partial<ClientLimits>;
  /** Waits; rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const largestManifest = 4_000_000;
const largestConfig = 8_000_000;
const wholeMs = 120_000;
/** For the ends of all layers. */
const endsMs = 20_000;
const usual: ClientLimits = { silenceMs: 15_000, totalMs: 45_000, waitMs: 10_000 };

/** Folder for what registries said, below a folder of our own; null: there is none. */
export function registryFolder(own: string | null): string | null {
  return own === null ? null : join(own, 'registry');
}

/** The registries of a process, which hears later where answers are kept. */
export function openImageRegistry(
  env: ImageRegistryOptions['env'],
): ImageRegistry & { useFolder(folder: string | null): void } {
  let folder: string | null = null;
  return {
    ...createImageRegistry({ env, home: env.HOME || homedir(), folder: () => folder }),
    useFolder(path) {
      folder = path;
    },
  };
}

/** The registries that references name, with the docker CLI's credentials. */
export function createImageRegistry(options: ImageRegistryOptions): ImageRegistry {
  const { env, home, now = Date.now } = options;
  const cache = createRegistryCache(options.folder);
  const mirrors = options.mirrors ?? (() => configuredMirrors({ env, home }));
  const client = createRegistryClient({
    findCredentials: options.findCredentials ?? createFindCredentials({ env, home }),
    trust: createTrust({ env, home }),
    now,
    pause: options.pause ?? ((ms, signal) => timer(ms, undefined, { signal })),
    limits: { ...usual, ...options.limits },
  });
  return {
    async known(reference, platform) {
      const found = placeOf(reference);
      if (!found.ok) return null;
      const { place } = found;
      const asked = await cache.reference(place);
      if (!asked) return null;
      const sources = cacheAlone(cache);
      try {
        return await readImage({ reference, platform, place, sources, ...asked });
      } catch {
        return null;
      }
    },
    async ask(reference, platform, signal) {
      const found = placeOf(reference);
      if (!found.ok) throw new Error(found.reason);
      const { place } = found;
      signal.throwIfAborted();
      const clock = AbortSignal.any([signal, AbortSignal.timeout(wholeMs)]);
      const endpoints = await endpointsOf(place, mirrors);
      for (const [index, endpoint] of endpoints.entries()) {
        try {
          const sources = askingSources({ endpoint, place, client, cache, signal: clock });
          const digest = await sources.digest();
          const askedAt = now();
          const image = await readImage({ reference, platform, place, sources, digest, askedAt });
          await sources.keep();
          await cache.keepReference(place, { digest, askedAt });
          return image;
        } catch (error) {
          signal.throwIfAborted();
          if (clock.aborted) throw new Error(`${endpoint.host} did not answer in time.`);
          const isLast = index === endpoints.length - 1;
          if (isLast || !(error instanceof RegistryProblem)) throw error;
        }
      }
      throw new Error(`Nobody can be asked for ${shownPlace(place)}.`);
    },
  };
}

async function endpointsOf(
  place: ImagePlace,
  mirrors: () => Promise<readonly string[]>,
): Promise<readonly Endpoint[]> {
  const own = { host: place.host, requestHost: requestHost(place.host) };
  if (place.host !== 'docker.io') return [own];
  const named = (await mirrors().catch(() => [])).flatMap((address) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    // One with a path would be another API.
    const isRoot = url && /^https?:$/.test(url.protocol) && /^\/*$/.test(url.pathname);
    return isRoot ? [{ host: url.host, requestHost: url.host }] : [];
  });
  return [...named.slice(0, 5), own];
}

function cacheAlone(cache: RegistryCache): Sources {
  const read = async (digest: string): Promise<string> => {
    const bytes = await cache.blob(digest);
    if (!bytes) throw new RegistryProblem(`${digest} is not kept.`);
    return bytes.toString('utf8');
  };
  return {
    manifest: read,
    config: read,
    archive: async ({ digest, size, mediaType }) =>
      packingOf(mediaType) === 'none' ? size : ((await cache.archive(digest, size)) ?? null),
  };
}

interface Asking {
  readonly endpoint: Endpoint;
  readonly place: ImagePlace;
  readonly client: RegistryClient;
  readonly cache: RegistryCache;
  readonly signal: AbortSignal;
}

interface AskingSources extends Sources {
  /** Of what the reference names now. */
  digest(): Promise<string>;
  /** Keeps what came for another time. */
  keep(): Promise<void>;
}

function askingSources({ endpoint, place, client, cache, signal }: Asking): AskingSources {
  const { repository } = place;
  const came = new Map<string, Buffer>();
  const get = async (
    method: 'GET' | 'HEAD',
    kind: 'manifests' | 'blobs',
    name: string,
    part?: { readonly range: string; readonly signal: AbortSignal },
  ) => {
    const isManifest = kind === 'manifests';
    return await client.get(endpoint, {
      method,
      repository,
      path: `${repository}/${kind}/${name}`,
      accept: isManifest ? manifestTypes.join(', ') : '*/*',
      limit: part ? lengthBytes : isManifest ? largestManifest : largestConfig,
      signal,
      ...part,
    });
  };
  const read = async (kind: 'manifests' | 'blobs', digest: string, size: number | null) => {
    const kept = came.get(digest) ?? (await cache.blob(digest));
    if (kept) return kept.toString('utf8');
    const limit = kind === 'manifests' ? largestManifest : largestConfig;
    if (size !== null && size > limit) {
      throw new RegistryProblem(
        `${shownPlace(place)} cannot be read: it is larger than any real one.`,
      );
    }
    const { body } = await get('GET', kind, digest);
    prove(body, digest, endpoint);
    if (size !== null && body.length !== size) {
      throw new RegistryProblem(
        `${endpoint.host} sent ${body.length} bytes where its index says ${size}.`,
      );
    }
    came.set(digest, body);
    return body.toString('utf8');
  };
  let tellsEnds = true;
  let before: Promise<unknown> = Promise.resolve();
  let ending: AbortSignal | null = null;
  /** One after another: what it is worth is little, and registries count questions. */
  const endOf = (digest: string, size: number): Promise<number | null> => {
    const end = before.then(async () => {
      if (!tellsEnds) throw new RegistryProblem('It does not tell the ends of layers.');
      ending ??= AbortSignal.any([signal, AbortSignal.timeout(endsMs)]);
      const range = `bytes=${size - lengthBytes}-${size - 1}`;
      const { body, headers } = await get('GET', 'blobs', digest, { range, signal: ending });
      const whole = wholeLength(headers['content-range']);
      if (whole !== null && whole !== size) {
        throw new RegistryProblem(
          `${endpoint.host} says that a layer of ${shownPlace(place)} has ${size} bytes, and it has ${whole}.`,
          'untrue',
        );
      }
      return archiveLength(body, size);
    });
    before = end.catch(() => {});
    return end;
  };
  return {
    async digest() {
      if (place.digest !== null) return place.digest;
      const name = manifestName(place);
      const before = await cache.reference(place);
      if (before && (await cache.blob(before.digest))) {
        // A question for the digest alone does not count where registries limit downloads.
        const head = await get('HEAD', 'manifests', name).catch((error: unknown) => {
          if (error instanceof RegistryProblem && error.kind !== 'limited') return null;
          throw error;
        });
        if (head && saidDigest(head.headers) === before.digest) return before.digest;
      }
      const { body, headers } = await get('GET', 'manifests', name);
      const said = saidDigest(headers);
      const digest = said ?? `sha256:${createHash('sha256').update(body).digest('hex')}`;
      if (said !== null) prove(body, said, endpoint);
      came.set(digest, body);
      return digest;
    },
    manifest: (digest, size) => read('manifests', digest, size),
    config: (digest, size) => read('blobs', digest, size),
    async archive({ digest, size, mediaType }) {
      const packing = packingOf(mediaType);
      if (packing === 'none') return size;
      const kept = await cache.archive(digest, size);
      if (kept !== undefined) return kept;
      if (packing === 'other' || !tellsEnds || !mayTellLength(size)) return null;
      const length = await endOf(digest, size).catch((error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof RegistryProblem && error.kind === 'untrue') throw error;
        // One that cannot tell this of one layer is not asked for the others.
        tellsEnds = false;
        return undefined;
      });
      if (length === undefined) return null;
      await cache.keepArchive(digest, length);
      return length;
    },
    async keep() {
      for (const [digest, bytes] of came) await cache.keepBlob(digest, bytes);
    },
  };
}

/** What the registry says that it sent; null: it does not, or in no form that can be proved. */
function saidDigest(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | null {
  const said = [headers['docker-content-digest']].flat()[0] ?? '';
  return readDigest(said) ? said : null;
}

function prove(body: Buffer, digest: string, { host }: Endpoint): void {
  const said = readDigest(digest);
  const isTrue = said && createHash(said.algorithm).update(body).digest('hex') === said.hex;
  if (!isTrue) throw new RegistryProblem(`${host} sent something else than its digest says.`);
}

/** What an engine that was found is asked. Every question rejects with an `EngineProblem`. */

import {
  cacheEntry,
  containerSizes,
  engineImage,
  imageSummary,
  isForPlatform,
} from '../engine/answers.ts';
import { isApiFrom } from '../engine/answersAbout.ts';
import { isObject, listOf, objectOf, textOf } from '../engine/answersJson.ts';
import type { CacheEntry, ContainerSize, EngineImage, ImageSummary } from '../engine/engine.ts';
import type { Platform } from '../model/plan.ts';
import type { EngineLimits } from './engineLimits.ts';
import { cancelled, EngineProblem } from './engineProblem.ts';
import type { Session } from './engineSession.ts';
import { onAbort } from './onAbort.ts';

export interface Asker {
  readonly session: Session;
  readonly limits: EngineLimits;
  readonly signal: AbortSignal;
}

/** All images but those that are only steps of others. */
export async function imagesOf({
  session,
  limits,
  signal,
}: Asker): Promise<readonly ImageSummary[]> {
  const what = 'its images';
  const images: ImageSummary[] = [];
  const wanted = { path: '/images/json', what, limits: limits.list, signal };
  const list = await session.each(wanted, 1, (value) => {
    const image = imageSummary(value);
    if (image) images.push(image);
  });
  if (!isList(list)) noList(session, what);
  return whole(images, list, session, what);
}

/** What was read of a list, unless that is nothing of something. */
function whole<T>(read: readonly T[], list: unknown, session: Session, what: string): readonly T[] {
  return read.length > 0 || listOf(list).length === 0 ? read : damaged(session, what);
}

/** Go writes `null` for an empty list that was never made. */
function isList(value: unknown): boolean {
  return value === null || Array.isArray(value);
}

function noList({ way }: Session, what: string): never {
  throw new EngineProblem('broken', `What ${way.shown} says of ${what} is no list.`);
}

/**
 * An image with its history; null: there is none, or none for that platform. All is asked for by the
 * id, so that a name that moves in between does no harm. On containerd's store an image may be an index
 * of several: the engine's own comes first, and since API 1.49 another can be chosen.
 */
export async function imageOf(
  { session, limits, signal }: Asker,
  name: string,
  platform: Platform | null,
): Promise<EngineImage | null> {
  const path = imagePath(name);
  if (path === null) return null;
  const { api, store } = session.info;
  const get = (at: string, what = 'an image') =>
    session.json({ path: at, what, limits: limits.question, signal });
  const hasParts = platform !== null && store === 'containerd' && isApiFrom(api, '1.48');
  const first = await get(`${path}/json${hasParts ? '?manifests=1' : ''}`).catch((error) => {
    if (isNoName(error)) return undefined;
    throw error;
  });
  if (first === undefined) return null;
  const Id = textOf(objectOf(first).Id);
  const own = engineImage(first, [], session.info);
  const idPath = imagePath(Id);
  if (!own || idPath === null) return damaged(session, 'an image');

  const isOther = platform !== null && !isForPlatform(own, platform);
  if (isOther && (store !== 'containerd' || !isApiFrom(api, '1.49'))) return null;
  const query = isOther ? `?platform=${encodeURIComponent(platformQuery(platform))}` : '';
  const chosen = isOther ? await get(`${idPath}/json${query}`) : first;
  const what = 'the history of an image';
  const history = chosen === undefined ? undefined : await get(`${idPath}/history${query}`, what);
  if (history === undefined) return null;
  if (!isList(history)) noList(session, what);
  // The answer for a platform has the id of that one's part, by which nothing else can be asked.
  const { Manifests } = objectOf(first);
  const image = engineImage({ ...objectOf(chosen), Id, Manifests }, history, session.info);
  if (!image) return damaged(session, what);
  return platform === null || isForPlatform(image, platform) ? image : null;
}

function damaged({ way }: Session, what: string): never {
  throw new EngineProblem('broken', `What ${way.shown} says of ${what} is damaged.`);
}

/** Docker answers with status 400 to what cannot be the name of an image. */
function isNoName(error: unknown): boolean {
  return error instanceof EngineProblem && error.status === 400 && /reference/i.test(error.message);
}

/**
 * Names that no image has are not asked for: they would be other paths of the API. Docker takes a name
 * such as `cafe` for the beginning of an id as well; ids that people write have at least 12 digits.
 */
export function imagePath(name: string): string | null {
  const isName = name.length <= 1000 && /^[a-z0-9][\w.:/@+[\]-]*$/i.test(name);
  if (!isName || /(^|\/)\.{0,2}(\/|$)/.test(name)) return null;
  const whole = /^[0-9a-f]{1,11}$/.test(name) ? `${name}:latest` : name;
  return `/images/${encodeURIComponent(whole).replace(/%(2F|3A|40)/g, decodeURIComponent)}`;
}

function platformQuery({ os, arch, variant }: Platform): string {
  return JSON.stringify({ os, architecture: arch, ...(variant && { variant }) });
}

const cacheTries = 4;

/**
 * The records of the build cache. The listing of containerd's store fails with 404 while a build runs
 * (DOCKER-GROUND-TRUTH section 5). Before API 1.42 all kinds of use are listed. Podman keeps no build
 * cache of its own.
 */
export async function cacheOf({ session, limits, signal }: Asker): Promise<readonly CacheEntry[]> {
  const { api, store } = session.info;
  if (store === 'podman') return [];
  const what = 'its build cache';
  const path = isApiFrom(api, '1.42') ? '/system/df?type=build-cache' : '/system/df';
  for (let tries = 1; tries <= cacheTries; tries++) {
    const entries: CacheEntry[] = [];
    const once = sameTexts();
    const answer = await session.each({ path, what, limits: limits.list, signal }, 2, (value) => {
      const entry = cacheEntry(value);
      if (entry) entries.push(slim(entry, once));
    });
    if (answer !== undefined) {
      const { BuildCache = null } = objectOf(answer);
      if (!isList(BuildCache) || !isObject(answer)) noList(session, what);
      return whole(entries, BuildCache, session, what);
    }
    if (tries < cacheTries) await pause(100 * 2 ** tries, signal);
  }
  throw new EngineProblem('refused', `${session.way.shown} cannot list its build cache now.`);
}

/** One text in memory for all that are equal: many records have the same description, and parents. */
function sameTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const one = known.get(text);
    if (one !== undefined) return one;
    known.set(text, text);
    return text;
  };
}

const none: readonly string[] = [];

function slim(entry: CacheEntry, once: (text: string) => string): CacheEntry {
  const parents = entry.parents.length === 0 ? none : entry.parents.map(once);
  const { id, type, description } = entry;
  return { ...entry, parents, id: once(id), type: once(type), description: once(description) };
}

/** Containers of an image, running or not, with what they wrote. */
export async function containersOf(asker: Asker, name: string): Promise<readonly ContainerSize[]> {
  const { session, limits, signal } = asker;
  const image = await imageOf(asker, name, null);
  if (!image) return [];
  const what = 'its containers';
  // Podman 4 finds no container by an id with its algorithm in front.
  const id = session.info.store === 'podman' ? image.id.replace(/^sha256:/, '') : image.id;
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [id] }));
  const path = `/containers/json?all=1&size=1&filters=${filters}`;
  const answer = await session.json({ path, what, limits: limits.walk, signal });
  if (!isList(answer)) noList(session, what);
  const all = whole(containerSizes(answer), answer, session, what);
  // Those of images that were built upon this one come along on Docker's classic store.
  return session.info.store === 'classic' ? all.filter((one) => one.image === image.id) : all;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const leave = onAbort(signal, () => {
      clearTimeout(timer);
      reject(cancelled());
    });
    const timer = setTimeout(() => {
      leave();
      resolve();
    }, ms);
  });
}

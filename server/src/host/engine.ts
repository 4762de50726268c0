/** The container engine of this machine, or one that is named, asked over its API by HTTP. */

import { homedir } from 'node:os';
import process from 'node:process';
import { cacheEntries, containerSizes, engineImage, imageSummaries } from '../engine/answers.ts';
import { isApiFrom } from '../engine/answersAbout.ts';
import { objectOf, textOf } from '../engine/answersJson.ts';
import type { Engine, EngineChoice, EngineImage } from '../engine/engine.ts';
import type { Platform } from '../model/plan.ts';
import { watchEngine } from './engineEvents.ts';
import { createFinder } from './engineFinder.ts';
import type { Surroundings } from './enginePlaces.ts';
import { cancelled, EngineProblem } from './engineProblem.ts';
import { isSameEngine, type Session } from './engineSession.ts';
import type { Limits } from './engineTransport.ts';

export interface EngineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder; absent: as the system says. */
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
  readonly uid?: number | null;
}

const usualLimits: Limits = {
  connectMs: 5000,
  silenceMs: 30_000,
  totalMs: 60_000,
  bytes: 16_000_000,
};
/** 2,500 images are half a megabyte; labels may be long. */
const listLimits: Limits = { ...usualLimits, bytes: 128_000_000 };
/** Sizes of containers are counted file by file. */
const walkLimits: Limits = { ...usualLimits, silenceMs: 120_000, totalMs: 120_000 };

/** Nothing is contacted before the first question or `watch`. */
export function createEngine({
  env,
  home = homedir(),
  platform = process.platform,
  uid = process.getuid?.() ?? null,
}: EngineOptions): Engine {
  const around: Surroundings = { env, home, platform, uid };
  const finder = createFinder(around);

  /** Asks once more where the engine that answered lately is another one by now. */
  const ask = async <T>(
    choice: EngineChoice,
    signal: AbortSignal,
    question: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const session = await finder.find(choice, signal);
    try {
      return await question(session);
    } catch (error) {
      if (!(error instanceof EngineProblem) || error.kind === 'cancelled') throw error;
      const now = await finder.look(choice, signal).catch(() => null);
      if (now === null) finder.forget(choice, session);
      if (now === null || isSameEngine(now.info, session.info)) throw error;
      return question(now);
    }
  };

  return {
    about: async (choice, signal) => (await finder.find(choice, signal)).info,
    images: (choice, signal) =>
      ask(choice, signal, async (session) =>
        imageSummaries(await session.json('/images/json', 'its images', listLimits, signal)),
      ),
    image: (choice, name, signal, platform) =>
      ask(choice, signal, (session) => imageOf(session, name, platform ?? null, signal)),
    buildCache: (choice, signal) =>
      ask(choice, signal, async (session) => cacheEntries(await cacheOf(session, signal))),
    containers: (choice, image, signal) =>
      ask(choice, signal, async (session) => {
        const whole = await imageOf(session, image, null, signal);
        if (!whole) return [];
        const filters = encodeURIComponent(JSON.stringify({ ancestor: [whole.id] }));
        const path = `/containers/json?all=1&size=1&filters=${filters}`;
        const all = containerSizes(await session.json(path, 'its containers', walkLimits, signal));
        // Those of images that were built upon this one come along on Docker's classic store.
        return session.info.store === 'classic' ? all.filter((one) => one.image === whole.id) : all;
      }),
    watch: (choice, onEvent, signal) => watchEngine(choice, finder, around, onEvent, signal),
  };
}

/** Names that no image has are not asked for: they would be other paths of the API. */
function imagePath(name: string): string | null {
  const isName = name.length <= 1000 && /^[a-z0-9][\w.:/@+[\]-]*$/i.test(name);
  if (!isName || /(^|\/)\.{0,2}(\/|$)/.test(name)) return null;
  return `/images/${encodeURIComponent(name).replace(/%(2F|3A|40)/g, decodeURIComponent)}`;
}

/**
 * The history is asked for by the id, so that a name that moves in between does no harm. On
 * containerd's store an image may be an index of several; API 1.48 and 1.49 let one be chosen.
 */
async function imageOf(
  session: Session,
  name: string,
  platform: Platform | null,
  signal: AbortSignal,
): Promise<EngineImage | null> {
  const path = imagePath(name);
  if (path === null) return null;
  const { api, store } = session.info;
  const isChosen = platform !== null && store === 'containerd';
  const query = isChosen ? `?platform=${encodeURIComponent(platformQuery(platform))}` : '';
  const get = (at: string, from: string, what: string) =>
    session.json(isApiFrom(api, from) ? at + query : at, what, usualLimits, signal);
  const inspected = await get(`${path}/json`, '1.49', 'an image');
  const idPath = imagePath(textOf(objectOf(inspected).Id));
  if (idPath === null) return null;
  const history = await get(`${idPath}/history`, '1.48', 'the history of an image');
  return history === undefined ? null : engineImage(inspected, history, session.info);
}

function platformQuery({ os, arch, variant }: Platform): string {
  return JSON.stringify({ os, architecture: arch, ...(variant && { variant }) });
}

const cacheTries = 4;

/**
 * The listing of containerd's store fails with 404 while a build runs (DOCKER-GROUND-TRUTH section 5).
 * Before API 1.42 all kinds of use are listed. Podman keeps no build cache of its own.
 */
async function cacheOf(session: Session, signal: AbortSignal): Promise<unknown> {
  const { api, store } = session.info;
  if (store === 'podman') return undefined;
  const path = isApiFrom(api, '1.42') ? '/system/df?type=build-cache' : '/system/df';
  for (let tries = 1; ; tries++) {
    const answer = await session.json(path, 'its build cache', listLimits, signal);
    if (answer !== undefined || tries === cacheTries) return answer;
    await pause(100 * 2 ** tries, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

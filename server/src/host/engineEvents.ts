/**
 * Follows an engine: says when it answers, when it is gone and what happens in it. Nothing is asked
 * by the clock: a socket that appears, or somebody at work (`retry`), is what leads to another look.
 */

import { readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { engineEvents } from '../engine/answersEvents.ts';
import { saying } from '../engine/answersJson.ts';
import type { EngineChoice, EngineEvent, EngineInfo, Watch } from '../engine/engine.ts';
import type { Finder } from './engineFinder.ts';
import { watchFolders } from './engineFolders.ts';
import type { EngineLimits } from './engineLimits.ts';
import { dockerFolder, enginePlaces, type Place, type Surroundings } from './enginePlaces.ts';
import { problemOf } from './engineProblem.ts';
import { isSameEngine, type Session } from './engineSession.ts';
import { lineReader } from './lineReader.ts';

/** Milliseconds to the first piece of an answer, which some engines begin with the first event only. */
const openMs = 1000;
/** No event of an image is near that long. */
const longestLine = 1_000_000;
/** A socket is there before somebody listens at it, and before an engine that starts answers. */
const againMs = [100, 400, 1600, 5000];
/** Looks that `retry` asks for stand that many times as far apart as one took, within limits. */
const spaceFactor = 5;
const mostSpaceMs = 60_000;
/** A stream that lasted that many milliseconds may be had again at once. */
const lastedMs = 5000;

interface Following {
  readonly session: Session;
  readonly control: AbortController;
  /** Are its events told? Some engines behind a filter refuse them. */
  hasEvents: boolean;
}

/** As `Engine.watch`. */
export function watchEngine(
  choice: EngineChoice,
  finder: Finder,
  around: Surroundings,
  { space }: Pick<EngineLimits, 'space'>,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Watch {
  let following: Following | null = null;
  /** What was told last: null for `up`. */
  let toldDown: string | null = null;
  let isLooking = false;
  let isWanted = false;
  let isPlanned = false;
  let nextLook = 0;
  let lastLook = 0;
  /** When a build may be supposed next that an engine did not tell, by `performance.now()`. */
  let nextGuess = 0;
  const timers = new Set<NodeJS.Timeout>();
  let forgetAgain = () => {};

  const tell = (event: EngineEvent) => {
    if (signal.aborted) return;
    try {
      onEvent(event);
    } catch {
      // What a listener does wrong is no reason to lose the engine.
    }
  };
  const after = (ms: number, what: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!signal.aborted) what();
    }, ms).unref();
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  };
  const down = (reason: string) => {
    if (following) {
      following.control.abort();
      following = null;
      finder.forget(choice);
    }
    if (toldDown === reason) return;
    toldDown = reason;
    tell({ kind: 'down', reason });
  };

  const folders = watchFolders(() => look(againMs));
  const notice = async () => {
    const { files, starts } = await noticed(choice, around, following?.session.place ?? null);
    if (!signal.aborted) folders.notice(files, starts);
  };

  /** Looks for the engine anew; once more after each time of `again` while there is none. */
  const look = (again: readonly number[]) => {
    if (signal.aborted) return;
    if (isLooking) {
      isWanted = true;
      return;
    }
    isLooking = true;
    const began = performance.now();
    // What changes while it is looked for is noticed, and looked for again.
    notice()
      .then(() => finder.look(choice, signal))
      .then(take, (error) => miss(error, again))
      .then(notice)
      .catch(() => {})
      .finally(() => {
        const ended = performance.now();
        const own = Math.min(mostSpaceMs, spaceFactor * (ended - began));
        nextLook = ended + Math.max(space.least, own);
        lastLook = ended;
        isLooking = false;
        if (!isWanted) return;
        isWanted = false;
        look(again);
      });
  };

  const take = (session: Session) => {
    if (signal.aborted) return;
    finder.keep(choice, session);
    const isSame = following !== null && isSameEngine(following.session.info, session.info);
    if (isSame && following?.hasEvents) return;
    following?.control.abort();
    // Without events, that it is there once more is all that leads to questions about what is new.
    follow(session);
  };

  /** An engine whose events come is there, whatever becomes of a look, unless another one is meant. */
  const miss = async (error: unknown, again: readonly number[]) => {
    const { message } = problemOf(error, 'The engine');
    if (signal.aborted) return;
    if (following?.hasEvents && (await isPlace(choice, around, following.session.place))) return;
    down(message);
    const [ms, ...rest] = again;
    forgetAgain();
    if (ms !== undefined) forgetAgain = after(ms, () => following ?? look(rest));
  };

  const follow = (session: Session) => {
    const own: Following = { session, control: new AbortController(), hasEvents: true };
    const began = performance.now();
    following = own;
    let isUp = false;
    const isCurrent = () => following === own && !signal.aborted;
    const up = () => {
      if (isUp || !isCurrent()) return;
      isUp = true;
      toldDown = null;
      tell({ kind: 'up', info: session.info });
    };
    const onText = lineReader(longestLine, (line) => {
      up();
      for (const event of engineEvents(line)) if (isCurrent()) tell(event);
    });
    after(openMs, up);
    const types = session.info.store === 'podman' ? ['image'] : ['image', 'builder'];
    const filters = encodeURIComponent(JSON.stringify({ type: types }));
    const lost = (why: string) => {
      if (!isCurrent()) return;
      const { product, endpoint } = session.info;
      down(`${product} at ${endpoint} does not answer any more.${why && ` ${saying(why)}`}`);
      // Elsewhere than at a local socket it may be the connection only that is lost. There it is not,
      // and a socket that systemd holds would start an engine again that somebody has just stopped.
      const isLocal = session.place.endpoint.kind === 'socket';
      if (!isLocal && performance.now() - began > lastedMs) look([]);
      else notice().catch(() => {});
    };
    session.stream(`/events?filters=${filters}`, own.control.signal, up, onText).then(
      ({ status }) => {
        if (status === 200) return lost('');
        own.hasEvents = false;
        up();
      },
      (error) => lost(problemOf(error, session.info.endpoint).message),
    );
  };

  const onAbort = () => {
    following?.control.abort();
    if (following) finder.forget(choice);
    following = null;
    folders.close();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else look([]);

  return {
    retry() {
      if (signal.aborted || isLooking || isPlanned) return;
      if (following?.hasEvents) {
        const now = performance.now();
        if (tellsBuilds(following.session.info) || now < nextGuess) return;
        nextGuess = now + space.withoutEvents;
        return tell({ kind: 'images', image: null });
      }
      const next = following ? lastLook + space.withoutEvents : nextLook;
      const wait = next - performance.now();
      if (wait <= 0) return look([]);
      isPlanned = true;
      after(wait, () => {
        isPlanned = false;
        if (!isLooking && !following?.hasEvents) look([]);
      });
    },
  };
}

/**
 * Does an event come when a build ends? From Docker Engine before 28 on the containerd store none
 * does: measured with 26.1.5, whose image service for that store logs pulls, names and removals only.
 */
function tellsBuilds({ product, version, store }: EngineInfo): boolean {
  return (
    product !== 'Docker Engine' || store !== 'containerd' || Number.parseInt(version, 10) >= 28
  );
}

/** Is the place still one of those that the choice leads to? */
async function isPlace(choice: EngineChoice, around: Surroundings, place: Place): Promise<boolean> {
  const { list } = await placesOf(choice, around);
  return list.some(({ endpoint }) => endpoint.shown === place.endpoint.shown);
}

function placesOf(choice: EngineChoice, around: Surroundings) {
  return enginePlaces(choice.endpoint, around).catch(() => ({ list: [] as readonly Place[] }));
}

/**
 * Files whose coming and going may mean another engine: the sockets up to the one in use with what
 * they are links to, and where the docker CLI notes its context. `starts` are files by which a Docker
 * Engine says that it runs: when they go it was stopped, and to ask at a socket that systemd holds
 * would start it again.
 */
async function noticed(
  choice: EngineChoice,
  around: Surroundings,
  inUse: Place | null,
): Promise<{ readonly files: readonly string[]; readonly starts: readonly string[] }> {
  const files: string[] = [];
  const starts: string[] = [];
  const isNamed = Boolean(choice.endpoint?.trim() || around.env.DOCKER_HOST?.trim());
  if (!isNamed) files.push(join(dockerFolder(around), 'config.json'));
  const { list } = await placesOf(choice, around);
  for (const { endpoint } of list) {
    if (endpoint.kind === 'socket' && around.platform !== 'win32') {
      files.push(...(await withTargets(endpoint.path)));
      const isDocker = endpoint.path.endsWith('/docker.sock');
      if (isDocker) starts.push(join(dirname(endpoint.path), 'docker.pid'));
    }
    if (endpoint.shown === inUse?.endpoint.shown) break;
  }
  return { files, starts };
}

const mostLinks = 5;

/** The path, and where it leads to as a link, also where nothing is there. */
async function withTargets(path: string): Promise<readonly string[]> {
  const found = [path];
  let at = path;
  while (found.length <= mostLinks) {
    const target = await readlink(at).catch(() => null);
    if (target === null) break;
    at = resolve(dirname(at), target);
    found.push(at);
  }
  return found;
}

/**
 * Follows an engine: says when it answers, when it is gone and what happens in it. Nothing is asked
 * by the clock: a socket that appears, or somebody at work (`retry`), is what leads to another look.
 */

import { dirname, join } from 'node:path';
import { engineEvents } from '../engine/answersEvents.ts';
import { saying } from '../engine/answersJson.ts';
import type { EngineChoice, EngineEvent, Watch } from '../engine/engine.ts';
import type { Finder } from './engineFinder.ts';
import { watchFolders } from './engineFolders.ts';
import { dockerFolder, enginePlaces, type Surroundings } from './enginePlaces.ts';
import { problemOf } from './engineProblem.ts';
import { isSameEngine, type Session } from './engineSession.ts';
import type { Limits } from './engineTransport.ts';
import { lineReader } from './lineReader.ts';

const endless: Limits = {
  connectMs: 20_000,
  silenceMs: Number.POSITIVE_INFINITY,
  totalMs: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};
/** An engine may begin its answer with the first event only. */
const openMs = 1000;
/** No event of an image is near that long. */
const longestLine = 1_000_000;
/** A socket is there a moment before somebody listens at it. */
const againMs = [100, 400, 1600];
/** Least time between two looks that `retry` asks for, and how much longer than a look took. */
const spaceMs = 1000;
const spaceFactor = 5;
const mostSpaceMs = 60_000;

interface Following {
  readonly session: Session;
  readonly control: AbortController;
  /** Are its events told? Some engines behind a filter refuse them. */
  hasEvents: boolean;
}

export function watchEngine(
  choice: EngineChoice,
  finder: Finder,
  around: Surroundings,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Watch {
  let following: Following | null = null;
  let told: 'up' | string | null = null;
  let isLooking = false;
  let isWanted = false;
  let nextLook = 0;
  const timers = new Set<NodeJS.Timeout>();

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
  };
  const down = (reason: string) => {
    if (told === reason) return;
    told = reason;
    tell({ kind: 'down', reason });
  };

  const folders = watchFolders(() => look(againMs));
  const notice = async () => {
    const paths = await noticed(choice, around, following?.session ?? null);
    if (!signal.aborted) folders.notice(paths);
  };

  const look = (again: readonly number[]) => {
    if (signal.aborted) return;
    if (isLooking) {
      isWanted = true;
      return;
    }
    isLooking = true;
    const began = performance.now();
    finder
      .look(choice, signal)
      .then(take, (error) => {
        const { kind, message } = problemOf(error, 'The engine');
        if (signal.aborted || following) return;
        down(message);
        const [ms, ...rest] = again;
        if (kind !== 'denied' && ms !== undefined) after(ms, () => following ?? look(rest));
      })
      .then(notice)
      .catch(() => {})
      .finally(() => {
        const took = performance.now() - began;
        nextLook = performance.now() + Math.min(mostSpaceMs, Math.max(spaceMs, spaceFactor * took));
        isLooking = false;
        if (isWanted) {
          isWanted = false;
          look(again);
        }
      });
  };

  const take = (session: Session) => {
    if (signal.aborted) return finder.forget(choice, session);
    finder.keep(choice, session);
    if (following && isSameEngine(following.session.info, session.info)) {
      if (following.hasEvents) return;
    } else if (following) {
      following.control.abort();
    }
    follow(session);
  };

  const follow = (session: Session) => {
    const wasSame = following !== null && isSameEngine(following.session.info, session.info);
    const own: Following = { session, control: new AbortController(), hasEvents: true };
    following = own;
    let isTold = wasSame;
    const isCurrent = () => following === own && !signal.aborted;
    const up = () => {
      if (isTold || !isCurrent()) return;
      isTold = true;
      told = 'up';
      tell({ kind: 'up', info: session.info });
    };
    const onLine = (line: string) => {
      up();
      for (const event of engineEvents(line)) if (isCurrent()) tell(event);
    };
    after(openMs, up);
    const types = session.info.store === 'podman' ? ['image'] : ['image', 'builder'];
    const filters = encodeURIComponent(JSON.stringify({ type: types }));
    session
      .stream({
        path: `/events?filters=${filters}`,
        signal: own.control.signal,
        limits: endless,
        onOpen: up,
        onPiece: lineReader(longestLine, onLine),
      })
      .then(
        ({ status }) => {
          if (status === 200) return lost(own, '');
          own.hasEvents = false;
          up();
        },
        (error) => lost(own, problemOf(error, session.info.endpoint).message),
      )
      .catch(() => {});
  };

  const lost = (own: Following, why: string) => {
    if (following !== own || signal.aborted) return;
    following = null;
    finder.forget(choice, own.session);
    const { product, endpoint } = own.session.info;
    down(
      `${product} at ${endpoint} does not answer any more.${why === '' ? '' : ` ${saying(why)}`}`,
    );
    // A socket that systemd holds would start an engine again that was stopped; elsewhere it may be
    // the connection only that is lost.
    if (own.session.place.endpoint.kind !== 'socket') look([]);
    else notice().catch(() => {});
  };

  const onAbort = () => {
    following?.control.abort();
    following?.session.way.close();
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
      if (signal.aborted || isLooking || isWanted || following?.hasEvents) return;
      const wait = nextLook - performance.now();
      if (wait <= 0) return look([]);
      isWanted = true;
      after(wait, () => {
        isWanted = false;
        if (!isLooking && !following?.hasEvents) look([]);
      });
    },
  };
}

/**
 * Files whose coming and going may mean another engine: the sockets up to the one in use, the file by
 * which a Docker Engine says that it runs, and where the docker CLI notes its context.
 */
async function noticed(
  choice: EngineChoice,
  around: Surroundings,
  session: Session | null,
): Promise<readonly string[]> {
  const files: string[] = [];
  const isNamed = Boolean(choice.endpoint?.trim() || around.env.DOCKER_HOST?.trim());
  if (!isNamed) files.push(join(dockerFolder(around), 'config.json'));
  const { list } = await enginePlaces(choice.endpoint, around).catch(() => ({ list: [] }));
  for (const { endpoint } of list) {
    if (endpoint.kind === 'socket' && around.platform !== 'win32') {
      files.push(endpoint.path);
      if (endpoint.path.endsWith('/docker.sock')) {
        files.push(join(dirname(endpoint.path), 'docker.pid'));
      }
    }
    if (endpoint.shown === session?.place.endpoint.shown) break;
  }
  return files;
}

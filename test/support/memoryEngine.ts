/** An engine that answers from memory, as a test says, and counts what it is asked. */

import type {
  CacheEntry,
  ContainerSize,
  Engine,
  EngineEvent,
  EngineImage,
  EngineInfo,
} from '../../server/src/engine/engine.ts';

export const engineInfo: EngineInfo = {
  product: 'Docker Engine',
  version: '28.5.2',
  api: '1.51',
  driver: 'overlay2',
  store: 'classic',
  platform: { os: 'linux', arch: 'amd64', variant: '' },
  endpoint: 'unix:///engine.sock',
  foundBy: 'a test',
  virtual: false,
  id: 'one',
};

export interface MemoryEngine extends Engine {
  /** What was asked so far: `about`, `images`, `image NAME`, `watch` … */
  readonly asked: string[];
  images_: readonly EngineImage[];
  cache_: readonly CacheEntry[];
  containers_: readonly ContainerSize[];
  /** Null: it does not answer. */
  info: EngineInfo | null;
  /** Tells all who watch. */
  tell(event: EngineEvent): void;
  /** How many watch. */
  readonly watching: number;
}

/** An image as an engine has it, of which most does not matter. */
export function engineImage(id: string, some: Partial<EngineImage> = {}): EngineImage {
  return {
    id,
    references: [],
    digests: [],
    createdAt: 1_700_000_000_000,
    labels: {},
    platform: engineInfo.platform,
    diffIds: [],
    history: [],
    config: {},
    store: 'classic',
    driver: 'overlay2',
    folders: null,
    ...some,
  };
}

export function memoryEngine(images: readonly EngineImage[] = []): MemoryEngine {
  const listeners = new Set<(event: EngineEvent) => void>();
  const asked: string[] = [];
  const answer = async <T>(what: string, value: () => T): Promise<T> => {
    asked.push(what);
    if (!engine.info) throw new Error('No engine answers at unix:///engine.sock.');
    return value();
  };
  const say = (onEvent: (event: EngineEvent) => void) => {
    if (engine.info) onEvent({ kind: 'up', info: engine.info });
    else onEvent({ kind: 'down', reason: 'No engine answers at unix:///engine.sock.' });
  };
  const engine: MemoryEngine = {
    asked,
    info: engineInfo,
    images_: images,
    cache_: [],
    containers_: [],
    get watching() {
      return listeners.size;
    },
    about: () => answer('about', () => engine.info as EngineInfo),
    images: () => answer('images', () => engine.images_),
    image: (_, name) =>
      answer(
        `image ${name}`,
        () =>
          engine.images_.find(({ id, references }) => id === name || references.includes(name)) ??
          null,
      ),
    buildCache: () => answer('buildCache', () => engine.cache_),
    containers: () => answer('containers', () => engine.containers_),
    watch(_, onEvent, signal) {
      asked.push('watch');
      listeners.add(onEvent);
      signal.addEventListener('abort', () => listeners.delete(onEvent));
      queueMicrotask(() => say(onEvent));
      return {
        retry() {
          asked.push('retry');
          say(onEvent);
        },
      };
    },
    tell(event) {
      for (const listener of listeners) listener(event);
    },
  };
  return engine;
}

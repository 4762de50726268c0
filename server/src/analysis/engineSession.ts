/**
 * One engine as the documents share it: whether it answers, its images, its build cache. Asked in the
 * background; kept fresh by its events while somebody looks, never by the clock.
 */

import type { Fact } from '../context/fact.ts';
import type {
  CacheEntry,
  Engine,
  EngineChoice,
  EngineEvent,
  EngineImage,
  EngineInfo,
  ImageSummary,
  Watch,
} from '../engine/engine.ts';
import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { EngineState } from './engineReading.ts';
import { BackgroundFact } from './facts.ts';

/** Images that are kept with their history; one has some kilobytes. */
const mostImages = 1000;
/** Lists of images are asked for again at most once in so many milliseconds. */
const usualCrowdMs = 1000;
/** Names of base images that are kept up to date. */
const mostNames = 100;

export class EngineSession {
  readonly #engine: Engine;
  readonly #crowdMs: number;
  readonly #choice: EngineChoice;
  readonly #onChanged: () => void;
  readonly #onBases: () => void;
  readonly #named = new Map<string, BackgroundFact<EngineImage | null>>();
  readonly #byId = new Map<string, Promise<EngineImage | null>>();
  readonly #stopped = new AbortController();
  #state: EngineState = { kind: 'idle', info: null, reason: 'No engine has been asked yet.' };
  #last: EngineInfo | null = null;
  #ups = 0;
  #movedAt = Number.NEGATIVE_INFINITY;
  #waiting: ReturnType<typeof setTimeout> | null = null;
  #following: { readonly abort: AbortController; readonly watch: Watch } | null = null;
  #asking: Promise<void> | null = null;
  #images: BackgroundFact<readonly ImageSummary[]> | null = null;
  #cache: BackgroundFact<readonly CacheEntry[]> | null = null;
  #generation = 0;
  #baseGeneration = 0;

  /** Contacts nobody. `onChanged` is called when any answer may be another one. */
  constructor(engine: Engine, choice: EngineChoice, onChanged: () => void, crowdMs = usualCrowdMs) {
    this.#crowdMs = crowdMs;
    this.#engine = engine;
    this.#choice = choice;
    this.#onChanged = () => {
      this.#generation += 1;
      onChanged();
    };
    this.#onBases = () => {
      this.#baseGeneration += 1;
      this.#onChanged();
    };
  }

  get state(): EngineState {
    return this.#state;
  }

  /** The engine that answered last; what it said may still hold when it is gone. */
  get last(): EngineInfo | null {
    return this.#last;
  }

  /** How often it came up: what could not be asked before can be asked now. */
  get ups(): number {
    return this.#ups;
  }

  /** Another number whenever an answer may be another one. */
  get generation(): number {
    return this.#generation;
  }

  /** Another number whenever a name may mean another image. */
  get baseGeneration(): number {
    return this.#baseGeneration;
  }

  /** Something was asked that is not answered yet. */
  get busy(): boolean {
    return this.#pending().length > 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending());
  }

  /** Looks for the engine once; for whoever does not stay to hear what becomes of it. */
  ask(): void {
    if (this.#state.kind !== 'idle') return;
    this.#become({ kind: 'connecting', info: null, reason: 'The engine is being asked.' });
    this.#asking = this.#engine
      .about(this.#choice, this.#stopped.signal)
      .then(
        (info) => this.#become(up(info)),
        (error: unknown) => this.#become({ kind: 'down', info: null, reason: messageOf(error) }),
      )
      .finally(() => {
        this.#asking = null;
      });
  }

  /** Hears of the engine from now on; once more when somebody works and it was gone. */
  follow(): void {
    if (this.#following || this.#stopped.signal.aborted) return;
    const abort = new AbortController();
    if (this.#state.kind === 'idle') {
      this.#state = { kind: 'connecting', info: null, reason: 'The engine is being asked.' };
    }
    const hear = (event: EngineEvent) => {
      if (!abort.signal.aborted) this.#hear(event);
    };
    this.#following = {
      abort,
      watch: this.#engine.watch(this.#choice, hear, abort.signal),
    };
  }

  /** Nobody looks any more; what is known stays. */
  unfollow(): void {
    this.#following?.abort.abort();
    this.#following = null;
    if (this.#waiting !== null) clearTimeout(this.#waiting);
    this.#waiting = null;
  }

  /** Somebody works with the product: an engine that does not answer, or tells no events, is looked at once more. */
  retry(): void {
    // The watch leaves an engine alone whose events it hears.
    this.#following?.watch.retry();
  }

  /** Images without their history. */
  images(): Fact<readonly ImageSummary[]> {
    if (this.#state.kind !== 'up' && !this.#images) return this.#notThere();
    this.#images ??= this.#background((signal) => this.#engine.images(this.#choice, signal));
    return this.#images.held.fact;
  }

  /** An image by a name that may come to mean another one; null: the engine does not have it. */
  named(name: string, platform: Platform): Fact<EngineImage | null> {
    const key = `${formatPlatform(platform)} ${name}`;
    const known = this.#named.get(key);
    if (known) return known.held.fact;
    if (this.#state.kind !== 'up') return this.#notThere();
    const ask = (signal: AbortSignal) => this.#engine.image(this.#choice, name, signal, platform);
    const fact = this.#background(ask, this.#onBases);
    this.#named.set(key, fact);
    if (this.#named.size > mostNames) {
      const [oldest = key] = this.#named.keys();
      this.#named.get(oldest)?.stop();
      this.#named.delete(oldest);
    }
    return fact.held.fact;
  }

  /** An image by its id, under which it never changes; rejects as the engine does. */
  byId(id: string): Promise<EngineImage | null> {
    const known = this.#byId.get(id);
    if (known) return known;
    const asked = this.#engine.image(this.#choice, id, this.#stopped.signal);
    this.#byId.set(id, asked);
    asked.then(
      // What is not there now may come.
      (image) => image ?? this.#byId.delete(id),
      () => this.#byId.delete(id),
    );
    if (this.#byId.size > mostImages) {
      const [oldest] = this.#byId.keys();
      if (oldest !== undefined) this.#byId.delete(oldest);
    }
    return asked;
  }

  /** What the build cache has; asked from the first time on that a step wants it. */
  cacheEntries(): Fact<readonly CacheEntry[]> {
    if (this.#state.kind !== 'up' && !this.#cache) return this.#notThere();
    this.#cache ??= this.#background((signal) => this.#engine.buildCache(this.#choice, signal));
    return this.#cache.held.fact;
  }

  stop(): void {
    this.unfollow();
    this.#stopped.abort();
    for (const fact of this.#facts()) fact.stop();
  }

  #hear(event: EngineEvent): void {
    switch (event.kind) {
      case 'up': {
        const before = this.#last;
        const isOther =
          before?.endpoint !== event.info.endpoint || before.id !== event.info.id || !event.info.id;
        if (isOther) this.#forget();
        this.#ups += 1;
        this.#become(up(event.info));
        this.#refresh();
        return;
      }
      case 'down':
        this.#become({ kind: 'down', info: null, reason: event.reason });
        return;
      case 'images':
        this.#imagesMoved();
        return;
      case 'built':
        this.#cache?.refresh();
        return;
    }
  }

  /** At once, but for events that come in crowds: hundreds of images may be removed one by one. */
  #imagesMoved(): void {
    if (this.#waiting !== null) return;
    const wait = this.#movedAt + this.#crowdMs - performance.now();
    const ask = () => {
      this.#waiting = null;
      this.#movedAt = performance.now();
      this.#images?.refresh();
      for (const fact of this.#named.values()) fact.refresh();
      this.#cache?.refresh();
    };
    if (wait <= 0) ask();
    else this.#waiting = setTimeout(ask, wait);
  }

  #become(state: EngineState): void {
    if (state.info) this.#last = state.info;
    const same = state.kind === this.#state.kind && state.reason === this.#state.reason;
    this.#state = state;
    if (!same) this.#onChanged();
  }

  /** Another engine has other images. */
  #forget(): void {
    for (const fact of this.#facts()) fact.stop();
    this.#baseGeneration += 1;
    this.#named.clear();
    this.#byId.clear();
    this.#images = null;
    this.#cache = null;
  }

  #refresh(): void {
    for (const fact of this.#facts()) fact.refresh();
  }

  #facts(): readonly BackgroundFact<unknown>[] {
    const facts = [...this.#named.values(), this.#images, this.#cache];
    return facts.filter((fact) => fact !== null) as BackgroundFact<unknown>[];
  }

  #background<T>(
    ask: (signal: AbortSignal) => Promise<T>,
    onChanged = this.#onChanged,
  ): BackgroundFact<T> {
    let last: { readonly value: T } | null = null;
    const fetch = async (signal: AbortSignal) => {
      const value = await ask(signal);
      // The same object for the same answer, as more is made of it.
      if (!last || !sameAnswer(last.value, value)) last = { value };
      return { state: 'known', value: last.value } as const;
    };
    return new BackgroundFact<T>(fetch, onChanged, (a, b) => a === b);
  }

  #notThere(): Fact<never> {
    const { kind, reason } = this.#state;
    return kind === 'connecting' ? { state: 'pending' } : { state: 'unavailable', reason };
  }

  #pending(): readonly Promise<void>[] {
    const jobs = this.#facts().map(({ settling }) => settling);
    return [this.#asking, ...jobs].filter((job) => job !== null);
  }
}

function up(info: EngineInfo): EngineState {
  const { product, version, endpoint, driver, store } = info;
  const reason = `${product} ${version} answers at ${endpoint} (${driver}, ${store} store).`;
  return { kind: 'up', info, reason };
}

/** Answers are small, or lists of images, and compared only when one was asked for anew. */
function sameAnswer(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What engines and registries say, shared by all documents. Nobody is asked but for documents that
 * somebody works with, and never in Restricted Mode.
 */

import type { Fact } from '../context/fact.ts';
import type { ImageMemory } from '../engine/comparison.ts';
import type { Engine } from '../engine/engine.ts';
import type { NotedStart } from '../engine/notedBuilds.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import { otherPlatform, toldByEngine, toldByRegistry } from '../images/told.ts';
import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { ImageRegistry, RegistryImage } from '../registry/registry.ts';
import type { EngineState } from './engineReading.ts';
import { EngineSession } from './engineSession.ts';
import { BackgroundFact } from './facts.ts';
import type { Subject } from './subject.ts';
import { hostOf, isFor, known, remembered, withDoubt, withReason } from './toldBases.ts';

/** The machine's part. What a port is not there for is never asked. */
export interface EnginePorts {
  readonly engine?: Engine;
  readonly imageRegistry?: ImageRegistry;
  /** Images that were built from Dockerfiles before. */
  readonly imageMemory?: ImageMemory;
  /** Builds that the docker command noted on this machine, the newest of all files. */
  readonly notedStarts?: () => Promise<readonly NotedStart[]>;
}

/** What a document may see of engines and registries; the same object as long as that stays. */
export interface EngineView {
  readonly state: EngineState;
  /** Null: none may be asked. */
  readonly session: EngineSession | null;
  /** The best that is known of a base image; `table`: what is known without asking anyone. */
  base(reference: string, platform: Platform, table: Fact<BaseFacts>): Fact<BaseFacts>;
}

/** `ask`: each engine once, for an answer now. `follow`: as long as documents are seen. */
export type Asking = 'ask' | 'follow';

export class EngineFacts {
  readonly #ports: EnginePorts;
  readonly asking: Asking;
  readonly #onChanged: () => void;
  readonly #onRegistry: () => void;
  readonly #sessions = new Map<string, EngineSession>();
  readonly #registry = new Map<string, BackgroundFact<RegistryImage | null>>();
  /** When questions to registries failed, by the names of their facts. */
  readonly #failed = new Map<string, number>();
  /** Documents that are seen, each with the endpoint of its engine. */
  readonly #wanted = new Map<string, string>();
  readonly #used = new Map<string, readonly string[]>();
  #seen: ReadonlySet<string> = new Set();
  #generation = 0;

  constructor(ports: EnginePorts, asking: Asking, onChanged: () => void) {
    this.#ports = ports;
    this.asking = asking;
    this.#onChanged = onChanged;
    this.#onRegistry = () => {
      this.#generation += 1;
      onChanged();
    };
  }

  /** Another number whenever an answer may be another one. */
  get generation(): number {
    let sum = this.#generation;
    for (const { generation } of this.#sessions.values()) sum += generation;
    return sum;
  }

  /** Another number whenever what is known of base images may be something else. */
  get baseGeneration(): number {
    let sum = this.#generation;
    for (const { baseGeneration } of this.#sessions.values()) sum += baseGeneration;
    return sum;
  }

  /** Something is on its way that whoever wants all has to wait for. */
  get busy(): boolean {
    // Who follows gets what is known now, and hears of the rest.
    return this.asking === 'ask' && this.#jobs().length > 0;
  }

  async settled(): Promise<void> {
    if (this.asking === 'ask') await Promise.all(this.#jobs());
  }

  /** What the document may see; asks, or begins to follow, where it is seen. */
  view(subject: Subject): EngineView {
    const { settings, key, within } = subject;
    const session = this.#sessionOf(subject);
    const { imageRegistry } = this.#ports;
    return {
      state: session?.state ?? { kind: 'off', info: null, reason: offReason(subject, this.#ports) },
      session,
      base: (reference, platform, given) => {
        let table = given;
        const info = session?.state.info ?? session?.last ?? null;
        const found = session && info ? session.named(reference, platform) : null;
        if (found?.state === 'known' && found.value && info) {
          const { value } = found;
          const facts = remembered(value, table, () => toldByEngine(value, info, known(table)));
          if (isFor(facts, platform)) return { state: 'known', value: facts };
          table = withDoubt(table, value, info, platform);
        }
        if (!imageRegistry || within !== null) return table;
        // The engine's word comes first, and costs nobody anything.
        const isOpen = session?.state.kind === 'connecting' || found?.state === 'pending';
        const isAsked = settings.askRegistries && this.#mayAsk(key) && !isOpen;
        const asked = isAsked ? this.#read(imageRegistry, reference, platform, true) : null;
        // Where it cannot be asked now, what it said before still helps.
        const read =
          asked?.state === 'known' && asked.value
            ? asked
            : this.#read(imageRegistry, reference, platform, false);
        const failure = asked?.state === 'unavailable' && asked !== notUsed ? asked.reason : null;
        if (read.state !== 'known' || !read.value) return withReason(table, failure);
        const { value } = read;
        const facts = remembered(value, table, () =>
          toldByRegistry(value, hostOf(reference), known(table)),
        );
        return isFor(facts, platform)
          ? withReason({ state: 'known', value: facts }, failure)
          : withReason(table, otherPlatform(value.platform, platform));
      },
    };
  }

  /** Images that the document names now. */
  uses(key: string, references: readonly string[]): void {
    this.#used.set(key, references);
  }

  /** The document is closed. */
  forget(key: string): void {
    this.#used.delete(key);
    if (this.#seen.has(key)) this.follow([...this.#seen].filter((one) => one !== key));
  }

  /**
   * These documents are seen, and no others: engines of others are not followed any more. Says
   * whether one is seen that was not.
   */
  follow(keys: readonly string[]): boolean {
    const isNews = keys.some((key) => !this.#seen.has(key));
    this.#seen = new Set(keys);
    for (const key of this.#wanted.keys()) if (!this.#seen.has(key)) this.#wanted.delete(key);
    this.#release();
    return isNews;
  }

  /** Somebody works: engines that were gone are looked for once more, and registries that failed a while ago asked again. */
  retry(): void {
    for (const session of this.#sessions.values()) session.retry();
    for (const [name, at] of this.#failed) {
      if (performance.now() - at < againMs) continue;
      this.#failed.delete(name);
      this.#registry.get(name)?.refresh();
    }
  }

  /** A registry was asked for images. */
  registryChanged(): void {
    for (const fact of this.#registry.values()) fact.refresh();
  }

  stop(): void {
    for (const session of this.#sessions.values()) session.stop();
    for (const fact of this.#registry.values()) fact.stop();
  }

  /** Engines that no document wants are not followed. */
  #release(): void {
    const endpoints = new Set(this.#wanted.values());
    for (const [endpoint, session] of this.#sessions) {
      if (!endpoints.has(endpoint)) session.unfollow();
    }
  }

  #mayAsk(key: string): boolean {
    return this.asking === 'ask' || this.#seen.has(key);
  }

  #sessionOf(subject: Subject): EngineSession | null {
    const { engine } = this.#ports;
    const { endpoint } = subject.settings.engine;
    if (!engine || isOff(subject)) {
      // The settings were others before.
      if (this.#wanted.delete(subject.key)) this.#release();
      return null;
    }
    const name = endpoint ?? '';
    let session = this.#sessions.get(name);
    if (!session) {
      session = new EngineSession(engine, { endpoint }, this.#onChanged);
      this.#sessions.set(name, session);
    }
    if (!this.#mayAsk(subject.key)) return session;
    if (this.asking === 'ask') session.ask();
    else {
      const before = this.#wanted.get(subject.key);
      this.#wanted.set(subject.key, name);
      if (before !== undefined && before !== name) this.#release();
      session.follow();
    }
    return session;
  }

  #read(
    registry: ImageRegistry,
    reference: string,
    platform: Platform,
    isAsked: boolean,
  ): Fact<RegistryImage | null> {
    const nameOf = (how: 'ask' | 'known') => `${how} ${formatPlatform(platform)} ${reference}`;
    const name = nameOf(isAsked ? 'ask' : 'known');
    let fact = this.#registry.get(name);
    if (!fact) {
      let last: RegistryImage | null = null;
      const fetch = async (signal: AbortSignal) => {
        if (isAsked && !(await this.#staysUsed(reference, signal))) return notUsed;
        const read = isAsked
          ? await registry.ask(reference, platform, signal).catch((error: unknown) => {
              this.#failed.set(name, performance.now());
              throw error;
            })
          : await registry.known(reference, platform);
        if (read?.digest !== last?.digest) last = read;
        if (isAsked) this.#registry.get(nameOf('known'))?.refresh();
        return { state: 'known', value: last } as const;
      };
      fact = new BackgroundFact<RegistryImage | null>(fetch, this.#onRegistry, (a, b) => a === b);
      this.#registry.set(name, fact);
    }
    const { fact: now, refreshing } = fact.held;
    // A name that was only passed through then is meant now.
    if (now === notUsed && !refreshing && this.#isUsed(reference)) fact.refresh();
    return now;
  }

  /** A name that is being typed passes through names of other images, of which no registry shall hear. */
  async #staysUsed(reference: string, signal: AbortSignal): Promise<boolean> {
    if (this.asking === 'ask') return true;
    await pause(typingMs, signal);
    return this.#isUsed(reference);
  }

  #isUsed(reference: string): boolean {
    return [...this.#used.values()].some((references) => references.includes(reference));
  }

  #jobs(): readonly Promise<void>[] {
    const sessions = [...this.#sessions.values()].filter(({ busy }) => busy);
    const reading = [...this.#registry.values()].map(({ settling }) => settling);
    return [...sessions.map((session) => session.settled()), ...reading].filter(
      (job) => job !== null,
    );
  }
}

/** How long a registry that failed is left alone. */
const againMs = 60_000;
/** How long a name has to stand before a registry is asked for it. */
const typingMs = 1000;

const notUsed = {
  state: 'unavailable',
  reason: 'No line names the image any more.',
} as const;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
}

function isOff({ settings, within }: Subject): boolean {
  return within !== null || settings.engine.enable === 'off';
}

function offReason({ within }: Subject, { engine }: EnginePorts): string {
  if (within !== null) return 'No engine is asked in Restricted Mode.';
  return engine ? 'By the settings no engine is asked.' : 'No engine is asked.';
}

/**
 * What estimates need from outside: base images, package indexes, the project's dependencies and
 * lengths of downloads. Nothing is fetched that no line asks for, nobody waits, and what several
 * documents need is fetched once.
 */

import type { Fact } from '../context/fact.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import type { Platform, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import type { IndexKey, PackageIndex } from '../packages/packageIndex.ts';
import type { JavaScriptLock, Measured } from '../projects/projectFacts.ts';
import type { Settings } from '../settings.ts';
import type { SizeFacts } from '../size/run/draft.ts';
import { BackgroundFact } from './facts.ts';

/** The machine's part. What a port is not there for is unavailable. */
export interface SizePorts {
  /** The index of the packages of a release: bundled, or one that was downloaded before. */
  readonly packages?: (key: IndexKey, signal: AbortSignal) => Promise<Fact<PackageIndex>>;
  /** Lengths of downloads that were asked for before, by address. */
  readonly lengths?: ReadonlyMap<string, Fact<number>>;
  /** What is known of a base image without contacting anyone. */
  readonly base?: (
    reference: string,
    platform: Platform,
    settings: Pick<Settings, 'images'>,
    signal: AbortSignal,
  ) => Promise<Fact<BaseFacts>>;
}

/** What the build context says of the dependencies that a step installs. */
export type ProjectLookup = Pick<SizeFacts, 'lock' | 'installed'>;

/** Facts that all documents share; they live as long as the analyzer. */
export class OutsideFacts {
  readonly #ports: SizePorts;
  readonly #onChanged: () => void;
  readonly #facts = new Map<string, BackgroundFact<unknown>>();
  readonly #lengths: Map<string, Fact<number>>;
  #generation = 0;

  constructor(ports: SizePorts, onChanged: () => void) {
    this.#ports = ports;
    this.#lengths = new Map(ports.lengths);
    this.#onChanged = () => {
      this.#generation += 1;
      onChanged();
    };
  }

  /** Another number whenever an answer may be another one. */
  get generation(): number {
    return this.#generation;
  }

  get busy(): boolean {
    return this.#pending().length > 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending());
  }

  stop(): void {
    for (const fact of this.#facts.values()) fact.stop();
  }

  /** Package data was renewed: all that was read of it is asked for again. */
  packagesChanged(): void {
    for (const [key, fact] of this.#facts) if (key.startsWith('packages ')) fact.refresh();
    this.#onChanged();
  }

  /** Takes lengths of downloads that the user asked for. */
  takeLengths(lengths: ReadonlyMap<string, Fact<number>>): void {
    for (const [address, length] of lengths) this.#lengths.set(address, length);
    this.#onChanged();
  }

  packages(key: IndexKey): Fact<PackageIndex> {
    const { packages } = this.#ports;
    if (!packages) return noPackages;
    const name = `packages ${key.distribution} ${key.suite} ${key.arch}`;
    return this.#ask(name, (signal) => packages(key, signal));
  }

  /** Known by the settings of images alone: who picks a target or touches a document asks nothing anew. */
  base(reference: string, platform: Platform, settings: Settings): Fact<BaseFacts> {
    const { base } = this.#ports;
    if (!base) return noBase;
    const name = `base ${reference} ${formatPlatform(platform)} ${JSON.stringify(settings.images)}`;
    return this.#ask(name, (signal) => base(reference, platform, settings, signal));
  }

  download(address: string): Fact<number> {
    return this.#lengths.get(address) ?? noLength;
  }

  #ask<T>(name: string, fetch: (signal: AbortSignal) => Promise<Fact<T>>): Fact<T> {
    let fact = this.#facts.get(name) as BackgroundFact<T> | undefined;
    if (!fact) {
      fact = new BackgroundFact<T>(fetch, this.#onChanged, (a, b) => a === b);
      this.#facts.set(name, fact as BackgroundFact<unknown>);
    }
    return fact.held.fact;
  }

  #pending(): readonly Promise<void>[] {
    return [...this.#facts.values()]
      .map(({ settling }) => settling)
      .filter((promise) => promise !== null);
  }
}

const noPackages = {
  state: 'unavailable',
  reason: 'There is no package data here.',
} as const;

const noBase = {
  state: 'unavailable',
  reason: 'There is no table of base images here.',
} as const;

const noLength = {
  state: 'unavailable',
  reason: 'Ask for Download Sizes asks the server for its length.',
} as const;

/**
 * The facts as one document sees them. The object is another one whenever an answer may be, so that
 * estimates can be remembered by it.
 */
export function sizeFactsOf(
  outside: OutsideFacts,
  settings: Settings,
  projects: ProjectLookup,
): SizeFacts {
  return {
    base: (reference, platform) => outside.base(reference, platform, settings),
    packages: (key) => outside.packages(key),
    lock: (step, folder, manager) => projects.lock(step, folder, manager),
    installed: (step, folder, what) => projects.installed(step, folder, what),
    download: (address) => outside.download(address),
  };
}

/** For a document whose projects are not looked at. */
export const noProjects: ProjectLookup = {
  lock: (_step: Step, _folder: string): Fact<JavaScriptLock> => noLock,
  installed: (_step: Step, _folder: string): Fact<Measured> => noLock,
};

const noLock = {
  state: 'unavailable',
  reason: 'The dependencies of the project are not known.',
} as const;

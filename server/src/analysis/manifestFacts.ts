/**
 * Which files of the build context an installation of dependencies reads. Found in the background,
 * for the lines that ask; while a newer answer is on its way the last one stands.
 */

import type { BuildContext } from '../context/buildContext.ts';
import type { Fact } from '../context/fact.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import { mayTakeBelow, takenBy } from '../context/takes.ts';
import type { ResolvedCopy } from '../model/plan.ts';
import {
  type Install,
  type Manifests,
  manifestsOf,
  type ProjectFiles,
} from '../projects/manifests.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { confined } from './confined.ts';
import type { ContextReading } from './contextFacts.ts';
import { BackgroundFact } from './facts.ts';

export type { Install, Manifests } from '../projects/manifests.ts';

/** What is known now. */
export interface ManifestReading {
  /**
   * The files, relative to `folder`, that an installation reads which runs in that folder of what the
   * copy takes; `folder` is relative to the context.
   */
  of(copy: ResolvedCopy, folder: string, install: Install): Fact<Manifests>;
}

/** The facts of one document; they live as long as it is open. */
export class ManifestFacts {
  readonly #files: FileSystem;
  readonly #onChanged: () => void;
  #facts = new Map<string, BackgroundFact<Manifests>>();
  #context: BuildContext | null = null;
  #wasPending = false;

  constructor(files: FileSystem, onChanged: () => void) {
    this.#files = files;
    this.#onChanged = onChanged;
  }

  read({ context, state, pending }: ContextReading): ManifestReading {
    if (context !== this.#context) {
      this.stop();
      this.#context = context;
    } else if (this.#wasPending && !pending) this.revalidate();
    this.#wasPending = pending;
    if (!context) {
      const fact = pending
        ? ({ state: 'pending' } as const)
        : ({ state: 'unavailable', reason: state.reason } as const);
      return { of: () => fact };
    }
    return { of: (copy, folder, install) => this.#ask(context, copy, folder, install) };
  }

  revalidate(): void {
    for (const fact of this.#facts.values()) fact.refresh();
  }

  get busy(): boolean {
    return [...this.#facts.values()].some(({ settling }) => settling !== null);
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#facts.values()].map(({ settling }) => settling));
  }

  stop(): void {
    for (const fact of this.#facts.values()) fact.stop();
    this.#facts.clear();
  }

  #ask(context: BuildContext, copy: ResolvedCopy, folder: string, install: Install) {
    const { sources, exclude } = copy;
    const key = JSON.stringify([sources, exclude, folder, install]);
    let fact = this.#facts.get(key);
    if (!fact) {
      if (this.#facts.size >= mostFacts) this.stop();
      const files = confined(this.#files, [context.root]);
      fact = new BackgroundFact<Manifests>(
        async (signal) => {
          const { patterns, unreadable } = await context.ignoreState(signal);
          if (unreadable !== null) return { state: 'unavailable', reason: unreadable };
          const project = projectFiles({ context, files, copy, folder, patterns, signal });
          return { state: 'known', value: await manifestsOf(install, project) };
        },
        this.#onChanged,
        (a, b) => JSON.stringify(a) === JSON.stringify(b),
      );
      this.#facts.set(key, fact);
    }
    return fact.held.fact;
  }
}

const mostFacts = 32;
const longestFile = 8 << 20;

interface Project {
  readonly context: BuildContext;
  readonly files: FileSystem;
  readonly copy: ResolvedCopy;
  readonly folder: string;
  readonly patterns: readonly string[];
  readonly signal: AbortSignal;
}

/** A folder of the context as a copy takes it. */
function projectFiles({ context, files, copy, folder, patterns, signal }: Project): ProjectFiles {
  const takes = takenBy(copy, patterns);
  const opens = mayTakeBelow(copy, patterns);
  const copied = absolutePath(copy.sources[0] ?? '');
  /** In the context, relative; null: outside of what is copied. */
  const placeOf = (path: string): string | null => {
    const place = absolutePath(`/${folder}/${path}`);
    // A path that climbs out of the context would be cut at its root.
    const climbs = path.startsWith('..') && absolutePath(`/${folder}`) === copied;
    return !climbs && isWithin(place, copied) ? place.slice(1) : null;
  };
  const only = (source: string): ResolvedCopy => ({ ...copy, sources: [source], dest: '/to/' });
  return {
    async text(path) {
      const place = placeOf(path);
      if (place === null || !takes(place)) return null;
      try {
        const host = `${context.root}/${place}`;
        if ((await files.lstat(host)).kind !== 'file') return null;
        return new TextDecoder().decode(await files.read(host, longestFile));
      } catch {
        return null;
      }
    },
    async has(path) {
      const place = placeOf(path);
      if (place === null) return false;
      try {
        const { kind } = await files.lstat(`${context.root}/${place}`);
        return kind === 'directory' ? opens(place) : takes(place);
      } catch (error) {
        const { code } = error as { readonly code?: unknown };
        return code !== 'ENOENT' && code !== 'ENOTDIR';
      }
    },
    async holds(path) {
      const place = placeOf(path);
      if (place === null || !opens(place)) return false;
      const found = await context.copy(only(place), signal);
      return (
        found.kind === 'known' &&
        found.files > 0 &&
        !found.isSingleFile &&
        found.missing.length + found.ignored.length === 0
      );
    },
    async glob(pattern) {
      const place = placeOf(pattern);
      if (place === null) return [];
      // With their folders, as files of one name would else replace each other.
      const found = await context.files({ ...only(place), parents: true }, signal);
      const start = folder === '' ? '' : `${folder}/`;
      return found
        .filter(({ path }) => takes(path) && path.startsWith(start))
        .map(({ path }) => path.slice(start.length));
    },
  };
}

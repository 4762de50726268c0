/**
 * What the build context of one Dockerfile says: which folder it is, and what each COPY takes of it.
 *
 * Reading never waits: it gives what is known, starts what is missing, and goes on by itself when
 * one answer makes the next question possible. While a newer answer is on its way the last one
 * stands.
 */

import { type BuildContext, type IgnoreState, openContext } from '../context/buildContext.ts';
import { chooseContext } from '../context/choose.ts';
import type { ContentFacts, SentContext } from '../context/contentFacts.ts';
import type { CopyFacts } from '../context/copyFacts.ts';
import type { Decompressors } from '../context/decompress.ts';
import type { Fact } from '../context/fact.ts';
import type { FileDigests } from '../context/fileDigests.ts';
import type { FileSystem } from '../context/fileSystem.ts';
import type { Plan, ResolvedCopy, Step } from '../model/plan.ts';
import { confined, confinedDigests } from './confined.ts';
import { contextSteps, namedSources, selections, type Taking } from './contextSteps.ts';
import { BackgroundFact, drop, type Held } from './facts.ts';
import { folderOf, isWithin, resolvePath } from './hostPaths.ts';
import { SelectedContent } from './selectedContent.ts';
import type { ContextState, Subject } from './subject.ts';

/** The machine's part in reading a context. */
export interface ContextPorts {
  readonly files: FileSystem;
  readonly decompressors: Decompressors;
  /** Absent: nothing is known of the content of files. */
  readonly digests?: FileDigests;
}

/** What is known of the context now. */
export interface ContextReading {
  readonly state: ContextState;
  /** The folder itself, opened; null while there is none. */
  readonly context: BuildContext | null;
  /** COPY and ADD of needed stages that take files of the context. */
  readonly copies: ReadonlyMap<Step, Held<CopyFacts>>;
  /**
   * What a COPY or ADD of a needed stage selects, for the builder's cache. Its files are read when
   * this is first asked; the last answer stands while a newer one is on its way.
   */
  content(step: Step): Fact<ContentFacts>;
  /** The same for a bind mount, by its index in `run.mounts`. */
  mountContent(step: Step, index: number): Fact<ContentFacts>;
  /** The ignore file in force; null while there is no context. */
  readonly ignore: IgnoreState | null;
  readonly pending: boolean;
}

interface Opened {
  readonly state: ContextState;
  readonly context: BuildContext | null;
  readonly ignore: IgnoreState | null;
}

/** The facts of one document's context; they live as long as the document is open. */
export class ContextFacts {
  readonly #ports: ContextPorts;
  readonly #onChanged: () => void;
  #wanted: { readonly key: string; readonly fact: BackgroundFact<Opened> } | null = null;
  #opened: Opened | null = null;
  /** The Dockerfile that the open context was opened for. */
  #dockerfile: string | null = null;
  /** By what the copy takes, so that edits elsewhere in the file keep them. */
  #copies = new Map<string, BackgroundFact<CopyFacts>>();
  readonly #contents: SelectedContent;
  /** What the document itself needs, by key; starts when the context is open. */
  #needed = new Map<string, Taking>();

  constructor(ports: ContextPorts, onChanged: () => void) {
    this.#ports = ports;
    this.#onChanged = onChanged;
    this.#contents = new SelectedContent(onChanged);
  }

  /** `aside`: for a plan that is not the document's own; it takes what is known and drops nothing. */
  read(
    subject: Subject,
    plan: Plan,
    aside: boolean,
    sent: SentContext | null = null,
  ): ContextReading {
    const steps = contextSteps(plan);
    const needed = new Map<string, Taking>();
    for (const step of steps) needed.set(step.key, step);
    if (!aside || !this.#wanted) {
      this.#needed = needed;
      const sources = namedSources(plan);
      this.#want(subject, sources);
      this.#contents.send(subject, this.root, sources);
      drop(this.#copies, needed);
      this.#contents.keep(selections(plan));
    } else for (const [key, taking] of needed) this.#needed.set(key, taking);
    this.#contents.compareWith(sent);
    this.#advance();
    // While the context is looked at again, none of its figures is the last word.
    const reopening = this.#wanted?.fact.held.refreshing === true;
    const copies = new Map<Step, Held<CopyFacts>>();
    for (const { step, key } of steps) {
      const held = this.#copies.get(key)?.held ?? this.#missing();
      copies.set(step, reopening ? { ...held, refreshing: true } : held);
    }
    const isBusy = () => this.busy;
    return {
      state: this.#opened?.state ?? looking,
      context: this.#opened?.context ?? null,
      copies,
      content: ({ copy }) =>
        copy?.origin.kind === 'context' ? this.#contentOf(copy) : noSelection,
      mountContent: ({ run }, index) => {
        const mount = run?.mounts[index];
        return mount?.origin?.kind === 'context' ? this.#contentOf(mount.source) : noSelection;
      },
      ignore: this.#opened?.ignore ?? null,
      get pending() {
        return isBusy();
      },
    };
  }

  /** What is known of the content, asked for from now on as long as the document needs it. */
  #contentOf(selection: ResolvedCopy | string): Fact<ContentFacts> {
    const opened = this.#opened;
    if (!opened) return { state: 'pending' };
    if (!opened.context) return { state: 'unavailable', reason: opened.state.reason };
    return this.#contents.of(opened.context, selection);
  }

  filesChanged(paths: readonly string[]): void {
    const context = this.#opened?.context;
    if (!context) return;
    // Marks all of them, and keeps those that someone has asked about.
    const near = paths.filter((path) => context.invalidate(path));
    // An ignore file makes problems of its own, so the context is asked as a whole.
    if (near.some((path) => path.endsWith('.dockerignore'))) this.revalidate();
    else if (near.length > 0) this.#refresh();
  }

  revalidate(): void {
    this.#wanted?.fact.refresh();
  }

  /** Absolute path of the open context; null while there is none. */
  get root(): string | null {
    return this.#opened?.state.path ?? null;
  }

  /** Something is on its way. */
  get busy(): boolean {
    return this.#pending().length > 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending());
  }

  stop(): void {
    this.#wanted?.fact.stop();
    for (const fact of this.#copies.values()) fact.stop();
    this.#contents.stop();
  }

  #pending(): readonly Promise<void>[] {
    const facts = [this.#wanted?.fact, ...this.#copies.values()];
    const own = facts.map((fact) => fact?.settling ?? null).filter((promise) => promise !== null);
    return [...own, ...this.#contents.settling];
  }

  /** The state of a copy that nothing is known of: the context is looked for, or there is none. */
  #missing(): Held<CopyFacts> {
    const opened = this.#opened;
    if (!opened || opened.context) return { fact: { state: 'pending' }, refreshing: true };
    return { fact: { state: 'unavailable', reason: opened.state.reason }, refreshing: false };
  }

  /** Looks for the context again when what decides on it changed. */
  #want(subject: Subject, named: readonly string[]): void {
    const { path, folder, within, settings } = subject;
    const { contextPath } = settings;
    // A context that was set is the same whatever is copied from it.
    const sources = contextPath === null ? named : [];
    const key = JSON.stringify([path, folder, within, contextPath, sources]);
    if (this.#wanted?.key === key) return;
    this.#wanted?.fact.stop();
    let asked = false;
    const fact = new BackgroundFact<Opened>(
      async (signal) => {
        const lookAgain = asked;
        asked = true;
        const value = await this.#open(subject, sources, lookAgain, signal);
        if (!signal.aborted) this.#take(value, path);
        return { state: 'known', value };
      },
      this.#onChanged,
      (a, b) => a.context === b.context && shownOf(a) === shownOf(b),
    );
    this.#wanted = { key, fact };
  }

  /**
   * Which folder it is, and that folder opened. The same one stays open; its files are only looked
   * at again where someone asked for that, not while the name of a source is being typed.
   */
  async #open(
    { path, folder, within, settings }: Subject,
    sources: readonly string[],
    lookAgain: boolean,
    signal: AbortSignal,
  ): Promise<Opened> {
    const own = path === null ? null : folderOf(path);
    const named = settings.contextPath;
    const files = within ? confined(this.#ports.files, within) : this.#ports.files;
    const choice = await chooseContext(files, {
      explicit: named === null ? null : resolvePath(folder ?? own ?? '/', named),
      dockerfileFolder: own,
      workspaceFolder: folder,
      sources,
    });
    if (choice.path !== null && within && !within.some((one) => isWithin(choice.path ?? '', one))) {
      const reason = 'In Restricted Mode no folder outside the workspace is read.';
      return { state: { ...choice, path: null, reason }, context: null, ignore: null };
    }
    const root = choice.path;
    if (root === null) return { state: choice, context: null, ignore: null };
    const before = this.#opened?.context;
    if (before?.root === root && this.#dockerfile === path) {
      if (lookAgain) {
        await before.revalidate(signal);
        this.#refresh();
      }
      const ignore = await before.ignoreState(signal);
      return { state: choice, context: before, ignore };
    }
    const { digests } = this.#ports;
    const context = openContext(files, root, {
      dockerfile: path,
      decompressors: this.#ports.decompressors,
      onOutdated: () => this.#refresh(),
      ...(digests && { digests: within ? confinedDigests(digests, files) : digests }),
    });
    return { state: choice, context, ignore: await context.ignoreState(signal) };
  }

  /** Takes an opened context in force; figures of another folder are dropped. */
  #take(opened: Opened, dockerfile: string | null): void {
    if (opened.context !== this.#opened?.context) {
      for (const fact of this.#copies.values()) fact.stop();
      this.#copies.clear();
      this.#contents.clear();
    }
    this.#opened = opened;
    this.#dockerfile = dockerfile;
    this.#advance();
  }

  /** Starts every question that can be asked by now. */
  #advance(): void {
    const context = this.#opened?.context;
    if (!context) return;
    for (const [key, taking] of this.#needed) {
      if (this.#copies.has(key)) continue;
      const fact = new BackgroundFact<CopyFacts>(
        async (signal) => {
          // Heredocs and downloads of the same COPY are sized apart.
          const value = await context.copy(taking.copy, signal, taking);
          return { state: 'known', value };
        },
        this.#onChanged,
        (a, b) => JSON.stringify(a) === JSON.stringify(b),
      );
      this.#copies.set(key, fact);
    }
  }

  #refresh(): void {
    for (const fact of this.#copies.values()) fact.refresh();
    this.#contents.refresh();
  }
}

const noSelection: Fact<ContentFacts> = {
  state: 'unavailable',
  reason: 'Nothing of the build context is selected here.',
};

const looking: ContextState = {
  path: null,
  inferred: true,
  reason: 'The build context is being looked for.',
  alternatives: [],
};

/** What anyone sees of an opened context, to tell whether it is new. */
function shownOf({ state, ignore }: Opened): string {
  return JSON.stringify([state, ignore?.path, ignore?.problems]);
}

/** What lines of one document select in its build context: read in the background, by what is selected. */

import type { BuildContext } from '../context/buildContext.ts';
import type {
  ContentFacts,
  ContentNode,
  KnownContent,
  Sending,
  SentContext,
} from '../context/contentFacts.ts';
import type { Fact } from '../context/fact.ts';
import type { ResolvedCopy } from '../model/plan.ts';
import { contentKey } from './contextSteps.ts';
import { BackgroundFact, drop } from './facts.ts';
import { isWithin } from './hostPaths.ts';
import type { Subject } from './subject.ts';

/** Only of what someone asked for; the last answer stands while a newer one is on its way. */
export class SelectedContent {
  readonly #onChanged: () => void;
  #facts = new Map<string, BackgroundFact<ContentFacts>>();
  /** What the builder holds of the context, as it was last said. */
  #sent: SentContext | null = null;
  /** What the document itself decides of what is sent. */
  #sending: Sending = { sources: [], unsaved: null };

  constructor(onChanged: () => void) {
    this.#onChanged = onChanged;
  }

  /** What is known of a selection. */
  of(context: BuildContext, selection: ResolvedCopy | string): Fact<ContentFacts> {
    const key = contentKey(selection);
    let fact = this.#facts.get(key);
    if (!fact) {
      fact = new BackgroundFact<ContentFacts>(
        async (signal) => {
          const value = await context.content(selection, this.#sent, signal, this.#sending);
          return { state: 'known', value };
        },
        this.#onChanged,
        sameContent,
      );
      this.#facts.set(key, fact);
    }
    return fact.held.fact;
  }

  /** Ends all that is not among what is selected now, by `contentKey`. */
  keep(needed: ReadonlyMap<string, unknown>): void {
    drop(this.#facts, needed);
  }

  /** What the builder holds is this from now on. */
  compareWith(sent: SentContext | null): void {
    if (sent === this.#sent) return;
    this.#sent = sent;
    this.refresh();
  }

  /**
   * A Dockerfile that is edited will be saved when it is built, and may be among what is copied. One
   * that nobody worked with is what is on the disk.
   */
  send({ path, text, untouched }: Subject, root: string | null, sources: readonly string[]): void {
    const isInside = path !== null && root !== null && isWithin(path, root) && untouched === false;
    const own = isInside ? path.slice(root.length).replaceAll('\\', '/').replace(/^\/+/, '') : null;
    const before = this.#sending.unsaved;
    const isSame = own === before?.path && text === before.text;
    const unsaved = own === null ? null : isSame ? before : { path: own, text };
    this.#sending = { sources, unsaved };
    if (unsaved === before) return;
    for (const fact of this.#facts.values()) {
      const { fact: known } = fact.held;
      const places = [before?.path, unsaved?.path].filter((each) => each !== undefined);
      if (known.state !== 'known' || places.some((each) => takes(known.value, each)))
        fact.refresh();
    }
  }

  refresh(): void {
    for (const fact of this.#facts.values()) fact.refresh();
  }

  /** Ends what is on its way; what is known stays known. */
  stop(): void {
    for (const fact of this.#facts.values()) fact.stop();
  }

  /** Forgets all. */
  clear(): void {
    this.stop();
    this.#facts.clear();
  }

  /** What is on its way. */
  get settling(): readonly Promise<void>[] {
    const all = [...this.#facts.values()].map((fact) => fact.settling);
    return all.filter((promise) => promise !== null);
  }
}

/** Is a file (relative path) among what is taken? */
function takes(facts: ContentFacts, path: string): boolean {
  if (facts.kind === 'unknown') return true;
  return facts.sources.some(({ matches }) =>
    matches.some(({ node }) => {
      if (node.path === path) return true;
      if (node.path !== '' && !path.startsWith(`${node.path}/`)) return false;
      const rest = path.slice(node.path.length).split('/').filter(Boolean);
      return rest.reduce<ContentNode | undefined>((at, name) => at?.children.get(name), node);
    }),
  );
}

function sameContent(a: ContentFacts, b: ContentFacts): boolean {
  if (a.kind === 'unknown' || b.kind === 'unknown') {
    return a.kind === b.kind && a.kind === 'unknown' && a.reason === (b as typeof a).reason;
  }
  const digests = (facts: KnownContent) => facts.sources.map(({ digest }) => digest);
  return (
    a.fails === b.fails &&
    JSON.stringify([digests(a), a.unnoticed]) === JSON.stringify([digests(b), b.unnoticed])
  );
}

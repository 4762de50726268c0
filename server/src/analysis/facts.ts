/**
 * Facts that are fetched in the background: one job per fact, the last value kept while a new one is
 * on its way, and nobody waits unless they want to.
 */

import type { Fact } from '../context/fact.ts';

/** A fact as it can be shown now. `refreshing`: a newer value is on its way. */
export interface Held<T> {
  readonly fact: Fact<T>;
  readonly refreshing: boolean;
}

/** One fact and its job; `onChanged` is called when what `held` gave last is no longer so. */
export class BackgroundFact<T> {
  readonly #fetch: (signal: AbortSignal) => Promise<Fact<T>>;
  readonly #onChanged: () => void;
  readonly #same: (a: T, b: T) => boolean;
  #fact: Fact<T> = { state: 'pending' };
  #job: { readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  #again = false;
  /** What was last said to be the case, and whether it was said that better is on its way. */
  #told: Fact<T> = { state: 'pending' };
  #toldRefreshing = true;

  /** Starts fetching at once. `fetch` may reject: then the fact is unavailable with that reason. */
  constructor(
    fetch: (signal: AbortSignal) => Promise<Fact<T>>,
    onChanged: () => void,
    same: (a: T, b: T) => boolean,
  ) {
    this.#fetch = fetch;
    this.#onChanged = onChanged;
    this.#same = same;
    this.#start();
  }

  get held(): Held<T> {
    const refreshing = this.#job !== null;
    this.#toldRefreshing ||= refreshing;
    return { fact: this.#fact, refreshing };
  }

  /** Resolves when no job is running; null when none is now. */
  get settling(): Promise<void> | null {
    return this.#job?.done ?? null;
  }

  /** What is known may be stale: fetch again, once more when a fetch is running already. */
  refresh(): void {
    if (this.#job) this.#again = true;
    else this.#start();
  }

  stop(): void {
    this.#again = false;
    this.#job?.abort.abort();
  }

  #start(): void {
    const abort = new AbortController();
    this.#job = { abort, done: this.#run(abort.signal) };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const fact = await this.#fetch(signal).catch(
      (error: unknown): Fact<T> => ({ state: 'unavailable', reason: reasonOf(error) }),
    );
    this.#job = null;
    if (signal.aborted) return;
    this.#fact = fact;
    if (this.#again) {
      this.#again = false;
      this.#start();
      return;
    }
    const news = this.#toldRefreshing || !this.#equal(this.#told, fact);
    this.#told = fact;
    this.#toldRefreshing = false;
    if (news) this.#onChanged();
  }

  #equal(a: Fact<T>, b: Fact<T>): boolean {
    if (a.state === 'known') return b.state === 'known' && this.#same(a.value, b.value);
    return a.state === b.state && (a.state === 'pending' || a.reason === (b as typeof a).reason);
  }
}

/** Ends what nobody asks for any more, as what was typed on the way to a longer name. */
export function drop<T>(
  facts: Map<string, BackgroundFact<T>>,
  needed: ReadonlyMap<string, unknown>,
): void {
  for (const [key, fact] of facts) {
    if (needed.has(key)) continue;
    fact.stop();
    facts.delete(key);
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Ports for engines and registries reject with full sentences.
  return /[.!?]$/.test(message) ? message : `It could not be found out: ${message}.`;
}

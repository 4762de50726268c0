/** Tells the client that asking again gives something new, at most a few times a second. */

export interface Refresher {
  /** The text of a document changed: the client asks again for what it shows in the text itself. */
  textChanged(uri: string): void;
  /** Something outside the text changed: nobody but us knows. */
  factsChanged(uri: string): void;
  stop(): void;
}

/** Documents whose answers changed since the last word to the client. */
export interface Changes {
  readonly uris: readonly string[];
  /** More than text changed, so what the editor shows beside the text is stale too. */
  readonly facts: boolean;
}

/** The first change is told after `firstMs`, later ones at least `spacingMs` apart. */
export function createRefresher(
  tell: (changes: Changes) => void,
  { firstMs, spacingMs }: { readonly firstMs: number; readonly spacingMs: number },
): Refresher {
  let uris = new Set<string>();
  let facts = false;
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    last = performance.now();
    const changes = { uris: [...uris], facts };
    uris = new Set();
    facts = false;
    tell(changes);
  };
  const schedule = (uri: string) => {
    uris.add(uri);
    timer ??= setTimeout(flush, Math.max(firstMs, last + spacingMs - performance.now()));
  };
  return {
    textChanged: schedule,
    factsChanged(uri) {
      facts = true;
      schedule(uri);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

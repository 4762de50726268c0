/** The settings of each open document: asked of the client once, kept until it says that they changed. */

import { readSettings, type Settings } from '../settings.ts';

export interface DocumentSettings {
  /** The settings when they are here already, else a promise of them that never rejects. */
  of(uri: string): Settings | Promise<Settings>;
  /** Asks again for every known document; what was known stays in force until the answer is here. */
  reload(pushed: unknown): void;
  forget(uri: string): void;
}

/** How long a request may wait for a client that does not answer what its settings are. */
const patienceMs = 1000;

/**
 * `ask` is `workspace/configuration` for one document, null for a client without it: then the
 * settings are those of `initial` until the client pushes others. `onChanged` is called when a
 * document has settings that differ from those handed out before.
 */
export function createDocumentSettings(
  ask: ((uri: string) => Promise<unknown>) | null,
  initial: unknown,
  onChanged: (uri: string) => void,
): DocumentSettings {
  let pushedOrInitial = initial;
  const known = new Map<string, Settings>();
  const asked = new Map<string, Promise<Settings>>();

  const receive = (uri: string, question: Promise<Settings>, settings: Settings) => {
    // An answer to an older question, or for a document that was closed, is dropped.
    if (asked.get(uri) !== question) return;
    const before = known.get(uri);
    known.set(uri, settings);
    if (before && !same(before, settings)) onChanged(uri);
  };
  const fetch = (uri: string): Promise<Settings> => {
    const answer = (ask?.(uri) ?? Promise.resolve(pushedOrInitial)).then(
      (value) => readSettings(value ?? pushedOrInitial),
      () => readSettings(pushedOrInitial),
    );
    const first = new Promise<Settings>((resolve) => {
      const timer = setTimeout(() => {
        const settings = known.get(uri) ?? readSettings(pushedOrInitial);
        if (asked.get(uri) === first) known.set(uri, settings);
        resolve(settings);
      }, patienceMs);
      void answer.then((settings) => {
        clearTimeout(timer);
        receive(uri, first, settings);
        resolve(settings);
      });
    });
    asked.set(uri, first);
    return first;
  };
  return {
    of(uri) {
      if (!ask && !known.has(uri)) known.set(uri, readSettings(pushedOrInitial));
      return known.get(uri) ?? asked.get(uri) ?? fetch(uri);
    },
    reload(pushed) {
      if (!ask && pushed !== undefined && pushed !== null) pushedOrInitial = pushed;
      for (const uri of new Set([...known.keys(), ...asked.keys()])) void fetch(uri);
    },
    forget(uri) {
      known.delete(uri);
      asked.delete(uri);
    },
  };
}

function same(a: Settings, b: Settings): boolean {
  const flat = (settings: Settings) =>
    JSON.stringify({ ...settings, buildArgs: [...settings.buildArgs] });
  return flat(a) === flat(b);
}

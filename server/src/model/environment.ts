/**
 * The environment of a stage at one point: what variables expand to and what RUN sees. Follows
 * BuildKit's `llb.EnvList`: ARG and ENV share it, the last writer wins, and a name
 * that is written again moves to the end.
 */

import {
  type Entry,
  emptyMap,
  entriesOf,
  find,
  type OrderedMap,
  put,
  putLast,
} from './orderedMap.ts';

/** A value, and whether it is known or hangs on something unknown such as the base image. */
export interface KnownValue {
  readonly value: string;
  readonly exact: boolean;
}

export type Values = OrderedMap<KnownValue>;

/**
 * `written`: all assignments of the stage chain. `config`: the image config's env when the stage
 * began. BuildKit assigns those again at that moment (so they win over an ARG of the parent stage
 * and come after it); here that is only a mark, or a chain of stages would cost quadratic time.
 */
export class Environment implements ReadonlyMap<string, string> {
  readonly #written: Values;
  readonly #config: Values;
  readonly #since: number;
  readonly #namesKnown: boolean;
  /** The last assignment, and the environment before it; null at the start of a stage. */
  readonly last: { readonly name: string; readonly before: Environment } | null;
  /** At the start of a stage that is built from another: the environment at the end of that. */
  readonly parent: Environment | null;

  private constructor(
    written: Values,
    config: Values,
    since: number,
    namesKnown: boolean,
    last: Environment['last'],
    parent: Environment | null,
  ) {
    this.#written = written;
    this.#config = config;
    this.#since = since;
    this.#namesKnown = namesKnown;
    this.last = last;
    this.parent = parent;
  }

  static readonly empty = new Environment(emptyMap(), emptyMap(), 0, true, null, null);

  /**
   * The environment at the start of a stage. `parent` is null when the base is no stage. What the
   * parent took from its own base's config needs no look: an image's env only grows, so `config`
   * has all those names. With an unknown base image (`namesKnown` false) it may have more, and
   * these would win over the ARGs of the parent.
   */
  static start(parent: Environment | null, config: Values, namesKnown: boolean): Environment {
    const written = parent ? parent.#written : emptyMap<KnownValue>();
    return new Environment(written, config, written.next, namesKnown, null, parent);
  }

  /** The environment with one assignment more. */
  with(name: string, value: KnownValue): Environment {
    const written = putLast(this.#written, name, value);
    const last = { name, before: this };
    return new Environment(written, this.#config, this.#since, this.#namesKnown, last, null);
  }

  find(name: string): KnownValue | undefined {
    const written = find(this.#written, name);
    if (written && written.order >= this.#since) return written.value;
    const config = find(this.#config, name);
    if (config || !written) return config?.value;
    return this.#namesKnown ? written.value : { value: written.value.value, exact: false };
  }

  get(name: string): string | undefined {
    return this.find(name)?.value;
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** At most so many variables; unlike `size` it takes no time. */
  get most(): number {
    return this.#written.size + this.#config.size;
  }

  get size(): number {
    return this.list().length;
  }

  /** All variables in order of their last assignment. Made anew on each call. */
  list(): readonly Entry<KnownValue>[] {
    const written = entriesOf(this.#written);
    const isNew = (entry: Entry<KnownValue> | undefined) =>
      entry !== undefined && entry.order >= this.#since;
    return [
      ...written.filter((entry) => !isNew(entry) && !find(this.#config, entry.key)),
      ...entriesOf(this.#config).filter(({ key }) => !isNew(find(this.#written, key))),
      ...written.filter(isNew),
    ];
  }

  *entries(): MapIterator<[string, string]> {
    for (const { key, value } of this.list()) yield [key, value.value];
  }

  *keys(): MapIterator<string> {
    for (const { key } of this.list()) yield key;
  }

  *values(): MapIterator<string> {
    for (const { value } of this.list()) yield value.value;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(
    visit: (value: string, name: string, map: ReadonlyMap<string, string>) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this.entries()) visit.call(thisArg, value, name, this);
  }
}

/** `K=V` texts, as an image config has them, in order. */
export function toEnvList(values: Values): readonly string[] {
  return entriesOf(values).map(({ key, value }) => `${key}=${value.value}`);
}

/** The reverse; a text without `=` is a name with an empty value. */
export function fromEnvList(texts: readonly string[]): Values {
  let values: Values = emptyMap();
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    values = put(values, name, { value: at < 0 ? '' : text.slice(at + 1), exact: true });
  }
  return values;
}

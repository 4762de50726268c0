/** Values by key, of which those that are no longer asked for are forgotten. */
export interface Generations<V> {
  get(key: string, make: () => V): V;
  /** What was not asked for since the last turn is forgotten. */
  turn(): void;
}

/** Turns by itself whenever `most` values were asked for. */
export function generations<V extends string | object>(
  most = Number.POSITIVE_INFINITY,
): Generations<V> {
  let current = new Map<string, V>();
  let earlier = new Map<string, V>();
  const turn = () => {
    earlier = current;
    current = new Map();
  };
  return {
    get(key, make) {
      const known = current.get(key);
      if (known !== undefined) return known;
      const value = earlier.get(key) ?? make();
      if (current.size >= most) turn();
      current.set(key, value);
      return value;
    },
    turn,
  };
}

/** What comes from outside and may not be known, or not yet. */

export type Fact<T> =
  | { readonly state: 'known'; readonly value: T }
  | { readonly state: 'pending' }
  /** `reason` is a full sentence. */
  | { readonly state: 'unavailable'; readonly reason: string };

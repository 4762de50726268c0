/** Something that cannot be merged, or cannot be read well enough for it. */
export interface Refusal {
  readonly ok: false;
  /** A full sentence for the user. */
  readonly reason: string;
}

/** The refusal with this reason. */
export function refuse(reason: string): Refusal {
  return { ok: false, reason };
}

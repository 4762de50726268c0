/** How long engines are waited for, and how much they may say. */

/** Limits of one question. */
export interface Limits {
  /** Milliseconds until a connection is made. */
  readonly connectMs: number;
  /** Milliseconds without a byte, once connected. */
  readonly silenceMs: number;
  /** Milliseconds for all. */
  readonly totalMs: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}

export interface EngineLimits {
  /** Who is it? A socket that systemd holds answers when the engine has started. */
  readonly greeting: Limits;
  readonly question: Limits;
  /**
   * Lists of all images (2,500 are half a megabyte) and of the build cache (300 bytes a record), for
   * which engines may count for long before they say a word.
   */
  readonly list: Limits;
  /** Sizes of containers are counted file by file. */
  readonly walk: Limits;
  /** Milliseconds between two looks that somebody's work leads to. */
  readonly space: {
    readonly least: number;
    /** Where an engine tells no events, each look leads to new questions. */
    readonly withoutEvents: number;
  };
}

const question: Limits = {
  connectMs: 5000,
  silenceMs: 30_000,
  totalMs: 60_000,
  bytes: 16_000_000,
};

export const engineLimits: EngineLimits = {
  greeting: { connectMs: 5000, silenceMs: 10_000, totalMs: 15_000, bytes: 4_000_000 },
  question,
  list: { connectMs: 5000, silenceMs: 60_000, totalMs: 120_000, bytes: 256_000_000 },
  walk: { ...question, silenceMs: 120_000, totalMs: 120_000 },
  space: { least: 1000, withoutEvents: 10_000 },
};

/** For events: one may come after days. */
export const endless: Limits = {
  connectMs: 20_000,
  silenceMs: Number.POSITIVE_INFINITY,
  totalMs: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};

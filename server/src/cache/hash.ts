/** A strong digest of a text, short enough to be kept: equal texts, equal digests, and only those. */
export type Hash = (text: string) => string;

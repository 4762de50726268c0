/** What a COPY or ADD takes from the build context. */

export type CopyFacts = KnownCopy | UnknownCopy;

export interface KnownCopy {
  readonly kind: 'known';
  /** What `docker history` will show for the context's part of the layer, on the classic store. */
  readonly bytes: number;
  /** Names in the layer that are no folders. */
  readonly files: number;
  readonly directories: number;
  /** The ten largest, by their path in the context. */
  readonly largest: readonly { readonly path: string; readonly bytes: number }[];
  /** Exactly one file that is not unpacked, and no folder. */
  readonly isSingleFile: boolean;
  /** Plain sources that do not exist; the build would fail. */
  readonly missing: readonly string[];
  /** Plain sources that exist, but that the ignore file drops; the build would fail. */
  readonly ignored: readonly string[];
  /** Sources with wildcards that match nothing; BuildKit does not mind. */
  readonly unmatched: readonly string[];
  /** Full sentences worth knowing, such as that an archive is unpacked. */
  readonly notes: readonly string[];
}

export interface UnknownCopy {
  readonly kind: 'unknown';
  /** A full sentence. */
  readonly reason: string;
  readonly atLeastBytes: number;
}

/** What an image registry says of an image. The port that `host/imageRegistry.ts` implements; data only. */

import type { HistoryRow } from '../engine/engine.ts';
import type { ImageConfig, Platform } from '../model/plan.ts';

/** An image for one platform, by its manifest and configuration. */
export interface RegistryImage {
  /** As asked for. */
  readonly reference: string;
  /** Digest of the manifest for the platform, `sha256:…`. */
  readonly digest: string;
  /** Digest that the reference names: of the index, where there is one. */
  readonly indexDigest: string;
  readonly platform: Platform;
  /** Platforms that the index has; the one above alone where there is no index. */
  readonly platforms: readonly string[];
  /** The base first. */
  readonly layers: readonly RegistryLayer[];
  readonly diffIds: readonly string[];
  /** The oldest first; `bytes` are null. */
  readonly history: readonly HistoryRow[];
  readonly config: Partial<ImageConfig>;
  /** Milliseconds since 1970; null: not told. */
  readonly createdAt: number | null;
  /** When the registry was asked, milliseconds since 1970: a tag may have moved since. */
  readonly askedAt: number;
  /** Full sentences on what of the answers does not fit together; absent: nothing was looked at. */
  readonly notes?: readonly string[];
}

export interface RegistryLayer {
  readonly digest: string;
  /** Compressed (transfer) bytes. */
  readonly compressed: number;
  /**
   * Bytes of its tar archive when uncompressed, by the end of its blob: what the files take with
   * their headers, so more than the files alone. Null or absent: not told.
   */
  readonly archive?: number | null;
}

/** Every question rejects with an `Error` whose message is a full sentence without credentials. */
export interface ImageRegistry {
  /** What was said before and is kept on the disk; null: nothing. Contacts nobody. */
  known(reference: string, platform: Platform): Promise<RegistryImage | null>;
  /** Asks the registry, with the docker CLI's credentials. Starts credential helpers. */
  ask(reference: string, platform: Platform, signal: AbortSignal): Promise<RegistryImage>;
}

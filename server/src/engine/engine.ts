/**
 * What a container engine on this machine, or one that the user names, can say. The port that
 * `host/engine.ts` implements; readonly data, no I/O here.
 */

import type { ImageConfig, Platform } from '../model/plan.ts';

/**
 * Whose bytes a figure counts. `classic`: file contents, as on Docker's graph drivers. `containerd`:
 * blocks that the unpacked layer takes on the disk. `podman`: length of the layer's tar archive.
 * Figures of different stores are never added or compared.
 */
export type Store = 'classic' | 'containerd' | 'podman';

/** An engine that answered. */
export interface EngineInfo {
  /** `Docker Engine`, `Podman`. */
  readonly product: string;
  readonly version: string;
  /** The API version that both sides know: `1.51`. */
  readonly api: string;
  /** `overlay2`, `overlayfs` … as the engine names it. */
  readonly driver: string;
  readonly store: Store;
  /** What it builds for by itself. */
  readonly platform: Platform;
  /** Where it answers, without credentials: `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
  /** How that was found: `the setting dockerfileLayers.engine.endpoint`, `DOCKER_HOST` … */
  readonly foundBy: string;
  /** Its files are in a virtual machine, not on this machine (Docker Desktop and its like). */
  readonly virtual: boolean;
  /** It is reached over a network (TCP to another host, ssh), so its files may be on another machine. */
  readonly remote?: boolean;
  /** Identity of the engine, to tell that another one answers now; null: it has none. */
  readonly id: string | null;
}

/** An image as the list of images has it. */
export interface ImageSummary {
  readonly id: string;
  /** `app:latest`, as the engine writes them; empty for an image without a name. */
  readonly references: readonly string[];
  /** `debian@sha256:…`. */
  readonly digests: readonly string[];
  /** Milliseconds since 1970; null: not known. */
  readonly createdAt: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** One entry of an image's history, as `docker history` shows it. */
export interface HistoryRow {
  /** `''` where the engine has none. */
  readonly createdBy: string;
  readonly comment: string;
  /** Milliseconds since 1970, when that layer was first made; null: not known. */
  readonly createdAt: number | null;
  /** Bytes as the engine's store counts them; null: not told (a registry). */
  readonly bytes: number | null;
  /** Does it add no layer? Null: not told; the engine's API does not. */
  readonly emptyLayer: boolean | null;
}

/** An image with all that does not change about it. */
export interface EngineImage extends ImageSummary {
  readonly platform: Platform;
  /** For which platforms the engine has it; absent: not told, where none was asked for. */
  readonly platforms?: readonly Platform[];
  /** Of the uncompressed layers, the base first. */
  readonly diffIds: readonly string[];
  /** The oldest first. */
  readonly history: readonly HistoryRow[];
  /** A field that is left out was not told. */
  readonly config: Partial<ImageConfig>;
  readonly store: Store;
  readonly driver: string;
  /** Folder of each layer on the engine's machine, the base first; null: not told. */
  readonly folders: readonly string[] | null;
}

/** A record of the build cache (`GET /system/df?type=build-cache`). */
export interface CacheEntry {
  readonly id: string;
  readonly parents: readonly string[];
  readonly type: string;
  readonly description: string;
  readonly bytes: number;
  readonly createdAt: number | null;
  readonly lastUsedAt: number | null;
  readonly inUse: boolean;
  readonly shared: boolean;
}

/** A container with what it wrote (`size_rw`). */
export interface ContainerSize {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  /** Bytes of its writable layer; null: not told. */
  readonly writes: number | null;
}

/** What is said of the engine while it is watched. */
export type EngineEvent =
  /** It answers: at first, again after it was gone, or another one. What was known is to be asked anew. */
  | { readonly kind: 'up'; readonly info: EngineInfo }
  /** It does not answer, and why: a full sentence. */
  | { readonly kind: 'down'; readonly reason: string }
  /** Images came, went or were named; null: which is not known. */
  | { readonly kind: 'images'; readonly image: string | null }
  /** A build came to an end, which may have changed the build cache. */
  | { readonly kind: 'built' };

/** Where the engine is looked for. */
export interface EngineChoice {
  /** The setting; null: `DOCKER_HOST`, the docker CLI's context, then the usual sockets. */
  readonly endpoint: string | null;
}

/**
 * An engine. Every question rejects with an `Error` whose message is a full sentence, within a time
 * limit; nothing is contacted before the first question or `watch`.
 */
export interface Engine {
  about(choice: EngineChoice, signal: AbortSignal): Promise<EngineInfo>;
  images(choice: EngineChoice, signal: AbortSignal): Promise<readonly ImageSummary[]>;
  /**
   * By id or reference; null: the engine has no such image (or not for that platform). Absent
   * `platform`: the engine's own, where it has several under the name.
   */
  image(
    choice: EngineChoice,
    name: string,
    signal: AbortSignal,
    platform?: Platform,
  ): Promise<EngineImage | null>;
  /** Empty where it has no BuildKit. */
  buildCache(choice: EngineChoice, signal: AbortSignal): Promise<readonly CacheEntry[]>;
  /** Containers made of an image; the engine walks their files, which may take long. */
  containers(
    choice: EngineChoice,
    image: string,
    signal: AbortSignal,
  ): Promise<readonly ContainerSize[]>;
  /**
   * Follows the engine's events until the signal aborts; tries again by itself when a socket appears,
   * and when `retry` is called, never by the clock.
   */
  watch(choice: EngineChoice, onEvent: (event: EngineEvent) => void, signal: AbortSignal): Watch;
}

export interface Watch {
  /** Somebody works with the product: where no engine answers, look once more. */
  retry(): void;
}

/** What is known of a base image: by an engine or registry, else by settings, the table or its name. */

import type { Store } from '../engine/engine.ts';
import type { BaseImage, Platform } from '../model/plan.ts';

/** Which packages an image is made of and can install. */
export interface Distribution {
  /** `ID` of os-release: `debian`, `ubuntu`, `alpine`, `fedora` … */
  readonly id: string;
  /** `bookworm`, `noble`, `v3.22`, `9`; null: not known. */
  readonly suite: string | null;
  /** Documentation is left out when packages are installed (Debian's `-slim` images). */
  readonly slim: boolean;
}

/** A figure of the table with the band that was measured for its kind, in bytes. */
export interface BaseFigure {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
}

/** What unpacked bytes are to compressed ones, with the share by which that is off. */
export interface Ratio {
  readonly ratio: number;
  readonly band: number;
  /** Whose it is, behind "by the ratio of": `images like it`. */
  readonly by: string;
}

/** What of a layer's archive are files, by estimate. */
export interface ArchiveFigure extends BaseFigure {
  /** Bytes of the archive, with the headers of its files. */
  readonly archive: number;
}

/** A layer of a base image, as an engine or registry says. */
export interface BaseLayer {
  /** Measured bytes in the engine's store; null: not told. */
  readonly bytes: number | null;
  /** Compressed (transfer) bytes; null: not told. */
  readonly compressed: number | null;
  /** Estimated bytes, where a registry tells how long its archive is; absent: it does not. */
  readonly estimated?: ArchiveFigure;
  /** `''` where nothing is told. */
  readonly createdBy: string;
  /** Digest of its archive when uncompressed. */
  readonly diffId: string;
  /** Milliseconds since 1970; null: not told. */
  readonly createdAt: number | null;
  /** Its folder on the engine's machine; null: not told. */
  readonly folder: string | null;
}

/** What an engine or a registry says of an image. */
export interface ToldImage {
  readonly by: 'engine' | 'registry';
  /** `Docker Engine 28.5.2`, or the registry's host. */
  readonly teller: string;
  readonly platform: Platform;
  /** Base first. */
  readonly layers: readonly BaseLayer[];
  /** History and configuration, for the plan. */
  readonly image: BaseImage;
  /** Digests of its layers, joined: equal for equal file systems, as a chain ID is. */
  readonly identity: string;
  /** Digests by which registries name it, `sha256:…`; empty: not told. */
  readonly digests: readonly string[];
  /** Id in the engine; null: a registry told it. */
  readonly id: string | null;
  /** `classic`, `containerd`, `podman`; null: a registry told it, whose sizes are compressed. */
  readonly store: 'classic' | 'containerd' | 'podman' | null;
  readonly driver: string | null;
  /** Milliseconds since 1970; null: not told. */
  readonly createdAt: number | null;
  /** Platforms that can be chosen, `linux/amd64`; empty: not told. */
  readonly platforms: readonly string[];
}

export interface BaseFacts {
  /** Unpacked size; null: not known, `reason` says why. */
  readonly size: BaseFigure | null;
  /** Absent: estimated. */
  readonly basis?: 'measured' | 'estimated';
  /** What counted the size, where it is no sum of file contents; absent: it is. */
  readonly store?: Exclude<Store, 'classic'>;
  /** Beside a measured size: what was estimated without the engine, in bytes of files. */
  readonly estimated?: { readonly size: BaseFigure; readonly reason: string };
  /** For sizes of which only the compressed one is known; absent: the table knows none like it. */
  readonly ratio?: Ratio;
  /** A full sentence: where the figure comes from, with its date, or why there is none. */
  readonly reason: string;
  /** Number of layers; null: not known. */
  readonly layers: number | null;
  /** Compressed bytes of each layer, base first, for the platform; null: not known. */
  readonly compressedLayers: readonly number[] | null;
  readonly distribution: Distribution | null;
  /** Packages that were asked for by name on top of the distribution's plain image; null: not known. */
  readonly packages: readonly string[] | null;
  /** Day of the figures, `2026-09-19`. */
  readonly date: string | null;
  /** What an engine or registry says; absent: the figures are the table's or the settings'. */
  readonly told?: ToldImage;
}

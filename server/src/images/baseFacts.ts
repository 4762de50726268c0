/** What is known of an image without asking anyone. `baseTable.ts` finds it; settings add to it. */

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

export interface BaseFacts {
  /** Unpacked size; null: not known, `reason` says why. */
  readonly size: BaseFigure | null;
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
}

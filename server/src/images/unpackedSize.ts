/** How big an image is unpacked, of which a registry tells the compressed sizes. */

import type { ArchiveFigure, BaseFacts, BaseFigure, Distribution, Ratio } from './baseFacts.ts';

export interface UnpackedSize {
  readonly figure: BaseFigure | null;
  /** A full sentence. */
  readonly reason: string;
  /** Day of the figures that it hangs on; null: none. */
  readonly date: string | null;
}

/** Ratios of whole distributions, measured over 2,942 official images: nine of ten lie in the band. */
const general: Readonly<Record<string, number>> = { debian: 2.48, ubuntu: 2.48 };
const generalRatio = 2.66;
const generalBand = 0.45;

/**
 * What of an archive is files, the rest being their headers: 0.958 to 0.978 in 41 Debian images of
 * 76 to 209 MB. Images of many small files have less, those of a few large ones nearly all.
 */
const filesOfArchive = { usual: 0.965, least: 0.85, most: 1 };

/** What of an archive of so many bytes are files. */
export function archiveFigure(archive: number): ArchiveFigure {
  const { usual, least, most } = filesOfArchive;
  const part = (share: number) => Math.round(archive * share);
  return { bytes: part(usual), low: part(least), high: part(most), archive };
}

/**
 * The table's figure where it is of these very layers, or was set by the user; else an estimate by
 * the lengths of the layers' archives where all are known, else by the ratio of images like it, else
 * by that of its distribution.
 */
export function unpackedSize(
  compressed: readonly number[],
  os: string,
  distribution: Distribution | null,
  table: BaseFacts | null,
  archives: readonly (number | null)[] = [],
): UnpackedSize {
  const total = compressed.reduce((sum, one) => sum + one, 0);
  const unpacked = archives.reduce<number | null>(
    (sum, one) => (sum === null || one === null ? null : sum + one),
    0,
  );
  const figure = table?.size ?? null;
  const date = table?.date ?? null;
  if (compressed.length === 0) {
    return { figure: { bytes: 0, low: 0, high: 0 }, reason: 'It has no layers.', date: null };
  }
  if (table && figure && (figure.low === figure.high || haveSameLayers(table, compressed))) {
    return { figure, reason: table.reason, date };
  }
  const megabytes = (total / 1e6).toFixed(1);
  if (os !== 'linux') {
    const reason = `Only its compressed size is known, ${megabytes} MB; images of ${os} are not estimated.`;
    return { figure: null, reason, date: null };
  }
  if (archives.length === compressed.length && unpacked !== null) {
    const { usual, least, most } = filesOfArchive;
    const { bytes, low, high } = archiveFigure(unpacked);
    return {
      figure: { bytes, low, high },
      reason: `Its layers are archives of ${(unpacked / 1e6).toFixed(1)} MB when unpacked from the ${megabytes} MB that they have compressed; of such archives ${Math.round(usual * 100)} % are usually files (${Math.round(least * 100)} to ${most * 100} %).`,
      date: null,
    };
  }
  const { ratio, band, by } = table?.ratio ?? ratioFor(distribution);
  const bytes = Math.round(total * ratio);
  return {
    figure: {
      bytes,
      low: Math.round(bytes * (1 - band)),
      high: Math.round(bytes * (1 + band)),
    },
    reason: `Unpacked from the ${megabytes} MB that it has compressed, by the ratio of ${by} (${ratio.toFixed(2)}, within ${Math.round(band * 100)} %).`,
    date: table?.ratio ? date : null,
  };
}

function ratioFor(distribution: Distribution | null): Ratio {
  const id = distribution?.id ?? '';
  const ratio = Object.hasOwn(general, id) ? (general[id] as number) : generalRatio;
  return { ratio, band: generalBand, by: 'official images' };
}

function haveSameLayers({ compressedLayers }: BaseFacts, layers: readonly number[]): boolean {
  return (
    compressedLayers !== null &&
    compressedLayers.length === layers.length &&
    compressedLayers.every((bytes, at) => bytes === layers[at])
  );
}

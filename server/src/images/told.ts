/**
 * What an engine or a registry says of a base image, as facts: its layers joined with its history,
 * its size, and what the plan needs. What they do not tell (the distribution, packages) is the
 * table's, as long as nothing speaks against it.
 */

import type { EngineImage, EngineInfo, HistoryRow, Store } from '../engine/engine.ts';
import { layersOfRows, type RowLayer } from '../model/historyLayers.ts';
import type { BaseImage, Platform } from '../model/plan.ts';
import { formatPlatform, standsFor } from '../model/platform.ts';
import type { RegistryImage } from '../registry/registry.ts';
import type { BaseFacts, BaseLayer, ToldImage } from './baseFacts.ts';
import { distributionOfConfig, distributionOfRows } from './toldDistribution.ts';
import { packagesOfRows } from './toldPackages.ts';
import { archiveFigure, unpackedSize } from './unpackedSize.ts';

/** Facts of an image that an engine has. `table`: what is known without it, of the same platform. */
export function toldByEngine(
  image: EngineImage,
  info: EngineInfo,
  table: BaseFacts | null,
): BaseFacts {
  const { history, diffIds, store } = image;
  const found = layersOfRows(history, diffIds.length);
  const layers = joined(diffIds, history, found, (at) => ({
    compressed: null,
    folder: image.folders?.length === diffIds.length ? (image.folders[at] ?? null) : null,
  }));
  const teller = `${info.product} ${info.version}`;
  const told: ToldImage = {
    by: 'engine',
    teller,
    platform: image.platform,
    layers,
    image: imageOf(image, found),
    identity: diffIds.join(' '),
    digests: image.digests.map(digestOf),
    id: image.id,
    store,
    driver: image.driver,
    createdAt: image.createdAt,
    platforms: (image.platforms ?? [image.platform]).map(formatPlatform),
  };
  const bytes = sumOf(image);
  const known = keptFacts(table, image, layers);
  const doubt = doubtOf(layers, history);
  if (bytes === null) {
    const reason = `${teller} does not tell what each layer of the image takes.${doubt}`;
    const size = table?.size ?? null;
    const rest = size ? `${reason} ${table?.reason}` : reason;
    return { ...known, size, reason: rest, layers: layers.length, compressedLayers: null, told };
  }
  return {
    ...known,
    size: { bytes, low: bytes, high: bytes },
    basis: 'measured',
    ...(store !== 'classic' && { store }),
    ...(table?.size && { estimated: { size: table.size, reason: table.reason } }),
    reason: `Measured by ${teller}: ${counted[store]} (${image.driver}).${doubt}`,
    layers: layers.length,
    compressedLayers: null,
    date: null,
    told,
  };
}

const counted: Readonly<Record<Store, string>> = {
  classic: 'the bytes of the files in its layers, as its image store counts them',
  containerd: 'the space that its layers take unpacked in the containerd image store',
  podman: 'the lengths of the archives of its layers',
};

/** Facts of an image of which a registry on that host told. */
export function toldByRegistry(
  image: RegistryImage,
  host: string,
  table: BaseFacts | null,
): BaseFacts {
  const { history, diffIds, config } = image;
  const found = layersOfRows(history, diffIds.length);
  const isWhole = image.layers.length === diffIds.length;
  const layers = joined(diffIds, history, found, (at) => {
    const { compressed = null, archive = null } = (isWhole && image.layers[at]) || {};
    // Only of Linux is it known what of an archive are files.
    const estimated = image.platform.os === 'linux' && archive !== null && archiveFigure(archive);
    return { compressed, folder: null, ...(estimated && { estimated }) };
  });
  const told: ToldImage = {
    by: 'registry',
    teller: host,
    platform: image.platform,
    layers,
    image: imageOf({ history, diffIds, config }, found),
    identity: diffIds.join(' '),
    digests: [...new Set([image.indexDigest, image.digest])],
    id: null,
    store: null,
    driver: null,
    createdAt: image.createdAt,
    platforms: image.platforms,
  };
  const compressed = image.layers.map((layer) => layer.compressed);
  const known = keptFacts(table, image, layers);
  const archives = image.layers.map(({ archive = null }) => archive);
  const { os } = image.platform;
  const size = unpackedSize(compressed, os, known.distribution, table, archives);
  const doubt = doubtOf(layers, history);
  return {
    ...known,
    size: size.figure,
    reason: `${size.reason} ${host} told the compressed sizes on ${day(image.askedAt)}.${doubt}`,
    layers: layers.length,
    compressedLayers: compressed,
    date: size.date,
    told,
  };
}

/** What the border between a base image and the layers on top of it is found by. */
export interface BaseBorder {
  /** Of its layers when uncompressed, the base first. */
  readonly diffIds: readonly string[];
  /** How many entries of the history are its own. */
  readonly rows: number;
}

/** Layers and history of a base image, for telling them apart from those of an image built on it. */
export function baseOf({ layers, image }: ToldImage): BaseBorder {
  return { diffIds: layers.map(({ diffId }) => diffId), rows: image.history.length };
}

/** Why a plan for that platform does not take the image; null: it does. */
export function otherPlatform(image: Platform, wanted: Platform): string | null {
  if (standsFor(image, wanted)) return null;
  return `The image is for ${formatPlatform(image)}, not for ${formatPlatform(wanted)}.`;
}

/** What is known of an image that an engine has for another platform only: that says nothing of this one. */
export function ofOtherPlatform(
  image: EngineImage,
  info: EngineInfo,
  wanted: Platform,
  table: BaseFacts,
): BaseFacts {
  const has = `${info.product} ${info.version} has the image for ${formatPlatform(image.platform)}`;
  return { ...table, reason: `${table.reason} ${has}, not for ${formatPlatform(wanted)}.` };
}

/** What the plan needs: an entry whose layer is not certain counts as one that has one. */
function imageOf(
  { history, diffIds, config }: Pick<EngineImage, 'history' | 'diffIds' | 'config'>,
  found: readonly RowLayer[],
): BaseImage {
  return {
    config,
    history: history.map(({ createdBy }, at) => ({ createdBy, emptyLayer: found[at] === null })),
    layers: diffIds.length,
  };
}

function joined(
  diffIds: readonly string[],
  history: readonly HistoryRow[],
  found: readonly RowLayer[],
  besides: (at: number) => Pick<BaseLayer, 'compressed' | 'estimated' | 'folder'>,
): readonly BaseLayer[] {
  const rows = new Map<number, HistoryRow>();
  for (const [at, row] of history.entries()) {
    const layer = found[at];
    if (typeof layer === 'number') rows.set(layer, row);
  }
  return diffIds.map((diffId, at) => {
    const row = rows.get(at);
    const { compressed, estimated, folder } = besides(at);
    return {
      bytes: row?.bytes ?? null,
      compressed,
      ...(estimated && { estimated }),
      createdBy: row?.createdBy ?? '',
      diffId,
      createdAt: row?.createdAt ?? null,
      folder,
    };
  });
}

/** All entries count, as those without a layer take nothing; null: not all of them tell. */
function sumOf({ history, diffIds, store }: EngineImage): number | null {
  if (diffIds.length === 0) return 0;
  if (history.length === 0) return null;
  let bytes = 0;
  for (const row of history) {
    if (row.bytes === null) return null;
    bytes += row.bytes;
  }
  // In these stores not even an empty layer takes nothing: the image is not unpacked.
  return bytes === 0 && store !== 'classic' ? null : bytes;
}

function doubtOf(layers: readonly BaseLayer[], history: readonly HistoryRow[]): string {
  const isOpen = layers.some(({ createdBy, createdAt }) => createdBy === '' && createdAt === null);
  if (!isOpen || layers.length === 0) return '';
  return history.length === 0
    ? ' It has no history.'
    : ' Which entries of its history made which layers is not certain.';
}

type Kept = Pick<BaseFacts, 'distribution' | 'packages' | 'date' | 'ratio'>;

/** What the table knows besides the size, unless the image itself says that it is made of something else. */
function keptFacts(
  table: BaseFacts | null,
  { history, config }: Pick<EngineImage, 'history' | 'config'>,
  layers: readonly BaseLayer[],
): Kept {
  const byRows = distributionOfRows(history, layers[0]);
  const seen = byRows ?? distributionOfConfig(config);
  const known = table?.distribution ?? null;
  const isSame = seen === null || (known?.id === seen.id && known.suite === seen.suite);
  const packages = (isSame ? table?.packages : null) ?? (byRows && packagesOfRows(history));
  return {
    distribution: seen ?? known,
    packages,
    date: table?.date ?? null,
    ...(table?.ratio && { ratio: table.ratio }),
  };
}

/** `debian@sha256:…` and `sha256:…` alike. */
function digestOf(text: string): string {
  return text.slice(text.lastIndexOf('@') + 1);
}

function day(moment: number): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}

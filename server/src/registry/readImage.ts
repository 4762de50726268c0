/** The way from a reference's digest to the image for a platform: through indexes, manifest, configuration. */

import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { fittingPlatforms, rankOf } from './choosePlatform.ts';
import { imageOf } from './imageOf.ts';
import { type Descriptor, type IndexEntry, type Manifest, readManifest } from './manifest.ts';
import { type ImagePlace, shownPlace } from './place.ts';
import { RegistryProblem } from './problem.ts';
import type { RegistryImage, RegistryLayer } from './registry.ts';

const deepest = 3;
/** Manifests and indexes that are read for one image. */
const mostManifests = 12;
/** As many as overlay mounts have room for. */
const mostLayers = 127;

/** Where manifests and configurations come from; each is what its digest says. */
export interface Sources {
  manifest(digest: string, size: number | null): Promise<string>;
  config(digest: string, size: number): Promise<string>;
  /** Bytes of a layer's archive when uncompressed; null: not told. */
  archive(layer: Descriptor): Promise<number | null>;
}

export interface Wanted {
  readonly reference: string;
  readonly platform: Platform;
  readonly place: ImagePlace;
  readonly sources: Sources;
  /** What the reference names. */
  readonly digest: string;
  readonly askedAt: number;
}

/**
 * The image for the platform, as containerd chooses it. Rejects with a `RegistryProblem` where there
 * is none, and with what `sources` reject.
 */
export async function readImage(wanted: Wanted): Promise<RegistryImage> {
  const { place, sources, platform } = wanted;
  const wrong = (reason: string) =>
    new RegistryProblem(`${shownPlace(place)} cannot be read: ${reason}.`);
  const fitting = fittingPlatforms(platform);
  const platforms: Platform[] = [];
  let left = mostManifests;
  let layers: readonly Descriptor[] = [];

  const read = async (
    digest: string,
    size: number | null,
  ): Promise<Exclude<Manifest, { kind: 'refused' }>> => {
    left -= 1;
    if (left < 0) throw wrong('its indexes lead to more and more indexes');
    const manifest = readManifest(await sources.manifest(digest, size));
    if (manifest.kind === 'refused') throw wrong(manifest.reason);
    return manifest;
  };
  const take = async (
    digest: string,
    size: number | null,
    entry: IndexEntry | null,
    depth: number,
  ): Promise<RegistryImage | null> => {
    if (depth > deepest) throw wrong('its indexes lead to more and more indexes');
    const manifest = await read(digest, size);
    if (manifest.kind === 'index') return await takeFrom(manifest.entries, depth);
    const { config } = manifest;
    const image = imageOf({
      reference: wanted.reference,
      digest,
      indexDigest: wanted.digest,
      platform: entry?.platform ?? null,
      platforms,
      layers: manifest.layers,
      config: await sources.config(config.digest, config.size),
      askedAt: wanted.askedAt,
    });
    if (!image) throw wrong('its configuration is none');
    // An entry that does not say its platform may be for any.
    const isFit = entry === null || entry.platform || rankOf(image.platform, fitting) !== undefined;
    if (!isFit) return null;
    ({ layers } = manifest);
    return image;
  };
  const takeFrom = async (
    entries: readonly IndexEntry[],
    depth: number,
  ): Promise<RegistryImage | null> => {
    for (const { platform } of entries) if (platform) platforms.push(platform);
    const best = entries
      .flatMap((entry) => {
        const rank = entry.platform ? rankOf(entry.platform, fitting) : undefined;
        return rank === undefined ? [] : [{ entry, rank }];
      })
      .sort((a, b) => a.rank - b.rank)[0]?.entry;
    if (best) return await take(best.digest, best.size, best, depth + 1);
    for (const entry of entries) {
      if (entry.platform) continue;
      const image = await take(entry.digest, entry.size, entry, depth + 1);
      if (image) return image;
    }
    return null;
  };

  const told = async (layer: Descriptor): Promise<RegistryLayer> => {
    const { digest, size } = layer;
    // An image with more than engines take is not asked for the ends of all.
    const archive = layers.length > mostLayers ? null : await sources.archive(layer);
    return { digest, compressed: size, archive };
  };
  const image = await take(wanted.digest, null, null, 0);
  if (image) return { ...image, layers: await Promise.all(layers.map(told)) };
  const names = [...new Set(platforms.map(formatPlatform))];
  const others = names.length > 0 ? `; there is ${names.slice(0, 12).join(', ')}` : '';
  throw wrong(`it is not there for ${formatPlatform(platform)}${others}`);
}

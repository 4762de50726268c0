/** Manifests and indexes, in Docker's and OCI's media types. */

import type { Platform } from '../model/plan.ts';
import { isAttestation, readPlatform } from './choosePlatform.ts';
import { readDigest } from './digest.ts';
import { bytes, elements, parsed, record, text } from './values.ts';

const docker = 'application/vnd.docker.distribution.manifest';
const oci = 'application/vnd.oci.image';

/** What is asked for; the old schema 1 is left out, as it says no sizes. */
export const manifestTypes: readonly string[] = [
  `${oci}.index.v1+json`,
  `${docker}.list.v2+json`,
  `${oci}.manifest.v1+json`,
  `${docker}.v2+json`,
];

const indexTypes = new Set(manifestTypes.slice(0, 2));
/** Configurations of images; an artifact that is none has another type. */
const configTypes = new Set([
  '',
  'application/vnd.docker.container.image.v1+json',
  `${oci}.config.v1+json`,
]);

/** No engine takes more. */
const mostLayers = 1000;
const mostEntries = 5000;

/** Something that a manifest or index points to. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes as they are sent: those of a layer are compressed. */
  readonly size: number;
}

/** An image of an index, or an index in it. */
export interface IndexEntry extends Descriptor {
  readonly isIndex: boolean;
  /** Null: not said. */
  readonly platform: Platform | null;
}

export type Manifest =
  | {
      readonly kind: 'image';
      readonly config: Descriptor;
      /** The base first. */
      readonly layers: readonly Descriptor[];
    }
  /** Without attestations. */
  | { readonly kind: 'index'; readonly entries: readonly IndexEntry[] }
  /** `reason` goes on behind a colon. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Reads a manifest or index; by its fields where no media type says which it is. */
export function readManifest(json: string): Manifest {
  const value = parsed(json);
  const manifest = record(value);
  if (value === undefined || Object.keys(manifest).length === 0) {
    return refused('the answer is no manifest');
  }
  if (manifest.schemaVersion === 1 || Array.isArray(manifest.fsLayers)) {
    return refused(
      'there is only a manifest of the old schema 1, which does not say how large layers are',
    );
  }
  const type = text(manifest.mediaType);
  const isIndex = type === '' ? Array.isArray(manifest.manifests) : indexTypes.has(type);
  return isIndex ? readIndex(manifest) : readImage(manifest);
}

function readIndex(manifest: Readonly<Record<string, unknown>>): Manifest {
  const said = elements(manifest.manifests);
  if (said.length > mostEntries) return refused('its index is longer than any real one');
  const entries = said.flatMap((value): readonly IndexEntry[] => {
    const entry = record(value);
    const found = readDescriptor(value);
    const annotated = text(record(entry.annotations)['vnd.docker.reference.type']);
    if (!found || annotated !== '' || text(entry.artifactType) !== '') return [];
    const platform = readPlatform(entry.platform);
    if (platform && isAttestation(platform)) return [];
    return [{ ...found, isIndex: indexTypes.has(found.mediaType), platform }];
  });
  return { kind: 'index', entries };
}

function readImage(manifest: Readonly<Record<string, unknown>>): Manifest {
  const config = readDescriptor(manifest.config);
  const said = manifest.layers;
  if (!config || !Array.isArray(said)) return refused('the answer is no manifest of an image');
  if (!configTypes.has(config.mediaType) || text(manifest.artifactType) !== '') {
    return refused('what lies there is no container image');
  }
  if (said.length > mostLayers)
    return refused('its manifest has more layers than any engine takes');
  const layers = said.map(readDescriptor);
  if (!layers.every((one) => one !== undefined)) {
    return refused('its manifest has a layer without a digest or size that can be read');
  }
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (!Number.isSafeInteger(total)) return refused('its manifest has layers of impossible sizes');
  return { kind: 'image', config, layers };
}

function readDescriptor(value: unknown): Descriptor | undefined {
  const said = record(value);
  const size = bytes(said.size);
  const digest = text(said.digest);
  if (size === null || !readDigest(digest)) return undefined;
  return { mediaType: text(said.mediaType), digest, size };
}

function refused(reason: string): Manifest {
  return { kind: 'refused', reason };
}

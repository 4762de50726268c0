/** Images, build cache and containers as engines tell them (DOCKER-GROUND-TRUTH sections 3, 5, 7 and 8). */

import type { ImageConfig, Platform } from '../model/plan.ts';
import { standsFor } from '../model/platform.ts';
import { platformOf } from './answersAbout.ts';
import {
  bytesOf,
  isObject,
  type Json,
  labelsOf,
  listOf,
  objectOf,
  secondsOf,
  textOf,
  textsOf,
  timeOf,
} from './answersJson.ts';
import type {
  CacheEntry,
  ContainerSize,
  EngineImage,
  HistoryRow,
  ImageSummary,
  Store,
} from './engine.ts';

/** An entry of `GET /images/json`; null where it lacks an id. */
export function imageSummary(value: unknown): ImageSummary | null {
  const { Id, RepoTags, RepoDigests, Created, Labels } = objectOf(value);
  if (typeof Id !== 'string' || Id === '') return null;
  return {
    id: prefixed(Id),
    references: named(RepoTags),
    digests: named(RepoDigests),
    createdAt: secondsOf(Created),
    labels: labelsOf(Labels),
  };
}

/** Images without a name are called `<none>:<none>` by some engines. */
function named(value: unknown): readonly string[] {
  return textsOf(value).filter((name) => name !== '' && !name.includes('<none>'));
}

/** Podman tells some ids without `sha256:`. */
function prefixed(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

/**
 * `GET /images/{name}/json` with `GET /images/{name}/history`, whose rows come the newest first. Null
 * where the answers are of no image.
 */
export function engineImage(
  inspected: unknown,
  history: unknown,
  { store, driver }: { readonly store: Store; readonly driver: string },
): EngineImage | null {
  const image = objectOf(inspected);
  const id = textOf(image.Id);
  if (id === '' || !listOf(history).every(isObject)) return null;
  const config = objectOf(image.Config);
  const platforms = availablePlatforms(image.Manifests);
  const diffIds = textsOf(objectOf(image.RootFS).Layers);
  const graph = objectOf(image.GraphDriver);
  return {
    id: prefixed(id),
    references: named(image.RepoTags),
    digests: named(image.RepoDigests),
    createdAt: timeOf(image.Created),
    labels: labelsOf(config.Labels),
    platform: withVariant(image),
    ...(platforms.length > 0 && { platforms }),
    diffIds,
    history: unpacked(listOf(history).map(historyRow).reverse(), diffIds.length, store),
    config: imageConfig(image.Config),
    store,
    driver: textOf(graph.Name) || driver,
    folders: layerFolders(graph.Data, diffIds.length),
  };
}

/** May the image be taken where one for that platform is wanted? */
export function isForPlatform(image: EngineImage, platform: Platform): boolean {
  return standsFor(image.platform, platform);
}

/** Parts of an index that the engine has, without what only describes others (`Kind`). */
function availablePlatforms(manifests: unknown): readonly Platform[] {
  return listOf(manifests).flatMap((value) => {
    const { Kind, Available, ImageData } = objectOf(value);
    const { os, architecture, variant } = objectOf(objectOf(ImageData).Platform);
    const isImage = Kind === 'image' && Available === true && textOf(architecture) !== '';
    return isImage ? [withVariant({ Os: os, Architecture: architecture, Variant: variant })] : [];
  });
}

function withVariant({ Os, Architecture, Variant }: Json): Platform {
  const arch = textOf(Architecture);
  const variant = textOf(Variant);
  return platformOf(textOf(Os), variant ? `${arch}/${variant}` : arch);
}

/**
 * On containerd's store even an empty layer takes a block, and 0 stands for a layer that is not
 * unpacked, as with an image for another platform. Which rows those are is not told, so that where a
 * layer has none, 0 is no size.
 */
function unpacked(
  rows: readonly HistoryRow[],
  layers: number,
  store: Store,
): readonly HistoryRow[] {
  if (store !== 'containerd' || rows.filter(({ bytes }) => bytes).length >= layers) return rows;
  return rows.map((row) => (row.bytes === 0 ? { ...row, bytes: null } : row));
}

function historyRow(value: unknown): HistoryRow {
  const { CreatedBy, Comment, Created, Size } = objectOf(value);
  return {
    createdBy: textOf(CreatedBy),
    comment: textOf(Comment),
    createdAt: secondsOf(Created),
    bytes: bytesOf(Size),
    emptyLayer: null,
  };
}

/**
 * `UpperDir` is the topmost layer, `LowerDir` has the others, the topmost first. Null where the driver
 * keeps layers otherwise.
 */
function layerFolders(data: unknown, layers: number): readonly string[] | null {
  const { UpperDir, LowerDir } = objectOf(data);
  if (typeof UpperDir !== 'string' || UpperDir === '') return null;
  const lower = textOf(LowerDir);
  const folders = [UpperDir, ...(lower === '' ? [] : lower.split(':'))].reverse();
  return folders.length === layers ? folders : null;
}

/** The config of an image; nothing is told where the answer has none. */
export function imageConfig(value: unknown): Partial<ImageConfig> {
  if (!isObject(value)) return {};
  const config = value;
  return {
    user: textOf(config.User),
    env: textsOf(config.Env),
    workingDir: textOf(config.WorkingDir),
    cmd: words(config.Cmd),
    entrypoint: words(config.Entrypoint),
    shell: words(config.Shell),
    exposedPorts: Object.keys(objectOf(config.ExposedPorts)),
    volumes: Object.keys(objectOf(config.Volumes)),
    labels: labelsOf(config.Labels),
    stopSignal: textOf(config.StopSignal),
    onBuild: textsOf(config.OnBuild),
    healthcheck: healthcheckOf(config.Healthcheck),
    argsEscaped: config.ArgsEscaped === true,
  };
}

function words(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? textsOf(value) : typeof value === 'string' ? [value] : null;
}

function healthcheckOf(value: unknown): ImageConfig['healthcheck'] {
  const check = objectOf(value);
  const test = textsOf(check.Test);
  if (test.length === 0) return null;
  const duration = (time: unknown) => (typeof time === 'number' && time > 0 ? time : 0);
  return {
    test,
    interval: duration(check.Interval),
    timeout: duration(check.Timeout),
    startPeriod: duration(check.StartPeriod),
    startInterval: duration(check.StartInterval),
    retries: duration(check.Retries),
  };
}

/** The records of `GET /system/df?type=build-cache` that are whole. */
export function cacheEntries(answer: unknown): readonly CacheEntry[] {
  return listOf(objectOf(answer).BuildCache).flatMap((value) => cacheEntry(value) ?? []);
}

/** A record of `GET /system/df?type=build-cache`; null where it lacks an id or a size. */
export function cacheEntry(value: unknown): CacheEntry | null {
  const record = objectOf(value);
  const id = textOf(record.ID);
  const bytes = bytesOf(record.Size);
  if (id === '' || bytes === null) return null;
  return {
    id,
    parents: parentsOf(record),
    type: textOf(record.Type),
    description: textOf(record.Description),
    bytes,
    createdAt: timeOf(record.CreatedAt),
    lastUsedAt: timeOf(record.LastUsedAt),
    inUse: record.InUse === true,
    shared: record.Shared === true,
  };
}

/** Docker's key begins with a blank since API 1.42; before, there was `Parent`, ids with commas. */
function parentsOf(record: Json): readonly string[] {
  const list = textsOf(record[' Parents'] ?? record.Parents);
  if (list.length > 0) return list;
  return textOf(record.Parent)
    .split(',')
    .filter((id) => id !== '');
}

/** `GET /containers/json?all=1&size=1`. Entries without an id are left out. */
export function containerSizes(answer: unknown): readonly ContainerSize[] {
  return listOf(answer).flatMap((value) => {
    const { Id, Names, Image, ImageID, State, SizeRw, SizeRootFs } = objectOf(value);
    if (typeof Id !== 'string' || Id === '') return [];
    return [
      {
        id: Id,
        name: (textsOf(Names)[0] ?? '').replace(/^\//, ''),
        image: prefixed(textOf(ImageID)) || textOf(Image),
        state: textOf(State),
        // Docker leaves out a size of 0 (`omitempty`); that sizes were counted shows the other one.
        writes: SizeRw === undefined && bytesOf(SizeRootFs) ? 0 : bytesOf(SizeRw),
      },
    ];
  });
}

/** What a registry's answers come to, taken together. */

import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { type ConfigFile, readConfigFile } from './configFile.ts';
import type { Descriptor } from './manifest.ts';
import type { RegistryImage } from './registry.ts';

export interface Answers {
  readonly reference: string;
  readonly digest: string;
  readonly indexDigest: string;
  /** What the index says of the image; null: there is none, or it does not say. */
  readonly platform: Platform | null;
  /** Of the index; empty where there is none. */
  readonly platforms: readonly Platform[];
  readonly layers: readonly Descriptor[];
  /** The text of the configuration. */
  readonly config: string;
  readonly askedAt: number;
}

/** Undefined where the configuration is none, or nothing says for which platform the image is. */
export function imageOf(answers: Answers): RegistryImage | undefined {
  const config = readConfigFile(answers.config);
  const platform = config?.platform ?? answers.platform;
  if (!config || !platform) return undefined;
  const { reference, digest, indexDigest, layers, askedAt } = answers;
  const names = answers.platforms.map(formatPlatform);
  return {
    reference,
    digest,
    indexDigest,
    platform,
    platforms: names.length > 0 ? [...new Set(names)] : [formatPlatform(platform)],
    layers: layers.map(({ digest, size }) => ({ digest, compressed: size })),
    diffIds: config.diffIds,
    history: config.history,
    config: config.config,
    createdAt: config.createdAt,
    askedAt,
    notes: notesOn(answers, config),
  };
}

/** Full sentences on what of the answers does not fit together. */
function notesOn({ layers, platform }: Answers, config: ConfigFile): readonly string[] {
  const notes: string[] = [];
  const { history, diffIds } = config;
  const filled = history.filter(({ emptyLayer }) => !emptyLayer).length;
  const count = layers.length;
  if (filled !== count) {
    notes.push(
      `The history of the image has ${filled} entries with a layer, and the image has ${count} layers, so it is not known which command made which.`,
    );
  }
  if (diffIds.length !== count) {
    notes.push(
      `The configuration of the image names ${diffIds.length} layers, and its manifest ${count}: an engine may refuse it.`,
    );
  }
  if (platform && config.platform && formatPlatform(platform) !== formatPlatform(config.platform)) {
    notes.push(
      `The index says that the image is for ${formatPlatform(platform)}, and the image itself that it is for ${formatPlatform(config.platform)}.`,
    );
  }
  return notes;
}

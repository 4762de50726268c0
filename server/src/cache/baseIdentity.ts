/**
 * What images are that stages start from or take files of: their layers, by which BuildKit knows them
 * (`source/containerimage` `cacheKeyFromConfig`: the chain ID), instead of the name, which may come
 * to mean another one.
 */

import type { ImageConfig, Plan, Platform } from '../model/plan.ts';
import { imagePlace, platformOf } from './baseKey.ts';
import type { BuildRecord } from './buildRecord.ts';
import type { Hash } from './hash.ts';
import { settingWords } from './imageDefaults.ts';

/** Identity of an image as it is now, by its reference; null: nobody told. */
export type IdentityNow = (reference: string, platform: Platform) => string | null;

/** What keys are made with in place of references. */
export interface BaseIdentities {
  /** Null: the reference stands for the image. */
  identity(reference: string, platform: Platform): string | null;
  /** That the reference means another image than in the last build; null: as far as is known, it does not. */
  moved(reference: string, platform: Platform): string | null;
  /** Was it asked what the image is now, with an answer? */
  isKnown(reference: string, platform: Platform): boolean;
}

/** Every reference stands for what it always stood for. */
export const byReference: BaseIdentities = {
  identity: () => null,
  moved: () => null,
  isKnown: () => false,
};

/**
 * The layers, and what else of the image decides on what steps above it are: its variables, its user,
 * its working directory, its shell and its triggers. `chain`: the chain ID of the layers.
 */
export function imageIdentity(chain: string, config: Partial<ImageConfig>, hash: Hash): string {
  const { env = [], user = '', workingDir = '', shell = null, onBuild = [] } = config;
  const rest = hash(JSON.stringify([env, user, workingDir || '/', shell, onBuild])).slice(0, 16);
  return [chain, rest, ...settingWords(config)].join(' ');
}

/**
 * To compare with records, the newest first: as they have it. A reference of which no record says
 * what it was stands for itself, as in these. An image that nobody tells of now counts as unmoved.
 */
export function comparedWith(
  records: readonly BuildRecord[],
  now: IdentityNow,
  hash: Hash,
): BaseIdentities {
  // The keys of a build of which no image was known are of that form; so are those to compare with it.
  const isByReference = records[0]?.bases === undefined;
  const all = new Set(records.flatMap(({ bases = {} }) => Object.values(bases)));
  const last = (place: string) => records.find(({ bases }) => bases?.[place] !== undefined);
  return {
    identity(reference, platform) {
      if (isByReference) return null;
      const place = hash(imagePlace(reference, platform));
      const current = now(reference, platform);
      const recorded = last(place)?.bases?.[place] ?? null;
      if (current === null) return recorded;
      return all.has(current) || recorded !== null ? current : null;
    },
    moved(reference, platform) {
      const place = hash(imagePlace(reference, platform));
      const record = last(place);
      const current = now(reference, platform);
      if (!record || current === null || record.bases?.[place] === current) return null;
      return `${reference} means another image than in the build of ${moment(record.at)}`;
    },
    isKnown: (reference, platform) => now(reference, platform) !== null,
  };
}

/** To be recorded: as it is now, else as it was last. */
export function toRecord(
  records: readonly BuildRecord[],
  now: IdentityNow,
  hash: Hash,
): BaseIdentities {
  const compared = comparedWith(records, now, hash);
  return {
    ...compared,
    identity: (reference, platform) =>
      now(reference, platform) ?? compared.identity(reference, platform),
  };
}

/** The same as other keys were made with, by what their plan says (`KeyedPlan.identities`). */
export function asIn(identities: Readonly<Record<string, string>>): BaseIdentities {
  return {
    ...byReference,
    identity: (reference, platform) => identities[imagePlace(reference, platform)] ?? null,
  };
}

/**
 * Stages, by their index, whose base image is another than in the last build that knew it, each with a
 * full sentence.
 */
export function movedBases(
  { stages, options }: Plan,
  records: readonly BuildRecord[],
  now: IdentityNow,
  hash: Hash,
): ReadonlyMap<number, string> {
  const { moved } = comparedWith(records, now, hash);
  const found = new Map<number, string>();
  for (const { index, base, needed } of stages) {
    if (!needed || base.scratch || base.stage !== null || base.named !== null) continue;
    const sentence = moved(base.reference, platformOf(base.platform, options));
    if (sentence !== null) found.set(index, `${sentence}.`);
  }
  return found;
}

/** `14:02` today, else `2026-11-20 14:02`, in the time of this machine. */
function moment(at: string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = (each: Date) =>
    [each.getFullYear(), two(each.getMonth() + 1), two(each.getDate())].join('-');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return day(date) === day(new Date()) ? time : `${day(date)} ${time}`;
}

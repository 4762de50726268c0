/** Keys of what stages start from. An image is known by its reference: it counts as unmoved. */

import { namedContext } from '../model/bases.ts';
import type { Plan, Platform, Stage } from '../model/plan.ts';
import { formatPlatform, parsePlatform } from '../model/platform.ts';
import { parseReference } from '../model/reference.ts';
import type { BaseIdentities } from './baseIdentity.ts';
import { generations } from './generations.ts';
import type { Hash } from './hash.ts';
import { type OwnSettings, settingsIn } from './imageDefaults.ts';
import type { Doubt, KeyPart } from './keyedStep.ts';

/** What decides on an image: its digest where the reference has one, else the whole reference. */
export function imageKey(reference: string): string {
  const parsed = parseReference(reference);
  if (!parsed.ok) return reference;
  const { domain, path, tag, digest } = parsed;
  return digest || `${domain}/${path}:${tag || 'latest'}`;
}

/** Reference and platform of an image, as build records name what stages start from (`bases`). */
export function imagePlace(reference: string, platform: Platform): string {
  return `${imageKey(reference)} ${formatPlatform(platform)}`;
}

/** Is it named by its content? */
export function isPinned(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed.ok && parsed.digest !== '';
}

/** The reference in the value of a named context; null where that is no image. */
export function imageOfContext(value: string): string | null {
  const scheme = 'docker-image://';
  return value.startsWith(scheme) ? value.slice(scheme.length) : null;
}

export interface BaseKey {
  readonly key: string;
  readonly platform: Platform;
  readonly doubts: readonly Doubt[];
  /** A reference that may have moved; null: none. */
  readonly unmoved: string | null;
  /** That the image is another than in the last build; null: it is not, as far as is known. */
  readonly moved: string | null;
  /** For telling what changed about it. */
  readonly parts: readonly KeyPart[];
  /** What the image sets that is not BuildKit's default. */
  readonly sets: OwnSettings;
}

/** What a stage is built for: what its FROM says, else the target. */
export function platformOf(
  written: string | null,
  { platform, buildPlatform }: Plan['options'],
): Platform {
  const parsed = written === null ? null : parsePlatform(written, buildPlatform);
  return parsed?.ok ? parsed.platform : platform;
}

/** The key of a base that is no stage of the file. */
export type BaseKeys = (
  plan: Plan,
  stage: Stage,
  images: BaseIdentities,
  noted: (place: string, identity: string) => void,
) => BaseKey;

/** What is told of the image that a stage starts from. */
interface Told {
  readonly identity: string | null;
  readonly isKnown: boolean;
  readonly moved: string | null;
}

const nothingTold: Told = { identity: null, isKnown: false, moved: null };

/** So many bases are remembered by all that decides on their keys, for as long as they are in use. */
const most = 2_000;

/** Nothing is remembered yet. */
export function baseMemory(hash: Hash): BaseKeys {
  const known = generations<BaseKey>(most);
  return (plan, stage, images, noted) => {
    const { base, from } = stage;
    const { options } = plan;
    const platform = platformOf(base.scratch ? null : base.platform, options);
    const named = base.named === null ? undefined : namedContext(base.named, options);
    const image = named === undefined ? base.reference : imageOfContext(named);
    const reference = base.scratch ? null : image;
    const identity = reference === null ? null : images.identity(reference, platform);
    if (reference !== null && identity !== null) noted(imagePlace(reference, platform), identity);
    const told: Told =
      reference === null || identity === null
        ? nothingTold
        : {
            identity,
            isKnown: images.isKnown(reference, platform),
            moved: images.moved(reference, platform),
          };
    const values = variablesOf(plan, stage);
    const written = [from.base, from.platform, base.scratch, base.named, named, reference];
    const key = JSON.stringify([written, formatPlatform(platform), Object.values(told), values]);
    return known.get(key, () => madeBase(stage, named, reference, platform, told, values, hash));
  };
}

function madeBase(
  { base, from }: Stage,
  named: string | undefined,
  reference: string | null,
  platform: Platform,
  { identity, isKnown, moved }: Told,
  values: readonly (readonly [name: string, value: string])[],
  hash: Hash,
): BaseKey {
  const text = formatPlatform(platform);
  const part = (name: string, value: string): KeyPart => ({
    kind: 'base',
    name,
    digest: hash(value),
  });
  const parts = [
    part('written', from.base),
    part('platform', text),
    ...values.map(([name, value]) => part(`$${name}`, value)),
  ];
  const made = (value: unknown, doubts: readonly Doubt[], unmoved: string | null): BaseKey => ({
    key: hash(JSON.stringify(value)),
    platform,
    doubts,
    unmoved,
    moved,
    parts,
    sets: settingsIn(identity),
  });
  if (base.scratch) return made(['scratch'], [], null);
  if (reference === null) {
    const reason = `What the named context ${base.named} holds is not looked at.`;
    const doubt = { of: null, surely: false, step: null, reason };
    return made(['named', named, text], [doubt], null);
  }
  const pinned = isPinned(reference);
  if (identity === null)
    return made(['image', imageKey(reference), text], [], pinned ? null : reference);
  return made(['image', identity], [], pinned || isKnown ? null : reference);
}

/** What FROM takes of the ARGs above the first one, each once. */
function variablesOf(plan: Plan, { from }: Stage): readonly (readonly [string, string])[] {
  const text = `${from.base} ${from.platform ?? ''}`;
  if (!text.includes('$')) return [];
  const names = new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name));
  const values = globalValues(plan);
  return [...names].map((name) => [name, values.get(name) ?? '']);
}

const globals = new WeakMap<Plan, ReadonlyMap<string, string>>();

/** Values of the ARGs above the first FROM. */
function globalValues(plan: Plan): ReadonlyMap<string, string> {
  const known = globals.get(plan);
  if (known) return known;
  const values = new Map<string, string>();
  globals.set(plan, values);
  for (const { command, env } of plan.globals) {
    if (command.kind !== 'arg') continue;
    for (const { key, value } of command.args) {
      const given = plan.options.buildArgs?.get(key);
      // Another ARG in its default has its own part.
      const written = given ?? value;
      if (written !== null) values.set(key, `${written} ${env.get(key) ?? ''}`);
    }
  }
  return values;
}

/** Keys of what stages start from. An image is known by its reference: it counts as unmoved. */

import { namedContext } from '../model/bases.ts';
import type { Plan, Platform, Stage } from '../model/plan.ts';
import { formatPlatform, parsePlatform } from '../model/platform.ts';
import { parseReference } from '../model/reference.ts';
import type { BaseIdentities } from './baseIdentity.ts';
import type { Hash } from './hash.ts';
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
export function baseKey(
  plan: Plan,
  stage: Stage,
  hash: Hash,
  images: BaseIdentities,
  noted: (place: string, identity: string) => void,
): BaseKey {
  const { base, from } = stage;
  const { options } = plan;
  const platform = platformOf(base.scratch ? null : base.platform, options);
  const text = formatPlatform(platform);
  const part = (name: string, value: string): KeyPart => ({
    kind: 'base',
    name,
    digest: hash(value),
  });
  const variables = [...`${from.base} ${from.platform ?? ''}`.matchAll(/\$\{?([A-Za-z_]\w*)/g)]
    .map(([, name = '']) => name)
    .filter((name, index, all) => all.indexOf(name) === index);
  const values = globalValues(plan);
  const parts = [
    part('written', from.base),
    part('platform', text),
    ...variables.flatMap((name) => part(`$${name}`, values.get(name) ?? '')),
  ];
  const made = (value: unknown, doubts: readonly Doubt[], unmoved: string | null): BaseKey => ({
    key: hash(JSON.stringify(value)),
    platform,
    doubts,
    unmoved,
    moved: null,
    parts,
  });
  const ofImage = (reference: string): BaseKey => {
    const identity = images.identity(reference, platform);
    if (identity === null) {
      return made(['image', imageKey(reference), text], [], isPinned(reference) ? null : reference);
    }
    noted(imagePlace(reference, platform), identity);
    const isOpen = !isPinned(reference) && !images.isKnown(reference, platform);
    const key = made(['image', identity], [], isOpen ? reference : null);
    return { ...key, moved: images.moved(reference, platform) };
  };
  if (base.scratch) return made(['scratch'], [], null);
  const named = base.named === null ? undefined : namedContext(base.named, options);
  if (named !== undefined) {
    const image = imageOfContext(named);
    if (image !== null) return ofImage(image);
    const reason = `What the named context ${base.named} holds is not looked at.`;
    const doubt = { of: null, surely: false, step: null, reason };
    return made(['named', named, text], [doubt], null);
  }
  return ofImage(base.reference);
}

/** Values of the ARGs above the first FROM. */
function globalValues(plan: Plan): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
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

/**
 * Builds with `--pull`: the builder then takes what the registry has, while the engine goes on telling
 * of the image that has the name here, which is also what a build without the flag starts from (seen
 * on an engine).
 */

import type { Analysis } from '../analysis.ts';
import type { Vertex } from '../builder/progress.ts';
import { imagePlace, platformOf } from '../cache/baseKey.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';

/** Is it among the arguments of a build? */
export function pulls(words: readonly string[]): boolean {
  return words.some((word) => word === '--pull' || word === '--pull=true');
}

/**
 * The place (`imagePlace`) of an image that keys were made with as the engine has it, and of which the
 * build does not say that it was this one; undefined: there is none.
 */
export function unlikePulled(
  { plan, sizes }: Analysis,
  { identities }: KeyedPlan,
  vertices: ReadonlyMap<string, Vertex>,
): string | undefined {
  const taken = new Set(
    [...vertices.values()].flatMap(
      ({ name }) => /\bFROM \S+@(sha256:[0-9a-f]{64})$/.exec(name)?.[1] ?? [],
    ),
  );
  const same = new Set(
    plan.stages.flatMap(({ index, base }) => {
      const fact = base.stage === null && !base.scratch ? sizes.base(index) : null;
      const digests = fact?.state === 'known' ? (fact.value.told?.digests ?? []) : [];
      const isSame = digests.some((digest) => taken.has(digest));
      return isSame ? [imagePlace(base.reference, platformOf(base.platform, plan.options))] : [];
    }),
  );
  return Object.keys(identities).find((place) => !same.has(place));
}

/** Why a build with `--pull` is not remembered. */
export function unlikeSentence(place: string): string {
  const [reference = ''] = place.split(' ');
  return `The build is not remembered, as --pull may have taken another ${reference} than the engine has. Run docker pull ${reference}, and build again.`;
}

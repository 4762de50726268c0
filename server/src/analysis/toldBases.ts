/**
 * What engines and registries say of a base image, laid over what is known without them. The same
 * answers give the same objects, so that what was made of them stays.
 */

import type { Fact } from '../context/fact.ts';
import type { EngineImage, EngineInfo } from '../engine/engine.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import { ofOtherPlatform, otherPlatform } from '../images/told.ts';
import type { Platform } from '../model/plan.ts';
import { parseReference } from '../model/reference.ts';

/** What is known without asking anyone; null: nothing. */
export function known(table: Fact<BaseFacts>): BaseFacts | null {
  return table.state === 'known' ? table.value : null;
}

/** An image of another platform says nothing of this one. */
export function isFor({ told }: BaseFacts, platform: Platform): boolean {
  return !told || otherPlatform(told.platform, platform) === null;
}

const reasoned = new WeakMap<
  BaseFacts,
  { readonly more: string; readonly fact: Fact<BaseFacts> }
>();

/** The same facts with a sentence more; the same object for the same sentence. */
export function withReason(fact: Fact<BaseFacts>, more: string | null): Fact<BaseFacts> {
  if (more === null || fact.state === 'pending') return fact;
  if (fact.state === 'unavailable') return { ...fact, reason: `${fact.reason} ${more}` };
  const before = reasoned.get(fact.value);
  if (before?.more === more) return before.fact;
  const value = { ...fact.value, reason: `${fact.value.reason} ${more}` };
  reasoned.set(fact.value, { more, fact: { state: 'known', value } });
  return { state: 'known', value };
}

const doubted = new WeakMap<
  BaseFacts,
  { readonly image: EngineImage; readonly fact: Fact<BaseFacts> }
>();

/** The table's facts with a word on what the engine has instead; the same object for the same answers. */
export function withDoubt(
  table: Fact<BaseFacts>,
  image: EngineImage,
  info: EngineInfo,
  platform: Platform,
): Fact<BaseFacts> {
  if (table.state !== 'known') return table;
  const before = doubted.get(table.value);
  if (before?.image === image) return before.fact;
  const fact = {
    state: 'known',
    value: ofOtherPlatform(image, info, platform, table.value),
  } as const;
  doubted.set(table.value, { image, fact });
  return fact;
}

/** The registry that a reference means, as it is shown. */
export function hostOf(reference: string): string {
  const parsed = parseReference(reference);
  return parsed.ok ? parsed.domain : 'docker.io';
}

const madeOf = new WeakMap<object, { readonly table: object | null; readonly facts: BaseFacts }>();

/** The same object for the same answers, so that what was made of it stays. */
export function remembered(told: object, table: Fact<BaseFacts>, make: () => BaseFacts): BaseFacts {
  const of = known(table);
  const before = madeOf.get(told);
  if (before && before.table === of) return before.facts;
  const made = make();
  // The plan knows an image by identity, and the table tells it nothing of the image itself.
  const facts = before?.facts.told ? { ...made, told: before.facts.told } : made;
  madeOf.set(told, { table: of, facts });
  return facts;
}

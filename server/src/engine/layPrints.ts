/**
 * A few numbers for each image's history, so that an engine with thousands of images need not be asked
 * again and again for those that have nothing in common with a file.
 */

import type { Plan } from '../model/plan.ts';
import type { EngineImage } from './engine.ts';
import { targetOf } from './layEntries.ts';
import { readRows } from './layRow.ts';

/** Hashes of the ends of texts; null: older builders' texts, which do not tell. */
export type Prints = ReadonlySet<number> | null;

/** By id, under which an image never changes, whichever engine has it. */
const known = new Map<string, Prints>();
const mostKnown = 5000;

/** Of an image that was asked for. */
export function printsOf(image: EngineImage): Prints {
  const read = readRows(image);
  const isOlder = read.some(({ form }) => form === 'classic' || form === 'podman');
  const prints = isOlder ? null : new Set(read.map(({ keyword, text }) => hash(keyword, text)));
  if (known.size >= mostKnown) known.clear();
  known.set(image.id, prints);
  return prints;
}

/** Of an image that was asked for before; undefined: it was not. */
export function rememberedPrints(id: string): Prints | undefined {
  return known.get(id);
}

const ofTargets = new WeakMap<Plan, ReadonlySet<number>>();

/** False: no line of the target is in the image. */
export function mayShare(plan: Plan, prints: Prints): boolean {
  if (prints === null) return true;
  let own = ofTargets.get(plan);
  if (!own) {
    const { entries } = targetOf(plan, plan.target);
    own = new Set(entries.map(({ keyword, body, text }) => hash(keyword, body ?? text() ?? '')));
    ofTargets.set(plan, own);
  }
  for (const print of prints) if (own.has(print)) return true;
  return false;
}

/** Values of ARG stand in front of what is run, so only the end of a text is taken. */
function hash(keyword: string, text: string): number {
  const end = text.replace(/ # buildkit$/, '').slice(-10);
  let value = 0;
  for (const char of keyword + end) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return value;
}

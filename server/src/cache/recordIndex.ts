/** Finds steps in records: by key, by what they stand on, by what they are, and by their text. */

import type { BuildRecord, RecordedStep } from './buildRecord.ts';
import { isInexact } from './inexact.ts';
import type { BuilderRules } from './keyedStep.ts';
import { signatureOf } from './operation.ts';

/** A recorded step with the record that it is from. */
export interface Recorded {
  readonly step: RecordedStep;
  readonly record: BuildRecord;
}

export interface RecordIndex {
  readonly records: readonly BuildRecord[];
  /** In the newest record that has it; undefined also where a newer one says that it is gone. */
  byKey(key: string): Recorded | undefined;
  /** Does a record say that the builder has it no more, and no newer one that it has? */
  isGone(key: string): boolean;
  /** Is it a root file system that the builder has? */
  hasAfter(key: string): boolean;
  /** Steps that stand on this root file system, in the newest record that has any. */
  onParent(key: string): readonly Recorded[];
  /** Steps that stand on it in any record, whose sources were not sure to be told apart from others. */
  unsureOn(key: string): readonly Recorded[];
  /** Has any record a step with each of these keys? */
  hasBoth(key: string, other: string): boolean;
  /** Has any record a step that is the same operation, whatever its sources hold? */
  hasOperation(signature: string): boolean;
  /** The newest record that has such an operation, if it was not known there what decides its key; else undefined. */
  openIn(signature: string): BuildRecord | undefined;
  /** Steps with this text, in the newest record that has any. */
  byText(text: string): readonly Recorded[];
  /** Steps with this text in one record. */
  textsIn(record: BuildRecord, text: string): readonly RecordedStep[];
}

const indexes = new WeakMap<readonly BuildRecord[], RecordIndex>();
const texts = new WeakMap<BuildRecord, ReadonlyMap<string, readonly RecordedStep[]>>();
const keySets = new WeakMap<BuildRecord, ReadonlySet<string>>();
const signatures = new WeakMap<BuildRecord, ReadonlySet<string>>();
const openSignatures = new WeakMap<BuildRecord, ReadonlySet<string>>();

/** The index of records, the newest first; made once for each list. */
export function recordIndex(records: readonly BuildRecord[]): RecordIndex {
  const known = indexes.get(records);
  if (known) return known;
  const keys = new Map<string, Recorded>();
  const gone = new Set<string>();
  const afters = new Set<string>();
  const unsure = new Map<string, Recorded[]>();
  const parents = new Map<string, { record: BuildRecord; steps: Recorded[] }>();
  for (const record of records) {
    for (const step of record.steps) {
      const found = { step, record };
      if (!keys.has(step.key) && !gone.has(step.key)) keys.set(step.key, found);
      if (!gone.has(step.key)) afters.add(step.after);
      if (step.parts.some(isInexact)) {
        const others = unsure.get(step.parent);
        if (others) others.push(found);
        else unsure.set(step.parent, [found]);
      }
      const group = parents.get(step.parent);
      if (!group) parents.set(step.parent, { record, steps: [found] });
      else if (group.record === record) group.steps.push(found);
    }
    for (const key of record.gone ?? []) if (!keys.has(key)) gone.add(key);
  }
  const index: RecordIndex = {
    records,
    byKey: (key) => keys.get(key),
    isGone: (key) => gone.has(key),
    hasAfter: (key) => afters.has(key),
    unsureOn: (key) => unsure.get(key) ?? [],
    hasBoth: (key, other) =>
      records.some((record) => keysOf(record).has(key) && keysOf(record).has(other)),
    onParent: (key) => parents.get(key)?.steps ?? [],
    hasOperation: (signature) =>
      records.some(
        (record) => operationsOf(record).has(signature) || openOf(record).has(signature),
      ),
    openIn(signature) {
      const newest = records.find(
        (record) => operationsOf(record).has(signature) || openOf(record).has(signature),
      );
      return newest && openOf(newest).has(signature) ? newest : undefined;
    },
    byText(text) {
      for (const record of records) {
        const steps = textsOf(record).get(text);
        if (steps) return steps.map((step) => ({ step, record }));
      }
      return [];
    },
    textsIn: (record, text) => textsOf(record).get(text) ?? [],
  };
  indexes.set(records, index);
  return index;
}

const unmerged = new WeakMap<readonly BuildRecord[], readonly BuildRecord[]>();

/** The records with the keys that their steps have for such a builder; the same list each time. */
export function asKeyed(
  records: readonly BuildRecord[],
  { merges }: BuilderRules,
): readonly BuildRecord[] {
  if (merges || !records.some((record) => record.unmerged)) return records;
  let known = unmerged.get(records);
  if (!known) {
    known = records.map((record) =>
      record.unmerged ? { ...record, steps: record.unmerged } : record,
    );
    unmerged.set(records, known);
  }
  return known;
}

function textsOf(record: BuildRecord): ReadonlyMap<string, readonly RecordedStep[]> {
  const known = texts.get(record);
  if (known) return known;
  const found = new Map<string, RecordedStep[]>();
  for (const step of record.steps) {
    const same = found.get(step.text);
    if (same) same.push(step);
    else found.set(step.text, [step]);
  }
  texts.set(record, found);
  return found;
}

function keysOf(record: BuildRecord): ReadonlySet<string> {
  let known = keySets.get(record);
  if (!known) {
    known = new Set(record.steps.map(({ key }) => key));
    keySets.set(record, known);
  }
  return known;
}

function operationsOf(record: BuildRecord): ReadonlySet<string> {
  let known = signatures.get(record);
  if (!known) {
    known = new Set(record.steps.map(({ parts }) => signatureOf(parts)));
    signatures.set(record, known);
  }
  return known;
}

function openOf(record: BuildRecord): ReadonlySet<string> {
  let known = openSignatures.get(record);
  if (!known) {
    known = new Set(record.open?.map(signatureOf));
    openSignatures.set(record, known);
  }
  return known;
}

/**
 * What the next build does with each step: BuildKit takes from cache what it has the key of, whatever
 * build it is from (`solver/edge.go`), and so do the keys of all records together decide.
 */

import type { Stage, Step } from '../model/plan.ts';
import type { BuildRecord } from './buildRecord.ts';
import { explain } from './cause.ts';
import type { Cause } from './causeWords.ts';
import { causeAt, type Foretold, isActive, isOfAnother, runsAgain, sourceCause } from './doubts.ts';
import { mayBeEqual } from './inexact.ts';
import type { Doubt, KeyedPlan, KeyedStep } from './keyedStep.ts';
import { signatureOf } from './operation.ts';
import type { Prediction, Predictions } from './prediction.ts';
import { notesOn } from './predictionNotes.ts';
import { asKeyed, type Recorded, recordIndex } from './recordIndex.ts';
import { runsAgainIn } from './runsAgain.ts';
import { siblingsIn } from './siblings.ts';
import { stepText } from './stepText.ts';

export interface PredictOptions {
  /** `--no-cache`: all stages, or those of these names (`--no-cache-filter`). */
  readonly noCache?: 'all' | readonly string[];
}

/** What is known of the root file system while the steps of a stage go by. */
type Chain =
  | { readonly kind: 'cached' }
  /** `keyed`: its key is among the recorded ones. */
  | { readonly kind: 'open'; readonly keyed: boolean; readonly cause: Cause }
  | { readonly kind: 'missed'; readonly cause: Cause };

interface Building extends Foretold {
  readonly options: PredictOptions;
  readonly predictions: Map<Step, Prediction>;
  /** Of stages after their last step. */
  readonly ends: Map<number, Chain>;
  readonly misses: Map<number, Cause>;
}

const cached: Chain = { kind: 'cached' };
const noBuildReason = 'There is no earlier build to compare with.';

/**
 * What the next build does with each step. `records`: all of the Dockerfile, the newest first; pass
 * the same list again while it is the same, as it is indexed once.
 */
export function predict(
  keyed: KeyedPlan,
  records: readonly BuildRecord[],
  options: PredictOptions = {},
): Predictions {
  const building: Building = {
    keyed,
    index: recordIndex(asKeyed(records, keyed.rules)),
    options,
    predictions: new Map(),
    ends: new Map(),
    misses: new Map(),
  };
  const noBuild = records.length === 0;
  if (noBuild) {
    const cause = { span: null, reason: noBuildReason };
    for (const { step } of keyed.steps) building.predictions.set(step, unknown(cause, null));
  } else predictStages(building);
  const { predictions } = building;
  return { of: (step) => predictions.get(step), again: runsAgainIn(keyed, predictions), noBuild };
}

function predictStages(building: Building): void {
  const { keyed, predictions, ends, misses } = building;
  const { plan } = keyed;
  const notesOf = notesOn(keyed);
  let at = 0;
  for (const stage of plan.stages) {
    if (!stage.needed) continue;
    let chain = startOf(stage, building);
    let isFirst = true;
    for (let each = keyed.steps[at]; each?.stage === stage.index; each = keyed.steps[++at]) {
      const { prediction, after } = predictStep(each, chain, stage, building);
      const notes = notesOf(each, isFirst);
      predictions.set(each.step, notes.length === 0 ? prediction : withNotes(prediction, notes));
      if (after.kind === 'missed' && !misses.has(stage.index)) misses.set(stage.index, after.cause);
      chain = after;
      isFirst = false;
    }
    ends.set(stage.index, chain);
  }
}

function startOf(stage: Stage, { keyed, ends }: Building): Chain {
  if (stage.base.stage !== null) return ends.get(stage.base.stage) ?? cached;
  const base = keyed.base(stage.index);
  const doubt = base?.doubts[0];
  if (!doubt) return cached;
  const cause = { span: stage.from.instruction.span, reason: doubt.reason };
  return { kind: 'open', keyed: true, cause };
}

interface Outcome {
  readonly prediction: Prediction;
  readonly after: Chain;
}

function predictStep(at: KeyedStep, below: Chain, stage: Stage, building: Building): Outcome {
  const { index } = building;
  const isLinked = at.step.copy?.link === true && building.keyed.rules.merges;
  const hit = at.key === null ? undefined : index.byKey(at.key);
  if (below.kind === 'missed' && !isLinked) {
    return mayHoldBelow(at, building)
      ? opened(at, { span: below.cause.span, reason: byContent }, building)
      : rebuild(at, below.cause, below, building);
  }
  if (isForced(at, stage, building.options)) {
    const cause = { span: null, reason: 'the build is told not to use the cache' };
    return changed(cause, hit ?? counterpart(at, building));
  }
  if (hit) return ofHit(at, hit, isLinked, below, building);
  // What is linked stands on nothing, but what follows it stands on what is below it, too.
  if (below.kind === 'missed') {
    return { prediction: ofMiss(at, cached, building).prediction, after: below };
  }
  return ofMiss(at, below, building);
}

/** The builder has a step with that key. */
function ofHit(
  at: KeyedStep,
  hit: Recorded,
  isLinked: boolean,
  below: Chain,
  building: Building,
): Outcome {
  const active = at.doubts.filter((doubt) => isActive(doubt, building));
  const sure = active.find((doubt) => doubt.surely && runsAgain(doubt, building));
  if (sure) {
    const cause = causeAt(sure, building) ?? { span: null, reason: sure.reason };
    return rebuild(at, cause, { kind: 'missed', cause }, building);
  }
  const [doubt] = active;
  if (doubt) {
    const cause = { span: doubt.step?.instruction.span ?? null, reason: doubt.reason };
    const open = below.kind === 'missed' ? below : ({ kind: 'open', keyed: true, cause } as const);
    return { prediction: unknown(cause, hit), after: open };
  }
  const other = at.doubts.find((each) => isOfAnother(each, hit.step.key, building));
  if (other) {
    const cause = { span: other.step?.instruction.span ?? null, reason: madeSince(other) };
    const open = below.kind === 'missed' ? below : ({ kind: 'open', keyed: true, cause } as const);
    return { prediction: unknown(cause, hit), after: open };
  }
  if (below.kind === 'open' && !isLinked) {
    return { prediction: unknown(below.cause, hit), after: { ...below, keyed: true } };
  }
  const prediction: Prediction = {
    word: 'cached',
    cause: null,
    notes: [],
    last: hit.step,
    since: hit.record,
  };
  if (!isLinked) return { prediction, after: cached };
  if (below.kind !== 'cached') return { prediction, after: below };
  if (at.after !== null && building.index.hasAfter(at.after)) return { prediction, after: cached };
  const cause = {
    span: at.step.instruction.span,
    reason: 'it is linked to other layers than before',
  };
  return { prediction, after: { kind: 'missed', cause } };
}

function madeSince({ step }: Doubt): string {
  const who = step ? `Line ${step.instruction.lines.start}` : 'A step that it takes files from';
  return `${who} was built without this line, and may have made other files then.`;
}

/** No record has the key, and nothing below is known to run again. */
function ofMiss(at: KeyedStep, below: Chain, building: Building): Outcome {
  const { index, keyed } = building;
  const signature = () => signatureOf(at.parts);
  if (at.fails) {
    const cause = { span: null, reason: at.unknown ?? 'The build stops at this line.' };
    return opened(at, cause, building);
  }
  const isBelowUnknown = below.kind === 'open' && !below.keyed;
  if (at.key === null || isBelowUnknown) {
    // What is no operation of any build is not cached, whatever its sources and what is below hold.
    if (index.hasOperation(signature())) {
      const own = at.unknown === null ? null : { span: null, reason: at.unknown };
      const cause = own ?? (below.kind === 'open' ? below.cause : { span: null, reason: noReason });
      return opened(at, cause, building);
    }
    const { cause, instead } = explain(at, keyed, index);
    return changed(atStep(cause), instead);
  }
  if (index.isGone(at.key)) {
    const reason = 'the builder was asked, and does not have it any more';
    return changed(atStep({ span: null, reason }), counterpart(at, building));
  }
  const open = index.openIn(signature());
  if (open) {
    const reason = open.source === 'probe' ? wasSilent : wasOpen;
    return opened(at, { span: null, reason }, building);
  }
  const hope = at.hopes.find((each) => isActive(each, building));
  const onParent = at.parent === null ? [] : index.onParent(at.parent);
  if (hope && siblingsIn(onParent).withOperation(signature()).length > 0) {
    const cause = { span: hope.step?.instruction.span ?? null, reason: hope.reason };
    return opened(at, cause, building);
  }
  const unsure = at.parent === null ? [] : index.unsureOn(at.parent);
  const isLike = ({ step }: Recorded) => mayBeEqual(at.parts, step.parts);
  if (unsure.length > 0 && siblingsIn(unsure).withOperation(signature()).some(isLike))
    return opened(at, { span: null, reason: wasInexact }, building);
  const base = keyed.base(at.stage);
  if (base?.moved && at.parent === base.key && onParent.length === 0) {
    // What follows is not cached either, and a step of the same text tells how long it ran.
    const { span } = (keyed.plan.stages[at.stage] as Stage).from.instruction;
    return changed({ span, reason: base.moved }, counterpart(at, building));
  }
  const { cause, instead, onlyContent } = explain(at, keyed, index);
  const above = onlyContent ? sourceCause(at, building) : null;
  if (above) return rebuild(at, above, { kind: 'missed', cause: above }, building);
  return changed(atStep(cause), instead);

  /** What follows names the line that missed first, so it has to have one. */
  function atStep({ span, reason }: Cause): Cause {
    return { span: span ?? at.step.instruction.span, reason };
  }
}

/** Of a step that some build had: may the builder still find it, by the files below it (`BuilderFacts.hashesBelow`)? */
function mayHoldBelow({ step, parts, key }: KeyedStep, { keyed, index }: Building): boolean {
  if (!keyed.rules.hashesBelow) return false;
  const isSecret = step.run?.mounts.some(({ type }) => type === 'secret' || type === 'ssh');
  if (!isSecret) return false;
  return index.hasOperation(signatureOf(parts)) || (key !== null && index.isGone(key));
}

const byContent =
  'An earlier line runs again. This older builder still takes a RUN with a secret or SSH mount from cache where that leaves the same files.';
const wasOpen =
  'Of the build that had it not all is known that decides whether it is cached, such as what files that changed since were like.';
const wasInexact =
  'What it took before was made by a line that could not be followed, and may have been the same.';
const wasSilent =
  'The builder was asked, and stopped before it came to this line; no build is known that had it.';
const noReason = 'What is below it is not known.';

function isForced(
  { step }: KeyedStep,
  { name, index }: Stage,
  { noCache }: PredictOptions,
): boolean {
  if (!noCache || (!step.run && !step.copy)) return false;
  if (noCache === 'all') return true;
  return noCache.some((each) => each.toLowerCase() === (name ?? `stage-${index}`));
}

function changed(cause: Cause, instead: Recorded | null): Outcome {
  return { prediction: missed('changed', cause, instead), after: { kind: 'missed', cause } };
}

function rebuild(at: KeyedStep, cause: Cause, after: Chain, building: Building): Outcome {
  return { prediction: missed('rebuild', cause, counterpart(at, building)), after };
}

function opened(at: KeyedStep, cause: Cause, building: Building): Outcome {
  const span = cause.span ?? at.step.instruction.span;
  const after: Chain = { kind: 'open', keyed: false, cause: { span, reason: cause.reason } };
  return { prediction: unknown(cause, counterpart(at, building)), after };
}

function missed(word: 'changed' | 'rebuild', cause: Cause, found: Recorded | null): Prediction {
  return { word, cause, notes: [], last: found?.step ?? null, since: found?.record ?? null };
}

function unknown(cause: Cause, found: Recorded | null): Prediction {
  const [last, since] = [found?.step ?? null, found?.record ?? null];
  return { word: 'unknown', cause, notes: [], last, since };
}

/** The step as it was when it ran last: by its text, as its key is not known. */
function counterpart(at: KeyedStep, { index }: Building): Recorded | null {
  const hit = at.key === null ? undefined : index.byKey(at.key);
  if (hit) return hit;
  const found = index.byText(stepText(at.step));
  return found.find(({ step }) => step.stage === at.stage) ?? found[0] ?? null;
}

function withNotes(prediction: Prediction, notes: readonly string[]): Prediction {
  return { ...prediction, notes: [...prediction.notes, ...notes] };
}

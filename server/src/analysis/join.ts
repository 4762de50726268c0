/** One analysis of what is known now: the plan, figures with measurements laid over them, predictions. */

import type { Analysis } from '../analysis.ts';
import { type IdentityNow, imageIdentity } from '../cache/baseIdentity.ts';
import type { BuildRecord } from '../cache/buildRecord.ts';
import type { Plan, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { type StepSizes, sizeOfSteps } from '../size/estimate.ts';
import { measuredSizes } from '../size/measuredSizes.ts';
import type { SizeFacts } from '../size/run/draft.ts';
import { totals } from '../size/totals.ts';
import type { Problem } from '../syntax/ast.ts';
import { type CachePorts, cacheReading } from './cacheFacts.ts';
import { type ComposeFacts, withLabelled } from './composeFacts.ts';
import type { ContextReading } from './contextFacts.ts';
import { contextProblems } from './contextProblems.ts';
import type { DocumentState } from './documentState.ts';
import type { EngineFacts, EngineView } from './engineFacts.ts';
import { engineReading } from './engineSizes.ts';
import { baseBorder } from './imageFacts.ts';
import type { OutsideFacts } from './sizeFacts.ts';
import type { Subject } from './subject.ts';

export interface Joined {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly context: ContextReading;
  readonly records: readonly BuildRecord[];
  readonly facts: SizeFacts;
  readonly state: DocumentState;
  readonly outside: OutsideFacts;
  readonly engines: EngineFacts;
  readonly view: EngineView;
  /** Asked for a target of its own, of which no image is looked for. */
  readonly aside: boolean;
  readonly ports: CachePorts;
}

/** Puts it together; sizes, sums, keys and problems are made when someone asks for them. */
export function join(joined: Joined): Analysis {
  const { subject, plan, context, records, facts, state, outside, engines, view, ports } = joined;
  const { projects, churn, manifests, compose } = state;
  const copies = (step: Step) => context.copies.get(step)?.fact ?? pendingFact;
  const figures = sizeOfSteps(plan, copies, facts);
  const counted: StepSizes = {
    ...figures,
    get(step) {
      const figure = figures.get(step);
      const refreshing = context.copies.get(step)?.refreshing === true;
      return figure && refreshing ? { ...figure, pending: true } : figure;
    },
  };
  const identityNow: IdentityNow = (reference, platform) => {
    const found = ports.digests ? facts.base(reference, platform) : null;
    const told = found?.state === 'known' ? found.value.told : undefined;
    return told && ports.digests
      ? imageIdentity(told.identity, told.image.config, ports.digests.text)
      : null;
  };
  const answering = view.state.info ?? view.session?.last ?? null;
  const cache = cacheReading(plan, context, records, ports, state.keys, identityNow, answering);
  const names = joined.aside ? [] : composeNames(subject, plan, view, compose);
  const question = { subject, plan, view, records, names, base: baseBorder(plan, figures) };
  const image = joined.aside ? null : state.image.read(question);
  const engine = engineReading({
    plan,
    view,
    image,
    keyed: () => cache.keyed,
    records,
    counted(step) {
      const size = figures.get(step);
      return size?.basis === 'computed' && !size.atLeast ? (size.bytes ?? undefined) : undefined;
    },
  });
  const sizes = measuredSizes(counted, {
    of: engine.measured,
    figures: subject.settings.figures,
    changed: (step) => takesContext(step) && cache.predictions.of(step)?.word !== 'cached',
  });
  let problems: readonly Problem[] | null = null;
  return Object.freeze({
    dockerfile: plan.program.dockerfile,
    program: plan.program,
    plan,
    settings: subject.settings,
    platform: formatPlatform(plan.options.platform),
    context: context.state,
    sizes,
    totals: totals(plan, sizes),
    records,
    get cache() {
      return cache.predictions;
    },
    get keyed() {
      return cache.keyed;
    },
    keyedFor: cache.keyedFor,
    get movedBases() {
      return cache.movedBases;
    },
    get problems() {
      problems ??= [...plan.problems, ...contextProblems(plan, context)].sort(
        (a, b) => a.span.start - b.span.start,
      );
      return problems;
    },
    churn: churn.read(context, subject),
    manifests: manifests.read(context),
    engine,
    get unsized() {
      return projects.unsized();
    },
    get pending() {
      const others = [projects, churn, manifests, compose, outside, engines];
      const isBusy = [state.facts, state.records, ...others].some(({ busy }) => busy);
      return isBusy || (engines.asking === 'ask' && state.image.busy);
    },
  });
}

/** Names and labels that Compose gives to images of the document; no file is read where no engine is asked. */
function composeNames(
  subject: Subject,
  plan: Plan,
  { session }: EngineView,
  compose: ComposeFacts,
) {
  if (!session) return [];
  const images = session.images();
  return withLabelled(compose.read(subject, plan), images.state === 'known' ? images.value : []);
}

/** What it stores may have become something else since a build, without any change of the text. */
function takesContext({ copy }: Step): boolean {
  return copy?.origin.kind === 'context' && copy.sources.length > 0;
}

const pendingFact = { state: 'pending' } as const;

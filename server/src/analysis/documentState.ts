/** What is remembered of one open document from one analysis to the next. */

import type { Analysis, AnalysisPorts } from '../analysis.ts';
import { createKeyMemory, type KeyMemory } from '../cache/keyMemory.ts';
import { entryDigests } from '../context/contentDigests.ts';
import type { Plan } from '../model/plan.ts';
import type { SizeSources } from '../projects/packageSize.ts';
import type { SizeFacts } from '../size/run/draft.ts';
import { RecordFacts } from './cacheFacts.ts';
import { ChurnFacts } from './churnFacts.ts';
import { ComposeFacts } from './composeFacts.ts';
import { ContextFacts } from './contextFacts.ts';
import { ImageFacts } from './imageFacts.ts';
import { ManifestFacts } from './manifestFacts.ts';
import { createModelMemory, type ModelMemory } from './model.ts';
import { ProjectFacts } from './projectFacts.ts';
import { type OutsideFacts, sizeFactsOf } from './sizeFacts.ts';
import type { Subject } from './subject.ts';

export interface DocumentState {
  readonly model: ModelMemory;
  readonly keys: KeyMemory | null;
  readonly facts: ContextFacts;
  readonly projects: ProjectFacts;
  readonly churn: ChurnFacts;
  readonly manifests: ManifestFacts;
  readonly compose: ComposeFacts;
  readonly records: RecordFacts;
  readonly image: ImageFacts;
  /** What comes from outside as it was seen last; the same object while nothing of it moved. */
  seen: { readonly generation: number; readonly subject: string; readonly facts: SizeFacts } | null;
  last: {
    readonly plan: Plan;
    readonly subject: string;
    readonly facts: SizeFacts;
    /** Number of what engines and registries said. */
    readonly engines: number;
    readonly analysis: Analysis;
  } | null;
}

/** Of a document that was opened now. `onChanged`: what its facts gave last is no longer so. */
export function createDocumentState(
  ports: AnalysisPorts,
  packageSizes: SizeSources,
  onChanged: () => void,
): DocumentState {
  const moved = () => {
    state.last = null;
    onChanged();
  };
  const state: DocumentState = {
    model: createModelMemory(),
    keys: ports.digests ? createKeyMemory(ports.digests.text, entryDigests) : null,
    facts: new ContextFacts(ports, moved),
    projects: new ProjectFacts(packageSizes, moved),
    manifests: new ManifestFacts(ports.files, moved),
    compose: new ComposeFacts(ports.files, moved),
    churn: new ChurnFacts(ports, moved),
    records: new RecordFacts(ports, moved),
    image: new ImageFacts(ports, moved),
    seen: null,
    last: null,
  };
  return state;
}

/** Ends what the document has on its way. */
export function stopDocument(state: DocumentState): void {
  const { facts, projects, churn, manifests, compose, records, image } = state;
  for (const each of [facts, projects, churn, manifests, compose, records, image]) each.stop();
}

/** Resolves when nothing of the document itself is on its way any more. */
export async function documentSettled(state: DocumentState | undefined): Promise<void> {
  await Promise.all([
    state?.facts.settled(),
    state?.projects.settled(),
    state?.churn.settling,
    state?.manifests.settled(),
    state?.compose.settled(),
    state?.records.settled(),
    state?.image.settled(),
  ]);
}

export interface Seeing {
  readonly subject: Subject;
  /** Equal for equal subjects. */
  readonly id: string;
  readonly outside: OutsideFacts;
  readonly base: SizeFacts['base'];
  /** Another number whenever an answer from outside may be another one. */
  readonly generation: number;
}

/** What comes from outside as the document sees it now. */
export function seenBy(
  state: DocumentState,
  { subject, id, outside, base, generation }: Seeing,
): SizeFacts {
  const { seen, projects } = state;
  // All only grow, so their sum tells.
  const sum = generation + projects.generation;
  if (seen?.generation === sum && seen.subject === id) return seen.facts;
  const facts = { ...sizeFactsOf(outside, subject.settings, projects), base };
  state.seen = { generation: sum, subject: id, facts };
  return facts;
}

/** All of a subject that decides on its analysis beside its plan. */
export function identityOf({ path, folder, within, untouched = false, settings }: Subject): string {
  return JSON.stringify([path, folder, within, untouched, { ...settings, buildArgs: null }]);
}

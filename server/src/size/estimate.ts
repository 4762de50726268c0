/**
 * How big the layer of each step is, from the plan and from what is known of the build context.
 * A COPY or ADD is counted to the byte; what cannot be counted is unknown, with the reason.
 */

import type { CopyFacts, KnownCopy } from '../context/copyFacts.ts';
import type { Fact } from '../context/fact.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import type { Plan, ResolvedCopy, ResolvedRun, Step } from '../model/plan.ts';
import { downloadSize } from './run/downloads.ts';
import type { SizeFacts } from './run/draft.ts';
import type { RecommendedExtras } from './run/recommendedExtras.ts';
import type { RunEstimate } from './run/runSize.ts';
import { stageFlow } from './run/stageFlow.ts';
import type { VainRemoval } from './run/vainRemovals.ts';
import { computed, type Size, type SizePart, unknown } from './size.ts';
import { sizeFromStage } from './stageFiles.ts';
import { sum } from './tally.ts';

/** What a COPY or ADD takes from the build context, as far as it is known now. */
export type CopyLookup = (step: Step) => Fact<CopyFacts>;

/** Sizes of steps of needed stages; undefined for a step that makes no layer. */
export interface StepSizes {
  get(step: Step): Size | undefined;
  /** What a RUN of a needed stage writes and removes; undefined for anything else. */
  run(step: Step): RunEstimate | undefined;
  /** The same if the RUN executed something else, for who proposes a change of it. */
  runAs(step: Step, run: ResolvedRun): RunEstimate | undefined;
  /** What a RUN of a needed stage installs only since other packages recommend it. */
  recommended(step: Step): RecommendedExtras | null;
  /** What RUN lines of a stage and of those below it remove that earlier ones stored, by line. */
  inVain(index: number): ReadonlyMap<Step, readonly VainRemoval[]>;
  /** The image at the bottom of a stage's chain, by the stage's index; null for scratch. */
  base(index: number): Fact<BaseFacts> | null;
}

/** Each size is made when it is first asked for: while someone types, only those on the screen are. */
export function sizeOfSteps(
  plan: Plan,
  copies: CopyLookup,
  facts: SizeFacts = nothingKnown,
): StepSizes {
  const sizes = new Map<Step, Size>();
  const get = (step: Step): Size | undefined => {
    if (step.effect !== 'layer') return undefined;
    const known = sizes.get(step);
    if (known) return known;
    const size = step.run
      ? (flow.estimate(step)?.size ?? ofRun)
      : sizeOfStep(plan, step, copies, earlier, facts);
    sizes.set(step, size);
    return size;
  };
  const earlier = {
    sizeOf: (step: Step) => get(step) ?? unknown('Its size is not known.'),
    isSingleFile: (step: Step) => takesOneFile(step, () => copies(step)),
    after: (stage: number) => flow.after(stage),
  };
  const flow = stageFlow(plan, facts, earlier);
  return {
    get,
    run: (step) => flow.estimate(step),
    runAs: (step, run) => flow.estimateAs(step, run),
    recommended: (step) => flow.recommended(step),
    inVain: (index) => flow.inVain(index),
    base: (index) => flow.base(index),
  };
}

const notAsked = { state: 'unavailable', reason: 'Nothing is known from outside.' } as const;

/** For whoever has the text only. */
const nothingKnown: SizeFacts = {
  base: () => notAsked,
  packages: () => notAsked,
  lock: () => notAsked,
  installed: () => notAsked,
  download: () => ({ state: 'unavailable', reason: '' }),
};

const ofWorkdir = computed(0, 'A working directory holds no file contents.');
const ofRun = unknown('What this command writes is known only after a build.');

function sizeOfStep(
  plan: Plan,
  step: Step,
  copies: CopyLookup,
  earlier: Parameters<typeof sizeFromStage>[2],
  facts: SizeFacts,
): Size {
  if (step.workdir !== null) return ofWorkdir;
  const { copy } = step;
  if (!copy) return unknown('The instruction cannot be built as it stands.');
  const parts: Size[] = [];
  if (copy.sources.length > 0) {
    if (copy.doubt?.sources) parts.push(unknown(hangsOnBase('Which files it takes')));
    else if (copy.origin.kind === 'stage') parts.push(sizeFromStage(plan, copy, earlier));
    else if (copy.origin.kind === 'context') parts.push(sizeFromContext(copy, copies(step)));
    else parts.push(unknown(elsewhere(copy)));
  }
  if (copy.files.length > 0) parts.push(sizeOfHeredocs(copy));
  for (const { kind, reference } of copy.remotes) {
    parts.push(kind === 'git' ? sizeOfRepository(reference) : downloadSize(reference, facts));
  }
  const [only] = parts;
  return parts.length === 1 && only ? only : sum(parts, 'kinds of sources');
}

function sizeOfRepository(reference: string): Size {
  return unknown(`How big the repository ${reference} is shows only when it is fetched.`);
}

function hangsOnBase(what: string): string {
  return `${what} depends on a variable that the base image may set.`;
}

/** The step brings exactly one regular file of the context, not a folder, a link or an archive. */
function takesOneFile({ copy }: Step, fact: () => Fact<CopyFacts>): boolean {
  if (copy?.origin.kind !== 'context') return false;
  const known = fact();
  return known.state === 'known' && known.value.kind === 'known' && known.value.isSingleFile;
}

function elsewhere({ origin }: ResolvedCopy): string {
  if (origin.kind === 'image') return `The files of the image ${origin.reference} are not known.`;
  return 'The files of a named build context are not known.';
}

function sizeFromContext(copy: ResolvedCopy, fact: Fact<CopyFacts>): Size {
  if (fact.state === 'pending') {
    return { ...unknown('The files of the build context are being counted.'), pending: true };
  }
  if (fact.state === 'unavailable') return unknown(fact.reason);
  const facts = fact.value;
  if (facts.kind === 'unknown') return unknown(facts.reason);
  const lacking = [...facts.missing, ...facts.ignored];
  if (lacking.length > 0) return unknown(lackingReason(facts));
  const { largest, files, directories } = facts;
  const shown: SizePart[] = largest.map(({ path, bytes }) => ({ label: path, bytes }));
  const count = (n: number, word: string) =>
    `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`;
  const folders = directories > 0 ? ` in ${count(directories, 'folder')}` : '';
  const notes = [...facts.notes, ...unmatchedNotes(facts)];
  const origin = copy.add && facts.notes.length > 0 ? 'counted' : 'counted in the build context';
  return computed(
    facts.bytes,
    [`${count(files, 'file')}${folders}, ${origin}.`, ...notes].join(' '),
    shown,
  );
}

function lackingReason({ missing, ignored }: KnownCopy): string {
  const [gone] = missing;
  if (gone !== undefined) return `${nameOf(gone)} is not in the build context.`;
  return `${nameOf(ignored[0] ?? '')} is left out of the build context by the ignore file.`;
}

function unmatchedNotes({ unmatched }: KnownCopy): readonly string[] {
  return unmatched.map((source) => `Nothing matches ${source}.`);
}

function nameOf(source: string): string {
  return source === '' ? 'The whole context' : source;
}

/** Files that heredocs make: their bodies after expansion, as UTF-8. Equal names are one file. */
function sizeOfHeredocs(copy: ResolvedCopy): Size {
  if (copy.doubt?.files) return unknown(hangsOnBase('The text of the heredoc'));
  const isFolder = copy.dest.endsWith('/');
  const encoder = new TextEncoder();
  const files = new Map<string, number>();
  for (const { name, content } of copy.files) {
    files.set(isFolder ? name : '', encoder.encode(content).length);
  }
  const bytes = [...files.values()].reduce((all, one) => all + one, 0);
  if (!isFolder && copy.files.length > 1) {
    const names = new Set(copy.files.map(({ name }) => name));
    if (names.size > 1) {
      return unknown(
        `Several files are copied to ${copy.dest}; whether that is a folder is known only to the base image. End it with a slash to make it one.`,
      );
    }
  }
  return computed(bytes, 'The text of the heredoc, after expansion.');
}

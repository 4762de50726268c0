/** Keys, records and predictions of Dockerfiles with small contexts, for tests. */

import { createHash } from 'node:crypto';
import type { BuildRecord, RecordMeta } from '../../server/src/cache/buildRecord.ts';
import { keyedPlan } from '../../server/src/cache/keyedPlan.ts';
import type { KeyedPlan, KeyInputs } from '../../server/src/cache/keyedStep.ts';
import { type PredictOptions, predict } from '../../server/src/cache/predict.ts';
import type { Prediction } from '../../server/src/cache/prediction.ts';
import { recordOf } from '../../server/src/cache/recordOf.ts';
import { entryDigests } from '../../server/src/context/contentDigests.ts';
import type { ContentNode, KnownContent } from '../../server/src/context/contentFacts.ts';
import type { PlanOptions, ResolvedCopy, Step } from '../../server/src/model/plan.ts';
import { planOf } from './plans.ts';

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Files by path, with their content; a mode stands behind a name as `run.sh 755`. */
export type Files = Readonly<Record<string, string>>;

export interface Trial {
  readonly dockerfile: string;
  readonly files?: Files;
  readonly options?: Partial<PlanOptions>;
  readonly inputs?: Partial<KeyInputs>;
}

const digests = entryDigests(hash);

/** The context as a tree. */
function treeOf(files: Files): ContentNode {
  const node = (path: string, below: readonly (readonly [string, string])[]): ContentNode => {
    const names = new Map<string, (readonly [string, string])[]>();
    for (const [rest, content] of below) {
      const [name = '', ...more] = rest.split('/');
      const group = names.get(name) ?? [];
      group.push([more.join('/'), content]);
      names.set(name, group);
    }
    const children = new Map<string, ContentNode>();
    for (const [named, group] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [name = '', mode = '644'] = named.split(' ');
      const at = path === '' ? name : `${path}/${name}`;
      const [first] = group;
      if (first && first[0] === '' && group.length === 1) {
        const content = hash(first[1]);
        const bits = Number.parseInt(mode, 8);
        children.set(name, {
          kind: 'file',
          path: at,
          mode: bits,
          bytes: first[1].length,
          mtimeNs: '1',
          ctimeNs: '1',
          content,
          digest: digests.file(bits, content),
          children: new Map(),
        });
      } else
        children.set(
          name,
          node(
            at,
            group.filter(([rest]) => rest !== ''),
          ),
        );
    }
    const entries = [...children].map(([name, child]) => [name, child.digest] as const);
    return {
      kind: 'directory',
      path,
      mode: 0o755,
      bytes: 0,
      mtimeNs: '1',
      ctimeNs: '1',
      content: '',
      digest: digests.directory(path === '' ? null : 0o755, entries),
      children,
    };
  };
  return node('', Object.entries(files));
}

function find(root: ContentNode, path: string): ContentNode | undefined {
  let at: ContentNode | undefined = root;
  for (const part of path.split('/')) {
    if (part !== '' && part !== '.') at = at?.children.get(part);
  }
  return at;
}

/** Plain sources only. */
function contentOf(files: Files, sources: readonly string[]): KnownContent {
  const root = treeOf(files);
  const found = sources.map((source) => {
    const node = find(root, source);
    const name = node?.path.split('/').at(-1) ?? '';
    return { source, digest: node?.digest ?? '', matches: node ? [{ name, node }] : [] };
  });
  const missing = found.find(({ matches }) => matches.length === 0);
  const fails = missing ? `${missing.source} is not in the build context.` : null;
  return { kind: 'known', sources: found, unnoticed: [], fails };
}

/** The keys of a Dockerfile over a context of files. */
export function keyed({ dockerfile, files = {}, options = {}, inputs = {} }: Trial): KeyedPlan {
  const copyOf = (step: Step) => step.copy as ResolvedCopy;
  return keyedPlan(planOf(dockerfile, options), {
    hash,
    content: (step) => ({ state: 'known', value: contentOf(files, copyOf(step).sources) }),
    mountContent: (step, index) => ({
      state: 'known',
      value: contentOf(files, [step.run?.mounts[index]?.source ?? '']),
    }),
    stageContent: () => ({ unknown: 'The stage is not looked at.', pending: false }),
    mergesLayers: null,
    ...inputs,
  });
}

export const meta: RecordMeta = {
  dockerfile: '/project/Dockerfile',
  context: 'c',
  at: '2026-01-01T00:00:00.000Z',
  source: 'snapshot',
  builder: null,
  complete: true,
  earlier: [],
};

/** The record of a moment. */
export function recordAt(trial: Trial, changes: Partial<RecordMeta> = {}): BuildRecord {
  return recordOf(keyed(trial), { ...meta, ...changes });
}

/** The predictions of all steps, in order. */
export function predictionsOf(
  records: readonly BuildRecord[],
  trial: Trial,
  options: PredictOptions = {},
): readonly Prediction[] {
  const plan = keyed(trial);
  const predictions = predict(plan, records, options);
  return plan.steps.map(({ step }) => predictions.of(step) as Prediction);
}

/** Words of all steps after an edit, in order; `before` is built first. */
export function words(before: Trial, after: Trial, options: PredictOptions = {}): string {
  return predictionsOf([recordAt(before)], after, options)
    .map(({ word }) => word)
    .join(' ');
}

/** The first cause after an edit, with the line that it stands at (1-based). */
export function causeAfter(before: Trial, after: Trial): string {
  const plan = keyed(after);
  const predictions = predict(plan, [recordAt(before)]);
  for (const { step } of plan.steps) {
    const cause = predictions.of(step)?.cause;
    if (!cause) continue;
    const at = cause.span?.start ?? step.instruction.span.start;
    return `${after.dockerfile.slice(0, at).split('\n').length}: ${cause.reason}`;
  }
  return '';
}

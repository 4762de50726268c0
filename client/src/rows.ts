/**
 * The stack of a Dockerfile as rows of a tree. Pure: no editor, no formatting of figures (the
 * server sends the words). Each stage is a root, the target first; below it what the image is made
 * of, the newest layer on top and the base at the bottom.
 */

import type {
  InstructionReport,
  StackReport,
  StageReport,
  WritableResult,
} from '../../server/src/protocol.ts';
import { baseLayers } from './baseLayers.ts';
import {
  besideMeasured,
  type Contents,
  estimatedOf,
  joined,
  linesOf,
  lower,
  make,
  type Row,
  reasonOf,
} from './row.ts';
import { writableRow } from './writableRow.ts';

export type Sort = 'order' | 'size';

export interface RowOptions {
  /** What the rows belong to, so that two Dockerfiles keep their expansion apart. */
  readonly uri: string;
  readonly sort: Sort;
  /** Whether instructions that only set metadata have rows. */
  readonly metadata: boolean;
  /** What containers wrote, once somebody asked; undefined: nobody has. */
  readonly writable?: Pick<WritableResult, 'message' | 'containers'> | undefined;
}

/** The roots: the stage that is built first, then the others in the order of the file. */
export function stackRows(report: StackReport, options: RowOptions): readonly Row[] {
  const target = report.stages[report.target];
  const others = report.stages.filter((stage) => stage !== target);
  return [...(target ? [target] : []), ...others].map((stage) =>
    stageRow(stage, report, options, stage === target),
  );
}

/** The row of a line of the file: the instruction's, the stage's where it is hidden, or none. */
export function rowAt(roots: readonly Row[], line: number): Row | undefined {
  const root = roots.find((row) => covers(row, line));
  return root?.children().find((row) => covers(row, line)) ?? root;
}

/** Whether the row stands for this line of the file. */
export function covers(row: Row, line: number): boolean {
  return row.lines !== null && row.lines.first <= line && line <= row.lines.last;
}

function stageRow(
  stage: StageReport,
  report: StackReport,
  options: RowOptions,
  isTarget: boolean,
): Row {
  const label = stage.name ?? `stage ${stage.index}`;
  const size = isTarget ? report.display.size : stage.display.ownSize;
  const description = !stage.needed
    ? 'not built'
    : isTarget
      ? joined(['target', report.display.layers, size, report.display.grew, report.display.image])
      : joined(['needed', size]);
  const contents: Contents = {
    kind: 'stage',
    label,
    description,
    accessible: isTarget
      ? [
          `Stage ${label}, the target.`,
          report.display.accessible,
          report.engine.imageText,
          report.compare?.text ?? '',
        ]
          .filter((sentence) => sentence !== '')
          .join(' ')
      : stage.needed
        ? `Stage ${label}, needed by the target${size ? `, its own layers add ${size}` : ''}.`
        : `Stage ${label}, not built: the target does not need it.`,
    details: isTarget
      ? [
          report.display.accessible,
          reasonOf(report.totals.size),
          report.engine.imageText,
          report.compare?.text ?? '',
          report.display.nextBuild,
        ]
      : stage.needed
        ? ['The target takes something from this stage.', reasonOf(stage.own)]
        : ['The target does not need this stage, so the build leaves it out.'],
    lines: linesOf(stage.range),
    history: null,
    bytes: isTarget ? report.totals.size.bytes : stage.own.bytes,
    image: isTarget ? (report.engine.image?.id ?? null) : null,
  };
  const id = `${options.uri}#${stage.name ?? stage.index}`;
  return make(id, null, contents, !stage.needed, (parent) => [
    ...(isTarget ? [writableRow(parent, options)] : []),
    ...stageContents(stage, report, options, parent, new Set([stage.index])),
  ]);
}

/** What a stage adds, then its base. `seen` ends a circle of stages. */
function stageContents(
  stage: StageReport,
  report: StackReport,
  options: RowOptions,
  parent: Row,
  seen: ReadonlySet<number>,
): readonly Row[] {
  const [from, ...instructions] = stage.instructions;
  const rows = [...stage.base.triggers, ...instructions]
    .map((instruction, index) => instructionRow(instruction, index, stage, parent))
    .filter((row) => options.metadata || row.kind !== 'metadata')
    .reverse();
  if (options.sort === 'size') rows.sort(bySize);
  return from ? [...rows, baseRow(from, stage, report, options, parent, seen)] : rows;
}

/** Largest first, then those of unknown size, then those that make no layer. */
function bySize(a: Row, b: Row): number {
  const rank = (row: Row) => (row.kind !== 'layer' ? -2 : (row.bytes ?? -1));
  return rank(b) - rank(a);
}

function instructionRow(
  instruction: InstructionReport,
  index: number,
  stage: StageReport,
  parent: Row,
): Row {
  const { display, effect, size, cache } = instruction;
  const isLayer = effect === 'layer';
  const kind = instruction.invalid ? 'invalid' : isLayer ? 'layer' : 'metadata';
  const description = !isLayer
    ? display.effect
    : display.effect === 'not built'
      ? joined([display.effect, display.size])
      : joined([
          display.size || 'size unknown',
          display.grew,
          display.cache,
          // What is taken from cache takes no time.
          display.cache === 'cached' ? '' : display.took,
          lower(estimatedOf(instruction)),
        ]);
  const contents: Contents = {
    kind,
    label: instruction.fromTrigger ? `ONBUILD ${instruction.text}` : instruction.text,
    description: instruction.invalid ? 'not valid' : description,
    accessible: display.accessible,
    details: [
      joined([display.effect, display.size, display.cache, display.time]),
      instruction.metadataDetail ?? '',
      instruction.fromTrigger ? 'The base image has this instruction run here (ONBUILD).' : '',
      reasonOf(size),
      besideMeasured(instruction),
      ...display.built,
      display.cause,
      ...(cache?.notes ?? []),
      instruction.churn?.text ?? '',
    ],
    // A trigger has no line of its own; its range is that of FROM, which belongs to the base's row.
    lines: instruction.fromTrigger ? null : linesOf(instruction.range),
    history: instruction.createdBy,
    bytes: size?.bytes ?? null,
    cache: display.cache,
    causeLine: display.cache === 'cached' ? null : (cache?.cause?.line ?? null),
    diffId: instruction.built?.diffId ?? null,
    image: instruction.built?.image ?? null,
    folder: instruction.built?.folder ?? null,
  };
  return make(`${parent.id}/${index}.${instruction.keyword}`, parent, contents, !stage.needed);
}

function baseRow(
  from: InstructionReport,
  stage: StageReport,
  report: StackReport,
  options: RowOptions,
  parent: Row,
  seen: ReadonlySet<number>,
): Row {
  const { base } = stage;
  const size = base.scratch ? 'empty' : stage.display.baseSize || 'size unknown';
  const below = base.stage === null ? undefined : report.stages[base.stage];
  const contents: Contents = {
    kind: 'base',
    label: from.text,
    description: joined(['base', size, lower(estimatedOf(from)), base.moved ? 'tag moved' : '']),
    accessible: [from.display.accessible, base.moved ?? ''].filter(Boolean).join(' '),
    details: [
      joined(['base', size]),
      reasonOf(base.size),
      besideMeasured(from),
      ...from.display.built,
      ...(base.facts ?? []),
      base.moved ?? '',
    ],
    lines: linesOf(from.range),
    history: from.createdBy,
    bytes: base.size.bytes,
    image: base.digest ?? null,
  };
  return make(`${parent.id}/base`, parent, contents, !stage.needed, (row) =>
    below && !seen.has(below.index)
      ? stageContents(below, report, options, row, new Set([...seen, below.index]))
      : baseLayers(stage, row),
  );
}

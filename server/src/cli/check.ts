/**
 * Budgets against a report. Budgets are bytes of file contents. A size that is unknown never passes,
 * and never fails, by guess; what an engine counted in another way is an upper bound of those bytes.
 */

import { bytes, sizePhrase } from '../features/render.ts';
import type { InstructionReport, SizeReport, StackReport } from '../protocol.ts';

export interface Budgets {
  /** Bytes; null: no budget. */
  readonly maxImage: number | null;
  readonly maxLayer: number | null;
}

export type Verdict = 'kept' | 'broken' | 'undecided';

export interface Finding {
  readonly budget: 'max-image' | 'max-layer';
  readonly verdict: 'broken' | 'undecided';
  readonly range: InstructionReport['range'];
  /** The layer's number; null for the whole image. */
  readonly layer: number | null;
  readonly limit: number;
  readonly size: SizeReport;
  /** A full sentence with line and figure. */
  readonly message: string;
}

export interface Outcome {
  /** Broken wins over undecided: more knowledge cannot mend it. */
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** Compares the target's size, and each own layer that it holds, with the budgets. */
export function check(report: StackReport, budgets: Budgets): Outcome {
  const findings = [
    ...refusalFindings(report, budgets),
    ...imageFindings(report, budgets),
    ...layerFindings(report, budgets),
  ];
  const has = (verdict: Verdict) => findings.some((finding) => finding.verdict === verdict);
  return { verdict: has('broken') ? 'broken' : has('undecided') ? 'undecided' : 'kept', findings };
}

/** What cannot be built has no size: then nothing is within a budget, small as the figures may be. */
function refusalFindings(report: StackReport, budgets: Budgets): readonly Finding[] {
  const refusal = report.problems.find(({ severity }) => severity === 'error');
  if (!refusal || report.stages.length === 0) return [];
  const { maxImage, maxLayer } = budgets;
  const [text = ''] = refusal.message.split('\n');
  const line = refusal.range.start.line + 1;
  return [
    {
      budget: maxImage === null ? 'max-layer' : 'max-image',
      verdict: 'undecided',
      range: refusal.range,
      layer: null,
      limit: maxImage ?? maxLayer ?? 0,
      size: report.totals.size,
      message: `Line ${line} cannot be built, so that there is no image to compare with a budget: ${text}.`,
    },
  ];
}

/**
 * Measured figures and estimates are judged by their figure; a lower bound can break a budget but not
 * keep it. Disk usage (containerd's store) and layer archives (Podman) are larger than the files in
 * them, so that they can keep a budget but not break it; over it, what is known of the files decides.
 */
function judge(size: SizeReport, limit: number): Verdict {
  const { estimated, measured, store } = size;
  const isExact = (size.basis === 'measured' || size.basis === 'computed') && !store;
  const counted = store === undefined ? measured : size.atLeast ? undefined : size;
  const most = counted?.bytes ?? null;
  if (!(isExact && !size.atLeast) && most !== null && most <= limit) return 'kept';
  const files = store === undefined ? size : estimated?.store === undefined ? estimated : undefined;
  if (!files) return 'undecided';
  if (files.bytes !== null && files.bytes > limit) return 'broken';
  return files.bytes === null || files.atLeast ? 'undecided' : 'kept';
}

/** The figure that was judged: of the files, where an engine counted something else. */
function judged(size: SizeReport): SizeReport {
  return size.store === undefined ? size : (size.estimated ?? size);
}

/** `, as Docker Engine 28.5.2 measured`; `''` for any other figure. */
function measuredBy(size: SizeReport, { engine }: StackReport): string {
  if (judged(size).basis !== 'measured') return '';
  const { product, version } = engine;
  return product === null
    ? ', as measured'
    : `, as ${[product, version].join(' ').trim()} measured`;
}

/** Why a figure that an engine counted in its own way decides nothing; `''` for any other. */
function countedOtherwise(size: SizeReport): string {
  if (size.store === undefined) return '';
  return ` It takes ${sizePhrase(size, 'decimal')}, which is more than the files in it.`;
}

function imageFindings(report: StackReport, { maxImage }: Budgets): readonly Finding[] {
  if (maxImage === null) return [];
  const target = report.stages[report.target];
  if (!target) return [noStage(report, 'max-image', maxImage)];
  const { size } = report.totals;
  const range = target.instructions[0]?.range ?? { start: origin, end: origin };
  const verdict = judge(size, maxImage);
  if (verdict === 'kept') return [];
  const limit = bytes(maxImage, 'decimal');
  const message =
    verdict === 'broken'
      ? `The image is ${phrase(size, report)}, over the budget of ${limit}.${heaviest(report)}`
      : `Whether the image keeps within ${limit} cannot be decided: ${unknownLines(report)}.${countedOtherwise(size)}`;
  return [{ budget: 'max-image', verdict, range, layer: null, limit: maxImage, size, message }];
}

/** The judged figure in words, with who measured it. */
function phrase(size: SizeReport, report: StackReport): string {
  return `${sizePhrase(judged(size), 'decimal')}${measuredBy(size, report)}`;
}

const origin = { line: 0, character: 0 };

function noStage(report: StackReport, budget: Finding['budget'], limit: number): Finding {
  return {
    budget,
    verdict: 'undecided',
    range: { start: origin, end: origin },
    layer: null,
    limit,
    size: report.totals.size,
    message: 'There is no stage to build, so the image has no size.',
  };
}

function layerFindings(report: StackReport, { maxImage, maxLayer }: Budgets): readonly Finding[] {
  if (maxLayer === null) return [];
  if (report.stages.length === 0 && maxImage === null)
    return [noStage(report, 'max-layer', maxLayer)];
  const limit = bytes(maxLayer, 'decimal');
  return ownLayers(report).flatMap((one) => {
    const { size, range, layer } = one;
    if (!size) return [];
    const verdict = judge(size, maxLayer);
    if (verdict === 'kept') return [];
    const line = `Line ${range.start.line + 1} (${one.keyword}, layer ${layer})`;
    const message =
      verdict === 'broken'
        ? `${line} adds ${phrase(size, report)}, over the budget of ${limit}.`
        : `${line}: whether it keeps within ${limit} cannot be decided. ${size.reason}${countedOtherwise(size)}`;
    return [
      { budget: 'max-layer' as const, verdict, range, layer, limit: maxLayer, size, message },
    ];
  });
}

/** Own layers of the target in order, those of the stages that it starts from included. */
function ownLayers(report: StackReport): readonly InstructionReport[] {
  const layers: InstructionReport[] = [];
  const seen = new Set<number>();
  let index: number | null = report.target;
  while (index !== null && !seen.has(index)) {
    seen.add(index);
    const stage: StackReport['stages'][number] | undefined = report.stages[index];
    if (!stage) break;
    const own = [...stage.base.triggers, ...stage.instructions].filter((one) => one.layer !== null);
    layers.unshift(...own);
    index = stage.base.stage;
  }
  return layers;
}

function heaviest(report: StackReport): string {
  const [top] = ownLayers(report)
    .flatMap(({ size, ...one }) => (size?.bytes ? [{ ...one, size: judged(size) }] : []))
    .sort((a, b) => (b.size.bytes ?? 0) - (a.size.bytes ?? 0));
  if (!top) return '';
  return ` The heaviest line is ${top.range.start.line + 1} (${top.keyword}) with ${sizePhrase(top.size, 'decimal')}.`;
}

function unknownLines(report: StackReport): string {
  const lines = ownLayers(report)
    .filter(({ size }) => size && isOpen(size))
    .map((one) => `${one.range.start.line + 1}`);
  const base = isOpen(report.totals.base);
  const parts = [
    ...(lines.length > 0
      ? [`the size of ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`]
      : []),
    ...(base ? [`the size of the base (line ${baseLine(report)})`] : []),
  ];
  return parts.length > 0 ? `${parts.join(' and ')} is unknown` : report.totals.size.reason;
}

/** Nothing is known of the bytes of its files, or not all. */
function isOpen(size: SizeReport): boolean {
  const files = judged(size);
  return files.bytes === null || files.atLeast || files.store !== undefined;
}

/** Line of the FROM that names the image which everything stands on. */
function baseLine(report: StackReport): number {
  let stage = report.stages[report.target];
  for (let steps = 0; stage && stage.base.stage !== null && steps < report.stages.length; steps++) {
    stage = report.stages[stage.base.stage];
  }
  return (stage?.instructions[0]?.range.start.line ?? 0) + 1;
}

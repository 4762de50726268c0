/** Which figures of a report are the engine's own: the product's report beside the history of the image. */

import type { InstructionReport, SizeReport, StackReport } from '../../../server/src/protocol.ts';
import type { HistoryRow } from '../engine.ts';

export interface JudgedLine {
  readonly line: number;
  readonly text: string;
  /** `unsure`: the engine has a figure, and the product does not show it. */
  readonly verdict: 'right' | 'unsure' | 'wrong';
  readonly said: string;
  readonly expected: number | null;
}

/** What a report says that the engine measured for a line; null: nothing. */
export function measuredFigure(
  size: SizeReport | null,
): { readonly bytes: number; readonly store: string } | null {
  if (size?.measured) return { bytes: size.measured.bytes, store: size.measured.store };
  if (size?.basis !== 'measured' || size.bytes === null) return null;
  return { bytes: size.bytes, store: size.store ?? 'classic' };
}

/** Lines of the target's stage that make a layer, in order, with those that the image has a row for. */
export function ownLines(
  report: StackReport,
  triggersHaveRows: boolean,
): readonly InstructionReport[] {
  const stage = report.stages.find(({ index }) => index === report.target);
  return (stage?.instructions ?? []).filter(
    ({ createdBy, keyword }) => createdBy !== null || (triggersHaveRows && keyword === 'ONBUILD'),
  );
}

/**
 * Judges the figures of a report. `rowOf`: the row of the image that belongs to the instruction at a
 * line; null: none does, so that no measured figure may stand there.
 */
export function judged(
  report: StackReport,
  store: string,
  rowOf: (line: number) => HistoryRow | null,
): readonly JudgedLine[] {
  const stage = report.stages.find(({ index }) => index === report.target);
  return (stage?.instructions ?? []).flatMap(({ range, effect, size, text, fromTrigger }) => {
    if (effect !== 'layer' || fromTrigger) return [];
    const expected = rowOf(range.start.line)?.bytes ?? null;
    const figure = measuredFigure(size);
    const isRight = figure
      ? figure.bytes === expected && figure.store === store
      : expected === null;
    const verdict = isRight ? 'right' : figure ? 'wrong' : 'unsure';
    const said = figure ? `${figure.bytes} (${figure.store})` : `${size?.bytes} ${size?.basis}`;
    return [{ line: range.start.line + 1, text, verdict, said, expected }];
  });
}

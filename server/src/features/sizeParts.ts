/** What a size is made of, as the card lists it. Markdown. */

import type { SizeReport } from '../protocol.ts';
import type { Contribution } from '../size/run/draft.ts';
import {
  bytes,
  escapeMarkdown,
  inlineCode,
  oneLine,
  sentenceMarkdown,
  type Units,
} from './render.ts';

/** How many parts a table has, and how many a sentence. */
const shownParts = 5;
const namedParts = 3;
/** What is removed again is worth a word from here on. */
const smallestRemoved = 100_000;

/** Reasons of measurements, certain or only likely ones, say first that they are (`engine/measuredOf.ts`). */
export function isMeasuredReason(reason: string): boolean {
  return /^Measured\b/.test(reason);
}

/** Reasons set the names of our commands apart with stars. */
export function unmarked(reason: string): string {
  return reason.replace(
    /\*+((?:Dockerfile Layers: )?(?:Update Package Data|Ask for Download Sizes))\*+/g,
    '$1',
  );
}

/**
 * The large parts of a figure, then those that are not known; null where there are none to tell.
 * A table while the figure is worked out. Files that are counted, and what was worked out beside a
 * measurement, take one sentence: editors show ten lines of a card, and the cause of a rebuild has
 * to be among them.
 */
export function sizeParts(
  figure: SizeReport,
  contributions: readonly Contribution[],
  text: string,
  units: Units,
): string | null {
  if (contributions.length === 0) return largestFiles(figure, text, units);
  return isMeasuredReason(figure.reason)
    ? estimatedParts(figure, units)
    : partTable(figure, contributions, units);
}

/** The reason of the figure says how many files there are. */
function largestFiles({ parts = [], bytes: total }: SizeReport, text: string, units: Units) {
  const [first] = parts;
  if (parts.length < 2) {
    // Most often the instruction itself names the file.
    const isNamed = !first || text.includes(first.label.replace(/^.*\//, ''));
    return isNamed ? null : `The file is ${inlineCode(oneLine(first.label, 80))}.`;
  }
  return `Largest: ${named(large(parts, total, namedParts), units)}.`;
}

/** What could not be worked out is in the measured figure all the same. */
function estimatedParts({ parts = [], bytes: total, estimated }: SizeReport, units: Units) {
  const known = parts.filter((part) => part.bytes !== null);
  if (known.length === 0) return null;
  const how = estimated?.basis === 'computed' ? 'Largest' : 'Estimated parts';
  return `${how}: ${named(large(known, total, namedParts), units)}.`;
}

function partTable(
  { parts = [], reason, bytes: total }: SizeReport,
  contributions: readonly Contribution[],
  units: Units,
): string | null {
  if (parts.length === 0) return null;
  const missing = parts.filter((part) => part.bytes === null).slice(0, shownParts - 2);
  const shown = [...large(parts, total, shownParts - missing.length), ...missing];
  const rows = shown.map(({ label, bytes: amount }) => {
    const why = contributions.find((one) => one.label === label && one.size.bytes === null);
    // The sentence above gives the first reasons.
    const isSaid = !why || reason.includes(why.size.reason);
    const unknown = isSaid ? 'unknown' : `unknown: ${cell(why.size.reason, 100)}`;
    return `| ${codeCell(label)} | ${amount === null ? unknown : bytes(amount, units)} |`;
  });
  const more = parts.length - shown.length;
  if (more > 0) rows.push(`| and ${more} more | |`);
  return ['| Part | Size |', '| :-- | --: |', ...rows].join('\n');
}

type Parts = NonNullable<SizeReport['parts']>;

/** The first of those whose size is known; from the third on only what is some share of the whole. */
function large(parts: Parts, total: number | null, limit: number): Parts {
  return parts
    .filter((part, at) => part.bytes !== null && (at < 2 || part.bytes >= (total ?? 0) / 200))
    .slice(0, limit);
}

function named(parts: Parts, units: Units): string {
  return parts
    .map(({ label, bytes: amount }) => `${codeCell(label)} ${bytes(amount ?? 0, units)}`)
    .join(', ');
}

/** The packages that weigh most, where a RUN installs more than one. */
export function largestPackages(
  contributions: readonly Contribution[],
  units: Units,
): string | null {
  const details = contributions.flatMap((one) => one.details ?? []);
  if (details.length < 2) return null;
  const largest = [...details].sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)).slice(0, shownParts);
  const words = largest.map(
    ({ label, bytes: amount }) => `${inlineCode(label)} ${bytes(amount ?? 0, units)}`,
  );
  return `Largest: ${words.join(', ')}.`;
}

/** What the RUN wrote and removed again, the small things left out. */
export function removedAgain(removed: readonly Contribution[], units: Units): string | null {
  const sums = new Map<string, number>();
  for (const { label, size } of removed) {
    if ((size.bytes ?? 0) > 0) sums.set(label, (sums.get(label) ?? 0) + (size.bytes ?? 0));
  }
  const largest = [...sums]
    .filter(([, amount]) => amount >= smallestRemoved)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3);
  if (largest.length === 0) return null;
  const words = largest.map(([label, amount]) => `${cell(label, 80)} ${bytes(amount, units)}`);
  return `Removed again: ${words.join(', ')}.`;
}

function cell(text: string, limit: number): string {
  const line = oneLine(unmarked(text), limit);
  return line.includes('|') ? escapeMarkdown(line) : sentenceMarkdown(line);
}

/** A bar would end the cell, also in code. */
export function codeCell(label: string, limit = 80): string {
  return label.includes('|') ? cell(label, limit) : inlineCode(oneLine(label, limit));
}

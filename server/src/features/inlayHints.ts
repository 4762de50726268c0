/**
 * Inlay hints: on each instruction, at the end of its first line, what it does to the image.
 *
 * Labels are made for the requested range only; tooltips when the editor resolves a hint. At most
 * 30 characters, since VS Code cuts the hints of a line at 43; parts that do not fit are dropped
 * from the end.
 */

import type {
  Command,
  InlayHint,
  InlayHintLabelPart,
  MarkupContent,
  Range,
} from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import type { CacheReport, SizeReport } from '../protocol.ts';
import type { Settings } from '../settings.ts';
import { cacheCard, card, effectCard } from './card.ts';
import { baseSize, effectWords, sizeOf } from './figures.ts';
import { type Document, firstEndingAfter, lineEnd } from './places.ts';
import { cacheReport } from './predictions.ts';
import { bareSize, cacheWord, separator, size } from './render.ts';
import { type Row, rowsOf } from './rows.ts';
import { sizeCard } from './sizeCard.ts';

/** Names of the client's commands for parts of a label; null where it has none. */
export type HintCommands = { readonly layer: string; readonly cause: string } | null;

type PartKind = 'effect' | 'size' | 'cache';
type Part = { readonly kind: PartKind; readonly text: string };

const longest = 30;

/** Hints of the instructions whose first line ends in the range. */
export function inlayHints(
  analysis: Analysis,
  document: Document,
  range: Range,
  commands: HintCommands,
): InlayHint[] {
  const { settings, plan, dockerfile } = analysis;
  if (!settings.inlayHints.enable) return [];
  const rows = rowsOf(plan);
  const first = document.offsetAt(range.start);
  const last = document.offsetAt(range.end);
  const hints: InlayHint[] = [];
  for (
    let index = firstEndingAfter(rows, (row) => row.instruction.span, first);
    index < rows.length;
    index += 1
  ) {
    const row = rows[index] as Row;
    const { start } = row.instruction.span;
    if (start > last) break;
    const end = lineEnd(dockerfile.text, start);
    if (end < first || end > last) continue;
    const parts = partsOf(analysis, row);
    if (parts.length === 0) continue;
    const line = document.positionAt(start).line;
    hints.push({
      position: document.positionAt(end),
      label: labelOf(parts, commandsOf(commands, document.uri, line, cacheReport(analysis, row))),
      paddingLeft: true,
      data: { uri: document.uri, version: document.version, line },
    });
  }
  return hints;
}

/** The hint with its tooltips, made of what is known now; without them when the text moved on. */
export function resolveInlayHint(
  hint: InlayHint,
  analysis: Analysis,
  document: Document,
  { partTooltips }: { readonly partTooltips: boolean },
): InlayHint {
  if (hint.data?.version !== document.version) return hint;
  const offset = document.offsetAt({ line: Number(hint.data.line), character: 0 });
  const rows = rowsOf(analysis.plan);
  const row = rows[firstEndingAfter(rows, ({ instruction }) => instruction.span, offset)];
  if (!row) return hint;
  if (!partTooltips || typeof hint.label === 'string') {
    return { ...hint, tooltip: markdown(card(analysis, row)) };
  }
  const kinds = partsOf(analysis, row).map(({ kind }) => kind);
  let next = 0;
  return {
    ...hint,
    label: hint.label.map((part) => {
      if (part.value === separator) return part;
      const kind = kinds[next++];
      return kind ? { ...part, tooltip: markdown(tooltipOf(kind, analysis, row)) } : part;
    }),
  };
}

function tooltipOf(kind: PartKind, analysis: Analysis, row: Row): string {
  if (kind === 'size') return sizeCard(analysis, row) ?? '';
  if (kind === 'cache') return cacheCard(analysis, row) ?? '';
  return effectCard(analysis, row);
}

/** The words of a hint as the settings want them; none for an instruction that BuildKit refuses. */
function partsOf(analysis: Analysis, row: Row): Part[] {
  const { inlayHints: show, units } = analysis.settings;
  const words = effectWords(analysis, row);
  if (words.length === 0) return [];
  const parts: Part[] = [];
  if (show.effect === 'all' || (show.effect === 'layers' && isLayerOrBase(row))) {
    parts.push(...words.map((text) => ({ kind: 'effect', text }) as const));
  }
  const figure = shownSize(analysis, row);
  if (figure && show.size !== 'off' && (figure.bytes ?? 0) >= show.minimumBytes) {
    const text = size(figure, units);
    if (text) parts.push({ kind: 'size', text });
  }
  const word = cacheWord(cacheReport(analysis, row));
  if (word && showsCache(show.cache, word)) parts.push({ kind: 'cache', text: word });
  // What is counted is said in the tooltip too; the other parts stand in the line alone.
  if (lengthOf(parts) > longest) {
    const at = parts.findIndex(({ kind }) => kind === 'size');
    if (at >= 0) parts[at] = { kind: 'size', text: bareSize(figure, units) };
  }
  while (parts.length > 1 && lengthOf(parts) > longest) parts.pop();
  return parts;
}

function shownSize(analysis: Analysis, row: Row): SizeReport | null {
  if (row.kind === 'global' || !row.stage.needed) return null;
  if (row.kind === 'step') return sizeOf(analysis, row);
  // `base · empty` says it already.
  return row.stage.base.scratch ? null : baseSize(analysis, row.stage);
}

function isLayerOrBase(row: Row): boolean {
  return row.kind === 'from' || (row.kind === 'step' && row.step.effect === 'layer');
}

function showsCache(setting: Settings['inlayHints']['cache'], word: string): boolean {
  return setting === 'all' || (setting === 'misses' && word !== 'cached');
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + text.length, separator.length * (parts.length - 1));
}

function labelOf(
  parts: readonly Part[],
  commands: Readonly<Partial<Record<PartKind, Command>>>,
): InlayHintLabelPart[] {
  return parts.flatMap(({ kind, text }, index) => {
    const command = commands[kind];
    const part: InlayHintLabelPart = { value: text, ...(command && { command }) };
    return index === 0 ? [part] : [{ value: separator }, part];
  });
}

function commandsOf(
  names: HintCommands,
  uri: string,
  line: number,
  cache: CacheReport | null,
): Readonly<Partial<Record<PartKind, Command>>> {
  if (!names) return {};
  const reveal = { title: 'Show in the layer stack', command: names.layer, arguments: [uri, line] };
  const causeLine = cache?.cause?.line ?? line;
  return {
    effect: reveal,
    size: reveal,
    cache: { title: 'Go to the cause', command: names.cause, arguments: [uri, causeLine] },
  };
}

function markdown(value: string): MarkupContent {
  return { kind: 'markdown', value };
}

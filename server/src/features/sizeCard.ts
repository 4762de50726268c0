/** The part of a card that says how big a layer or base is, and how that is known. Markdown. */

import type { Analysis } from '../analysis.ts';
import type { Stage } from '../model/plan.ts';
import type { SizeReport } from '../protocol.ts';
import { layersOfBase } from './baseReport.ts';
import { countedSentence, growthSentence } from './engineReport.ts';
import { baseFacts, baseSize, sizeOf } from './figures.ts';
import { estimatedBeside, nearTimes, sentenceMarkdown, sizePhrase, type Units } from './render.ts';
import type { Row } from './rows.ts';
import {
  codeCell,
  isMeasuredReason,
  largestPackages,
  removedAgain,
  sizeParts,
  unmarked,
} from './sizeParts.ts';

/** How many layers of a base are listed. */
const shownLayers = 8;

const ways = [
  { title: 'Update Package Data', command: 'dockerfileLayers.updatePackageData' },
  { title: 'Ask for Download Sizes', command: 'dockerfileLayers.askForDownloadSizes' },
] as const;

/** How big, how that is known, and what it is made of; null for metadata. */
export function sizeCard(analysis: Analysis, row: Row, links: string | null = null): string | null {
  const figure = row.kind === 'from' ? baseSize(analysis, row.stage) : sizeOf(analysis, row);
  if (!figure) return null;
  const { units } = analysis.settings;
  const run = row.kind === 'step' ? analysis.sizes.run(row.step) : undefined;
  const contributions = run?.contributions ?? [];
  const blocks = [
    `**Size**: ${sizeSentences(analysis, row, figure, links)}`,
    row.kind === 'from' ? baseTable(analysis, row.stage) : null,
    sizeParts(figure, contributions, row.instruction.joined.text, units),
    largestPackages(contributions, units),
    removedAgain(run?.removed ?? [], units),
  ];
  return blocks.filter((block) => block !== null).join('\n\n');
}

/** The command with which the user says which image was built from the Dockerfile. */
const chooseLink = '[Choose the image](command:dockerfileLayers.chooseImage)';

/** What its files take, where the figure counts something else; nothing is compared. */
function filesSentence({ store = 'classic', estimated }: SizeReport, units: Units): string {
  if (store === 'classic' || !estimated || estimated.bytes === null) return '';
  if ((estimated.store ?? 'classic') !== 'classic') return '';
  const how = estimated.basis === 'computed' ? 'counted as' : 'estimated at';
  return `Its files are ${how} ${sizePhrase(estimated, units)}.`;
}

function sizeSentences(
  analysis: Analysis,
  row: Row,
  figure: SizeReport,
  links: string | null,
): string {
  const { units } = analysis.settings;
  const estimated = estimatedBeside(figure, units);
  const isProbable = figure.basis === 'estimated' && isMeasuredReason(figure.reason);
  const basis = figure.basis === 'unknown' || isProbable ? '' : `, ${figure.basis}`;
  const phrase = isProbable
    ? `probably ${sizePhrase({ ...figure, basis: 'measured' }, units)}`
    : sizePhrase(figure, units);
  // One sentence of `measured` and of a reason that begins with it.
  const reason = sentenceMarkdown(nearTimes(unmarked(figure.reason), new Date()));
  const isMeasured = isMeasuredReason(reason);
  const head = isMeasured
    ? `${phrase}, m${reason.slice(1)}`
    : `${phrase}${basis}.${reason && ` ${reason}`}`;
  const others = [
    estimated &&
      `${figure.estimated?.basis === 'computed' ? 'Counted' : 'Estimated'} ${estimated}.`,
    filesSentence(figure, units),
    countedSentence(figure, units),
    row.kind === 'step' ? growthSentence(analysis, row.step) : '',
  ].filter(Boolean);
  const choose = links !== null && isProbable ? [chooseLink] : [];
  return [head, ...others.map(sentenceMarkdown), ...choose].join(' ');
}

/** Layers of the base as an engine or registry told, base first; where there are many, the largest. */
function baseTable(analysis: Analysis, stage: Stage): string | null {
  if (!baseFacts(analysis, stage)?.told) return null;
  const layers = layersOfBase(analysis, stage) ?? [];
  if (layers.length < 2) return null;
  const weight = ({ size, compressed }: (typeof layers)[number]) => size.bytes ?? compressed ?? 0;
  const limit =
    layers.length <= shownLayers
      ? 0
      : ([...layers].map(weight).sort((a, b) => b - a)[shownLayers - 2] ?? 0);
  const shown = layers.filter((layer) => weight(layer) >= limit).slice(0, shownLayers);
  const rows = shown.map(
    ({ display }) => `| ${codeCell(display.text || 'layer', 60)} | ${display.size || 'unknown'} |`,
  );
  const more = layers.length - shown.length;
  if (more > 0) rows.push(`| and ${more} more | |`);
  return ['| Layer | Size |', '| :-- | --: |', ...rows].join('\n');
}

/** Links to the commands that make an unknown figure known; null where none does. */
export function wayOut({ sizes }: Analysis, row: Row): string | null {
  if (row.kind !== 'step' || row.step.effect !== 'layer') return null;
  const figures = (sizes.run(row.step)?.contributions ?? []).map(({ size }) => size);
  const reasons = [sizes.get(row.step), ...figures].flatMap((size) =>
    size && (size.basis === 'unknown' || size.atLeast) ? [size.reason] : [],
  );
  const links = ways
    .filter(({ title }) => reasons.some((reason) => reason.includes(title)))
    .map(({ title, command }) => `[${title}](command:${command})`);
  return links.length === 0 ? null : links.join(' · ');
}

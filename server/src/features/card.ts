/**
 * The card that hover and tooltips show: effect, size, cache, what is stored again, `docker history`
 * line, in this order.
 * Markdown; text from files is escaped or stands in code.
 */

import type { Analysis } from '../analysis.ts';
import type { Distribution } from '../images/baseFacts.ts';
import type { Stage, Step } from '../model/plan.ts';
import type { SizeReport } from '../protocol.ts';
import type { Contribution } from '../size/run/draft.ts';
import { baseSource, layersOfBase } from './baseReport.ts';
import { cacheSection } from './cacheCard.ts';
import { churnSentence } from './churn.ts';
import { copyOnWriteNotes } from './copyOnWrite.ts';
import { metadataDetail } from './describe.ts';
import { countedSentence, growthSentence, layerReport } from './engineReport.ts';
import { baseFacts, baseSize, sizeOf, stageLabel } from './figures.ts';
import { layerSentences } from './layerWords.ts';
import {
  bytes,
  codeBlock,
  count,
  escapeMarkdown,
  estimatedBeside,
  inlineCode,
  nearTimes,
  oneLine,
  sizePhrase,
  type Units,
} from './render.ts';
import type { Row } from './rows.ts';
import { vainSentence } from './vainSentence.ts';

/** How many parts of a size and layers of a base are listed, and how much of a history line is shown. */
const shownParts = 5;
const shownLayers = 8;
const shownHistory = 600;
/** What is removed again is worth a word from here on. */
const smallestRemoved = 100_000;

const ways = [
  { title: 'Update Package Data', command: 'dockerfileLayers.updatePackageData' },
  { title: 'Ask for Download Sizes', command: 'dockerfileLayers.askForDownloadSizes' },
] as const;

/** The whole card of an instruction; `links`: the editor runs our commands from it. */
export function card(analysis: Analysis, row: Row, links = false): string {
  return [
    effectCard(analysis, row),
    sizeCard(analysis, row, links),
    links ? wayOut(analysis, row) : null,
    cacheCard(analysis, row, links),
    churnCard(analysis, row),
    ...copyOnWriteCard(analysis, row),
    historyCard(analysis, row),
    builtCard(analysis, row, links),
  ]
    .filter((part) => part !== null)
    .join('\n\n');
}

/** What the instruction does: the layer that it makes, what it sets, or what a stage starts from. */
export function effectCard(analysis: Analysis, row: Row): string {
  if (row.kind === 'from') return fromCard(analysis, row.stage);
  const { step } = row;
  if (isRefused(analysis, step)) return 'BuildKit refuses this instruction.';
  const lines: string[] = [];
  if (row.kind === 'step' && !row.stage.needed) lines.push(notBuilt(analysis, row.stage));
  if (step.effect === 'layer') {
    const stage = row.kind === 'step' ? row.stage : null;
    const of = stage && step.layer !== null ? ` ${step.layer} of ${stage.layers}` : '';
    const where = stage && analysis.plan.stages.length > 1 ? ` in ${markedStage(stage)}` : '';
    lines.push(`**Layer${of}**${where}`);
  } else {
    const detail = metadataDetail(step);
    lines.push(`**Metadata**, no layer.${detail ? ` ${escapeMarkdown(detail)}` : ''}`);
  }
  return lines.join('\n\n');
}

function fromCard(analysis: Analysis, stage: Stage): string {
  const { base } = stage;
  const lines: string[] = [];
  if (!stage.needed) lines.push(notBuilt(analysis, stage));
  const from = base.stage === null ? undefined : analysis.plan.stages[base.stage];
  if (base.scratch) lines.push('**Base**: empty. `scratch` has no files and no layers.');
  else if (from) {
    lines.push(`**Base**: ${markedStage(from)}, with ${count(from.layers, 'layer')} of its own.`);
  } else if (base.reference) {
    const facts = baseFacts(analysis, stage);
    const known = base.image?.layers ?? facts?.layers ?? null;
    const layers = known === null ? '' : `, ${count(known, 'layer')}`;
    const made = facts?.distribution ? `, made of ${distributionWords(facts.distribution)}` : '';
    lines.push(`**Base**: ${inlineCode(oneLine(base.reference, 200))}${layers}${made}`);
    const { moved } = baseSource(analysis, stage);
    if (moved) lines.push(escapeMarkdown(moved));
  } else lines.push('The base of this stage is not known, because BuildKit refuses this line.');
  if (stage.triggers.length > 0) {
    const texts = stage.triggers.map(
      ({ instruction }) => `- ${inlineCode(oneLine(instruction.joined.text, 100))}`,
    );
    lines.push(`ONBUILD instructions of the base run here:\n${texts.join('\n')}`);
  }
  return lines.join('\n\n');
}

/** `Debian bookworm (slim)`, `Alpine v3.22`, `rhel 9`. */
function distributionWords({ id, suite, slim }: Distribution): string {
  const names: Readonly<Record<string, string>> = {
    debian: 'Debian',
    ubuntu: 'Ubuntu',
    alpine: 'Alpine',
    fedora: 'Fedora',
  };
  const words = [names[id] ?? id, ...(suite === null ? [] : [suite])];
  return escapeMarkdown(`${words.join(' ')}${slim && id === 'debian' ? ' (slim)' : ''}`);
}

function notBuilt(analysis: Analysis, stage: Stage): string {
  const target = analysis.plan.stages[analysis.plan.target];
  const reason = target
    ? `${markedStage(target)} is built and does not need ${markedStage(stage)}.`
    : 'there is no stage to build.';
  return `**Not built**: ${reason}`;
}

function markedStage(stage: Stage): string {
  return stage.name === null ? stageLabel(stage) : `stage ${inlineCode(stage.name)}`;
}

/** How big, how that is known, and what it is made of; null for metadata. */
export function sizeCard(analysis: Analysis, row: Row, links = false): string | null {
  const figure = row.kind === 'from' ? baseSize(analysis, row.stage) : sizeOf(analysis, row);
  if (!figure) return null;
  const { units } = analysis.settings;
  const run = row.kind === 'step' ? analysis.sizes.run(row.step) : undefined;
  const blocks = [
    `**Size**: ${sizeSentences(analysis, row, figure, links)}`,
    row.kind === 'from' ? baseTable(analysis, row.stage) : null,
    partTable(figure, run?.contributions ?? [], units),
    largestPackages(run?.contributions ?? [], units),
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

/** Reasons of measurements, certain or only likely ones, say first that they are (`engine/measuredOf.ts`). */
function isMeasuredReason(reason: string): boolean {
  return /^Measured\b/.test(reason);
}

function sizeSentences(analysis: Analysis, row: Row, figure: SizeReport, links: boolean): string {
  const { units } = analysis.settings;
  const estimated = estimatedBeside(figure, units);
  const isProbable = figure.basis === 'estimated' && isMeasuredReason(figure.reason);
  const basis = figure.basis === 'unknown' || isProbable ? '' : `, ${figure.basis}`;
  const phrase = isProbable
    ? `probably ${sizePhrase({ ...figure, basis: 'measured' }, units)}`
    : sizePhrase(figure, units);
  // One sentence of `measured` and of a reason that begins with it.
  const reason = escapeMarkdown(nearTimes(unmarked(figure.reason), new Date()));
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
  const choose = links && isProbable ? [chooseLink] : [];
  return [head, ...others.map(escapeMarkdown), ...choose].join(' ');
}

/** What a size is made of: the large parts, then those that are not known. */
function partTable(
  { parts: all = [], reason, bytes: total, estimated }: SizeReport,
  contributions: readonly Contribution[],
  units: Units,
): string | null {
  // What could not be worked out is in the measured figure all the same.
  const isMeasured = isMeasuredReason(reason);
  const parts = isMeasured ? all.filter((part) => part.bytes !== null) : all;
  if (parts.length === 0) return null;
  const missing = parts.filter((part) => part.bytes === null).slice(0, shownParts - 2);
  const known = parts
    .filter((part, at) => part.bytes !== null && (at < 2 || part.bytes >= (total ?? 0) / 200))
    .slice(0, shownParts - missing.length);
  const shown = [...known, ...missing];
  const rows = shown.map(({ label, bytes: amount }) => {
    const why = contributions.find((one) => one.label === label && one.size.bytes === null);
    // The sentence above gives the first reasons.
    const isSaid = !why || reason.includes(why.size.reason);
    const unknown = isSaid ? 'unknown' : `unknown: ${cell(why.size.reason, 100)}`;
    return `| ${codeCell(label)} | ${amount === null ? unknown : bytes(amount, units)} |`;
  });
  const more = parts.length - shown.length;
  if (more > 0) rows.push(`| and ${more} more | |`);
  // Beside a measured size stands what was worked out of its parts before.
  const title = isMeasured && estimated?.basis !== 'computed' ? 'Estimated' : 'Size';
  return [`| Part | ${title} |`, '| :-- | --: |', ...rows].join('\n');
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

/** Reasons set the names of our commands apart with stars. */
function unmarked(reason: string): string {
  return reason.replace(
    /\*+((?:Dockerfile Layers: )?(?:Update Package Data|Ask for Download Sizes))\*+/g,
    '$1',
  );
}

function cell(text: string, limit: number): string {
  return escapeMarkdown(oneLine(unmarked(text), limit));
}

/** A bar would end the cell, also in code. */
function codeCell(label: string, limit = 80): string {
  return label.includes('|') ? cell(label, limit) : inlineCode(oneLine(label, limit));
}

function largestPackages(contributions: readonly Contribution[], units: Units): string | null {
  const details = contributions.flatMap((one) => one.details ?? []);
  if (details.length < 2) return null;
  const largest = [...details].sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)).slice(0, shownParts);
  const named = largest.map(
    ({ label, bytes: amount }) => `${inlineCode(label)} ${bytes(amount ?? 0, units)}`,
  );
  return `Largest: ${named.join(', ')}.`;
}

/** What the RUN wrote and removed again, the small things left out. */
function removedAgain(removed: readonly Contribution[], units: Units): string | null {
  const sums = new Map<string, number>();
  for (const { label, size } of removed) {
    if ((size.bytes ?? 0) > 0) sums.set(label, (sums.get(label) ?? 0) + (size.bytes ?? 0));
  }
  const largest = [...sums]
    .filter(([, amount]) => amount >= smallestRemoved)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3);
  if (largest.length === 0) return null;
  const named = largest.map(([label, amount]) => `${cell(label, 80)} ${bytes(amount, units)}`);
  return `Removed again: ${named.join(', ')}.`;
}

/** Links to the commands that make an unknown figure known; null where none does. */
function wayOut({ sizes }: Analysis, row: Row): string | null {
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

/** What the next build will do with it, and what decides that; null where no build asks. */
export function cacheCard(analysis: Analysis, row: Row, links = false): string | null {
  if (row.kind === 'step' && isRefused(analysis, row.step)) return null;
  return cacheSection(analysis, row, links);
}

/** How often git saw what it takes change, and what that costs. */
function churnCard(analysis: Analysis, row: Row): string | null {
  const sentence = row.kind === 'step' ? churnSentence(analysis, row.stage, row.step) : null;
  return sentence && `**Changes**: ${escapeMarkdown(sentence)}`;
}

function copyOnWriteCard(analysis: Analysis, row: Row): readonly string[] {
  if (row.kind !== 'step') return [];
  const vain = analysis.sizes.inVain(row.stage.index).get(row.step) ?? [];
  const { units } = analysis.settings;
  const largest = [...vain].sort((a, b) => b.bytes - a.bytes).slice(0, 2);
  const notes = [
    ...copyOnWriteNotes(analysis, row.stage, row.step),
    ...largest.map((one) => escapeMarkdown(vainSentence(one, units))),
  ];
  return notes.length === 0 ? [] : [`**Copy-on-write**: ${notes.join(' ')}`];
}

function historyCard(analysis: Analysis, row: Row): string | null {
  if (row.kind !== 'step') return null;
  const { step } = row;
  if (isRefused(analysis, step)) return null;
  if (step.createdBy === null) return 'It makes no entry in `docker history`.';
  return `${codeBlock(step.createdBy, 'text', shownHistory)}${inexact(step)}`;
}

/** The command that reads base images from where they come from. */
const registryLink = '[Read its layers from the registry](command:dockerfileLayers.readBaseImages)';

/** The layer that an engine has, or what is told of the base image; the last and least of a card. */
function builtCard(analysis: Analysis, row: Row, links: boolean): string | null {
  const now = new Date();
  if (row.kind === 'global') return null;
  if (row.kind === 'step') {
    const built = layerReport(analysis, row.step);
    const sentences = built ? layerSentences(built, analysis.engine.state.info, now) : [];
    return sentences.length === 0 ? null : sentences.map(escapeMarkdown).join(' ');
  }
  const { facts = [] } = baseSource(analysis, row.stage, now);
  if (facts.length > 0) return facts.map(escapeMarkdown).join(' ');
  const { base } = row.stage;
  const isImage = base.stage === null && !base.scratch && base.reference !== '';
  return links && isImage ? registryLink : null;
}

/** As it stands, or once its variables are expanded. */
function isRefused({ problems }: Analysis, { command, instruction }: Step): boolean {
  const { start, end } = instruction.span;
  return (
    command.kind === 'invalid' ||
    problems.some(
      ({ span, severity, buildkit }) =>
        buildkit?.phase === 'plan' &&
        severity === 'error' &&
        span.start >= start &&
        span.end <= end,
    )
  );
}

function inexact(step: Step): string {
  return step.createdByExact
    ? ''
    : '\n\nThe `docker history` line may differ: it depends on the base image, which is not known.';
}

/**
 * The card that hover and tooltips show: effect, size, cache, what is stored again, `docker history`
 * line, in this order.
 * Markdown; text from files is escaped or stands in code.
 */

import type { Analysis } from '../analysis.ts';
import type { Distribution } from '../images/baseFacts.ts';
import type { Stage, Step } from '../model/plan.ts';
import { baseSource } from './baseReport.ts';
import { cacheSection } from './cacheCard.ts';
import { churnSentence } from './churn.ts';
import { copyOnWriteNotes } from './copyOnWrite.ts';
import { metadataDetail } from './describe.ts';
import { layerReport } from './engineReport.ts';
import { baseFacts, stageLabel } from './figures.ts';
import { layerSentences } from './layerWords.ts';
import {
  codeBlock,
  count,
  escapeMarkdown,
  inlineCode,
  oneLine,
  sentenceMarkdown,
} from './render.ts';
import type { Row } from './rows.ts';
import { sizeCard, wayOut } from './sizeCard.ts';
import { vainSentence } from './vainSentence.ts';

/** How much of a history line is shown. */
const shownHistory = 600;

/** The whole card of an instruction; `links`: the document, where the editor runs our commands from its cards. */
export function card(analysis: Analysis, row: Row, links: string | null = null): string {
  return [
    effectCard(analysis, row),
    sizeCard(analysis, row, links),
    links === null ? null : wayOut(analysis, row),
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
    lines.push(`**Metadata**, no layer.${detail ? ` ${sentenceMarkdown(detail)}` : ''}`);
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

/** What the next build will do with it, and what decides that; null where no build asks. */
export function cacheCard(
  analysis: Analysis,
  row: Row,
  links: string | null = null,
): string | null {
  if (row.kind === 'step' && isRefused(analysis, row.step)) return null;
  return cacheSection(analysis, row, links);
}

/** How often git saw what it takes change, and what that costs. */
function churnCard(analysis: Analysis, row: Row): string | null {
  const sentence = row.kind === 'step' ? churnSentence(analysis, row.stage, row.step) : null;
  return sentence && `**Changes**: ${sentenceMarkdown(sentence)}`;
}

function copyOnWriteCard(analysis: Analysis, row: Row): readonly string[] {
  if (row.kind !== 'step') return [];
  const vain = analysis.sizes.inVain(row.stage.index).get(row.step) ?? [];
  const { units } = analysis.settings;
  const largest = [...vain].sort((a, b) => b.bytes - a.bytes).slice(0, 2);
  const notes = [
    ...copyOnWriteNotes(analysis, row.stage, row.step),
    ...largest.map((one) => sentenceMarkdown(vainSentence(one, units))),
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
function builtCard(analysis: Analysis, row: Row, links: string | null): string | null {
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
  return links !== null && isImage ? registryLink : null;
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

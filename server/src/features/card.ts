/**
 * The card that hover and tooltips show: effect, size, cache, what is stored again, `docker history`
 * line, in this order.
 * Markdown; text from files is escaped or stands in code.
 */

import type { Analysis } from '../analysis.ts';
import type { Distribution } from '../images/baseFacts.ts';
import type { Stage, Step } from '../model/plan.ts';
import { cacheKey } from './cacheKey.ts';
import { copyOnWriteNotes } from './copyOnWrite.ts';
import { metadataDetail } from './describe.ts';
import { baseFacts, baseSize, cacheOf, sizeOf, stageLabel } from './figures.ts';
import {
  bytes,
  cacheWord,
  codeBlock,
  count,
  escapeMarkdown,
  inlineCode,
  oneLine,
  sizePhrase,
} from './render.ts';
import type { Row } from './rows.ts';

/** How many parts of a size are listed, and how much of a history line is shown. */
const shownParts = 5;
const shownHistory = 600;

/** The whole card of an instruction. */
export function card(analysis: Analysis, row: Row): string {
  return [
    effectCard(analysis, row),
    sizeCard(analysis, row),
    cacheCard(analysis, row),
    ...copyOnWriteCard(analysis, row),
    historyCard(analysis, row),
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
export function sizeCard(analysis: Analysis, row: Row): string | null {
  const figure = row.kind === 'from' ? baseSize(analysis, row.stage) : sizeOf(analysis, row);
  if (!figure) return null;
  const { units } = analysis.settings;
  const basis = figure.basis === 'unknown' ? '' : `, ${figure.basis}`;
  const reason = figure.reason ? ` ${escapeMarkdown(figure.reason)}` : '';
  const lines = [`**Size**: ${sizePhrase(figure, units)}${basis}.${reason}`];
  for (const part of (figure.parts ?? []).slice(0, shownParts)) {
    const amount = part.bytes === null ? 'unknown' : bytes(part.bytes, units);
    lines.push(`- ${inlineCode(oneLine(part.label, 80))} ${amount}`);
  }
  const more = (figure.parts?.length ?? 0) - shownParts;
  if (more > 0) lines.push(`- and ${count(more, 'more')}`.replace(/mores$/, 'more'));
  return lines.join('\n');
}

/** What the next build will do with it, and what decides that; null where no build asks. */
export function cacheCard(analysis: Analysis, row: Row): string | null {
  if (row.kind === 'global' || !row.stage.needed) return null;
  if (row.kind === 'from') {
    const { base } = row.stage;
    const isImage = base.stage === null && !base.scratch && base.reference !== '';
    return isImage
      ? '**Cache**: The key depends on the content of the image, not on its tag.'
      : null;
  }
  if (isRefused(analysis, row.step)) return null;
  const key = cacheKey(row.step, analysis.plan);
  const cache = cacheOf(analysis, row);
  const word = cache && `${cacheWord(cache) || 'unknown'}.`;
  const reason = cache?.cause ? escapeMarkdown(cache.cause.reason) : null;
  const parts = [word, reason, key].filter((part) => part !== null);
  return parts.length === 0 ? null : `**Cache**: ${parts.join(' ')}`;
}

function copyOnWriteCard(analysis: Analysis, row: Row): readonly string[] {
  if (row.kind !== 'step') return [];
  const notes = copyOnWriteNotes(analysis, row.stage, row.step);
  return notes.length === 0 ? [] : [`**Copy-on-write**: ${notes.join(' ')}`];
}

function historyCard(analysis: Analysis, row: Row): string | null {
  if (row.kind !== 'step') return null;
  const { step } = row;
  if (isRefused(analysis, step)) return null;
  if (step.createdBy === null) return 'It makes no entry in `docker history`.';
  return `${codeBlock(step.createdBy, 'text', shownHistory)}${inexact(step)}`;
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

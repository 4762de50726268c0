/**
 * The part of a card that says what the next build does with an instruction, why, and what its
 * cache key depends on. Markdown.
 */

import type { Analysis } from '../analysis.ts';
import type { Prediction } from '../cache/prediction.ts';
import { cacheKey } from './cacheKey.ts';
import { capital, missOf, predictionOf, recordWords, runs, unstopped } from './predictions.ts';
import { escapeMarkdown, lastTime } from './render.ts';
import type { Row } from './rows.ts';

/** The command that makes a build to compare with. */
const buildLink = '[Build and Record](command:dockerfileLayers.buildAndRecord)';

/** Null where no build asks. `links`: the editor runs our commands from it. */
export function cacheSection(
  analysis: Analysis,
  row: Row,
  links = false,
  now: Date = new Date(),
): string | null {
  if (row.kind === 'global' || !row.stage.needed) return null;
  if (row.kind === 'from') {
    const { base } = row.stage;
    const isImage = base.stage === null && !base.scratch && base.reference !== '';
    return isImage
      ? '**Cache**: The key depends on the content of the image, not on its tag.'
      : null;
  }
  const key = cacheKey(row.step, analysis.plan);
  const parts = [...predicted(analysis, row, links, now), ...(key === null ? [] : [key])];
  return parts.length === 0 ? null : `**Cache**: ${parts.join(' ')}`;
}

function predicted(
  analysis: Analysis,
  row: Row & { kind: 'step' },
  links: boolean,
  now: Date,
): readonly string[] {
  if (row.step.effect !== 'layer') return [];
  const prediction = predictionOf(analysis, row);
  if (!prediction || analysis.cache.noBuild) {
    const none = 'unknown. There is no earlier build to compare with.';
    return [links ? `${none} ${buildLink} makes one.` : none];
  }
  const notes = prediction.notes.map(escapeMarkdown);
  return [...sentences(analysis, row, prediction, now), ...notes];
}

const changes =
  /\b(changed|added|removed|moved|renamed|new|differs?|became|another|no longer set|something else|other layers)\b/;

function sentences(
  analysis: Analysis,
  { step, instruction }: Row & { kind: 'step' },
  prediction: Prediction,
  now: Date,
): readonly string[] {
  const { word, cause, last, since } = prediction;
  const record = since && recordWords(since, now);
  const took = lastTime(last?.ms ?? null);
  const own = took ? [`This ${instruction.name} took ${took}.`] : [];
  if (word === 'cached') return [`cached${record ? `, as in ${record}` : ''}.`, ...own];
  const reason = escapeMarkdown(unstopped(cause?.reason ?? ''));
  // Other reasons are no change since a moment, such as that the cache is not used.
  const compared = record && changes.test(reason) ? ` since ${record}` : '';
  if (word === 'unknown') return [`unknown. ${reason ? `${reason}.` : ''}`.trim(), ...own];
  const miss = missOf(analysis, prediction, step);
  const causeLine = (miss?.causeLine ?? instruction.lines.start - 1) + 1;
  const isHere = causeLine === instruction.lines.start;
  const place = isHere ? '' : ` (line ${causeLine})`;
  const said = reason ? `${capital(reason)}${compared}${place}.` : `It follows line ${causeLine}.`;
  if (!miss) return [`${word}. ${said}`, ...own];
  const isFirst = word === 'changed' && miss.step === step;
  const subject = isFirst ? `This ${instruction.name}` : `Line ${miss.line + 1}`;
  // What one step took is said once.
  const alone = isFirst && miss.steps === 1;
  return [`${word}. ${said} ${runs(subject, miss)}.`, ...(alone ? [] : own)];
}

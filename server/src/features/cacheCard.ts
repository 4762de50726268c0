/**
 * The part of a card that says what the next build does with an instruction, why, and what its
 * cache key depends on. Markdown.
 */

import type { Analysis } from '../analysis.ts';
import type { Prediction } from '../cache/prediction.ts';
import { cacheKey } from './cacheKey.ts';
import { capital, missOf, predictionOf, recordWords, runs, unstopped } from './predictions.ts';
import { reasonMarkdown } from './reasonWords.ts';
import { lastTime } from './render.ts';
import type { Row } from './rows.ts';

/** The command that makes a build to compare with. */
const buildLink = '[Build and Record](command:dockerfileLayers.buildAndRecord)';

/** The command that goes to a line of a document. */
const causeCommand = 'dockerfileLayers.revealCause';

/** Null where no build asks. `links`: the document, where the editor runs our commands from its cards. */
export function cacheSection(
  analysis: Analysis,
  row: Row,
  links: string | null = null,
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
  links: string | null,
  now: Date,
): readonly string[] {
  if (row.step.effect !== 'layer') return [];
  const prediction = predictionOf(analysis, row);
  if (!prediction || analysis.cache.noBuild) {
    const none = 'unknown. There is no earlier build to compare with.';
    return [links === null ? none : `${none} ${buildLink} makes one.`];
  }
  const notes = prediction.notes.map(reasonMarkdown);
  return [...sentences(analysis, row, prediction, links, now), ...notes];
}

/** Of a build that was found by its image. */
const notShown =
  'Nobody told with which options that image was built: it counts as built without those that no image shows, such as `--network`.';

const changes =
  /\b(changed|added|removed|moved|renamed|new|differs?|became|another|no longer (?:set|given)|something else|other layers)\b/;

function sentences(
  analysis: Analysis,
  { step, instruction }: Row & { kind: 'step' },
  prediction: Prediction,
  links: string | null,
  now: Date,
): readonly string[] {
  const { word, cause, last, since } = prediction;
  const record = since && recordWords(since, now);
  const took = lastTime(last?.ms ?? null);
  const own = took ? [`This ${instruction.name} took ${took}.`] : [];
  if (word === 'cached') {
    const noticed = since?.source === 'noticed' ? [notShown] : [];
    return [`cached${record ? `, as in ${record}` : ''}.`, ...noticed, ...own];
  }
  const reason = unstopped(cause?.reason ?? '');
  const said = reasonMarkdown(capital(reason));
  // Other reasons are no change since a moment, such as that the cache is not used.
  const compared = record && changes.test(reason) ? ` since ${record}` : '';
  if (word === 'unknown') return [said ? `unknown. ${said}.` : 'unknown.', ...own];
  const miss = missOf(analysis, prediction, step);
  const here = instruction.lines.start - 1;
  const causeLine = miss?.causeLine ?? here;
  const place = causeLine === here ? '' : ` (${lineLink(causeLine, links)})`;
  const why = said ? `${said}${compared}${place}` : `It follows ${lineLink(causeLine, links)}`;
  if (!miss) return [`${word}. ${why}.`, ...own];
  const isFirst = word === 'changed' && miss.step === step;
  const subject = isFirst ? `this ${instruction.name}` : `line ${miss.line + 1}`;
  // What one step took is said once.
  const alone = isFirst && miss.steps === 1;
  return [`${word}. ${why}; ${runs(subject, miss)}.`, ...(alone ? [] : own)];
}

/** Zero-based line → `line 4`, which a click goes to where links run commands. */
function lineLink(line: number, uri: string | null): string {
  const words = `line ${line + 1}`;
  if (uri === null) return words;
  const target = encodeURIComponent(JSON.stringify([uri, line]));
  // What is left of brackets would end the address.
  return `[${words}](command:${causeCommand}?${target.replace(/[()]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)})`;
}

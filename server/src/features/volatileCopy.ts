/**
 * Advice on a COPY of all files above the installation of dependencies: said only with figures from
 * git, and only where the files that the installation reads change far less often.
 */

import type { Analysis } from '../analysis.ts';
import type { Problem } from '../syntax/ast.ts';
import { type LateManifests, lateManifests } from './cacheFix.ts';
import { duration, grouped, inlineCode } from './render.ts';

/** Fewer commits say little. */
const fewestCommits = 10;
/** A COPY that changes less often costs little. */
const smallestShare = 0.3;

/** At most one for each COPY, in source order. */
export function volatileCopies(analysis: Analysis, hadolint = false): readonly Problem[] {
  const { plan, settings } = analysis;
  if (!settings.advice.volatileCopy) return [];
  return lateManifests(analysis, plan.stages).flatMap((found) => {
    const message = sentence(analysis, found);
    if (message === null) return [];
    const span = found.copy.instruction.keywordSpan;
    const severity = hadolint ? 'hint' : 'information';
    return [{ code: 'volatile-copy', severity, message, span }];
  });
}

function sentence(analysis: Analysis, late: LateManifests): string | null {
  const { copy, run, command, download, files, isApart, fix } = late;
  const churn = analysis.churn.of(copy);
  if (churn.state !== 'known') return null;
  const { commits, changed } = churn.value;
  if (commits < fewestCommits || changed < commits * smallestShare) return null;
  const own = files.length === 0 ? null : analysis.churn.ofFiles(files);
  if (own && (own.state !== 'known' || own.value.changed > changed / 2)) return null;
  const ms = analysis.cache.of(run)?.last?.ms ?? null;
  const time = ms === null ? '' : ` (${duration(ms)})`;
  const often = `This COPY changed in ${grouped(changed)} of ${grouped(commits)} commits`;
  const makes = download
    ? `${often}, and each time ${inlineCode(command)} downloads what it depends on again${time === '' ? '' : `${time.slice(0, -1)} in all)`}.`
    : `${often} and makes ${inlineCode(command)} run again each time${time}.`;
  if (isApart) {
    return `${makes} That reads nothing of what is copied here: copied after it, it leaves the installation in the cache.`;
  }
  const named = files.slice(0, 2).join(' and ');
  const more = files.length - 2;
  const what = more > 0 ? `${files.slice(0, 2).join(', ')} and ${more} more` : named;
  const times = grouped(own?.state === 'known' ? own.value.changed : 0);
  const left = typeof fix === 'string' ? ` ${fix}` : '';
  return download
    ? `${makes} What that hangs on (${what}) changed in ${times}: copied first, with ${inlineCode(download)} behind it, it keeps the downloads in the cache.${left}`
    : `${makes} What the installation reads (${what}) changed in ${times}: copied first, it keeps the installation in the cache.${left}`;
}

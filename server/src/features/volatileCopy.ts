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

function sentence(analysis: Analysis, { copy, run, command, files }: LateManifests): string | null {
  const churn = analysis.churn.of(copy);
  const own = analysis.churn.ofFiles(files);
  if (churn.state !== 'known' || own.state !== 'known') return null;
  const { commits, changed } = churn.value;
  if (commits < fewestCommits || changed < commits * smallestShare) return null;
  if (own.value.changed > changed / 2) return null;
  const ms = analysis.cache.of(run)?.last?.ms ?? null;
  const time = ms === null ? '' : ` (${duration(ms)})`;
  const named = files.slice(0, 2).join(' and ');
  const more = files.length - 2;
  const what = more > 0 ? `${files.slice(0, 2).join(', ')} and ${more} more` : named;
  return `This COPY changed in ${grouped(changed)} of ${grouped(commits)} commits and makes ${inlineCode(command)} run again each time${time}. What the installation reads (${what}) changed in ${grouped(own.value.changed)}: copied first, it keeps the installation in the cache.`;
}

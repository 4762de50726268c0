/** What a probe found, in words. */

import type { Probed } from '../builder/probed.ts';
import type { ProbeEnd } from '../builder/prober.ts';
import type { Plan, Step } from '../model/plan.ts';
import { oneLine } from './render.ts';

/** One or two full sentences. `missing`: the steps that were not cached, in the order of the file. */
export function probeSentence(
  plan: Plan,
  { has, misses }: Probed,
  missing: readonly Step[],
  { ended, message }: ProbeEnd,
  ms: number,
): string {
  const took = `(${(ms / 1000).toFixed(1)} s)`;
  const steps = plan.stages
    .filter(({ needed, replaced }) => needed && !replaced)
    .flatMap(({ triggers, steps }) => [...triggers, ...steps])
    .filter(({ effect }) => effect === 'layer');
  if (ended === 'failed' || ended === 'timedOut') {
    const said = message || 'The builder gave no answer.';
    return ended === 'failed' ? `The build cannot be made: ${closed(said)}` : said;
  }
  const cached = steps.filter((step) => has.get(step)?.outcome === 'cached').length;
  if (ended === 'complete') {
    const [first] = missing;
    return first
      ? `The builder had not got ${named(first)}, and has it now: it came to its end before it could be stopped ${took}.`
      : `The builder has all that this build needs ${took}.`;
  }
  const [first, ...others] = missing;
  const known = `${cached} of ${steps.length} steps are cached`;
  if (!first) return `The builder was stopped at a step that is not cached; ${known} ${took}.`;
  const error = [...misses.values()].find((miss) => miss.error !== null)?.error;
  if (error)
    return `${known}; the first that is not is ${named(first)} ${took}. It fails: ${closed(error)}`;
  const more = others.length === 0 ? '' : ` Nor are ${others.map(named).join(', ')}.`;
  return `${known}; the first that is not is ${named(first)} ${took}.${more}`;
}

function named({ instruction }: Step): string {
  const text = instruction.joined.text.trim().replace(/\s+/g, ' ');
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `\`${short}\` in line ${instruction.lines.start}`;
}

/** What somebody else says may be of any length. */
function closed(said: string): string {
  const text = oneLine(said, 300);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Makes a plan of Dockerfile text and merges the RUN lines in it, for the tests of merging. */

import { mergeGroups } from '../../server/src/merge/mergeGroups.ts';
import { type MergeOptions, type MergeResult, mergeRuns } from '../../server/src/merge/mergeRun.ts';
import { buildPlan } from '../../server/src/model/buildPlan.ts';
import type { Plan } from '../../server/src/model/plan.ts';
import { interpret } from '../../server/src/syntax/instructions.ts';
import { parse } from '../../server/src/syntax/parser.ts';

const platform = { os: 'linux', arch: 'amd64', variant: '' };

export function planOf(text: string): Plan {
  return buildPlan(interpret(parse(text)), { platform, buildPlatform: platform });
}

export function optionsFor(text: string, style: MergeOptions['style'] = 'auto'): MergeOptions {
  return { style, indent: '    ', newline: text.includes('\r\n') ? '\r\n' : '\n' };
}

/** The text after an applied merge. */
export function applied(text: string, result: MergeResult): string {
  if (!result.ok) throw new Error(result.reason);
  let out = text;
  for (const { span, newText } of [...result.edits].sort((a, b) => b.span.start - a.span.start)) {
    out = out.slice(0, span.start) + newText + out.slice(span.end);
  }
  return out;
}

/** Merges the first group of neighbouring RUN lines of the last stage: the text after it, or why not. */
export function mergeFirstGroup(
  text: string,
  style: MergeOptions['style'] = 'auto',
): { readonly text: string } | { readonly reason: string } {
  const plan = planOf(text);
  const stage = plan.stages.at(-1);
  const group = stage && mergeGroups(stage)[0];
  if (!group) return { reason: 'no group' };
  const result = mergeRuns(plan.program.dockerfile, group, optionsFor(text, style));
  return result.ok ? { text: applied(text, result) } : { reason: result.reason };
}

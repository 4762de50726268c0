/** What an instruction says, for records and for telling what changed about it. */

import type { Step } from '../model/plan.ts';

const mostChars = 2000;

/** The joined line with the bodies of its heredocs, at most 2,000 characters. */
export function stepText({ instruction }: Step): string {
  const { joined, heredocs } = instruction;
  let text = joined.text.trimEnd();
  for (const { content, name } of heredocs) {
    if (text.length >= mostChars) break;
    text += `\n${content.slice(0, mostChars)}${name}`;
  }
  return text.slice(0, mostChars);
}

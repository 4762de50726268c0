/** Texts of scripts as trees, parsed once. */

import { parse, type Script } from 'unbash';
import { longestScript } from './shellTree.ts';

/** Parsed scripts, the most recent ones. */
const parsed = new Map<string, Script | null>();

/** The tree of a script, or null where it is too long or no syntax; substitutions are judged when they run. */
export function parsedScript(text: string): Script | null {
  let tree = parsed.get(text);
  if (tree !== undefined) return tree;
  tree = parseWhole(text);
  if (parsed.size >= 1_000) parsed.clear();
  parsed.set(text, tree);
  return tree;
}

function parseWhole(text: string): Script | null {
  if (text.length > longestScript || endsOpen(text)) return null;
  const tree = parse(text);
  return tree.errors?.length ? null : tree;
}

/** Whether a lone backslash ends the text. */
function endsOpen(text: string): boolean {
  let at = text.length;
  while (text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
}

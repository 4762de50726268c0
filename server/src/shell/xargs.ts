/** `xargs`: which commands it makes of its input. */

import { unknownPart } from './shellTree.ts';

/**
 * The commands that `xargs` with these words runs for this input; null as input: not known, then
 * one command with an unknown word at its end. None for an empty input.
 */
export function readXargs(
  words: readonly string[],
  input: string | null,
): readonly (readonly string[])[] {
  let at = 0;
  let most = Number.POSITIVE_INFINITY;
  let replaced: string | null = null;
  let text = input;
  let lines = false;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    const found = /^(?:-n|--max-args=|-L|--max-lines=)(\d*)$/.exec(word);
    if (word === '--') {
      at++;
      break;
    }
    if (found) most = Number(found[1] || words[++at]) || 1;
    else if (/^(-I|-i|--replace)/.test(word)) {
      const own = word.replace(/^(-I|-i|--replace=?)/, '');
      replaced = own || (word === '-I' ? (words[++at] ?? '{}') : '{}');
    } else if (/^(-0|--null|-r0|-0r)$/.test(word)) text = null;
    else if (/^(-d|--delimiter)/.test(word)) {
      const delimiter = word === '-d' ? words[++at] : word.replace(/^(-d|--delimiter=)/, '');
      if (delimiter === '\\n' || delimiter === '\n') lines = true;
      else text = null;
    } else if (/^-a|^--arg-file/.test(word)) {
      if (word === '-a') at++;
      text = null;
    } else if (/^-[PsE]$|^--max-procs$/.test(word)) at++;
    else if (!word.startsWith('-')) break;
  }
  const rest = words.slice(at);
  const command = rest.length > 0 ? rest : ['echo'];
  if (text === null) {
    if (replaced === null) return [[...command, unknownPart]];
    const name = replaced;
    return [command.map((word) => word.replaceAll(name, unknownPart))];
  }
  if (replaced !== null) {
    const name = replaced;
    const items = text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    return items.slice(0, 200).map((item) => command.map((word) => word.replaceAll(name, item)));
  }
  const items = lines ? text.split('\n').filter(Boolean) : splitItems(text);
  const calls: (readonly string[])[] = [];
  if (items.length === 0)
    return words.some((word) => /^-\w*r|^--no-run/.test(word)) ? [] : [command];
  for (let from = 0; from < items.length && calls.length < 200; from += most) {
    calls.push([...command, ...items.slice(from, from + most)]);
  }
  return calls;
}

/** Items between blanks; quotes and backslashes keep them together. */
function splitItems(text: string): readonly string[] {
  const found = text.match(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g) ?? [];
  return found.map((item) => item.replace(/"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])/g, '$1$2$3'));
}

/** Shell patterns of paths, as far as `rm` and its like are given them. */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';

/**
 * Tells whether a path is, or lies below, what a pattern matches. A `*` at the end means all in the
 * folder, so the folder's own path counts as matched; what begins with a dot does not.
 */
export function fileMatcher(pattern: string): (path: string) => boolean {
  if (!isPattern(pattern)) {
    const plain = absolutePath(pattern);
    return (path) => isWithin(path, plain);
  }
  const parts = absolutePath(pattern).split('/').slice(1).map(partMatcher);
  const emptied = /\/\*$/.test(pattern) ? parts.length - 1 : -1;
  return (path) => {
    const names = path === '/' ? [] : path.split('/').slice(1);
    if (names.length < parts.length && names.length !== emptied) return false;
    const count = Math.min(names.length, parts.length);
    for (let at = 0; at < count; at++) if (!parts[at]?.(names[at] ?? '')) return false;
    return count > 0;
  };
}

/** The folder above the first part of a path that is a pattern; a plain path is its own. Absolute. */
export function fixedFolder(pattern: string): string {
  return absolutePath(pattern.replace(/\/[^/]*[*?[].*$/, '') || '/');
}

/** Has characters that the shell expands to file names. */
export function isPattern(word: string): boolean {
  return /[*?[]/.test(word);
}

/** One part of a path. Linear: `*` is tried by going back to the last one only. */
function partMatcher(part: string): (name: string) => boolean {
  if (!isPattern(part)) return (name) => name === part;
  const tokens = tokensOf(part);
  const dotted = part.startsWith('.') || part.startsWith('[');
  return (name) => (dotted || !name.startsWith('.')) && matches(tokens, name);
}

type Token = '*' | ((character: string) => boolean);

function tokensOf(part: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length; at++) {
    const character = part[at] as string;
    if (character === '*') tokens.push('*');
    else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const end = part.indexOf(']', at + 2);
      if (end < 0) tokens.push((one) => one === '[');
      else {
        tokens.push(classOf(part.slice(at + 1, end)));
        at = end;
      }
    } else tokens.push((one) => one === character);
  }
  return tokens;
}

function classOf(text: string): (character: string) => boolean {
  const negated = /^[!^]/.test(text);
  const body = negated ? text.slice(1) : text;
  return (one) => {
    let found = false;
    for (let at = 0; at < body.length; at++) {
      if (body[at + 1] === '-' && at + 2 < body.length) {
        found ||= one >= (body[at] as string) && one <= (body[at + 2] as string);
        at += 2;
      } else found ||= one === body[at];
    }
    return found !== negated;
  };
}

function matches(tokens: readonly Token[], name: string): boolean {
  let token = 0;
  let star = -1;
  let resume = 0;
  for (let at = 0; at < name.length; ) {
    const now = tokens[token];
    if (now === '*') {
      star = token++;
      resume = at;
    } else if (now?.(name[at] as string)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}

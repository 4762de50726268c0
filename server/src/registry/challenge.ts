/** What a server wants to be told of who asks: `WWW-Authenticate` (RFC 9110, section 11.6.1). */

export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const separators = /[ \t,]*/y;
const name = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*(?![= \t,]|$)/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const plain = /[^",]*/y;

/** All challenges of a header, or of several that were joined by commas; what is malformed is skipped. */
export function readChallenges(header: string): readonly Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (at < header.length) {
    take(separators);
    const word = take(name)?.[0];
    if (word === undefined) {
      at += 1;
      continue;
    }
    const last = found.at(-1);
    if (last && take(equals)) {
      const value = take(quoted)?.[1]?.replace(/\\(.)/gs, '$1') ?? take(plain)?.[0].trim() ?? '';
      // The first of two counts, so that nothing behind it changes what was said.
      const key = word.toLowerCase();
      if (!last.parameters.has(key)) last.parameters.set(key, value);
      continue;
    }
    // The value of `Negotiate abc==` becomes a scheme that nobody knows.
    found.push({ scheme: word.toLowerCase(), parameters: new Map() });
  }
  return found;
}

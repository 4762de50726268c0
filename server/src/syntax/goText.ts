/**
 * The few text functions of Go's standard library whose exact behaviour shows in BuildKit's results
 * and messages: what counts as white space, and how a string is quoted.
 */

const spaces = new Set(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

/** Go's `unicode.IsSpace`, for one character. Unlike `\s` it knows U+0085 and leaves out the BOM. */
export function isGoSpace(char: string): boolean {
  return spaces.has(char);
}

/** Go's `strings.TrimSpace`. */
export function goTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isGoSpace(text[start] as string)) start++;
  while (end > start && isGoSpace(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** Go's `strconv.Quote` (`%q`): double quotes around, what cannot be printed as an escape. */
export function goQuote(text: string): string {
  const quoted = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu, (char) => {
    const short = named[char];
    if (short) return short;
    const code = char.codePointAt(0) as number;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code >= 0xd800 && code < 0xe000) return '\ufffd';
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${quoted}"`;
}

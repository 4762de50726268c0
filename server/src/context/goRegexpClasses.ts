/** Named sets of characters in Go's regular expressions (`regexp/syntax/perl_groups.go`). */

/** Does the set hold the code point? */
export type Matcher = (rune: number) => boolean;

const between = (low: number, high: number) => (rune: number) => rune >= low && rune <= high;
const oneOf = (text: string) => {
  const runes = new Set(Array.from(text, (rune) => rune.charCodeAt(0)));
  return (rune: number) => runes.has(rune);
};
const isDigit = between(0x30, 0x39);
const isUpper = between(0x41, 0x5a);
const isLower = between(0x61, 0x7a);
const isGraph = between(0x21, 0x7e);
const isAlpha: Matcher = (rune) => isUpper(rune) || isLower(rune);
/** ASCII letters and digits. */
export const isAlnum: Matcher = (rune) => isAlpha(rune) || isDigit(rune);
/** ASCII letters, digits and `_`: what `\w` and `\b` go by. */
export const isWord: Matcher = (rune) => isAlnum(rune) || rune === 0x5f;

/** Sets of characters by their POSIX name, as in `[[:alpha:]]`. */
export const asciiClasses: Readonly<Record<string, Matcher>> = {
  alnum: isAlnum,
  alpha: isAlpha,
  ascii: between(0, 0x7f),
  blank: oneOf('\t '),
  cntrl: (rune) => rune < 0x20 || rune === 0x7f,
  digit: isDigit,
  graph: isGraph,
  lower: isLower,
  print: between(0x20, 0x7e),
  punct: (rune) => isGraph(rune) && !isAlnum(rune),
  space: oneOf('\t\n\v\f\r '),
  upper: isUpper,
  word: isWord,
  xdigit: oneOf('0123456789ABCDEFabcdef'),
};

/** Perl's `\s` knows no vertical tab in RE2. */
const perlClasses: Readonly<Record<string, Matcher>> = {
  d: isDigit,
  s: oneOf('\t\n\f\r '),
  w: isWord,
};

/** The set that `\d`, `\S` and the like name; undefined for any other letter. */
export function perlClass(letter: string): Matcher | undefined {
  const set = perlClasses[letter.toLowerCase()];
  if (!set || letter === letter.toLowerCase()) return set;
  return (rune) => !set(rune);
}

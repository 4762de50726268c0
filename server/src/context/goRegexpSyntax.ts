/** Reads Go's regular expressions (`regexp/syntax`, Perl flags) to a tree, and refuses what Go refuses. */

import { asciiClasses, isAlnum, type Matcher, perlClass } from './goRegexpClasses.ts';

/** What an expression matches. */
export type Tree =
  | { readonly kind: 'rune'; readonly accepts: Matcher }
  | { readonly kind: 'assert'; readonly at: 'begin' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'all'; readonly parts: readonly Tree[] }
  | { readonly kind: 'any'; readonly parts: readonly Tree[] }
  | {
      readonly kind: 'repeat';
      readonly part: Tree;
      readonly least: number;
      readonly most: number;
      readonly weight: number;
    };

/** RE2's own bound for one repetition; Go refuses larger ones. */
const mostRepeats = 1000;
/** Go's `maxHeight`: groups that nest deeper are refused. */
const mostNested = 1000;

/** The expression is malformed, too large, or outside what is understood here. */
export class Refused extends Error {}

/** The tree of an expression; throws `Refused`. */
export function parseGoRegexp(source: string): Tree {
  return new Parser(source).parse();
}

class Parser {
  readonly #runes: readonly string[];
  #at = 0;
  #nested = 0;

  constructor(source: string) {
    this.#runes = [...source];
  }

  parse(): Tree {
    const tree = this.#alternatives();
    if (this.#at < this.#runes.length) throw new Refused('unexpected )');
    return tree;
  }

  #peek(ahead = 0): string {
    return this.#runes[this.#at + ahead] ?? '';
  }

  #alternatives(): Tree {
    const parts = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'any', parts };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    let repeated = false;
    while (this.#at < this.#runes.length) {
      const rune = this.#peek();
      if (rune === '|' || rune === ')') break;
      const bounds = this.#repetition();
      if (bounds) {
        const part = parts.pop();
        if (!part || repeated) throw new Refused('repetition of nothing, or of a repetition');
        parts.push(repeat(part, bounds));
        repeated = true;
        continue;
      }
      repeated = false;
      this.#at++;
      if (rune === '(') parts.push(this.#group());
      else if (rune === '[') parts.push({ kind: 'rune', accepts: this.#class() });
      else if (rune === '.') parts.push({ kind: 'rune', accepts: (r) => r !== 0x0a });
      else if (rune === '^') parts.push({ kind: 'assert', at: 'begin' });
      else if (rune === '$') parts.push({ kind: 'assert', at: 'end' });
      else if (rune === '\\') parts.push(...this.#escape());
      else parts.push(literal(rune));
    }
    return { kind: 'all', parts };
  }

  #group(): Tree {
    if (++this.#nested >= mostNested) throw new Refused('expression nests too deeply');
    const tree = this.#alternatives();
    this.#nested--;
    if (this.#peek() !== ')') throw new Refused('missing )');
    this.#at++;
    return tree;
  }

  /** Consumes `*`, `+`, `?` or a valid `{n,m}`; anything else in braces is literal text. */
  #repetition(): readonly [number, number] | undefined {
    const rune = this.#peek();
    if (rune === '*' || rune === '+' || rune === '?') {
      this.#at++;
      return [rune === '+' ? 1 : 0, rune === '?' ? 1 : Number.POSITIVE_INFINITY];
    }
    if (rune !== '{') return undefined;
    const text = this.#runes.slice(this.#at, this.#at + 16).join('');
    const found = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(text);
    if (!found) return undefined;
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = !found[2] ? least : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
    if (least > mostRepeats || most < least) throw new Refused('invalid repeat count');
    if (most !== Number.POSITIVE_INFINITY && most > mostRepeats) throw new Refused('repeat count');
    return [least, most];
  }

  #escape(): Tree[] {
    const rune = this.#peek();
    if (rune === 'A' || rune === 'z' || rune === 'b' || rune === 'B') {
      this.#at++;
      const at = ({ A: 'begin', z: 'end', b: 'boundary', B: 'inside' } as const)[rune];
      return [{ kind: 'assert', at }];
    }
    if (rune === 'Q') {
      this.#at++;
      const parts: Tree[] = [];
      while (this.#at < this.#runes.length) {
        if (this.#peek() === '\\' && this.#peek(1) === 'E') {
          this.#at += 2;
          break;
        }
        parts.push(literal(this.#peek()));
        this.#at++;
      }
      return parts;
    }
    const group = perlClass(rune);
    if (group) {
      this.#at++;
      return [{ kind: 'rune', accepts: group }];
    }
    return [literal(this.#escapedRune())];
  }

  /** One character behind a backslash, as Go's `parseEscape` reads it. */
  #escapedRune(): string {
    const rune = this.#peek();
    this.#at++;
    if (rune === '') throw new Refused('trailing backslash');
    if (/^[0-7]$/.test(rune)) return this.#octal(rune);
    if (rune === 'x') return this.#hex();
    const control = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[rune];
    if (control) return control;
    const code = rune.codePointAt(0) ?? 0;
    if (code < 0x80 && !isAlnum(code)) return rune;
    throw new Refused('invalid escape');
  }

  #octal(first: string): string {
    if (first !== '0' && !/^[0-7]$/.test(this.#peek())) throw new Refused('back reference');
    let value = Number(first);
    for (let digits = 1; digits < 3 && /^[0-7]$/.test(this.#peek()); digits++) {
      value = value * 8 + Number(this.#peek());
      this.#at++;
    }
    return String.fromCodePoint(value);
  }

  #hex(): string {
    const rest = this.#runes.slice(this.#at, this.#at + 12).join('');
    const found = /^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest);
    if (!found) throw new Refused('invalid escape');
    this.#at += found[0].length;
    const value = Number.parseInt(found[1] ?? found[2] ?? '', 16);
    if (value > 0x10ffff) throw new Refused('invalid escape');
    return String.fromCodePoint(value);
  }

  #class(): Matcher {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const items: Matcher[] = [];
    for (let first = true; ; first = false) {
      const rune = this.#peek();
      if (rune === '') throw new Refused('missing ]');
      if (rune === ']' && !first) break;
      const named = this.#namedClass();
      if (named) {
        items.push(named);
        continue;
      }
      if (rune === '\\') {
        const group = perlClass(this.#peek(1));
        if (group) {
          this.#at += 2;
          items.push(group);
          continue;
        }
      }
      const low = this.#classRune();
      let high = low;
      if (this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '') {
        this.#at++;
        high = this.#classRune();
        if (high < low) throw new Refused('invalid character class range');
      }
      items.push((r) => r >= low && r <= high);
    }
    this.#at++;
    return (r) => items.some((accepts) => accepts(r)) !== negated;
  }

  #classRune(): number {
    const rune = this.#peek();
    this.#at++;
    const text = rune === '\\' ? this.#escapedRune() : rune;
    if (text === '') throw new Refused('missing ]');
    return text.codePointAt(0) ?? 0;
  }

  #namedClass(): Matcher | undefined {
    if (this.#peek() !== '[' || this.#peek(1) !== ':') return undefined;
    const rest = this.#runes.slice(this.#at, this.#at + 16).join('');
    const found = /^\[:(\^?)([^\]]*?):\]/.exec(rest);
    if (!found) return undefined;
    const name = found[2] ?? '';
    const set = Object.hasOwn(asciiClasses, name) ? asciiClasses[name] : undefined;
    if (!set) throw new Refused('invalid character class range');
    this.#at += found[0].length;
    return found[1] === '^' ? (r) => !set(r) : set;
  }
}

function literal(rune: string): Tree {
  const code = rune.codePointAt(0) ?? 0;
  return { kind: 'rune', accepts: (r) => r === code };
}

/** Nested counted repetitions may not exceed the bound in all, as in Go's `repeatIsValid`. */
function repeat(part: Tree, [least, most]: readonly [number, number]): Tree {
  const counted = Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most, 1);
  const weight = counted * inner(part);
  if (weight > mostRepeats) throw new Refused('invalid repeat count');
  return { kind: 'repeat', part, least, most, weight };
}

function inner(tree: Tree): number {
  if (tree.kind === 'repeat') return tree.weight;
  if (tree.kind === 'all' || tree.kind === 'any') return Math.max(1, ...tree.parts.map(inner));
  return 1;
}

/**
 * The part of Go's regular expressions (RE2 syntax) that ignore patterns can turn into, matched in
 * time proportional to text times pattern. Patterns come from files that anyone may have written,
 * and BuildKit's engine never backtracks; JavaScript's does.
 *
 * Follows Go's `regexp/syntax`, Perl flags, as `regexp.Compile` uses it. Not understood: `\p{…}`
 * (compiling then fails, and says so).
 */

type Matcher = (rune: number) => boolean;

type Tree =
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

type Step =
  | { readonly op: 'rune'; readonly accepts: Matcher }
  | { readonly op: 'assert'; readonly at: 'begin' | 'end' | 'boundary' | 'inside' }
  | { readonly op: 'fork'; readonly to: number[] }
  | { readonly op: 'done' };

/** RE2's own bound for one repetition; Go refuses larger ones. */
const mostRepeats = 1000;
/** Our bound for the whole program: far above what any real ignore file makes. */
const mostSteps = 20_000;

class Refused extends Error {}

/**
 * Compiles a Go regular expression to a search function over text (`MatchString`: the match may be
 * anywhere). Undefined when Go refuses the expression, or when it is outside what is understood here.
 */
export function compileGoRegexp(source: string): ((text: string) => boolean) | undefined {
  try {
    const program = assemble(new Parser(source).parse());
    return (text) => search(program, text);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

class Parser {
  readonly #runes: readonly string[];
  #at = 0;

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
    const tree = this.#alternatives();
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
const isAlnum: Matcher = (rune) => isAlpha(rune) || isDigit(rune);
const isWord: Matcher = (rune) => isAlnum(rune) || rune === 0x5f;

const asciiClasses: Readonly<Record<string, Matcher>> = {
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

function perlClass(letter: string): Matcher | undefined {
  const set = perlClasses[letter.toLowerCase()];
  if (!set || letter === letter.toLowerCase()) return set;
  return (rune) => !set(rune);
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

function assemble(tree: Tree): readonly Step[] {
  const program: Step[] = [];
  const add = (step: Step): number => {
    if (program.length >= mostSteps) throw new Refused('expression too large');
    return program.push(step) - 1;
  };
  const emit = (node: Tree): void => {
    switch (node.kind) {
      case 'rune':
        add({ op: 'rune', accepts: node.accepts });
        return;
      case 'assert':
        add({ op: 'assert', at: node.at });
        return;
      case 'all':
        for (const part of node.parts) emit(part);
        return;
      case 'any': {
        const fork: number[] = [];
        add({ op: 'fork', to: fork });
        const ends: number[][] = [];
        for (const part of node.parts) {
          fork.push(program.length);
          emit(part);
          const end: number[] = [];
          add({ op: 'fork', to: end });
          ends.push(end);
        }
        for (const end of ends) end.push(program.length);
        return;
      }
      case 'repeat': {
        for (let count = 0; count < node.least; count++) emit(node.part);
        if (node.most === Number.POSITIVE_INFINITY) {
          const fork: number[] = [];
          const start = add({ op: 'fork', to: fork });
          fork.push(program.length);
          emit(node.part);
          add({ op: 'fork', to: [start] });
          fork.push(program.length);
          return;
        }
        const exits: number[][] = [];
        for (let count = node.least; count < node.most; count++) {
          const fork: number[] = [];
          add({ op: 'fork', to: fork });
          fork.push(program.length);
          exits.push(fork);
          emit(node.part);
        }
        for (const exit of exits) exit.push(program.length);
      }
    }
  };
  emit(tree);
  add({ op: 'done' });
  return program;
}

function search(program: readonly Step[], text: string): boolean {
  const runes = Array.from(text, (rune) => rune.codePointAt(0) ?? 0);
  const holds = (where: 'begin' | 'end' | 'boundary' | 'inside', at: number): boolean => {
    if (where === 'begin') return at === 0;
    if (where === 'end') return at === runes.length;
    const boundary = isWord(runes[at - 1] ?? 0) !== isWord(runes[at] ?? 0);
    return boundary === (where === 'boundary');
  };
  const seen = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= runes.length; at++) {
    const stack = [0, ...current.reverse()];
    const waiting: number[] = [];
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (seen[index] === at) continue;
      seen[index] = at;
      const step = program[index];
      if (!step) continue;
      if (step.op === 'done') return true;
      if (step.op === 'fork') stack.push(...step.to);
      else if (step.op === 'rune') waiting.push(index);
      else if (holds(step.at, at)) stack.push(index + 1);
    }
    current = [];
    const rune = runes[at];
    if (rune === undefined) return false;
    for (const index of waiting) {
      const step = program[index];
      if (step?.op === 'rune' && step.accepts(rune)) current.push(index + 1);
    }
  }
  return false;
}

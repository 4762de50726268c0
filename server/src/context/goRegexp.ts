/**
 * The part of Go's regular expressions (RE2 syntax) that ignore patterns can turn into, matched in
 * time proportional to text times pattern. Patterns come from files that anyone may have written,
 * and BuildKit's engine never backtracks; JavaScript's does.
 *
 * Follows Go's `regexp/syntax`, Perl flags, as `regexp.Compile` uses it. Not understood: `\p{…}`
 * (compiling then fails, and says so).
 */

import { isWord, type Matcher } from './goRegexpClasses.ts';
import { parseGoRegexp, Refused, type Tree } from './goRegexpSyntax.ts';

type Step =
  | { readonly op: 'rune'; readonly accepts: Matcher }
  | { readonly op: 'assert'; readonly at: 'begin' | 'end' | 'boundary' | 'inside' }
  | { readonly op: 'fork'; readonly to: number[] }
  | { readonly op: 'done' };

/** Our bound for the whole program: far above what any real ignore file makes. */
const mostSteps = 20_000;

/**
 * Compiles a Go regular expression to a search function over text (`MatchString`: the match may be
 * anywhere). Undefined when Go refuses the expression, or when it is outside what is understood here.
 */
export function compileGoRegexp(source: string): ((text: string) => boolean) | undefined {
  try {
    const program = assemble(parseGoRegexp(source));
    return (text) => search(program, text);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
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

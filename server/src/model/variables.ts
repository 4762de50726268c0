/**
 * Variables: the global scope of FROM lines, and the expansion of words inside a
 * stage with a note of whether the result is certain.
 */

import type { Escape } from '../syntax/ast.ts';
import type { Command } from '../syntax/commands.ts';
import { expand } from '../syntax/expand.ts';
import { Environment, type KnownValue } from './environment.ts';
import { emptyMap } from './orderedMap.ts';
import type { PlanOptions } from './plan.ts';
import { formatPlatform } from './platform.ts';

/** How much text all expansions of one file may make; a short file can ask for any amount. */
const maxExpanded = 1 << 25;

export interface Scope {
  readonly env: Environment;
  readonly escape: Escape;
  /** All names that the base image defines are known, so a missing name is really unset. */
  readonly namesKnown: boolean;
  readonly budget: Budget;
}

export interface Budget {
  left: number;
}

/** A fresh allowance for one plan, so that a short file cannot ask for any amount of text. */
export function newBudget(): Budget {
  return { left: maxExpanded };
}

/** Expansions of one instruction: all its words see the same environment. */
export interface Expansion {
  /** One word in, one out, quotes removed. After an error the text as written. */
  word(text: string): KnownValue;
  /** One word in, several out (EXPOSE). */
  words(text: string): readonly string[];
  /** The body of a heredoc that COPY or ADD makes a file of; its escape is always a backslash. */
  body(text: string): KnownValue;
  /** All words so far are certain. */
  readonly exact: boolean;
  /** BuildKit's text of the first error. */
  readonly error: string | null;
  /** Some word so far uses a value that hangs on an unknown base: then an error may be none. */
  readonly doubt: boolean;
  /** Names that were looked up and not found. */
  readonly unmatched: ReadonlySet<string>;
}

/**
 * An expanded word is exact unless it uses a value that is not, or a name that neither this file
 * nor a known base defines: an unknown base may define it.
 */
export function expansionIn(scope: Scope): Expansion {
  return new ScopedExpansion(scope);
}

const none: ReadonlySet<string> = new Set();

/** A class, as there is one for nearly every instruction: closures and getters of its own would cost more than its work. */
class ScopedExpansion implements Expansion {
  exact = true;
  error: string | null = null;
  doubt = false;
  readonly #scope: Scope;
  #unmatched: Set<string> | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  get unmatched(): ReadonlySet<string> {
    return this.#unmatched ?? none;
  }

  word(text: string): KnownValue {
    return isPlain(text) ? { value: text, exact: true } : this.#run(text, false);
  }

  words(text: string): readonly string[] {
    return isPlain(text) && !/\s/.test(text) && text !== '' ? [text] : this.#run(text, false).words;
  }

  body(text: string): KnownValue {
    return /[$\\]/.test(text) ? this.#run(text, true) : { value: text, exact: true };
  }

  #run(text: string, body: boolean): KnownValue & { readonly words: readonly string[] } {
    const { env, namesKnown, budget } = this.#scope;
    if (budget.left < 0) {
      this.exact = false;
      return { value: text, words: [text], exact: false };
    }
    let certain = true;
    // The lexer's own lists of names are lost after an error.
    const lookup = {
      get(name: string): string | undefined {
        const known = env.find(name);
        if (known ? !known.exact : !namesKnown) certain = false;
        return known?.value;
      },
    };
    const result = body
      ? expand(text, lookup, { escape: '\\', skipProcessQuotes: true })
      : expand(text, lookup, { escape: this.#scope.escape });
    this.doubt ||= !certain;
    if (!result.ok) {
      this.error ??= result.error;
      this.exact = false;
      return { value: text, words: [text], exact: false };
    }
    budget.left -= result.value.length;
    for (const name of result.unmatched) {
      this.#unmatched ??= new Set();
      this.#unmatched.add(name);
    }
    this.exact &&= certain;
    return { value: result.value, words: result.words, exact: certain };
  }
}

function isPlain(text: string): boolean {
  return !/[$'"\\`<\ufeff]/.test(text);
}

/** The platform set, before any ARG (BuildKit `defaultArgs`); `--build-arg` may override each. */
export function platformArgs(options: PlanOptions, targetName: string): Environment {
  const { platform, buildPlatform, buildArgs } = options;
  const set: readonly (readonly [string, string])[] = [
    ['BUILDPLATFORM', formatPlatform(buildPlatform)],
    ['BUILDOS', buildPlatform.os],
    ['BUILDOSVERSION', ''],
    ['BUILDARCH', buildPlatform.arch],
    ['BUILDVARIANT', buildPlatform.variant],
    ['TARGETPLATFORM', formatPlatform(platform)],
    ['TARGETOS', platform.os],
    ['TARGETOSVERSION', ''],
    ['TARGETARCH', platform.arch],
    ['TARGETVARIANT', platform.variant],
    ['TARGETSTAGE', targetName || 'default'],
  ];
  return set.reduce(
    (env, [name, value]) => env.with(name, { value: buildArgs?.get(name) ?? value, exact: true }),
    Environment.start(null, emptyMap(), true),
  );
}

export interface GlobalArg {
  readonly command: Command;
  readonly before: Environment;
  readonly error: string | null;
}

/** The ARG instructions before the first FROM, in order, and the scope of all FROM lines. */
export function evaluateGlobals(
  commands: readonly Command[],
  start: Scope,
  buildArgs: ReadonlyMap<string, string>,
): { readonly env: Environment; readonly args: readonly GlobalArg[] } {
  let env = start.env;
  const args: GlobalArg[] = [];
  for (const command of commands) {
    const before = env;
    let error: string | null = null;
    for (const { key, value } of command.kind === 'arg' ? command.args : []) {
      const given = buildArgs.get(key);
      if (given === undefined && value === null) continue;
      const expansion = expansionIn({ ...start, env });
      const known =
        given === undefined ? expansion.word(value ?? '') : { value: given, exact: true };
      error ??= expansion.error;
      env = env.with(key, known);
    }
    args.push({ command, before, error });
  }
  return { env, args };
}

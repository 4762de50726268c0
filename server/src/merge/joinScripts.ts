/**
 * Chooses how scripts that ran in shells of their own stand in one shell, so that it does the same:
 * a list of `&&` where a failure ends the whole, groups where a script is more than one command,
 * subshells where it would leave something behind, and a sequence under `set -e` where a list
 * would switch a script's own `set -e` off.
 */

import { type Refusal, refuse } from '../shell/refusal.ts';
import type { Shell } from '../shell/shellPrefix.ts';
import { readScript } from '../shell/shellTree.ts';
import { type RunPlace, refusalBeforeAnother } from './lifetime.ts';
import { lookedUpAnywhere, lookedUpHere, mayReplace } from './programs.ts';
import { lineSense, refusalAfterAnother, refusalAnywhere, refusalInSubshell } from './refusals.ts';
import { type ScriptFacts, scriptFacts } from './scriptFacts.ts';

/** A script's part of the join: `text.slice(start, facts.end)`, perhaps in a group. */
export interface Piece {
  readonly facts: ScriptFacts;
  readonly start: number;
  readonly group: '' | '{' | '(';
  /** A command put first in the group. */
  readonly inside: string | undefined;
  /** A list of `&&` that stands as a sequence, one command a line. */
  readonly split?: boolean;
}

export interface Join {
  readonly operator: '&&' | ';';
  /** A command before all scripts. */
  readonly lead: string | undefined;
  readonly pieces: readonly Piece[];
  /** A command before the last script. */
  readonly beforeLast: string | undefined;
}

export type JoinResult = { readonly ok: true; readonly join: Join } | Refusal;

export type FactsResult = { readonly ok: true; readonly facts: ScriptFacts } | Refusal;

/** Facts of one script, or why it cannot be joined with any other. */
export function readFacts(text: string, shell: Shell): FactsResult {
  const tree = readScript(text);
  if (!tree)
    return refuse('The script is not complete shell text, so that joining could change it.');
  const reason = refusalAnywhere(tree, text, shell);
  if (reason) return refuse(reason);
  const sense = lineSense(tree);
  if (sense && text.trimEnd().includes('\n')) return refuse(sense);
  const facts = scriptFacts(text, tree, shell, sense);
  if (!facts) return refuse('The script has no command.');
  return { ok: true, facts };
}

/** Why the second script cannot follow the first in one shell, or undefined. */
export function refusalBetween(
  first: ScriptFacts,
  second: ScriptFacts,
  shell: Shell,
  place: RunPlace,
): string | undefined {
  return refusalBeforeAnother(first, shell, place) ?? refusalAfterAnother(second.tree);
}

/** The join of two or more scripts in the order in which they ran, to be written in lines or as one. */
export function joinScripts(
  scripts: readonly ScriptFacts[],
  shell: Shell,
  place: RunPlace,
  lines: boolean,
): JoinResult {
  for (const [index, facts] of scripts.entries()) {
    const next = scripts[index + 1];
    const reason = next && refusalBetween(facts, next, shell, place);
    if (reason) return refuse(reason);
  }
  const join =
    withSharedPrologue(scripts, shell) ?? asList(scripts, shell) ?? asSequence(scripts, shell);
  if (!join) {
    return refuse(
      'The shell prints every command, so that a command added for the merge would show.',
    );
  }
  const safe = keepDiscards(forgetPrograms(join), lines);
  if (safe.pieces.some(({ facts, group }) => group !== '' && facts.goesOn)) {
    return refuse(
      'After some errors Bash goes on with the next line of a script, and in a group it cannot.',
    );
  }
  const known = new Set(place.env.keys());
  for (const piece of safe.pieces) {
    const reason = piece.group === '(' && refusalInSubshell(piece.facts, shell, known);
    if (reason) return refuse(reason);
  }
  return { ok: true, join: safe };
}

/** All scripts begin with the same `set -eux`: it is written once. */
function withSharedPrologue(scripts: readonly ScriptFacts[], shell: Shell): Join | undefined {
  const first = scripts[0]?.prologue;
  if (!first || shell.trace) return undefined;
  const same = scripts.every(
    ({ prologue }) => prologue?.text === first.text && prologue.joint === first.joint,
  );
  if (!same) return undefined;
  const inList = first.joint === '&&';
  if (inList) {
    if (!scripts.slice(0, -1).every(({ body }) => body.indifferent)) return undefined;
  } else if (!first.errexit && !shell.errexit) {
    return undefined;
  }
  const pieces = scripts.map((facts, index): Piece => {
    const last = index === scripts.length - 1;
    const bare =
      last || (facts.body.neutral && !facts.showsEnvironment && (inList || facts.endsOnFailure));
    const start = facts.prologue?.bodyStart ?? 0;
    return { facts, start, group: bare ? '' : '(', inside: undefined };
  });
  return { operator: first.joint, lead: first.text, pieces, beforeLast: undefined };
}

/** `A && B`: a failing script ends the list with its status. Undefined when `set -e` would suffer. */
function asList(scripts: readonly ScriptFacts[], shell: Shell): Join | undefined {
  const before = scripts.slice(0, -1);
  if (!before.every((facts) => !facts.mayExitOnError || facts.indifferent)) return undefined;
  const final = scripts.at(-1);
  if (final?.goesOn) return undefined;
  const pieces = scripts.map((facts, index): Piece => {
    const last = index === scripts.length - 1;
    const simple = facts.shape === 'pipeline' || facts.shape === 'and';
    const shows = facts.showsEnvironment && shell.language === 'bash';
    const group = last
      ? simple
        ? ''
        : shows
          ? '('
          : '{'
      : !facts.neutral || shows
        ? '('
        : simple
          ? ''
          : '{';
    return { facts, start: 0, group, inside: undefined };
  });
  return { operator: '&&', lead: undefined, pieces, beforeLast: undefined };
}

/** `A; B` under `-e`: no script is tested, so that its own `set -e` works as on its own. */
function asSequence(scripts: readonly ScriptFacts[], shell: Shell): Join | undefined {
  const added = !shell.errexit;
  if (added && shell.trace) return undefined;
  const last = scripts.at(-1);
  const pieces = scripts.map((facts, index): Piece => {
    if (index === scripts.length - 1) return { facts, start: 0, group: '', inside: undefined };
    const lone = facts.indifferent && !facts.readsOptions;
    const bare =
      facts.neutral && !facts.showsEnvironment && facts.endsOnFailure && (!added || lone);
    const own = facts.prologue?.errexit || lone;
    const inside = bare || !added || own ? undefined : 'set +e';
    return { facts, start: 0, group: bare ? '' : '(', inside };
  });
  const keeps = last?.prologue?.errexit || (last?.indifferent && !last.readsOptions);
  return {
    operator: ';',
    lead: added ? 'set -e' : undefined,
    pieces,
    beforeLast: added && !keeps ? 'set +e' : undefined,
  };
}

/** Puts a script in a subshell when the shell would remember a program that is replaced later. */
function forgetPrograms(join: Join): Join {
  const { pieces } = join;
  const lastLookup = new Map<string, number>();
  for (const [index, { facts }] of pieces.entries()) {
    for (const name of lookedUpAnywhere(facts.tree)) lastLookup.set(name, index);
  }
  const lastReplacement = new Map<string, number>();
  const replacedBefore = (name: string, end: number): number => {
    const known = lastReplacement.get(name);
    if (known !== undefined) return known;
    const before = pieces.slice(0, end);
    const found = before.findLastIndex(({ facts }) => mayReplace(facts.tree, name));
    lastReplacement.set(name, found);
    return found;
  };
  const remembersStale = ({ facts, group }: Piece, index: number): boolean => {
    if (group === '(') return false;
    for (const name of lookedUpHere(facts.tree)) {
      const end = lastLookup.get(name) ?? index;
      if (end > index && replacedBefore(name, end) >= index) return true;
    }
    return false;
  };
  return {
    ...join,
    pieces: pieces.map((piece, index) =>
      remembersStale(piece, index) ? { ...piece, group: '(' as const } : piece,
    ),
  };
}

/** What Bash gives up in a line of a sequence must end the whole, as it ended the script. */
function keepDiscards(join: Join, lines: boolean): Join {
  if (!lines || join.operator !== ';') return join;
  const last = join.pieces.length - 1;
  return {
    ...join,
    pieces: join.pieces.map((piece, index) =>
      piece.facts.mayDiscard && index < last ? { ...piece, group: '(' as const } : piece,
    ),
  };
}

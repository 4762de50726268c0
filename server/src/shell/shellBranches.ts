/** Ways that a script may go: branches that fork, what they have in common, and jumps out of them. */

import { type Escape, fork, type Jump, type ShellScope, type Value } from './shellScope.ts';

/** Runs one of several branches, it is not known which, and joins what they leave behind. */
export function runEither(
  scope: ShellScope,
  branches: readonly ((branch: ShellScope) => boolean | undefined)[],
): boolean | undefined {
  const ended: { state: ShellScope; status: boolean | undefined }[] = [];
  const escapes: Escape[] = [];
  let last: Jump | null = null;
  for (const branch of branches) {
    const state = fork(scope);
    state.sure = false;
    state.escapes = [];
    const status = branch(state);
    escapes.push(...state.escapes);
    if (!state.jump) ended.push({ state, status });
    else {
      last = state.jump;
      // A build that goes on has not left with an error.
      const fails = last.kind === 'exit' && last.status !== true;
      if (!fails) escapes.push({ jump: last, state });
    }
  }
  const [first, ...others] = ended;
  if (!first) {
    scope.jump = escapes.length > 0 ? (escapes.pop()?.jump ?? last) : last;
    if (escapes.length > 0) scope.escapes = [...scope.escapes, ...escapes];
    return scope.jump?.status;
  }
  take(scope, first.state);
  for (const other of others) join(scope, other.state);
  scope.escapes = escapes.length > 0 ? [...scope.escapes, ...escapes] : scope.escapes;
  return ended.every(({ status }) => status === first.status) ? first.status : undefined;
}

/** Whether what comes next surely runs. */
export function isSure(scope: ShellScope): boolean {
  return scope.sure && scope.escapes.length === 0;
}

/** Ends the reach of jumps of this kind that may have been taken: they join what went on. */
export function land(scope: ShellScope, kind: Jump['kind']): void {
  if (scope.escapes.length === 0) return;
  const landed = scope.escapes.filter(({ jump }) => jump.kind === kind);
  if (landed.length === 0) return;
  const outwards = landed
    .filter(({ jump }) => jump.loops > 1)
    .map(({ jump, state }) => ({ jump: { ...jump, loops: jump.loops - 1 }, state }));
  scope.escapes = [...scope.escapes.filter(({ jump }) => jump.kind !== kind), ...outwards];
  for (const { jump, state } of landed) if (jump.loops <= 1) join(scope, state);
}

/** Takes over what a branch left behind. */
function take(scope: ShellScope, from: ShellScope): void {
  scope.own.clear();
  for (const [name, value] of from.own) scope.own.set(name, value);
  scope.exported = from.exported;
  scope.arrays = from.arrays;
  scope.functions = from.functions;
  scope.args = from.args;
  scope.cwd = from.cwd;
  scope.lastCwd = from.lastCwd;
  scope.folders = from.folders;
  scope.outputs = from.outputs;
  scope.atExit = from.atExit;
  scope.seen = null;
}

/** Keeps what two ways have in common; the rest is not known. */
function join(scope: ShellScope, other: ShellScope): void {
  for (const name of new Set([...scope.own.keys(), ...other.own.keys()])) {
    const [here, there] = [valueIn(scope, name), valueIn(other, name)];
    if (here !== there) scope.own.set(name, undefined);
  }
  if (scope.arrays !== other.arrays) {
    const arrays = new Map(scope.arrays);
    for (const name of [...scope.arrays.keys(), ...other.arrays.keys()]) {
      if (scope.arrays.get(name) !== other.arrays.get(name)) arrays.set(name, undefined);
    }
    scope.arrays = arrays;
  }
  if (scope.functions !== other.functions) {
    scope.functions = new Map([...other.functions, ...scope.functions]);
  }
  if (scope.exported !== other.exported) {
    scope.exported = new Set([...scope.exported, ...other.exported]);
  }
  if (scope.args !== other.args) scope.args = null;
  if (scope.cwd !== other.cwd) scope.cwd = null;
  if (scope.lastCwd !== other.lastCwd) scope.lastCwd = null;
  scope.seen = null;
}

function valueIn(scope: ShellScope, name: string): Value {
  return scope.own.has(name) ? scope.own.get(name) : scope.given.values.get(name);
}

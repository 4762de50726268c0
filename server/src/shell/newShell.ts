/** What a command that is wrapped finds: user, folder, variables; and what a new shell starts with. */

import { absolute } from './commandWords.ts';
import { environmentOf, homeOf, type ShellScope, type Value } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';
import type { Inner } from './wrappers.ts';

/** Changes user, folder and variables as a wrapper does; the assignments for a program come back. */
export function enter(
  inner: Inner,
  child: ShellScope,
  before: ReadonlyMap<string, Value> | null,
  wrapper: string,
): ReadonlyMap<string, Value> | null {
  const extra = new Map(before);
  if (inner.user !== null) {
    child.user = inner.user.includes(unknownPart) ? null : inner.user;
    extra.set('HOME', homeOf(child.user));
    if (inner.atHome) child.cwd = homeOf(child.user) ?? null;
  }
  if (inner.clears || (inner.user !== null && (wrapper === 'sudo' || inner.atHome))) clear(child);
  for (const name of inner.removed) extra.set(name, null);
  for (const [name, value] of inner.assigned) extra.set(name, value);
  if (inner.cwd) child.cwd = child.cwd === null ? null : absolute(inner.cwd, child.cwd);
  return extra.size > 0 ? extra : null;
}

/** An environment that starts anew: what is in it then is not known, the script's own is not. */
function clear(child: ShellScope): void {
  child.own.clear();
  const path = child.given.values.get('PATH');
  child.given = { values: new Map([['PATH', path]]) };
  child.seen = null;
}

/** What a new shell knows of the one that starts it: the exported variables. */
export function startShell(
  inner: Inner,
  child: ShellScope,
  extra: ReadonlyMap<string, Value> | null,
): void {
  if (extra || child.own.size > 0) child.given = { values: environmentOf(child, extra) };
  child.own.clear();
  child.exported = new Set();
  child.arrays = new Map();
  child.seen = null;
  child.language = inner.language;
  child.braces ||= inner.language === 'bash';
  child.program = inner.args[0];
  child.args = inner.args.slice(1);
}

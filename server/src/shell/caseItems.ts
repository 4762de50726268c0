/** `case`: the items that fit, and those that may. */

import type { Case } from 'unbash';
import { either } from './conditions.ts';
import { patternFits } from './patternFits.ts';
import type { Runner, Status } from './runner.ts';
import { runEither } from './shellBranches.ts';
import type { ShellScope } from './shellScope.ts';

/** Runs the item that fits the word; where that is open, each that may fit, as a branch. */
export function runCase(node: Case, scope: ShellScope, runner: Runner, decides: boolean): Status {
  return runItemsOf(node, runner.expand.text(node.word, scope), scope, runner, decides);
}

function runItemsOf(
  node: Case,
  subject: string,
  scope: ShellScope,
  runner: Runner,
  decides: boolean,
): Status {
  const branches: ((branch: ShellScope) => Status)[] = [];
  for (const [at, item] of node.items.entries()) {
    const fits = item.pattern
      .map((word) => patternFits(subject, word, scope, runner.expand))
      .reduce(either, false as Status);
    if (fits === false) continue;
    const run = (branch: ShellScope) => runItems(node, at, branch, runner, decides, subject);
    if (fits && branches.length === 0) return run(scope);
    branches.push(run);
    if (fits) return runEither(scope, branches);
  }
  if (branches.length === 0) return true;
  return runEither(scope, [...branches, () => true]);
}

/** The body of an item, and of those after it where it ends in `;&` or `;;&`. */
function runItems(
  node: Case,
  from: number,
  scope: ShellScope,
  runner: Runner,
  decides: boolean,
  subject: string,
): Status {
  let status: Status = true;
  for (let at = from; at < node.items.length && !scope.jump; at++) {
    const item = node.items[at];
    if (!item) break;
    status = runner.all(item.body.commands, scope, decides);
    if (item.terminator === ';;&') {
      const rest = { ...node, items: node.items.slice(at + 1) };
      return scope.jump ? status : runItemsOf(rest, subject, scope, runner, decides);
    }
    if (item.terminator !== ';&') break;
  }
  return status;
}

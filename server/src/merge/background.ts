/** Processes that a script starts and does not wait for. */

import type { Statement } from 'unbash';
import { literalName } from '../shell/shellState.ts';
import { visit } from '../shell/shellTree.ts';
import type { ScriptFacts } from './scriptFacts.ts';

/** A background job is dead when its RUN is over; it is equal only if the script waits for it. */
export function backgroundRefusal(facts: ScriptFacts): string | undefined {
  let jobs = 0;
  let disturbed = false;
  visit(facts.tree, (node) => {
    if (node.type === 'Statement' && node.background) jobs++;
    if (node.type === 'ProcessSubstitution' && node.operator === '>') disturbed = true;
    if (node.type === 'Command' && /^(kill|trap|disown)$/.test(literalName(node) ?? '')) {
      disturbed ||= jobs > 0;
    }
    return true;
  });
  if (jobs === 0 && !disturbed) return undefined;
  if (!disturbed) {
    let waited = 0;
    visit(facts.tree, (node) => {
      if (node.type === 'Script' || node.type === 'CompoundList') {
        waited += waitedFor(node.commands, jobs === 1, facts.mayExitOnError);
      }
      return true;
    });
    if (waited === jobs) return undefined;
  }
  return 'A process in the background ends with its RUN, and would go on in a merged one.';
}

/** How many background statements of a list are surely waited for further on in it. */
function waitedFor(list: readonly Statement[], only: boolean, mayExit: boolean): number {
  let open = 0;
  let waited = 0;
  for (const statement of list) {
    if (statement.background) open++;
    else if (open > 0 && isWait(statement, only)) {
      waited += open;
      open = 0;
    } else if (open > 0 && (mayExit || mayLeave(statement))) return waited;
  }
  return waited;
}

function isWait({ command }: Statement, only: boolean): boolean {
  const first = command.type === 'AndOr' ? command.commands[0] : command;
  if (first?.type !== 'Command' || first.name?.text !== 'wait') return false;
  const [word, more] = first.args;
  return word === undefined || (only && !more && /^"?\$!"?$/.test(word.text));
}

function mayLeave(statement: Statement): boolean {
  let leaves = false;
  visit(statement, (node) => {
    if (node.type === 'Command') {
      const name = literalName(node);
      leaves ||=
        name === undefined || /^(exit|exec|return|break|continue|eval|\.|source)$/.test(name);
    }
    return !leaves;
  });
  return leaves;
}

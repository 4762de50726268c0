/** The words of commands and the paths in them, as far as they are known. */

import type { Command, SyntaxNode, Word } from 'unbash';
import { absolutePath } from '../syntax/slashPaths.ts';
import { literalName } from './shellState.ts';
import { unknownPart, visit, wordText } from './shellTree.ts';

/** The words of a command, as far as they are known; what is not known is `unknownPart` in them. */
export function knownWords(command: Command, env: ReadonlyMap<string, string>): readonly string[] {
  const words: (Word | undefined)[] = [command.name];
  for (const arg of command.args) words.push(arg.type === 'Word' ? arg : undefined);
  return words.map((word) => (word ? wordText(word, env) : unknownPart));
}

/** Leaves out commands that only run another one with the same words. */
export function unwrapped(words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length) {
    const name = baseName(words[at] ?? '');
    if (
      !['sudo', 'env', 'nice', 'ionice', 'exec', 'command', 'time', 'timeout', 'stdbuf'].includes(
        name,
      )
    )
      break;
    at++;
    while (/^-|^\w+=|^\d+[smh]?$/.test(words[at] ?? '')) at++;
  }
  return at < words.length ? words.slice(at) : words;
}

/** The variables whose values the script does not change itself. */
export function knownVariables(
  tree: SyntaxNode,
  env: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Map(env);
  visit(tree, (node) => {
    if (node.type === 'Assignment') known.delete(node.name);
    if (node.type === 'For' || node.type === 'Select') known.delete(node.name.text);
    if (node.type === 'Command' && literalName(node) === 'read') {
      for (const word of node.args) known.delete(word.text);
    }
    return true;
  });
  return known;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Absolute and without `.` and `..`; what is unknown stays in it. */
export function absolute(path: string, cwd: string): string {
  return absolutePath(path.startsWith('/') ? path : `${cwd}/${path}`);
}

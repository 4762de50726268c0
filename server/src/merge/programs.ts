/**
 * A shell remembers where in PATH it found a program. A script that puts another one of the same
 * name into an earlier folder is then not seen by a later script in the same shell, as it would be
 * by a shell of its own; in a subshell the memory ends with it.
 */

import type { Command, SyntaxNode } from 'unbash';
import { otherBuiltins, stateBuiltins } from '../shell/builtins.ts';
import { knownWords } from '../shell/commandWords.ts';
import { literalName, runsElsewhere } from '../shell/shellState.ts';
import { visit } from '../shell/shellTree.ts';

/** Programs found in PATH by this very shell when it runs the script. */
export function lookedUpHere(tree: SyntaxNode): ReadonlySet<string> {
  return names(tree, false);
}

/** Programs looked up by the script, in subshells too: they know what the shell above remembers. */
export function lookedUpAnywhere(tree: SyntaxNode): ReadonlySet<string> {
  return names(tree, true);
}

function names(tree: SyntaxNode, below: boolean): ReadonlySet<string> {
  const found = new Set<string>();
  visit(tree, (node) => {
    if (!below && runsElsewhere(node)) return false;
    if (node.type === 'Command') {
      const name = literalName(node);
      if (name && !name.includes('/') && !stateBuiltins.has(name) && !otherBuiltins.has(name)) {
        found.add(name);
      }
    }
    return true;
  });
  return found;
}

/** Never put programs on PATH, whatever their words are. */
const harmless = new Set(
  `[ [[ : cat chmod chown echo env false find grep groupadd id ls mkdir printf pwd rmdir sed sleep
  test touch true useradd wc`.split(/\s+/),
);
/** Nothing replaces these in an earlier folder of PATH. */
const lasting = new Set(
  `apk apt apt-get apt-cache apt-key awk cat chgrp chmod chown cp curl cut date dd df dirname basename
  dnf dpkg du env expr find grep groupadd gunzip gzip head id install ln ls microdnf mkdir mktemp mv
  readlink rm rmdir rpm sed sleep sort stat tail tar tee touch tr uname useradd wc wget xargs yum
  zypper pacman`.split(/\s+/),
);

/** Whether the script may put a program called `name` where PATH finds it first, or take it away. */
export function mayReplace(tree: SyntaxNode, name: string): boolean {
  let replaces = false;
  visit(tree, (node) => {
    if (node.type === 'Command') replaces ||= commandMayReplace(node, name);
    return !replaces;
  });
  return replaces;
}

function commandMayReplace(command: Command, name: string): boolean {
  const [program = '', ...args] = knownWords(command, new Map());
  if (
    command.redirects.some(
      (redirect) => redirect.type === 'Redirect' && named(redirect.target?.text ?? '', name),
    )
  ) {
    return true;
  }
  if (harmless.has(program)) return false;
  if (args.some((arg) => named(arg, name))) return true;
  return !lasting.has(name) && runsInstaller(program, args);
}

/** A word names a program by itself, at the end of a path, or with a version. */
function named(word: string, name: string): boolean {
  return word.split(/[/@=<>~,:\s[\]]+/).includes(name);
}

/** Scripts and make targets that install what cannot be told from the line. */
function runsInstaller(program: string, args: readonly string[]): boolean {
  if (/^(ba|da|a)?sh$/.test(program)) return !args.some((arg) => /^-\w*c$/.test(arg));
  if (program === 'make' || program === 'ninja' || program === 'cmake') {
    return args.some((arg) => arg.includes('install'));
  }
  return /(^|\/)(install|setup|bootstrap)[\w.-]*$/.test(program);
}

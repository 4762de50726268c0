/** A command of a RUN with what it needs to be followed. */

import type { ResolvedRun, Step } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { absolute } from '../../../shell/commandWords.ts';
import { unknownPart } from '../../../shell/shellTree.ts';
import type { Draft } from '../draft.ts';
import type { Making } from '../making.ts';
import type { Content, Maker, Owner } from '../nodes.ts';
import { Unfollowed } from '../unfollowed.ts';

/** A RUN whose commands are followed. */
export interface Following {
  readonly making: Making;
  readonly draft: Draft;
  readonly step: Step;
  readonly run: ResolvedRun;
  readonly script: string;
  /** Variables that the text names, with their values. */
  readonly variables: readonly string[];
  /** Goes on after a command that fails. */
  readonly forgives: boolean;
  /** What stands for anything that this RUN makes. */
  readonly maker: () => Maker;
}

/** One command with what it needs to be followed. */
export interface Call extends Following {
  readonly command: ShellCommand;
  readonly name: string;
  readonly args: readonly string[];
  /** What it reads from a pipe or a heredoc; null: not known. */
  readonly input: Content | null;
}

/** A word with stars and the like that is not seen to be quoted: it may stand for names of files. */
export function mayBePattern({ script }: Call, word: string): boolean {
  if (!/[*?[]/.test(word)) return false;
  const quoted = [`'${word}'`, `"${word}"`];
  const rest = quoted.reduce((text, each) => text.replaceAll(each, ''), script);
  return rest.length === script.length || rest.includes(word);
}

/** The absolute path of an operand. Throws Unfollowed where it is not known. */
export function operandPath({ command: { cwd } }: Call, word: string): string {
  if (word.includes(unknownPart) || word === '') throw new Unfollowed();
  if (!word.startsWith('/') && cwd === null) throw new Unfollowed();
  const path = absolute(word, cwd ?? '/');
  if (/^\/(dev|proc|sys)(\/|$)/.test(path)) throw new Unfollowed();
  return path;
}

/** The owner of what the command makes. */
export function makerOwner({ making, command, draft }: Call): Owner {
  if (command.user === null) throw new Unfollowed();
  return making.ownerOf(command.user, draft.root);
}

/**
 * What a RUN executes, as a flat list of simple commands in the order in which they run.
 * `readRun.ts` makes it from the shell's syntax tree; whoever estimates what a RUN writes reads it.
 */

/** A value that only the running shell knows stands in a word as `unknownPart` (`shellTree.ts`). */
export interface ShellCommand {
  /** Expanded words: the program as written first; one word per operand after word splitting. */
  readonly words: readonly string[];
  /** Absolute folder that relative paths start from; null: not known. */
  readonly cwd: string | null;
  /** Variables that the program sees, as far as they are known; a name mapped to undefined is not. */
  readonly env: ReadonlyMap<string, string | undefined>;
  /** User that runs it: the instruction's, or the one that `su`, `sudo -u`, `gosu` … names; null: not known. */
  readonly user: string | null;
  /**
   * `always`: in every build that succeeds, if each command before it does what it is there for;
   * `maybe`: behind a condition that the text does not decide, or in a loop of unknown length.
   */
  readonly runs: 'always' | 'maybe';
  /** Files that it writes to through the shell. */
  readonly outputs: readonly Redirect[];
  /** Text on its standard input (heredoc, here-string, `echo … |`), where it is known. */
  readonly input: string | null;
  /** The command whose output it reads through a pipe, as index of the list; null: none. */
  readonly pipedFrom: number | null;
  /** Its own output goes through a pipe or into a substitution, so nothing of it reaches a file. */
  readonly piped: boolean;
}

export interface Redirect {
  /** Absolute path; null: not known. */
  readonly path: string | null;
  readonly append: boolean;
  /** `1`, `2`, or `&` for both. */
  readonly from: '1' | '2' | '&';
}

export interface RunReading {
  readonly commands: readonly ShellCommand[];
  /**
   * Why a part of it, or all of it, is not in `commands`: a full sentence; null: all is there.
   * Whoever counts must then add something unknown.
   */
  readonly unread: string | null;
}

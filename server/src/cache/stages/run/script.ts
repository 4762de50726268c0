/** What a RUN executes, apart from where: read once for all RUNs that execute the same. */

import type { Platform, ResolvedRun } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { readRun } from '../../../shell/readRun.ts';
import type { Maker } from '../nodes.ts';
import { isKnownCommand } from './commands.ts';
import { touchesOf } from './touches.ts';

export interface Script {
  /** The script itself, without its shell. */
  readonly script: string;
  /** All words, and the program of a heredoc. */
  readonly text: string;
  /** In their order; null: not all of them can be followed. */
  readonly commands: readonly ShellCommand[] | null;
  /** Variables that the text names, with their values: others may count too, but mostly do not. */
  readonly variables: readonly string[];
  /** Surely prints something else each time, and the script keeps what it prints. */
  readonly isUnstable: boolean;
  readonly touches: Pick<Maker, 'touches' | 'spares'>;
}

/** Reads a RUN. */
export function scriptOf(run: ResolvedRun, platform: Platform): Script {
  const { commands, unread } = readRun(run, platform);
  const script = run.program ?? run.script ?? run.argv.join(' ');
  const text = [...run.argv, run.program ?? ''].join('\n');
  const isFollowed =
    unread === null &&
    !isUncertain(script) &&
    commands.every((command) => command.runs === 'always' && isKnownCommand(command));
  return {
    script,
    text,
    commands: isFollowed ? commands : null,
    variables: usedVariables(run, text),
    isUnstable: changesItself(text),
    touches: touchesOf(run, text),
  };
}

/** What a script may change about itself so that its commands do something else. */
function isUncertain(script: string): boolean {
  return (
    script.length > 20_000 ||
    /\b(umask|alias|noclobber|trap|eval|shopt|coproc|chroot|unshare)\b|\bset\s+-\w*[Cf]/.test(
      script,
    ) ||
    /(^|[;&|({\n]|\b(then|do|else))\s*(\.|source)\s/.test(script) ||
    // What `echo` makes of backslashes differs between shells.
    (/`|\$\(/.test(script) && /\\[^\n]/.test(script)) ||
    // In the background, through process substitutions, and descriptors that are moved.
    /(^|[^&>|\\<])&([^&>\d-]|$)|[<>]\(|\d>&-|<&/m.test(script)
  );
}

function changesItself(text: string): boolean {
  return /\$\{?(RANDOM|SRANDOM|EPOCHSECONDS|EPOCHREALTIME)\b|\bdate\b(?!\s+(-d|--date|-r))[^\n;&]*(>|\)|\|)|\/dev\/u?random\b|\/proc\/(uptime|sys\/kernel\/random\/uuid)\b|\bopenssl\s+rand\b|\buuidgen\b/.test(
    text,
  );
}

function usedVariables(run: ResolvedRun, text: string): readonly string[] {
  // The list of variables is made when it is read.
  if (!text.includes('$')) return [];
  const { env, proxyEnv } = run;
  const named = new Set(text.match(/[A-Za-z_]\w*/g));
  return [...env, ...proxyEnv].filter((entry) => {
    const name = entry.slice(0, entry.indexOf('='));
    return named.has(name) && new RegExp(`\\$\\{?[#!]?${name}\\b`).test(text);
  });
}

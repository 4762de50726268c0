/** What a RUN executes, apart from where: read once for all RUNs that execute the same. */

import type { Platform, ResolvedRun } from '../../../model/plan.ts';
import type { ShellCommand } from '../../../shell/commands.ts';
import { baseName } from '../../../shell/commandWords.ts';
import { readRun } from '../../../shell/readRun.ts';
import type { Maker } from '../nodes.ts';
import { isKnownCommand } from './commands.ts';
import { isReachKnown } from './reach.ts';
import { isSteered, shellScript, steeringNames } from './steered.ts';
import { runsTameTools } from './tame.ts';
import { touchesOf } from './touches.ts';

export interface Script {
  /** The script itself, without its shell. */
  readonly script: string;
  /** All words, and the program of a heredoc. */
  readonly text: string;
  /** In their order; null: not all of them can be followed. */
  readonly commands: readonly ShellCommand[] | null;
  /** In their order, some perhaps not run; null: not all of them tell by their words what they touch. */
  readonly confined: readonly ShellCommand[] | null;
  /** Variables that the text names, with their values: others may count too, but mostly do not. */
  readonly variables: readonly string[];
  /** Starts nothing but tools that neither link folders nor replace programs. */
  readonly tools: boolean;
  readonly touches: Pick<Maker, 'touches' | 'spares'>;
}

/** Reads a RUN. */
export function scriptOf(run: ResolvedRun, platform: Platform): Script {
  const { commands, unread } = readRun(run, platform);
  const script = run.program ?? shellScript(run) ?? run.argv.join(' ');
  const text = [...run.argv, run.program ?? ''].join('\n');
  const isRead = unread === null && script.length <= longest && !isSteered(run, script);
  const isFollowed =
    isRead &&
    !isUncertain(script) &&
    commands.every((command) => command.runs === 'always' && isKnownCommand(command));
  return {
    script,
    text,
    commands: isFollowed ? commands : null,
    confined: isRead && commands.every(isReachTold) ? commands : null,
    variables: usedVariables(run, text),
    tools: runsTameTools(run, text),
    touches: touchesOf(run, text),
  };
}

/** Longer scripts are not followed. */
const longest = 20_000;

const isReachTold = ({ words: [word = ''] }: ShellCommand) => isReachKnown(baseName(word));

/** What a script may change about itself so that its commands do something else. */
function isUncertain(script: string): boolean {
  return (
    /\b(umask|alias|noclobber|trap|eval|shopt|coproc|chroot|unshare)\b|\bset\s+-\w*[Cf]/.test(
      script,
    ) ||
    /(^|[;&|({\n]|\b(then|do|else))\s*(\.|source)\s/.test(script) ||
    // What `echo` makes of backslashes differs between shells.
    (/`|\$\(/.test(script) && /\\[^\n]/.test(script)) ||
    // Without words they print what is set.
    /(^|[;&|({\n]|\b(do|then|else))\s*(export|set|declare|typeset|readonly|local|umask|ulimit)(\s+-p)?\s*($|[;&|)}>\n])/.test(
      script,
    ) ||
    // Quotes that only some shells know, and descriptors that change between redirections.
    /\$['"]|[12]?>&[12][^;&|\n]*>\s*[^&\s]/.test(script) ||
    // In the background, through process substitutions, and descriptors that are moved.
    /(^|[^&>|\\<])&([^&>\d-]|$)|[<>]\(|\d>&-|<&/m.test(script)
  );
}

function usedVariables(run: ResolvedRun, text: string): readonly string[] {
  const { variables, proxyEnv } = run;
  if (/\b(env|printenv|export|set|declare|typeset|readonly|local|environ)\b/.test(text))
    return [...run.env, ...proxyEnv];
  const isUsed = (name: string) => new RegExp(`\\$\\{?[#!]?${name}\\b`).test(text);
  const named = new Set([...(text.match(/[A-Za-z_]\w*/g) ?? []), ...steeringNames(variables)]);
  const steering = new Set(steeringNames(variables));
  const used = [...named].sort().flatMap((name) => {
    const value = variables.get(name);
    if (value === undefined || !(steering.has(name) || isUsed(name))) return [];
    return `${name}=${value}`;
  });
  const proxies = proxyEnv.filter((entry) => isUsed(entry.slice(0, entry.indexOf('='))));
  return [...used, ...proxies];
}

/**
 * What a RUN executes: its shell's script, or its words in exec form, flattened into simple
 * commands in the order in which they run.
 */

import type { Platform, ResolvedRun } from '../model/plan.ts';
import type { RunReading } from './commands.ts';
import { baseName } from './commandWords.ts';
import { notRedirected } from './redirects.ts';
import type { Reading, ShellScope, Value } from './shellScope.ts';
import { runWords } from './simpleCommand.ts';
import { runner } from './walk.ts';

const remembered = new WeakMap<ResolvedRun, Kept>();

interface Kept {
  readonly platform: Platform;
  readonly reading: RunReading;
}

/**
 * The commands of a RUN with their words, as far as the text, its variables and the platform tell.
 * A command that the text cannot decide about is marked `maybe`; what cannot be read is named in
 * `unread`. Never throws; the work is limited, so a script that runs very long is cut and says so.
 */
export function readRun(run: ResolvedRun, platform: Platform): RunReading {
  const known = remembered.get(run);
  if (known && known.platform === platform) return known.reading;
  const reading = followSafely(run, platform);
  remembered.set(run, { platform, reading });
  return reading;
}

/** The stack ends before the limits do in a script that is nested by thousands. */
function followSafely(run: ResolvedRun, platform: Platform): RunReading {
  try {
    return follow(run, platform);
  } catch {
    return unreadable('The script is nested too deeply to be followed.');
  }
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

function follow(run: ResolvedRun, platform: Platform): RunReading {
  if (platform.os === 'windows')
    return unreadable('The script runs on Windows; its commands are not known here.');
  const [program = ''] = run.argv;
  if (run.argv.length === 0) return { commands: [], unread: null };
  const shell = baseName(program);
  const other = run.shell && (windowsShell.exec(shell) ?? windowsShell.exec(run.script ?? ''));
  if (other) {
    return unreadable(
      `The script is for ${JSON.stringify(other[1])}, whose commands are not read here.`,
    );
  }
  const words = run.program ? programWords(run.program) : run.argv;
  if (!words) {
    const [first = ''] = run.program?.split('\n') ?? [];
    return unreadable(
      `The heredoc is a program for ${JSON.stringify(first.slice(2).trim())}, which is not read here.`,
    );
  }
  const reading: Reading = { platform, commands: [], unread: null, steps: 0, made: 0 };
  const scope = startScope(run, reading, words.at(-1) ?? '');
  runWords(words, scope, runner, {
    extra: null,
    redirected: notRedirected,
    decides: true,
    functions: false,
  });
  if (run.shell && reading.commands.length === 1 && reading.commands[0]?.words === words) {
    const isKnown = /^(sh|dash|ash|bash|zsh|ksh)$/.test(shell);
    return unreadable(
      isKnown
        ? 'The shell is not started with -c, so it takes the script for the name of a file.'
        : `The shell ${JSON.stringify(program)} is not one whose scripts are read here.`,
    );
  }
  return { commands: reading.commands, unread: reading.unread };
}

const windowsShell = /^\s*((?:powershell|pwsh|cmd)(?:\.exe)?)(?=\s|$)/i;

function unreadable(unread: string): RunReading {
  return { commands: [], unread };
}

/** How a heredoc that starts with `#!` is run, if it is one for a shell: as `sh -e -c text`. */
function programWords(text: string): readonly string[] | null {
  const [first = ''] = text.split('\n');
  const parts = first
    .slice(2)
    .trim()
    .split(/[ \t]+/);
  const [program = '', ...options] =
    baseName(parts[0] ?? '') === 'env' ? parts.slice(parts[1] === '-S' ? 2 : 1) : parts;
  if (!/^(sh|dash|ash|bash|zsh|ksh)$/.test(baseName(program))) return null;
  return [program, ...options, '-c', text];
}

function startScope(run: ResolvedRun, reading: Reading, text: string): ShellScope {
  let values: ReadonlyMap<string, Value> | null = null;
  return {
    reading,
    language: 'sh',
    // Where packages are RPMs, `sh` is Bash.
    braces: /\b(yum|dnf|microdnf|zypper|tdnf|rpm)\b/.test(text),
    given: {
      get values() {
        values ??= variablesOf(run);
        return values;
      },
    },
    own: new Map(),
    exported: new Set(),
    arrays: new Map(),
    functions: new Map(),
    args: [],
    // The name that the shell was started by: a path, or that of a file that the builder makes.
    program: undefined,
    cwd: run.cwd,
    lastCwd: null,
    folders: [],
    user: run.user,
    sure: true,
    input: null,
    printed: null,
    outputs: [],
    status: true,
    jump: null,
    escapes: [],
    atExit: null,
    nesting: 0,
    locals: null,
    seen: null,
  };
}

interface Variables {
  readonly env: readonly string[];
  readonly unset: readonly string[];
  readonly values: ReadonlyMap<string, Value>;
}

/** The variables of RUNs in a row, which mostly share them. */
let latest: Variables | null = null;

function variablesOf({ env, proxyEnv, unset = [] }: ResolvedRun): ReadonlyMap<string, Value> {
  if (latest?.env === env && proxyEnv.length === 0 && areEqual(latest.unset, unset)) {
    return latest.values;
  }
  const values = pairs([...env, ...proxyEnv]);
  for (const name of unset) if (!values.has(name)) values.set(name, null);
  if (proxyEnv.length === 0) latest = { env, unset, values };
  return values;
}

function pairs(env: readonly string[]): Map<string, Value> {
  return new Map(
    env.map((entry): [string, Value] => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

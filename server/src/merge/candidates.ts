/**
 * One RUN as merging needs it: its shell, what its script does to that shell, and its surroundings.
 * What cannot be merged with anything, whatever stands next to it, is refused here.
 */

import type { Step } from '../model/plan.ts';
import { type Refusal, refuse } from '../shell/refusal.ts';
import { readShell, type Shell } from '../shell/shellPrefix.ts';
import { longestScript } from '../shell/shellTree.ts';
import { readFacts } from './joinScripts.ts';
import type { RunPlace } from './lifetime.ts';
import { type RunText, readRunText } from './runText.ts';
import type { ScriptFacts } from './scriptFacts.ts';

/** One RUN, read as far as merging needs it. */
export interface Candidate {
  readonly text: RunText;
  readonly shell: Shell;
  readonly facts: ScriptFacts;
  readonly place: RunPlace;
  /** Equal for RUN lines that run in the same surroundings. */
  readonly surroundings: string;
}

export type Reading = { readonly ok: true; readonly candidate: Candidate } | Refusal;

/** Why a script, or several together, are refused for their length. */
export const tooLong =
  'The merged script would be longer than the 128 KiB that Linux passes to a shell.';

const readings = new WeakMap<Step, Reading>();

/** Reads the RUN of a step, once for each step; `ok: false` with a sentence where it can never be merged. */
export function readCandidate(step: Step): Reading {
  const known = readings.get(step);
  if (known) return known;
  const reading = makeCandidate(step);
  readings.set(step, reading);
  return reading;
}

function makeCandidate(step: Step): Reading {
  const { command, run, instruction } = step;
  if (command.kind !== 'run' || !run || step.fromTrigger) {
    return refuse('Only RUN lines of the file itself can be merged.');
  }
  if (!run.shell || run.script === null) {
    return refuse(
      'RUN in exec form starts its program without a shell, so that nothing can be joined to it.',
    );
  }
  const text = readRunText(instruction);
  if (text?.script === undefined) {
    return refuse('A heredoc that begins with #! is run as a program of its own.');
  }
  if (text.script !== run.script) return refuse('The script of the RUN line is not fully known.');
  if (text.script.length > longestScript) return refuse(tooLong);
  const reading = readShell(run.argv.slice(0, -1));
  if (!reading.ok) return reading;
  const { shell } = reading;
  const env = new Map(run.env.map((entry) => split(entry)));
  if (shell.language === 'bash' && env.has('BASH_ENV')) {
    return refuse(
      'Bash reads the file in BASH_ENV before each RUN, and an earlier RUN may change it.',
    );
  }
  for (const mount of run.mounts) {
    if (mount.type === 'tmpfs') {
      return refuse('A tmpfs mount is empty for each RUN, and would not be in a merged one.');
    }
    if (mount.type === 'bind' && !mount.readonly) {
      return refuse(
        'What a RUN writes to a bind mount is gone with it, and would be seen in a merged one.',
      );
    }
  }
  if (run.mounts.length !== command.mounts.length) {
    return refuse('The mounts of the RUN line are not fully known.');
  }
  const facts = readFacts(text.script, shell);
  if (!facts.ok) return facts;
  const surroundings = JSON.stringify([
    run.argv.slice(0, -1),
    run.mounts,
    run.network,
    run.security,
    command.devices,
    run.cwd,
    run.user,
  ]);
  const place = { env, cwd: run.cwd, user: run.user };
  return { ok: true, candidate: { text, shell, facts: facts.facts, place, surroundings } };
}

function split(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

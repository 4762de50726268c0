/** The instructions that make a layer: RUN, COPY, ADD, and WORKDIR unless it is the root. */

import type { Command, WorkdirCommand } from '../syntax/commands.ts';
import { applyCopy } from './copies.ts';
import { metadata, type Outcome } from './outcome.ts';
import { isAbsolute, resolveWorkdir } from './paths.ts';
import { certainError, expansionOf, type Running, slashed } from './running.ts';
import { applyRun } from './runs.ts';

/** Applies the instruction to `running`. */
export function applyLayer(running: Running, command: Command): Outcome {
  switch (command.kind) {
    case 'run':
      return applyRun(running, command);
    case 'copy':
    case 'add':
      return applyCopy(running, command);
    case 'workdir':
      return applyWorkdir(running, command);
    default:
      return metadata(null, true, null);
  }
}

/** WORKDIR makes a layer even when the directory exists, but none when it is `/` (BuildKit `dispatchWorkdir`). */
function applyWorkdir(running: Running, command: WorkdirCommand): Outcome {
  const { os } = running.platform;
  const expansion = expansionOf(running);
  const path = expansion.word(command.path).value;
  const workingDir = resolveWorkdir(running.config.workingDir, path, os);
  const workdir = slashed(workingDir);
  running.config = { ...running.config, workingDir };
  running.workdir = workdir;
  running.workdirKnown = expansion.exact && (running.workdirKnown || isAbsolute(path, os));
  return {
    effect: workdir === '/' ? 'metadata' : 'layer',
    text: `WORKDIR ${workdir}`,
    exact: running.workdirKnown,
    error: certainError(expansion, null),
    unlocated: false,
    copy: null,
    run: null,
    workdir,
  };
}

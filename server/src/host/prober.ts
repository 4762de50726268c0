/** Asks `docker buildx` what it has: a build that is stopped at the first step that is not cached. */

import { homedir } from 'node:os';
import process from 'node:process';
import type { BuildOrder } from '../builder/builder.ts';
import { isLost, lostSentence } from '../builder/failure.ts';
import { isMiss } from '../builder/probed.ts';
import type { ProbeEnd, Prober, ProbeSession } from '../builder/prober.ts';
import { createProgressReader } from '../builder/progress.ts';
import { buildArguments, unknownVariables } from './buildx.ts';
import { type BuildxFolder, buildxSettings, makeBuildxFolder } from './buildxFolder.ts';
import { type RunResult, run } from './processes.ts';

/** How long a question may take; most of it can only be the transfer of a large context. */
const askMs = 120_000;
/** A client that was asked to stop tells the builder so, and goes. */
const graceMs = 2000;
const tidyMs = 10_000;

/** `docker` as it is found in PATH; another program for tests. */
export function createProber(program = 'docker', limitMs = askMs): Prober {
  return {
    start(): ProbeSession {
      let folder: Promise<BuildxFolder | null> | null = null;
      return {
        async ask(order, signal) {
          folder ??= makeBuildxFolder(buildxSettings(process.env, homedir())).catch(() => null);
          const own = await folder;
          if (!own) return failed('There is no place for temporary files on this machine.');
          return ask({ program, limitMs, order, signal, config: own.path });
        },
        async end() {
          const own = await folder;
          folder = null;
          if (!own) return;
          await forget(program, own).catch(() => {});
          await own.remove();
        },
      };
    },
  };
}

interface Question {
  readonly program: string;
  readonly limitMs: number;
  readonly order: BuildOrder;
  readonly signal: AbortSignal;
  readonly config: string;
}

async function ask(question: Question): Promise<ProbeEnd> {
  const { program, limitMs, order, signal, config } = question;
  const stop = new AbortController();
  let isStopping = false;
  const reader = createProgressReader({
    onVertex(vertex) {
      if (isStopping || !isMiss(vertex)) return;
      isStopping = true;
      stop.abort();
    },
  });
  const result = await run(program, probeArguments(order), {
    cwd: order.context,
    env: { ...environment, BUILDX_CONFIG: config },
    signal: AbortSignal.any([signal, stop.signal]),
    timeoutMs: limitMs,
    graceMs,
    onStdout: () => {},
    onStderr: (piece) => reader.write(piece),
  });
  reader.end();
  const { vertices, text } = reader;
  if (signal.aborted) return { ended: 'cancelled', message: 'The probe was cancelled.', vertices };
  if (result.ended === 'timedOut') {
    const message = `The builder did not answer within ${Math.round(limitMs / 1000)} seconds, so it was not asked further.`;
    return { ended: 'timedOut', message, vertices };
  }
  // It may come to its end just before it would be stopped.
  const isWhole = result.code === 0 && ![...vertices.values()].some(isMiss);
  if (isStopping && !isWhole) return { ended: 'stopped', message: '', vertices };
  if ((isStopping || result.ended === 'exited') && result.code === 0) {
    // No builder is silent, so what it said could not be read, which is no yes.
    return vertices.size > 0
      ? { ended: 'complete', message: '', vertices }
      : { ...failed('The builder said nothing that can be read.'), vertices };
  }
  return { ...failed(messageOf(result, text)), vertices };
}

/** What the client prints last is why it gave up. */
function messageOf({ message }: RunResult, text: readonly string[]): string {
  if (message) return message;
  const error = text.findLast((line) => line.startsWith('ERROR: ')) ?? text.at(-1) ?? '';
  const said = error.replace(/^ERROR: (?:failed to build: |failed to solve: )*/, '');
  if (isLost(said)) return lostSentence(said);
  return said || 'The builder gave no answer.';
}

/**
 * No provenance is asked for: the client would look into the history for it, and a record that
 * someone looked at ends a builder before BuildKit 0.29 when it is removed (`buildsSince` in `buildxFolder.ts`).
 */
const environment = {
  BUILDX_METADATA_PROVENANCE: 'disabled',
  BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  ...unknownVariables,
};

/** Arguments of a build that decide on what is cached; with a value, or without one. */
const withValue = new Set(
  'add-host allow build-arg build-context builder cache-from cgroup-parent network no-cache-filter secret shm-size ssh ulimit'.split(
    ' ',
  ),
);
const withoutValue = new Set(['no-cache']);

/** The arguments behind `docker`: the build, with no other output than the builder's cache. */
export function probeArguments(order: BuildOrder): readonly string[] {
  const more: string[] = [];
  for (let at = 0; at < order.more.length; at += 1) {
    const word = order.more[at] ?? '';
    const [, name = '', value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
    if (withoutValue.has(name)) more.push(word);
    else if (withValue.has(name) && value !== undefined) more.push(word);
    else if (withValue.has(name)) {
      at += 1;
      more.push(word, order.more[at] ?? '');
    }
  }
  const only = { ...order, more: [...more, '--output', 'type=cacheonly'] };
  return buildArguments(only, { loads: true });
}

/**
 * Removes the records of our builds. A record may be written just after the client has gone, so it is
 * gone for good only when the builder says that there is none. A client without a history has nothing
 * to remove them with. They are never looked at, see `environment`.
 */
async function forget(program: string, folder: BuildxFolder): Promise<void> {
  const builders = new Map<string, string[]>();
  for (const { builder, ref } of await folder.names()) {
    builders.set(builder, [...(builders.get(builder) ?? []), ref]);
  }
  for (const [builder, refs] of builders) {
    for (const waitMs of [0, 100, 300]) {
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const args = ['buildx', 'history', 'rm', '--builder', builder, ...refs];
      const options = { cwd: folder.path, timeoutMs: tidyMs };
      const { code, ended } = await run(program, args, options);
      if (ended !== 'exited' || (code !== 0 && waitMs > 0)) break;
    }
  }
}

function failed(message: string): ProbeEnd {
  return { ended: 'failed', message, vertices: new Map() };
}

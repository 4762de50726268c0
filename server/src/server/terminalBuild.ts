/**
 * Builds that were made in a terminal: a command that ended well, of which every word is understood,
 * left the builder with what its files say, as far as they are older than its beginning.
 */

import { resolvePath } from '../analysis/hostPaths.ts';
import { analyze } from '../analysis.ts';
import { readBuildCommand } from '../builder/commandLine.ts';
import type { StepOutcome } from '../cache/buildRecord.ts';
import { cleanSteps } from '../cache/olderThan.ts';
import type { Step } from '../model/plan.ts';
import {
  type TerminalBuildParams,
  type TerminalBuildResult,
  terminalBuildRequest,
} from '../protocol.ts';
import { shutDown } from './asking.ts';
import { hasHiddenFlag, isSaved } from './buildOrder.ts';
import { imagesOf } from './buildRecording.ts';
import { type Finished, type StepBytes, sizesAfter } from './buildSizes.ts';
import { rememberOlder } from './olderBuild.ts';
import { isTextOlder, olderFolders } from './olderFiles.ts';
import { unlikeSentence } from './pulledImages.ts';
import type { Open, ServerState } from './serverState.ts';
import {
  outcomeByAge,
  outcomeByRecord,
  type TerminalImage,
  terminalImage,
} from './terminalImage.ts';

/** The build has ended, and nobody waits for this. */
const engineMs = 60_000;

/** Answers what the client says of commands that ended in its terminals. */
export function handleTerminalBuilds(state: ServerState): void {
  const { connection } = state;
  connection.onRequest(terminalBuildRequest, async (params) => {
    if (state.ended) return shutDown();
    try {
      const result = await takeOver(params, state);
      if (!result.recorded && hasHiddenFlag(params.command))
        state.unlikeBuilds.push({ from: params.startedAt, to: Date.now() });
      connection.console.log(`Build in a terminal: ${result.message}`);
      return result;
    } catch (error) {
      connection.console.error(`dockerfileLayers/terminalBuild: ${error}`);
      const reason = error instanceof Error ? error.message : String(error);
      return not(`The build is not remembered: ${reason}`);
    }
  });
}

async function takeOver(
  { command, folder, exitCode, startedAt, asked }: TerminalBuildParams,
  state: ServerState,
): Promise<TerminalBuildResult> {
  const { ports } = state;
  if (!state.client.trusted)
    return not('Builds are not remembered in Restricted Mode. Trust the workspace for that.');
  const { builder, records, digests, buildsSince } = ports;
  if (!builder || !records || !digests || !buildsSince) {
    return not('This language server does not remember builds of terminals.');
  }
  const reading = readBuildCommand(command);
  if (reading.kind === 'other') return not('The last command is no build of an image.');
  if (reading.kind === 'unclear') return not(`The build is not remembered. ${reading.reason}`);
  if (exitCode !== 0) return not('The build is not remembered, as it did not end well.');
  if (folder === null)
    return not('The build is not remembered, as the terminal did not say in which folder it ran.');
  const { build } = reading;
  const from = (build.folders ?? []).reduce(resolvePath, folder);
  const context = resolvePath(from, build.context);
  const dockerfile = resolvePath(...placeOf(from, context, build.dockerfile));
  const open = await openAt(dockerfile, state);
  if (!open)
    return not(
      'The build is not remembered, as its Dockerfile is not open. Open it, and use Remember the Last Build in a Terminal.',
    );
  if (!open.settings.noticeBuilds && !asked) {
    return not(
      'The build is not remembered, as the setting dockerfileLayers.builds.notice is off.',
    );
  }
  if (!(await isSaved(open, ports.files))) {
    return not('The build is not remembered, as the Dockerfile was changed since.');
  }
  const noted = (await buildsSince(startedAt)).filter(
    (one) =>
      one.context === context &&
      resolvePath(context, one.dockerfile ?? 'Dockerfile') === dockerfile,
  );
  const [note] = noted;
  if (!note) return not('The build is not remembered, as BuildKit was not seen to make it.');

  const order = { ...build, context, dockerfile };
  const found = await builder.find(order, AbortSignal.timeout(30_000));
  if ('missing' in found) return not(found.missing);
  if (noted.some((one) => one.builder !== found.facts.name)) {
    return not(`The build is not remembered, as it was made by the builder ${note.builder}.`);
  }
  const { target, platform, buildArgs, more: buildArguments } = build;
  const own = { target, platform, buildArgs, buildArguments, contextPath: context };
  const settings = { ...open.settings, ...own };
  const subject = { ...open.subject, settings };
  const analysis = await analyze(subject, ports, { keys: true });
  if (analysis.context.path !== context) return not(analysis.context.reason);
  if (!(await isTextOlder(dockerfile, context, startedAt, ports.files))) {
    return not('The build is not remembered, as the Dockerfile or its ignore file changed since.');
  }

  const keyed = analysis.keyedFor(found.facts.mergesLayers, imagesOf(found));
  const [unlike] = build.pulls ? Object.keys(keyed.identities) : [];
  if (unlike !== undefined) return not(unlikeSentence(unlike));
  const isOlder = await olderFolders(keyed, context, startedAt, ports.files);
  const steps = cleanSteps(keyed, startedAt, isOlder);
  const told = await imageAndSizes(
    { before: { ...open, analysis }, order, found, startedAt, tags: build.tags ?? [] },
    state,
  );
  const outcomeOf = (step: Step): StepOutcome => {
    const size = told.sizes.get(step);
    const byAge = told.image ? outcomeByAge(step, told.image, startedAt) : 'assumed';
    const outcome = byAge === 'assumed' ? outcomeByRecord(size?.madeAt, startedAt) : byAge;
    return {
      ...{ outcome, ms: null, bytes: size?.bytes ?? null },
      ...(size?.links && { links: true }),
    };
  };
  const count = await rememberOlder(
    {
      ...{ subject, analysis, keyed, source: 'terminal', builder: found.facts, context, startedAt },
      ...(told.image && { image: told.image.image.id }),
      clean: new Map(steps.map((step) => [step, outcomeOf(step)])),
    },
    state,
  );
  if (count === 0) {
    return not('The build is not remembered, as all that it took was changed since it began.');
  }
  const all = keyed.steps.filter(({ key }) => key !== null).length;
  const left = all - count;
  const but = left === 0 ? '' : ` Of ${all} steps ${left} are left out, as files changed since.`;
  return { recorded: true, message: `The build is remembered.${but}` };
}

interface TerminalBuild extends Pick<Finished, 'before' | 'order' | 'found' | 'startedAt'> {
  readonly tags: readonly string[];
}

/** What the engine says of the build, as far as it is the builder's and may be asked. */
async function imageAndSizes(
  { tags, ...build }: TerminalBuild,
  state: ServerState,
): Promise<{
  readonly image: TerminalImage | null;
  readonly sizes: ReadonlyMap<Step, StepBytes>;
}> {
  const { engine } = state.ports;
  const { before, found, startedAt } = build;
  const { enable, endpoint } = before.settings.engine;
  if (!engine || enable === 'off' || !found.loads) return { image: null, sizes: new Map() };
  const { plan } = before.analysis;
  const facts = { plan, tags, startedAt };
  const signal = AbortSignal.timeout(engineMs);
  const image = await terminalImage(engine, { endpoint }, facts, signal).catch(() => null);
  const results = new Map(
    before.analysis.keyed.steps.flatMap(({ step }) => {
      const outcome = image ? outcomeByAge(step, image, startedAt) : 'assumed';
      return outcome === 'assumed' ? [] : [[step, { outcome, ms: null, error: null }] as const];
    }),
  );
  const sizes = await sizesAfter(
    { ...build, results, image: image?.image.id ?? null, layers: [] },
    state,
    signal,
  );
  return { image, sizes };
}

/** The Dockerfile of the context, or one that is named from the folder of the terminal. */
function placeOf(folder: string, context: string, dockerfile: string | null): [string, string] {
  return dockerfile === null ? [context, 'Dockerfile'] : [folder, dockerfile];
}

async function openAt(path: string, state: ServerState): Promise<Open | null> {
  for (const uri of state.openUris) {
    if (state.ports.pathOf(uri) === path) return state.analysisOf(uri).catch(() => null);
  }
  return null;
}

function not(message: string): TerminalBuildResult {
  return { recorded: false, message };
}

/**
 * The recorded two-build experiments, made again on this engine: what they expect of each step is
 * what it does. They are the truth that predictions without an engine are tested against.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type CacheCase, type Experiment, layOut } from '../support/cacheCases.ts';
import { cases } from '../support/conformance.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk } from './engine.ts';
import { buildSteps } from './stepOutcomes.ts';

interface EngineCase extends CacheCase {
  readonly before: EngineExperiment;
  readonly after: EngineExperiment;
}

interface EngineExperiment extends Experiment {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly opts?: Readonly<Record<string, string>>;
}

/** Where this engine does otherwise, and why. */
const exceptions: Readonly<Record<string, string>> = {
  '--link: earlier layer changed':
    'The classic image store merges no layers: --link is a plain COPY, which runs again.',
};

/** Builds that run at once. */
const atOnce = 3;

async function build(root: string, base: string, experiment: EngineExperiment) {
  layOut(root, experiment);
  // The builder's copy of a context goes by the name of its folder, wherever that lies.
  const context = join(root, `context-${basename(root)}`);
  renameSync(join(root, 'context'), context);
  const { buildArgs = {}, noCache, secrets = {}, opts = {} } = experiment;
  const folder = join(root, 'secrets');
  mkdirSync(folder, { recursive: true });
  for (const [id, value] of Object.entries(secrets)) writeFileSync(join(folder, id), value);
  const steps = await buildSteps({
    folder: context,
    dockerfile: join(root, 'build/Dockerfile'),
    buildArgs,
    options: [
      ...['--build-context', `busybox=docker-image://${base}`],
      ...(noCache === undefined
        ? []
        : [noCache === '' ? '--no-cache' : `--no-cache-filter=${noCache}`]),
      ...Object.keys(secrets).flatMap((id) => ['--secret', `id=${id},src=${join(folder, id)}`]),
      ...(opts['add-hosts'] ? ['--add-host', opts['add-hosts'].replace('=', ':')] : []),
    ],
  });
  renameSync(context, join(root, 'context'));
  return [...steps.values()].flat();
}

/** The image of a case: nothing that was ever built starts from it. */
async function ownBase(name: string, nonce: string): Promise<void> {
  const lines = [
    `FROM ${baseImage}`,
    `RUN echo ${nonce} > /nonce && echo 'me:x:1000:1000::/:/bin/sh' >> /etc/passwd`,
  ];
  const input = Buffer.from(`${lines.join('\n')}\n`);
  await dockerOk(['build', '--quiet', '--network=host', '--tag', name, '-'], { input });
}

/** What the second build of the case did, as the case writes it. */
async function observed(testCase: EngineCase, base: string): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), 'layers-status-'));
  try {
    await ownBase(base, base);
    await build(root, base, testCase.before);
    const steps = await build(root, base, testCase.after);
    const found = steps.map(
      ({ name, outcome }) => `${name}: ${outcome === 'ran' ? 'run' : outcome}`,
    );
    return [...new Set(found)].sort();
  } finally {
    await docker(['image', 'rm', '--force', base]);
    rmSync(root, { recursive: true, force: true });
  }
}

describeWithEngine('conformance/cache_status.json on this engine', () => {
  const all = (cases<EngineCase>('cache_status') ?? []).map((testCase, index) => ({
    testCase,
    index,
  }));
  const results = new Map<EngineCase, readonly string[] | Error>();

  before(async function () {
    this.timeout(600_000);
    await ensureBaseImage();
    const queue = [...all];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const base = `dockerfile-layers-test/status:${process.pid}-${next.index}`;
        results.set(
          next.testCase,
          await observed(next.testCase, base).catch((error) => error as Error),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  });

  for (const { testCase, index } of all) {
    const { name, stepsAfter } = testCase;
    it(`${index}: ${name}`, () => {
      const result = results.get(testCase);
      if (result instanceof Error) throw result;
      const expected = stepsAfter.map(({ step, text, status }) => `[${step}] ${text}: ${status}`);
      if (name in exceptions) assert.notDeepEqual(result, expected.sort(), exceptions[name]);
      else assert.deepEqual(result, expected.sort());
    });
  }
});

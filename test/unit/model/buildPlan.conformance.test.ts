/** The plan against what BuildKit itself made of the same files. */

import assert from 'node:assert/strict';
import { resolveSource } from '../../../server/src/model/paths.ts';
import type {
  BaseImage,
  ImageConfig,
  Plan,
  Platform,
  ResolvedCopy,
  ResolvedRun,
} from '../../../server/src/model/plan.ts';
import { firstRefusal } from '../../../server/src/syntax/instructions.ts';
import { eachCase } from '../../support/conformance.ts';
import {
  type HistoryEntry,
  historyOf,
  imageSteps,
  linux,
  planOf,
  stageChain,
} from '../../support/plans.ts';

interface GoConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Shell?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly OnBuild?: readonly string[];
  readonly Healthcheck?: {
    readonly Test: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  };
  readonly ArgsEscaped?: boolean;
}

interface GoImage {
  readonly config: GoConfig;
  readonly rootfs: { readonly diff_ids?: readonly string[] };
  readonly history?: readonly { readonly created_by: string; readonly empty_layer?: boolean }[];
}

type Action =
  | {
      readonly copy: {
        readonly dest: string;
        readonly src: string;
        readonly exclude: readonly string[] | null;
        readonly include: readonly string[] | null;
        readonly mode: number;
        readonly modeStr: string;
        readonly unpack: boolean;
      };
    }
  | { readonly mkdir: string }
  | { readonly mkfile: string; readonly data: string };

interface RecordedStep {
  readonly op: 'source' | 'exec' | 'file' | 'merge';
  readonly name: string;
  readonly id?: string;
  readonly 'local.followpaths'?: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly user?: string;
  readonly mounts?: readonly object[];
  readonly actions?: readonly Action[];
}

interface PlanCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, GoImage>>;
  readonly target?: string;
  readonly platform?: string;
  readonly config?: GoConfig;
  readonly history?: readonly HistoryEntry[];
  readonly steps?: readonly RecordedStep[];
  readonly error?: string;
  readonly errorLines?: readonly (readonly [number] | readonly [number, number])[] | null;
  readonly marshalError?: string;
}

const stub: BaseImage = {
  config: configOf({
    Cmd: ['/bin/sh'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  }),
  history: [{ createdBy: 'BASE', emptyLayer: false }],
  layers: 1,
};

eachCase<PlanCase>(
  'build_plan',
  ({ name }) => name,
  (testCase) => {
    const images = new Map(
      Object.entries(testCase.images ?? {}).map(([name, image]) => [name, imageOf(image)]),
    );
    const plan = planOf(testCase.dockerfile, {
      ...(testCase.target ? { target: testCase.target } : {}),
      buildArgs: new Map(Object.entries(testCase.buildArgs ?? {})),
      platform: platformOf(testCase.platform),
      images: (reference) => images.get(reference) ?? stub,
    });
    const refusal = firstRefusal(plan.problems)?.buildkit;
    if (testCase.error !== undefined) {
      assert.equal(refusal?.message, testCase.error);
      const lines = refusal?.lines ? [refusal.lines.start, refusal.lines.end] : null;
      const [expected] = testCase.errorLines ?? [];
      assert.deepEqual(lines, expected ? [expected[0], expected.at(-1)] : null);
      return;
    }
    assert.equal(refusal?.message, testCase.marshalError);
    assert.deepEqual([...baseHistory(plan), ...historyOf(plan)], testCase.history);
    const stage = plan.stages[plan.target];
    assert.ok(stage);
    assert.deepEqual(stage.config, configOf(testCase.config ?? {}));
    if (testCase.steps) compareSteps(plan, testCase.steps);
  },
);

function compareSteps(plan: Plan, recorded: readonly RecordedStep[]): void {
  const needed = plan.stages.filter(({ needed }) => needed);
  const steps = needed.flatMap((stage) => [...stage.triggers, ...stage.steps]);
  const runs = steps.flatMap(({ run }) => (run ? [run] : []));
  const byArgs = (
    a: { readonly args: readonly string[] },
    b: { readonly args: readonly string[] },
  ) => (a.args.join() < b.args.join() ? -1 : 1);
  const execs = recorded.flatMap(({ op, args = [], env, cwd, user, mounts }) =>
    op === 'exec' ? [{ args, env, cwd, user, mounts }] : [],
  );
  assert.deepEqual(runs.map(execOf).sort(byArgs), execs.sort(byArgs));

  const copies = steps.flatMap(({ copy }) => (copy ? [copy] : []));
  const actions = recorded.flatMap(({ actions = [] }) => actions);
  const asText = (values: readonly object[]) => values.map((value) => JSON.stringify(value)).sort();
  const copied = actions.flatMap((action) => ('copy' in action ? [action.copy] : []));
  assert.deepEqual(asText(copies.flatMap(actionsOf)), asText(copied.map(actionKey)));
  const files = actions.flatMap((action) =>
    'mkfile' in action ? [{ name: action.mkfile, content: action.data }] : [],
  );
  const ours = copies.flatMap(({ files }) => files);
  assert.deepEqual(
    asText(ours.map(({ name, content }) => ({ name: `/${name}`, content }))),
    asText(files),
  );
  const made = actions.flatMap((action) => ('mkdir' in action ? [action.mkdir] : []));
  const workdirs = steps.flatMap(({ workdir, effect }) =>
    workdir !== null && effect === 'layer' ? [workdir] : [],
  );
  assert.deepEqual(workdirs.sort(), made.sort());

  const context = recorded.find(({ id }) => id === 'local://context');
  assert.deepEqual(
    followPaths(copies, runs),
    context ? (context['local.followpaths'] ?? 'all') : 'none',
  );
}

function execOf(run: ResolvedRun) {
  const mounts = run.mounts.map(({ type, target, source, readonly }) => ({
    dest: target,
    output: -1,
    readonly,
    selector: source === '/' ? '' : source,
    type: type.toUpperCase(),
  }));
  const root = { dest: '/', output: 0, readonly: false, selector: '', type: 'BIND' };
  const shown = mounts.filter(({ type, dest }) => type !== 'SECRET' || dest !== '');
  const sorted = [root, ...shown].sort((a, b) => (a.dest < b.dest ? -1 : 1));
  return { args: run.argv, env: run.env, cwd: run.cwd, user: run.user, mounts: sorted };
}

function actionsOf(copy: ResolvedCopy): readonly object[] {
  const octal = copy.chmod !== null && /^[0-7]+$/.test(copy.chmod);
  const common = {
    dest: copy.dest,
    exclude: copy.exclude,
    mode: octal ? Number.parseInt(copy.chmod, 8) : copy.chmod === null ? -1 : 0,
    modeStr: copy.chmod !== null && !octal ? copy.chmod : '',
  };
  const paths = copy.sources.map((source) => {
    const unpack = copy.unpack ?? copy.add;
    if (!copy.parents) return { ...common, src: resolveSource(source), include: [], unpack };
    const [above, ...rest] = source.split('/./');
    const pattern = rest.length > 0 ? rest.join('/./') : source;
    const src = resolveSource(rest.length > 0 ? (above ?? '') : '/');
    return { ...common, src, include: [resolveSource(pattern).slice(1)], unpack };
  });
  const remotes = copy.remotes.map(({ kind, reference }) => ({
    ...common,
    src: kind === 'git' ? '/' : `/${new URL(reference).pathname.split('/').at(-1)}`,
    include: [],
    unpack: kind === 'url' && (copy.unpack ?? false),
  }));
  const files = copy.files.map(({ name }) => ({
    ...common,
    src: `/${name}`,
    include: [],
    unpack: false,
  }));
  return [...paths, ...remotes, ...files];
}

function actionKey(copy: Extract<Action, { copy: object }>['copy']): object {
  const { dest, src, mode, modeStr, unpack } = copy;
  return {
    dest: dest.endsWith('/.') ? dest.slice(0, -1) : dest,
    exclude: copy.exclude ?? [],
    mode,
    modeStr,
    src,
    include: copy.include ?? [],
    unpack,
  };
}

/** The part of the context that is asked for: a list as JSON, `all`, or `none`. */
function followPaths(copies: readonly ResolvedCopy[], runs: readonly ResolvedRun[]): string {
  const copied = copies
    .filter(({ origin }) => origin.kind === 'context')
    .flatMap(({ sources }) => sources.map(resolveSource));
  const mounted = runs
    .flatMap(({ mounts }) => mounts)
    .filter(({ type, origin }) => type === 'bind' && origin?.kind === 'context')
    .map(({ source }) => source);
  const paths = [...new Set([...copied, ...mounted])];
  if (paths.length === 0) return 'none';
  if (paths.includes('/')) return 'all';
  return JSON.stringify(paths.map((path) => path.slice(1)).sort());
}

function baseHistory(plan: Plan): readonly HistoryEntry[] {
  const [first] = stageChain(plan, plan.target);
  return (first?.base.image?.history ?? []).map(({ createdBy, emptyLayer }) => ({
    created_by: createdBy,
    empty_layer: emptyLayer,
  }));
}

function imageOf(image: GoImage): BaseImage {
  return {
    config: configOf(image.config),
    history: (image.history ?? []).map((entry) => ({
      createdBy: entry.created_by,
      emptyLayer: entry.empty_layer ?? false,
    })),
    layers: image.rootfs.diff_ids?.length ?? 0,
  };
}

function configOf(config: GoConfig): ImageConfig {
  const check = config.Healthcheck;
  return {
    user: config.User ?? '',
    env: config.Env ?? [],
    workingDir: config.WorkingDir ?? '',
    cmd: config.Cmd ?? null,
    entrypoint: config.Entrypoint ?? null,
    shell: config.Shell ?? null,
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).sort(),
    volumes: Object.keys(config.Volumes ?? {}).sort(),
    labels: config.Labels ?? {},
    stopSignal: config.StopSignal ?? '',
    onBuild: config.OnBuild ?? [],
    healthcheck: check
      ? {
          test: check.Test,
          interval: check.Interval ?? 0,
          timeout: check.Timeout ?? 0,
          startPeriod: check.StartPeriod ?? 0,
          startInterval: check.StartInterval ?? 0,
          retries: check.Retries ?? 0,
        }
      : null,
    argsEscaped: config.ArgsEscaped ?? false,
  };
}

function platformOf(text: string | undefined): Platform {
  const [os = 'linux', arch = 'amd64', variant = ''] = (text ?? 'linux/amd64').split('/');
  return text ? { os, arch, variant } : linux;
}

interface LayerCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly baseLayers: number;
  readonly layers: readonly { readonly createdBy: string }[];
  readonly history: readonly HistoryEntry[];
  readonly exportedLayerCount: number;
}

eachCase<LayerCase>(
  'layers',
  ({ name }) => name,
  (testCase) => {
    const plan = planOf(testCase.dockerfile);
    assert.deepEqual(historyOf(plan), testCase.history);
    const layers = imageSteps(plan, plan.target).filter(({ layer }) => layer !== null);
    assert.deepEqual(
      layers.map(({ createdBy }) => createdBy),
      testCase.layers.map(({ createdBy }) => createdBy),
    );
    assert.deepEqual(
      layers.map(({ layer }) => layer),
      layers.map((_, index) => index + 1),
    );
    assert.equal(
      testCase.baseLayers + (plan.stages[plan.target]?.layers ?? 0),
      testCase.exportedLayerCount,
    );
  },
);

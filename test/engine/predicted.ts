/** What the product says of a folder, in the shape in which a built image can be compared with it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Analysis, analyze } from '../../server/src/analysis.ts';
import type { FileSystem } from '../../server/src/context/fileSystem.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { buildPlan } from '../../server/src/model/buildPlan.ts';
import type { BaseImage, ImageConfig, Platform, Step } from '../../server/src/model/plan.ts';
import { readSettings, settingDefaults } from '../../server/src/settings.ts';
import { interpret } from '../../server/src/syntax/instructions.ts';
import { parse } from '../../server/src/syntax/parser.ts';

/** The engine's own platform; tests build for nothing else. */
export const platform: Platform = {
  os: 'linux',
  arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
  variant: '',
};

/** What the tests' base image brings: one layer, one entry without a text. */
const base: BaseImage = {
  config: {
    cmd: ['sh'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  },
  history: [{ createdBy: '', emptyLayer: false }],
  layers: 1,
};

export interface PredictedEntry {
  readonly createdBy: string;
  readonly isEmptyLayer: boolean;
  /** Null where the size is not known before a build. */
  readonly bytes: number | null;
}

export interface Prediction {
  readonly entries: readonly PredictedEntry[];
  readonly config: ComparableConfig;
  /** A built image's config in the same form. */
  readonly configOf: (config: Record<string, unknown>) => ComparableConfig;
}

type ComparableConfig = Readonly<Record<string, unknown>>;

interface Choices {
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** The analysis of a folder's Dockerfile, the folder being its build context. */
export function analysisOf(
  files: FileSystem,
  folder: string,
  { target, buildArgs = {} }: Choices = {},
): Promise<Analysis> {
  const path = join(folder, 'Dockerfile');
  const text = readFileSync(path, 'utf8');
  return analyze(
    {
      key: path,
      path,
      folder: null,
      within: null,
      text,
      version: 1,
      settings: readSettings({
        ...settingDefaults,
        'context.path': folder,
        target: target ?? null,
        buildArgs,
      }),
    },
    { files, decompressors: nodeDecompressors, buildPlatform: platform },
  );
}

/** What a user without an engine sees of the image that the folder's Dockerfile makes. */
export async function analyzeFolder(
  files: FileSystem,
  folder: string,
  choices: Choices = {},
): Promise<Prediction> {
  const { target, buildArgs = {} } = choices;
  const analysis = await analysisOf(files, folder, choices);
  const { text } = analysis.dockerfile;
  const bytesOf = (step: Step) => {
    const size = analysis.sizes.get(step);
    return size?.basis === 'computed' && !size.atLeast ? size.bytes : null;
  };
  // Without an engine the base's config is not known; a test of ours knows it.
  const informed = buildPlan(interpret(parse(text)), {
    platform,
    buildPlatform: platform,
    buildArgs: new Map(Object.entries(buildArgs)),
    images: (reference) => (reference.startsWith('dockerfile-layers-test/base') ? base : undefined),
    ...(target ? { target } : {}),
  });
  const steps = (plan: typeof informed, stage: number): readonly Step[] => {
    const found = plan.stages[stage];
    if (!found) return [];
    const below = found.base.stage === null ? [] : steps(plan, found.base.stage);
    return [...below, ...found.triggers, ...found.steps];
  };
  const seen = steps(analysis.plan, analysis.plan.target);
  const entries = steps(informed, informed.target).flatMap((step, index) => {
    if (step.createdBy === null) return [];
    const bytes = bytesOf(seen[index] as Step);
    return [{ createdBy: step.createdBy, isEmptyLayer: step.effect === 'metadata', bytes }];
  });
  const config = informed.stages[informed.target]?.config;
  return { entries, config: config ? comparable(config) : {}, configOf: comparableImage };
}

/** A field that a config leaves out and one that it gives as empty mean the same. */
function withoutEmpty(fields: Record<string, unknown>): ComparableConfig {
  const isEmpty = (value: unknown) =>
    value === null ||
    value === undefined ||
    value === '' ||
    value === 0 ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

/** A config as the plan has it, for comparing with one of an image. */
export function comparable(config: ImageConfig): ComparableConfig {
  const health = config.healthcheck;
  return withoutEmpty({
    User: config.user,
    Env: config.env,
    WorkingDir: config.workingDir,
    Cmd: config.cmd,
    Entrypoint: config.entrypoint,
    Shell: config.shell,
    ExposedPorts: [...config.exposedPorts].sort(),
    Volumes: [...config.volumes].sort(),
    Labels: config.labels,
    StopSignal: config.stopSignal,
    OnBuild: config.onBuild,
    ArgsEscaped: config.argsEscaped,
    Healthcheck: health
      ? withoutEmpty({
          Test: health.test,
          Interval: health.interval,
          Timeout: health.timeout,
          StartPeriod: health.startPeriod,
          StartInterval: health.startInterval,
          Retries: health.retries,
        })
      : null,
  });
}

/** The config of an image in the same form. */
export function comparableImage(config: Record<string, unknown>): ComparableConfig {
  const keys = (value: unknown) => Object.keys((value as object | undefined) ?? {}).sort();
  const { User, Env, WorkingDir, Cmd, Entrypoint, Shell, Labels, StopSignal, OnBuild } = config;
  return withoutEmpty({
    User,
    Env,
    WorkingDir,
    Cmd,
    Entrypoint,
    Shell,
    ExposedPorts: keys(config.ExposedPorts),
    Volumes: keys(config.Volumes),
    Labels: Labels ?? {},
    StopSignal,
    OnBuild,
    ArgsEscaped: config.ArgsEscaped,
    Healthcheck: withoutEmpty((config.Healthcheck as Record<string, unknown> | undefined) ?? {}),
  });
}

/** The user's builder: `docker buildx`. Every command is a list of arguments and ends in time. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildEnd, Builder, BuildOrder, FoundBuilder } from '../builder/builder.ts';
import { type BuildMetadata, readBuildMetadata } from '../builder/buildMetadata.ts';
import type { HistoryRow } from '../builder/layerBytes.ts';
import { type RunResult, run } from './processes.ts';

const questionMs = 20_000;
/** Longer than any build that someone waits for. */
const buildMs = 12 * 3600 * 1000;
/** A build that is cancelled tells the builder so first. */
const graceMs = 5000;

/** `docker` as it is found in PATH; another program for tests. */
export function createBuildx(program = 'docker'): Builder {
  return {
    async find(order, signal) {
      const ask = (args: readonly string[]) =>
        run(program, args, {
          cwd: order.context,
          env: unknownVariables,
          signal,
          timeoutMs: questionMs,
        });
      const [version, info, builder] = await Promise.all([
        ask(['buildx', 'version']),
        ask(['info', '--format', '{{json .}}']),
        ask(['buildx', 'inspect', ...builderNamed(order.more)]),
      ]);
      return factsOf(version, info, builder);
    },
    async build(order, found, signal, onOutput) {
      const file = await metadataFile(order);
      try {
        const result = await run(program, buildArguments(order, found, file?.path), {
          cwd: order.context,
          // With it, provenance has lines and layers.
          env: { ...unknownVariables, BUILDX_METADATA_PROVENANCE: 'max' },
          signal,
          timeoutMs: buildMs,
          graceMs,
          onStdout: () => {},
          onStderr: onOutput,
        });
        const end = endOf(result);
        const metadata = end.ended === 'succeeded' ? await file?.read() : undefined;
        return metadata ? { ...end, metadata } : end;
      } finally {
        await file?.remove();
      }
    },
    async history(image, order, signal) {
      const format = ['--no-trunc', '--human=false', '--format', '{{json .}}'];
      const { code, stdout, truncated } = await run(program, ['history', ...format, image], {
        cwd: order.context,
        env: unknownVariables,
        signal,
        timeoutMs: questionMs,
      });
      return code === 0 && !truncated ? historyRows(stdout) : [];
    },
  };
}

interface MetadataFile {
  readonly path: string;
  /** Undefined: nothing was written. */
  read(): Promise<BuildMetadata | undefined>;
  remove(): Promise<void>;
}

/** Where the builder writes what it made; null: the user has it written elsewhere, or there is no room. */
async function metadataFile({ more }: BuildOrder): Promise<MetadataFile | null> {
  if (more.some((word) => /^--metadata-file(?:=|$)/.test(word))) return null;
  const folder = await mkdtemp(join(tmpdir(), 'dockerfile-layers-')).catch(() => null);
  if (folder === null) return null;
  const path = join(folder, 'metadata.json');
  return {
    path,
    read: () => readFile(path, 'utf8').then(readBuildMetadata, () => undefined),
    remove: () => rm(folder, { recursive: true, force: true }).catch(() => {}),
  };
}

/** The arguments behind `docker`. `metadata`: the file for what the builder says at the end. */
export function buildArguments(
  order: BuildOrder,
  { loads }: Pick<FoundBuilder, 'loads'>,
  metadata?: string,
): readonly string[] {
  const { context, dockerfile, target, platform, buildArgs, more } = order;
  const goesSomewhere = more.some((word) => /^(?:-o.*|--(?:output|load|push)(?:=.*)?)$/.test(word));
  return [
    'buildx',
    'build',
    ...more,
    ...(loads || goesSomewhere ? [] : ['--load']),
    ...['--progress', 'rawjson', '--file', dockerfile],
    ...(metadata === undefined ? [] : ['--metadata-file', metadata]),
    ...(target === null ? [] : ['--target', target]),
    ...(platform === null ? [] : ['--platform', platform]),
    ...[...buildArgs].flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    context,
  ];
}

/**
 * What the builder's command would take from the environment, and the analysis does not know of:
 * buildx makes a build argument of SOURCE_DATE_EPOCH (`build/opt.go` of buildx), which WORKDIR depends on.
 */
export const unknownVariables = {
  DOCKER_DEFAULT_PLATFORM: undefined,
  SOURCE_DATE_EPOCH: undefined,
};

/** The builder that arguments name, as an argument of other commands. */
export function builderNamed(more: readonly string[]): readonly string[] {
  const at = more.lastIndexOf('--builder');
  const value = at >= 0 ? more[at + 1] : more.findLast((word) => word.startsWith('--builder='));
  return value === undefined ? [] : [value.replace(/^--builder=/, '')];
}

function endOf({ ended, code, signal, message }: RunResult): BuildEnd {
  if (ended === 'cancelled') return { ended: 'cancelled', message: 'The build was cancelled.' };
  if (ended !== 'exited') return { ended: 'failed', message };
  if (signal !== null) {
    const why = signal === 'SIGKILL' ? ' That happens where memory runs out.' : '';
    return {
      ended: 'failed',
      message: `The builder's command was ended from outside (${signal}).${why} Build again.`,
    };
  }
  return { ended: code === 0 ? 'succeeded' : 'failed', message: '' };
}

/** Rows of `docker history --human=false`, one value a line, the newest first; empty where one is damaged. */
export function historyRows(text: string): readonly HistoryRow[] {
  const rows = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { CreatedBy, Size } = parse(line);
      const isRow = typeof CreatedBy === 'string' && typeof Size === 'string' && /^\d+$/.test(Size);
      return isRow ? { createdBy: CreatedBy, bytes: Number(Size) } : null;
    });
  return rows.every((row) => row !== null) ? rows.reverse() : [];
}

const install =
  'Install Docker Desktop, or Docker Engine with its buildx plugin, and see that docker is found in PATH.';

/** What the answers of `docker buildx version`, `docker info` and `docker buildx inspect` come to. */
export function factsOf(
  version: RunResult,
  info: RunResult,
  builder: RunResult,
): FoundBuilder | { readonly missing: string } {
  const cancelled = [version, info, builder].some(({ ended }) => ended === 'cancelled');
  if (cancelled) return { missing: 'The build was cancelled.' };
  if (version.ended === 'notFound') return { missing: `Docker is not installed. ${install}` };
  if (version.ended === 'timedOut') {
    const ask = 'See whether docker buildx version answers in a terminal, and try again.';
    return { missing: `${version.message} ${ask}` };
  }
  if (version.ended !== 'exited') return { missing: `${version.message} ${install}` };
  // 126 and 127: a shell's, where the file is no program or its interpreter is missing.
  if (version.signal !== null || version.code === 126 || version.code === 127) {
    const why = version.signal ?? (firstLine(version.stderr) || 'no reason is known');
    return { missing: `The docker command cannot be run: ${sentence(why)} ${install}` };
  }
  if (version.code !== 0) {
    return { missing: `The docker command has no buildx plugin. ${install}` };
  }
  const number = /\bv?(\d+)\.(\d+)\.\d+/.exec(version.stdout);
  if (number && Number(number[1]) === 0 && Number(number[2]) < 13) {
    return { missing: `This needs buildx 0.13 or newer; here is ${number[0]}. ${install}` };
  }
  const driver = field(builder.stdout, 'Driver');
  const name = field(builder.stdout, 'Name') ?? 'default';
  if (driver !== undefined && driver !== 'docker') {
    const nodes = [...builder.stdout.matchAll(/^BuildKit(?: version)?:[ \t]*v?(0\.\d+)\./gm)];
    const isOld = nodes.some(([, number = '']) => isBefore(number, 0, 16));
    return { facts: { name, mergesLayers: null, ...hashesBelow(isOld) }, loads: false };
  }
  const engine = parse(info.stdout);
  const errors = Array.isArray(engine.ServerErrors) ? engine.ServerErrors : [];
  const [error] = errors;
  if (info.code !== 0 || typeof error === 'string') {
    const said = typeof error === 'string' ? error : firstLine(info.stderr) || info.message;
    return { missing: `The Docker engine does not answer: ${sentence(said)} ${startIt}` };
  }
  if (builder.ended === 'exited' && builder.code !== 0) {
    const said = firstLine(builder.stderr).replace(/^ERROR: /, '');
    return { missing: `The builder cannot be used: ${sentence(said)} ${chooseBuilder}` };
  }
  const merges = mergesLayers(engine);
  const store = merges === null ? {} : ({ store: merges ? 'containerd' : 'classic' } as const);
  // Seen with Engine 26 (BuildKit 0.13), not with 28; what is between counts as old.
  const { ServerVersion } = engine;
  const isOld = typeof ServerVersion === 'string' && isBefore(ServerVersion, 28, 0);
  return { facts: { name, mergesLayers: merges, ...store, ...hashesBelow(isOld) }, loads: true };
}

function hashesBelow(isOld: boolean): Pick<FoundBuilder['facts'], 'hashesBelow'> {
  return isOld ? { hashesBelow: true } : {};
}

/** Is `major.minor…` a version before that one? What is no version is not. */
function isBefore(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}

const chooseBuilder =
  'Choose another: docker buildx ls lists them, and docker buildx use takes one.';
const startIt = 'Start it, or see that you may use it, and try again.';

/**
 * Image stores of containerd join layers without copying, the overlay2 graph driver cannot
 * (`solver/llbsolver/ops/merge.go` asks for the capability); of others nothing is known.
 */
function mergesLayers({ Driver, DriverStatus }: Readonly<Record<string, unknown>>): boolean | null {
  const status = Array.isArray(DriverStatus) ? DriverStatus : [];
  const type = status.find((row) => Array.isArray(row) && row[0] === 'driver-type')?.[1];
  if (typeof type === 'string' && type.startsWith('io.containerd.')) return true;
  return Driver === 'overlay2' ? false : null;
}

/** A line such as `Driver:        docker`; the first one is the builder's, others are its nodes'. */
function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(\\S+)`, 'm').exec(text)?.[1];
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** The user's builder: `docker buildx`. Every command is a list of arguments and ends in time. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildEnd, Builder, BuildOrder, FoundBuilder } from '../builder/builder.ts';
import { type BuildMetadata, readBuildMetadata } from '../builder/buildMetadata.ts';
import type { HistoryRow } from '../builder/layerBytes.ts';
import { factsOf, objectIn } from './foundBuilder.ts';
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
      const { CreatedBy, Size } = objectIn(line);
      const isRow = typeof CreatedBy === 'string' && typeof Size === 'string' && /^\d+$/.test(Size);
      return isRow ? { createdBy: CreatedBy, bytes: Number(Size) } : null;
    });
  return rows.every((row) => row !== null) ? rows.reverse() : [];
}

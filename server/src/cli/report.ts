/** The report of one Dockerfile: the same object that the language server answers with. */

import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { askLengths, downloadsOf } from '../analysis/downloads.ts';
import { askPackageSizes } from '../analysis/packageSizes.ts';
import type { Subject } from '../analysis/subject.ts';
import { type Analysis, type AnalysisPorts, analyze } from '../analysis.ts';
import { predict } from '../cache/predict.ts';
import { grouped } from '../features/render.ts';
import { stack } from '../features/stack.ts';
import { baseImages } from '../host/baseImages.ts';
import { buildxSettings, notedStarts } from '../host/buildxFolder.ts';
import { nodeDigests } from '../host/contentDigest.ts';
import { dataFolders, openData } from '../host/dataFiles.ts';
import { nodeDecompressors } from '../host/decompress.ts';
import { announcedLength } from '../host/download.ts';
import { createGit } from '../host/git.ts';
import { imagesFolder, openImageMemory } from '../host/imageMemory.ts';
import { openImageRegistry, registryFolder } from '../host/imageRegistry.ts';
import { buildPlatform } from '../host/machine.ts';
import { nodeFileSystem } from '../host/nodeFileSystem.ts';
import { npmCacheFolder } from '../host/packageCaches.ts';
import { cacheFolder } from '../host/packageStore.ts';
import { keepSizes, registry, sizesFile, storedSizes } from '../host/registry.ts';
import type { ProblemReport, SizeReport, StackReport } from '../protocol.ts';
import type { ImageRegistry } from '../registry/registry.ts';
import { readSettings, withChoices } from '../settings.ts';
import { parse } from '../syntax/parser.ts';
import { readDockerfile, type Source } from './dockerfile.ts';
import { withinTime } from './engineTime.ts';
import { type Guard, guardedDigests, guardOf, withValues } from './guardedValues.ts';
import { type CliIo, Refusal } from './io.ts';
import type { BuildOptions } from './options.ts';
import { packageDataFor } from './packageData.ts';
import { onlyRecord, readSnapshot } from './since.ts';

/** A Dockerfile with all that is known of it. */
export interface Analyzed {
  readonly analysis: Analysis;
  readonly document: TextDocument;
  readonly source: Source;
  /** Only a part of the file was looked at. */
  readonly cut: ProblemReport | null;
  /** Absolute folder that was named as context. */
  readonly context: string | null;
  /** How values of build arguments are kept from who reads digests; null: there are none to keep. */
  readonly guard: Guard | null;
  readonly digests: typeof nodeDigests;
}

/** What is asked for beside the stack itself. */
export interface Wanted {
  /** Ask servers how long downloads are. */
  readonly askDownloads?: boolean;
  /** Read base images that no engine has from their registries. */
  readonly askRegistry?: boolean;
  /** Name of the snapshot to compare with. */
  readonly since?: string | null;
  /** The cache keys of all steps, with or without a snapshot. */
  readonly keys?: boolean;
  /** Stages whose steps the build shall not take from cache. */
  readonly noCache?: 'all' | readonly string[] | null;
}

/** The report of the Dockerfile. */
export async function reportOf(
  build: BuildOptions,
  io: CliIo,
  wanted: Wanted = {},
): Promise<StackReport> {
  const analyzed = await analysisOf(build, io, wanted);
  const { analysis, document, source, cut, context } = analyzed;
  const report = stack(analysis, document, source.name);
  const missing =
    build.context === null ? null : await contextProblem(build.context, context ?? '');
  const isKnown = report.problems.some(({ message }) => message.includes(missing?.message ?? ''));
  const problems = [...report.problems, ...(missing && !isKnown ? [missing] : [])];
  return cut ? partial({ ...report, problems: [cut, ...problems] }) : { ...report, problems };
}

/** Reads the Dockerfile and waits until all is known that can be. */
export async function analysisOf(
  build: BuildOptions,
  io: CliIo,
  {
    askDownloads = false,
    askRegistry = false,
    since = null,
    keys = false,
    noCache = null,
  }: Wanted = {},
): Promise<Analyzed> {
  if (since === '-' && build.dockerfile === '-') {
    throw new Refusal('Standard input cannot be both the Dockerfile and the snapshot.');
  }
  const snapshot = since === null ? null : await readSnapshot(since, io);
  const whole = await readDockerfile(build.dockerfile, io);
  const { source, problem: cut } = shortened(whole);
  const uri = source.path === null ? 'stdin:/Dockerfile' : pathToFileURL(source.path).href;
  const context = build.context === null ? null : resolve(io.cwd, build.context);
  const data = openData(dataFolders);
  const { buildArgs } = build;
  const { text } = source;
  const place = JSON.stringify(
    [source.name, context ?? dirname(source.path ?? '')].map((one) => basename(one)),
  );
  const guard = snapshot ? snapshot.guard : keys ? guardOf(buildArgs, { text, place }) : null;
  const digests = guard ? guardedDigests(nodeDigests, guard, buildArgs) : nodeDigests;
  const record =
    snapshot && guard ? withValues(snapshot.record, guard, buildArgs) : snapshot?.record;
  const subject: Subject = {
    key: uri,
    path: source.path,
    // The context is looked for up to here, as when building from this folder.
    folder: source.path !== null && isInside(source.path, io.cwd) ? io.cwd : null,
    within: null,
    text: source.text,
    version: 1,
    settings: withChoices(
      readSettings({
        images: build.images,
        engine: { enable: build.engine ? 'auto' : 'off' },
        registry: { enable: askRegistry },
      }),
      {
        target: build.target,
        platform: build.platform,
        buildArgs: build.buildArgs,
        context,
        image: build.image,
      },
    ),
  };
  const imageMemory = openImageMemory();
  imageMemory.useFolder(imagesFolder(cacheFolder(io.env)));
  const imageRegistry = openImageRegistry(io.env);
  imageRegistry.useFolder(registryFolder(cacheFolder(io.env)));
  // Who wants no engine wants no program and no file but those of the project and of the tool.
  const ports: AnalysisPorts = {
    files: nodeFileSystem,
    decompressors: nodeDecompressors,
    buildPlatform,
    storedSizes: () => storedSizes(sizesFile(io.env)),
    base: baseImages(data),
    packages: packageDataFor(io, data).packages,
    digests,
    imageMemory,
    imageRegistry: aloud(imageRegistry, (sentence) => say(io, sentence)),
    ...(build.engine && { git: createGit(), npmCache: npmCacheFolder() }),
    ...(build.engine && { notedStarts: notedStarts(buildxSettings(io.env)) }),
    ...(io.engine && { engine: withinTime(io.engine, (sentence) => say(io, sentence)) }),
    ...(record && { records: onlyRecord(record) }),
  };
  let analysis = await analyze(subject, ports, { keys });
  if (askDownloads) {
    const { signal } = new AbortController();
    const lengths = await askLengths(downloadsOf(analysis), announcedLength, signal);
    const packages = await askPackageSizes(analysis.unsized, registry, signal);
    if (packages.size > 0) await keepSizes(sizesFile(io.env), packages);
    if (lengths.size + packages.size > 0)
      analysis = await analyze(subject, { ...ports, lengths }, { keys });
  }
  if (record && noCache) {
    analysis = { ...analysis, cache: predict(analysis.keyed, [record], { noCache }) };
  }
  const document = TextDocument.create(uri, 'dockerfile', 1, source.text);
  return { analysis, document, source, cut, context, guard, digests };
}

/** The same registries; `onFailure` hears of each image that could not be read. */
function aloud(registry: ImageRegistry, onFailure: (sentence: string) => void): ImageRegistry {
  return {
    known: (reference, platform) => registry.known(reference, platform),
    ask: (reference, platform, signal) =>
      registry.ask(reference, platform, signal).catch((error: unknown) => {
        onFailure(error instanceof Error ? error.message : String(error));
        throw error;
      }),
  };
}

/** What went wrong without ending the command; standard output is for what was asked for. */
function say(io: CliIo, sentence: string): void {
  io.err(`dockerfile-layers: ${sentence}\n`);
}

/** The plan holds some kilobytes for each instruction; BuildKit itself reads at most 16 MB. */
const mostInstructions = 200_000;

/** A text with more instructions than memory has room for is cut behind the last that fits. */
function shortened(source: Source): { source: Source; problem: ProblemReport | null } {
  if (source.text.length < 4 * mostInstructions) return { source, problem: null };
  const next = parse(source.text).instructions[mostInstructions];
  if (!next) return { source, problem: null };
  const start = { line: next.lines.start - 1, character: 0 };
  return {
    source: { ...source, text: source.text.slice(0, next.span.start) },
    problem: {
      range: { start, end: start },
      severity: 'error',
      message: `Only the first ${grouped(mostInstructions)} instructions are looked at; what follows line ${start.line} is left out.`,
      code: 'too-many-instructions',
    },
  };
}

/** The report of a part: no sum is whole. */
function partial(report: StackReport): StackReport {
  const { totals } = report;
  const atLeast = (size: SizeReport): SizeReport => ({ ...size, atLeast: size.bytes !== null });
  return {
    ...report,
    totals: { ...totals, size: atLeast(totals.size), own: atLeast(totals.own) },
  };
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && resolve(folder, way) === path;
}

/** A context that was named and is no folder: nothing can be counted from it. */
async function contextProblem(name: string, path: string): Promise<ProblemReport | null> {
  const start = { line: 0, character: 0 };
  const problem = (message: string): ProblemReport => ({
    range: { start, end: start },
    severity: 'warning',
    message,
    code: 'context-missing',
  });
  try {
    const found = await stat(path);
    return found.isDirectory() ? null : problem(`The build context ${name} is no folder.`);
  } catch {
    return problem(`The build context ${name} is missing or cannot be read.`);
  }
}

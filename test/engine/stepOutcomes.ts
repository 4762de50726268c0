/**
 * What the real builder did with each line of a Dockerfile, read without any code of the product:
 * the stream of a build says of each vertex whether it came from cache, its provenance says on
 * which lines the vertex stands.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from './engine.ts';

export interface BuildRequest {
  /** The build context. */
  readonly folder: string;
  /** Default: `Dockerfile` in the context. */
  readonly dockerfile?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string | null;
  /** Further options of `docker buildx build`. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `unreported`: the builder never came to it. */
export type Outcome = 'cached' | 'ran' | 'unreported';

export interface LineOutcome {
  /** As the builder names it, such as `[build 2/5] RUN make`. */
  readonly name: string;
  readonly outcome: Outcome;
}

/** Steps of each line (1-based) in the order of the image; FROM itself is left out. */
export type LineOutcomes = ReadonlyMap<number, readonly LineOutcome[]>;

interface Vertex {
  readonly digest: string;
  readonly name?: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
}

interface Provenance {
  readonly buildConfig: { readonly digestMapping: Readonly<Record<string, string>> };
  readonly metadata: Readonly<
    Record<
      string,
      {
        readonly source: {
          readonly locations: Readonly<
            Record<
              string,
              {
                readonly locations?: readonly {
                  readonly ranges: readonly { readonly start: { readonly line: number } }[];
                }[];
              }
            >
          >;
        };
      }
    >
  >;
}

/** Builds without an image. Rejects with what the builder printed when it fails. */
export async function buildSteps(request: BuildRequest): Promise<LineOutcomes> {
  const { folder, dockerfile, buildArgs = {}, target, options = [], env = {} } = request;
  const file = join(tmpdir(), `layers-steps-${process.pid}-${randomBytes(6).toString('hex')}.json`);
  try {
    const { status, stderr } = await docker(
      [
        // The machine's own network needs no bridge.
        ...['buildx', 'build', '--network=host', '--progress=rawjson', '--output=type=cacheonly'],
        ...['--metadata-file', file],
        ...(dockerfile ? ['--file', dockerfile] : []),
        ...(target ? ['--target', target] : []),
        ...Object.entries(buildArgs).flatMap(([name, value]) => [
          '--build-arg',
          `${name}=${value}`,
        ]),
        ...options,
        folder,
      ],
      { env: { ...env, BUILDX_METADATA_PROVENANCE: 'max' } },
    );
    if (status !== 0) throw new Error(`the build fails:\n${lastOf(stderr)}`);
    const metadata = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return outcomesOf(stderr, metadata['buildx.build.provenance'] as Provenance);
  } finally {
    rmSync(file, { force: true });
  }
}

/** What is worth reading of a failed build's stream: its logs and its last words. */
function lastOf(stream: string): string {
  const logs = reports(stream).flatMap(
    ({ logs = [] }) => logs.map(({ data }) => Buffer.from(data, 'base64').toString()) as string[],
  );
  const text = stream.split('\n').filter((line) => !line.startsWith('{'));
  return [...logs.slice(-5), ...text].join('\n').slice(-3000);
}

interface Report {
  readonly vertexes?: readonly Vertex[];
  readonly logs?: readonly { readonly data: string }[];
}

function reports(stream: string): readonly Report[] {
  return stream.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as Report];
    } catch {
      return [];
    }
  });
}

function outcomesOf(stream: string, provenance: Provenance): LineOutcomes {
  const vertices = new Map<string, Vertex>();
  for (const { vertexes = [] } of reports(stream)) {
    for (const vertex of vertexes) {
      const known = vertices.get(vertex.digest);
      const cached = Boolean(known?.cached || vertex.cached);
      vertices.set(vertex.digest, { ...known, ...vertex, cached });
    }
  }
  const source = provenance.metadata['https://mobyproject.org/buildkit@v1#metadata']?.source;
  const found = new Map<number, { place: number; line: LineOutcome }[]>();
  for (const [digest, step] of Object.entries(provenance.buildConfig.digestMapping)) {
    const vertex = vertices.get(digest);
    if (!vertex?.name) continue;
    const [, number = '0', text = ''] = /^\[(?:.* )?(\d+)\/\d+\] (.*)/s.exec(vertex.name) ?? [];
    // What joins a `COPY --link` with the files below it runs whenever these are others.
    if (/^(FROM|(ONBUILD )?LINK) /.test(text)) continue;
    const line = { name: vertex.name, outcome: outcomeOf(vertex) };
    // A step that two stages share stands on a line of each.
    for (const { ranges } of source?.locations[step]?.locations ?? []) {
      const start = ranges[0]?.start.line ?? 0;
      found.set(start, [...(found.get(start) ?? []), { place: Number(number), line }]);
    }
  }
  return new Map(
    [...found].map(([start, steps]) => [
      start,
      steps.sort((a, b) => a.place - b.place).map(({ line }) => line),
    ]),
  );
}

function outcomeOf({ cached, completed }: Vertex): Outcome {
  if (cached) return 'cached';
  return completed ? 'ran' : 'unreported';
}

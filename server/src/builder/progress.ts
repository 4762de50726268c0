/**
 * Reads what `docker buildx build --progress=rawjson` writes, as it comes: values of BuildKit's
 * `client.SolveStatus`, one a line (buildx 0.29) or over many lines (0.13), with other text between
 * them. Any bytes are fine, and memory is bounded.
 */

import { createValueReader, type StatusValue } from './statusValues.ts';

/** One operation of the build: all that was reported of one digest. Digests hold for one build only. */
export interface Vertex {
  readonly digest: string;
  readonly name: string;
  /** Digests of what it works on, the root file system first. */
  readonly inputs: readonly string[];
  /** Milliseconds since 1970, of the first report; null: not started. */
  readonly started: number | null;
  /** Of the last report; null: it did not come to an end. */
  readonly completed: number | null;
  /** Milliseconds that it worked, pauses left out. */
  readonly ms: number;
  /** In any of its reports; others may not know yet. */
  readonly cached: boolean;
  /** BuildKit's own message; `''`: none. */
  readonly error: string;
  /** Operations that stand for one step, such as those of `COPY --link`. */
  readonly group: string | null;
}

export interface BuildWarning {
  readonly message: string;
  /** 1-based; null: of no line. */
  readonly line: number | null;
}

/** What has been read so far. */
export interface BuildProgress {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly warnings: readonly BuildWarning[];
  /** The last lines that were no values: the builder's errors. */
  readonly text: readonly string[];
  /** ID of the image that came into the engine's own store; null: none did, or the store is another. */
  readonly image: string | null;
}

export interface ProgressListener {
  /** Something of it is new. */
  readonly onVertex?: (vertex: Vertex) => void;
  /** Output of an operation, in pieces. */
  readonly onLog?: (vertex: Vertex | undefined, text: string) => void;
  /** A line that is no value. */
  readonly onText?: (line: string) => void;
}

export interface ProgressReader extends BuildProgress {
  /** Takes the next bytes, cut anywhere. */
  write(piece: Uint8Array): void;
  /** No more bytes come. */
  end(): void;
}

const maxVertices = 50_000;
const maxWarnings = 500;
const maxTextLines = 200;
const maxIntervals = 100;

/** A reader that has read nothing. Never throws, unless a listener does. */
export function createProgressReader(listener: ProgressListener = {}): ProgressReader {
  const vertices = new Map<string, Merged>();
  const warnings: BuildWarning[] = [];
  const text: string[] = [];
  const decoders = new Map<string, InstanceType<typeof TextDecoder>>();
  const bytes = new TextDecoder();

  const takeVertex = (value: unknown) => {
    const { digest, name, inputs, started, completed, cached, error, progressGroup } =
      fieldsOf(value);
    if (typeof digest !== 'string') return;
    let known = vertices.get(digest);
    if (!known) {
      if (vertices.size >= maxVertices) return;
      known = new Merged(digest);
      vertices.set(digest, known);
    }
    if (typeof name === 'string' && name) known.name = name;
    if (Array.isArray(inputs) && inputs.length > 0) {
      known.inputs = inputs.filter((input) => typeof input === 'string');
    }
    if (cached === true) known.cached = true;
    if (typeof error === 'string' && error) known.error = error;
    const group = fieldsOf(progressGroup).id;
    if (typeof group === 'string' && group) known.group = group;
    known.takeInterval(timeOf(started), timeOf(completed));
    listener.onVertex?.(known);
  };
  const takeLog = (value: unknown) => {
    const { vertex, stream, data } = fieldsOf(value);
    if (typeof data !== 'string' || !listener.onLog) return;
    const of = `${vertex} ${stream}`;
    let decoder = decoders.get(of);
    if (!decoder) {
      decoder = new TextDecoder();
      if (decoders.size < maxVertices) decoders.set(of, decoder);
    }
    const piece = decoder.decode(bytesOf(data), { stream: true });
    if (piece) listener.onLog(vertices.get(String(vertex)), piece);
  };
  const takeWarning = (value: unknown) => {
    const { short, range } = fieldsOf(value);
    if (typeof short !== 'string' || warnings.length >= maxWarnings) return;
    const first = fieldsOf(Array.isArray(range) ? range[0] : undefined);
    const { line } = fieldsOf(first.start);
    const message = new TextDecoder().decode(bytesOf(short));
    warnings.push({ message, line: Number.isInteger(line) ? (line as number) : null });
  };
  let image: string | null = null;
  const takeStatus = (value: unknown) => {
    const { id } = fieldsOf(value);
    if (typeof id !== 'string' || !id.startsWith('writing image ')) return;
    image = /^writing image (sha256:[0-9a-f]{64})$/.exec(id)?.[1] ?? image;
  };
  const values = createValueReader({
    onValue({ vertexes, logs, statuses, warnings: warned }: StatusValue) {
      for (const value of listOf(statuses)) takeStatus(value);
      for (const value of listOf(vertexes)) takeVertex(value);
      for (const value of listOf(logs)) takeLog(value);
      for (const value of listOf(warned)) takeWarning(value);
    },
    onText(line) {
      text.push(line);
      if (text.length > maxTextLines) text.shift();
      listener.onText?.(line);
    },
  });
  return {
    vertices,
    warnings,
    text,
    get image() {
      return image;
    },
    write: (piece) => values.write(bytes.decode(piece, { stream: true })),
    end() {
      values.write(bytes.decode());
      values.end();
    },
  };
}

/** Several reports of one digest as one. */
class Merged implements Vertex {
  readonly digest: string;
  name = '';
  inputs: readonly string[] = [];
  cached = false;
  error = '';
  group: string | null = null;
  /** A vertex may be reported as worked on more than once: by when it started, when it ended. */
  #intervals = new Map<number, number | null>();

  constructor(digest: string) {
    this.digest = digest;
  }

  takeInterval(started: number | null, completed: number | null): void {
    if (started === null) return;
    if (this.#intervals.size >= maxIntervals && !this.#intervals.has(started)) return;
    this.#intervals.set(started, completed ?? this.#intervals.get(started) ?? null);
  }

  get started(): number | null {
    return this.#intervals.size > 0 ? Math.min(...this.#intervals.keys()) : null;
  }

  get completed(): number | null {
    const last = this.#intervals.get(Math.max(...this.#intervals.keys()));
    return last ?? null;
  }

  get ms(): number {
    const one = ([start, end]: [number, number | null]) => Math.max(0, (end ?? start) - start);
    return [...this.#intervals].reduce((sum, interval) => sum + one(interval), 0);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Milliseconds, with fractions, of a time as Go writes it; null when it is none, or Go's zero. */
function timeOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const whole = Date.parse(value);
  if (!(whole > 0)) return null;
  // `Date` drops what is finer than a millisecond.
  const finer = /\.\d{3}(\d+)/.exec(value)?.[1];
  return finer ? whole + Number(`0.${finer}`) : whole;
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

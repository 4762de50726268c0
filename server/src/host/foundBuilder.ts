/** Which builder there is, and what is known of it, by what `docker` says. */

import type { FoundBuilder } from '../builder/builder.ts';
import type { RunResult } from './processes.ts';

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
    const all = builder.stdout.matchAll(/^BuildKit(?: version)?:[ \t]*(v?\d+\.\d+\.\S+)/gm);
    const nodes = [...all].map(([, number = '']) => number);
    const isOld = nodes.some((number) => isBefore(number, 0, 16));
    const facts = { name, mergesLayers: null, ...hashesBelow(isOld) };
    return { facts, loads: false, ...stopsOfNodes(name, nodes) };
  }
  const engine = objectIn(info.stdout);
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
  const { ServerVersion, ID } = engine;
  const own = typeof ServerVersion === 'string' ? ServerVersion : '';
  const facts = {
    ...{ name, mergesLayers: merges, ...store, ...hashesBelow(isBefore(own, 28, 0)) },
    ...(typeof ID === 'string' && ID !== '' && { engine: ID }),
  };
  return { facts, loads: true, ...stopsOfEngine(own) };
}

type Stops = Pick<FoundBuilder, 'losesStops'>;

/**
 * Before BuildKit 0.15 a step that is cancelled before its process runs goes on (`runcProcessHandle` in
 * `executor/runcexecutor`): seen with Engine 26 in one of four cases, also after a wait of 0.3 s.
 */
function stopsOfEngine(number: string): Stops {
  if (/^v?\d+\.\d+/.test(number) && !isBefore(number, 28, 0)) return {};
  const engine = number === '' ? 'this Docker engine' : `Docker Engine ${number}`;
  return { losesStops: `${notHeard(engine)} Docker Engine 28 and newer always do.` };
}

/** The same of a builder with nodes of its own. */
function stopsOfNodes(name: string, nodes: readonly string[]): Stops {
  const old = nodes.find((number) => isBefore(number, 0, 15));
  if (old) {
    const sentence = notHeard(`BuildKit ${old} of the builder ${name}`);
    return { losesStops: `${sentence} BuildKit 0.15 and newer always do.` };
  }
  if (nodes.length > 0) return {};
  const start = `docker buildx inspect --bootstrap ${name}`;
  return {
    losesStops: `The builder is not asked: it is not known which BuildKit ${name} is. The command ${start} starts it.`,
  };
}

function notHeard(who: string): string {
  return `The builder is not asked: ${who} may not stop a step that has just begun, and would run it to its end.`;
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

/** A JSON object; without members where the text is none. */
export function objectIn(text: string): Readonly<Record<string, unknown>> {
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

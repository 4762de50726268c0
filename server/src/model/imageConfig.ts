/**
 * The image config as it grows along a stage. `ConfigState` shares structure between instructions;
 * `viewConfig` shows it as the plain `ImageConfig` of the plan, whose lists are made when read.
 */

import { type Environment, fromEnvList, toEnvList, type Values } from './environment.ts';
import { emptyMap, entriesOf, find, type OrderedMap, put } from './orderedMap.ts';
import type { BaseImage, ImageConfig, Platform } from './plan.ts';

export interface ConfigState {
  readonly user: string;
  readonly env: Values;
  /** As in the config: '' when never set. */
  readonly workingDir: string;
  readonly cmd: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly shell: readonly string[] | null;
  readonly ports: OrderedMap<true>;
  readonly volumes: OrderedMap<true>;
  readonly labels: OrderedMap<string>;
  readonly stopSignal: string;
  readonly onBuild: OrderedMap<string>;
  readonly healthcheck: ImageConfig['healthcheck'];
  readonly argsEscaped: boolean;
}

/** The config of `scratch`. */
export const emptyConfig: ConfigState = {
  user: '',
  env: emptyMap(),
  workingDir: '',
  cmd: null,
  entrypoint: null,
  shell: null,
  ports: emptyMap(),
  volumes: emptyMap(),
  labels: emptyMap(),
  stopSignal: '',
  onBuild: emptyMap(),
  healthcheck: null,
  argsEscaped: false,
};

const unixPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The config of a base that is no stage. BuildKit adds Docker's default PATH where an image has
 * none (Windows images excepted). An unknown image is taken to have that and nothing else; its
 * PATH then is not `exact`.
 */
export function baseConfig(
  image: BaseImage | null,
  scratch: boolean,
  platform: Platform,
): ConfigState {
  const known = image?.config ?? {};
  const given: ConfigState = {
    ...emptyConfig,
    user: known.user ?? '',
    env: fromEnvList(known.env ?? []),
    workingDir: known.workingDir ?? (scratch ? '/' : ''),
    cmd: known.cmd ?? null,
    entrypoint: known.entrypoint ?? null,
    shell: known.shell ?? null,
    ports: setOf(known.exposedPorts ?? []),
    volumes: setOf(known.volumes ?? []),
    labels: mapOf(Object.entries(known.labels ?? {})),
    stopSignal: known.stopSignal ?? '',
    healthcheck: known.healthcheck ?? null,
    argsEscaped: known.argsEscaped ?? false,
  };
  if (platform.os === 'windows' || find(given.env, 'PATH')) return given;
  const exact = scratch || known.env !== undefined;
  return { ...given, env: put(given.env, 'PATH', { value: unixPath, exact }) };
}

/** What a stage takes over from the stage it is built from: all but the triggers. */
export function inheritConfig(parent: ConfigState): ConfigState {
  return parent.onBuild.size === 0 ? parent : { ...parent, onBuild: emptyMap() };
}

/** Made anew on each call, and its lists each time they are read: read them once. */
export function viewConfig(state: ConfigState): ImageConfig {
  const { user, workingDir, cmd, entrypoint, shell, stopSignal, healthcheck, argsEscaped } = state;
  return {
    user,
    get env() {
      return toEnvList(state.env);
    },
    workingDir,
    cmd,
    entrypoint,
    shell,
    get exposedPorts() {
      return keysOf(state.ports);
    },
    get volumes() {
      return keysOf(state.volumes);
    },
    get labels() {
      return Object.fromEntries(entriesOf(state.labels).map(({ key, value }) => [key, value]));
    },
    stopSignal,
    get onBuild() {
      return entriesOf(state.onBuild).map(({ value }) => value);
    },
    healthcheck,
    argsEscaped,
  };
}

/** The environment that RUN gets, as `K=V` texts. Made anew on each call. */
export function processEnv(env: Environment): readonly string[] {
  return env.list().map(({ key, value }) => `${key}=${value.value}`);
}

function setOf(keys: readonly string[]): OrderedMap<true> {
  return keys.reduce<OrderedMap<true>>((map, key) => put(map, key, true), emptyMap());
}

function mapOf(pairs: readonly (readonly [string, string])[]): OrderedMap<string> {
  return pairs.reduce<OrderedMap<string>>((map, [key, value]) => put(map, key, value), emptyMap());
}

/** Sorted, as the JSON of an image config lists them. */
function keysOf(map: OrderedMap<true>): readonly string[] {
  return entriesOf(map)
    .map(({ key }) => key)
    .sort((a, b) => (a < b ? -1 : 1));
}

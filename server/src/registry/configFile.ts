/** The configuration of an image: its history, the digests of its layers, and what it sets. */

import type { HistoryRow } from '../engine/engine.ts';
import type { ImageConfig, Platform } from '../model/plan.ts';
import { readPlatform } from './choosePlatform.ts';
import { readDigest } from './digest.ts';
import { elements, parsed, record, text, texts, time } from './values.ts';

export interface ConfigFile {
  /** Null: not said. */
  readonly platform: Platform | null;
  /** Milliseconds since 1970; null: not said. */
  readonly createdAt: number | null;
  /** Of the uncompressed layers, the base first; empty: not said. */
  readonly diffIds: readonly string[];
  /** The oldest first. */
  readonly history: readonly HistoryRow[];
  /** A field of a wrong type is left out. */
  readonly config: Partial<ImageConfig>;
}

/** Builders write hundreds of entries at most. */
const mostRows = 10_000;

/** Reads a configuration as the OCI image specification and Docker write it; undefined: it is none. */
export function readConfigFile(json: string): ConfigFile | undefined {
  const value = parsed(json);
  const file = record(value);
  const rootfs = record(file.rootfs);
  if (!Array.isArray(rootfs.diff_ids) && !Array.isArray(file.history)) return undefined;
  const diffIds = texts(rootfs.diff_ids) ?? [];
  return {
    platform: readPlatform(file),
    createdAt: time(file.created),
    diffIds: diffIds.every((one) => readDigest(one)) ? diffIds : [],
    history: elements(file.history).slice(0, mostRows).map(readRow),
    config: readSettings(file.config),
  };
}

function readRow(value: unknown): HistoryRow {
  const row = record(value);
  return {
    createdBy: text(row.created_by),
    comment: text(row.comment),
    createdAt: time(row.created),
    bytes: null,
    emptyLayer: row.empty_layer === true,
  };
}

/** What is not written is at its default, as Go leaves such fields out. */
function readSettings(value: unknown): Partial<ImageConfig> {
  const said = record(value);
  const found: { -readonly [K in keyof ImageConfig]?: ImageConfig[K] } = {};
  const plain = (field: unknown, put: (text: string) => void) => {
    if (field === undefined || field === null) put('');
    else if (typeof field === 'string') put(field);
  };
  const list = (field: unknown, put: (list: readonly string[] | null) => void) => {
    const list = texts(field);
    if (field === undefined || field === null) put(null);
    else if (list) put(list);
  };
  const names = (field: unknown, put: (names: readonly string[]) => void) => {
    if (field === undefined || field === null) put([]);
    else if (isObject(field)) put(Object.keys(field).sort());
  };
  plain(said.User, (user) => {
    found.user = user;
  });
  plain(said.WorkingDir, (folder) => {
    found.workingDir = folder;
  });
  plain(said.StopSignal, (signal) => {
    found.stopSignal = signal;
  });
  list(said.Env, (env) => {
    found.env = env ?? [];
  });
  list(said.Cmd, (cmd) => {
    found.cmd = cmd;
  });
  list(said.Entrypoint, (entrypoint) => {
    found.entrypoint = entrypoint;
  });
  list(said.Shell, (shell) => {
    found.shell = shell;
  });
  list(said.OnBuild, (triggers) => {
    found.onBuild = triggers ?? [];
  });
  names(said.ExposedPorts, (ports) => {
    found.exposedPorts = ports;
  });
  names(said.Volumes, (volumes) => {
    found.volumes = volumes;
  });
  const labels = said.Labels ?? {};
  if (isObject(labels) && Object.values(labels).every((one) => typeof one === 'string')) {
    found.labels = labels as Readonly<Record<string, string>>;
  }
  const healthcheck = readHealthcheck(said.Healthcheck);
  if (healthcheck !== undefined) found.healthcheck = healthcheck;
  found.argsEscaped = said.ArgsEscaped === true;
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined: it is of a wrong type. */
function readHealthcheck(value: unknown): ImageConfig['healthcheck'] | undefined {
  if (value === undefined || value === null) return null;
  const said = record(value);
  const test = texts(said.Test);
  if (!test) return undefined;
  const number = (field: unknown) => (Number.isSafeInteger(field) ? (field as number) : 0);
  return {
    test,
    interval: number(said.Interval),
    timeout: number(said.Timeout),
    startPeriod: number(said.StartPeriod),
    startInterval: number(said.StartInterval),
    retries: number(said.Retries),
  };
}

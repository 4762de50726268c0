/** Arguments of the process → what to do. Everything that is wrong with them is a `Refusal`. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { buildPlatform } from '../host/machine.ts';
import { notAName, readIndexName } from '../host/packageData.ts';
import { parsePlatform } from '../model/platform.ts';
import { type CliIo, Refusal } from './io.ts';
import { budget, buildArgsOf, imagesOf } from './optionValues.ts';

/** What `check` can write. */
export const formats = ['text', 'json', 'sarif', 'github'] as const;

/** Which build of the Dockerfile is meant. */
export interface BuildOptions {
  readonly dockerfile: string;
  readonly target: string | null;
  readonly context: string | null;
  readonly platform: string | null;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** What is said of base images, by pattern, as in the setting `images`. */
  readonly images: Readonly<Record<string, unknown>>;
  /** False: nobody is contacted, no program started, no file read but those of the build and of the tool. */
  readonly engine: boolean;
  /** Id or name of the image that was built from the Dockerfile; null: it is looked for. */
  readonly image: string | null;
}

/** `packages update` */
export interface PackagesUpdate {
  readonly kind: 'packages-update';
  /** The Dockerfile whose indexes are wanted; null: only those that are named. */
  readonly build: BuildOptions | null;
  /** Names such as `debian/trixie/arm64`. */
  readonly indexes: readonly string[];
  /** Addresses by distribution. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
}

/** What a report compares with. */
export interface Compared {
  /** Name of a snapshot; null: none. */
  readonly since: string | null;
  /** Stages whose steps the build shall not take from cache; null: it may take all. */
  readonly noCache: 'all' | readonly string[] | null;
}

export type Command =
  | PackagesUpdate
  | { readonly kind: 'packages-list'; readonly json: boolean }
  | { readonly kind: 'help' | 'version' | 'lsp' }
  | ({
      readonly kind: 'report';
      readonly build: BuildOptions;
      readonly json: boolean;
      /** Ask servers how long downloads are. */
      readonly askDownloads: boolean;
      /** Read base images that no engine has from their registries. */
      readonly askRegistry: boolean;
    } & Compared)
  | {
      readonly kind: 'snapshot';
      readonly build: BuildOptions;
      /** Where it is written; `-` is standard output. */
      readonly output: string;
    }
  | { readonly kind: 'syntax'; readonly dockerfile: string; readonly json: boolean }
  | ({
      readonly kind: 'check';
      readonly build: BuildOptions;
      /** Bytes; null: no budget. */
      readonly maxImage: number | null;
      readonly maxLayer: number | null;
      readonly format: (typeof formats)[number];
      /** Read base images that no engine has from their registries. */
      readonly askRegistry: boolean;
    } & Compared);

type Declared = NonNullable<ParseArgsConfig['options']>;

const common = { help: { type: 'boolean', short: 'h' } } as const satisfies Declared;
const json = { json: { type: 'boolean' } } as const satisfies Declared;
const downloads = { 'ask-downloads': { type: 'boolean' } } as const satisfies Declared;
const registries = { 'ask-registry': { type: 'boolean' } } as const satisfies Declared;
const compared = {
  since: { type: 'string' },
  'no-cache': { type: 'boolean' },
  'no-cache-filter': { type: 'string', multiple: true },
} as const satisfies Declared;
const output = { output: { type: 'string', short: 'o' } } as const satisfies Declared;
const build = {
  target: { type: 'string' },
  context: { type: 'string' },
  platform: { type: 'string' },
  'build-arg': { type: 'string', multiple: true },
  'base-image': { type: 'string', multiple: true },
  'no-engine': { type: 'boolean' },
  image: { type: 'string' },
} as const satisfies Declared;
const budgets = {
  'max-image': { type: 'string' },
  'max-layer': { type: 'string' },
  format: { type: 'string' },
} as const satisfies Declared;
const sources = {
  for: { type: 'string', multiple: true },
  mirror: { type: 'string', multiple: true },
} as const satisfies Declared;
// How the server talks is for its own library to read; `--stdio` is what people use.
const transport = {
  stdio: { type: 'boolean' },
  'node-ipc': { type: 'boolean' },
  socket: { type: 'string' },
  pipe: { type: 'string' },
  clientProcessId: { type: 'string' },
} as const satisfies Declared;

/** Reads the arguments behind the program's name. */
export function readCommand(argv: readonly string[], io: CliIo): Command {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help' };
    case '--version':
      return { kind: 'version' };
    case 'report':
      return readReport(rest, io);
    case 'snapshot':
      return readSnapshot(rest, io);
    case 'check':
      return readCheck(rest, io);
    case 'syntax':
      return readSyntax(rest);
    case 'packages':
      return readPackages(rest, io);
    case 'lsp':
      return readServe(rest);
    default:
      throw new Refusal(
        `There is no command ${name}. The commands are report, snapshot, check, packages, syntax and lsp; --help explains them.`,
      );
  }
}

function readReport(args: readonly string[], io: CliIo): Command {
  const declared = { ...common, ...build, ...json, ...downloads, ...registries, ...compared };
  const { values, positionals } = read('report', args, declared);
  if (values.help) return { kind: 'help' };
  return {
    kind: 'report',
    build: buildOf(values, positionals, io),
    json: values.json ?? false,
    askDownloads: values['ask-downloads'] ?? false,
    askRegistry: values['ask-registry'] ?? false,
    ...comparedOf(values),
  };
}

function readSnapshot(args: readonly string[], io: CliIo): Command {
  // What is written is JSON in any case.
  const { values, positionals } = read('snapshot', args, {
    ...common,
    ...build,
    ...json,
    ...output,
  });
  if (values.help) return { kind: 'help' };
  if (!values.output) {
    throw new Refusal(
      'Say where the snapshot is written: snapshot -o FILE, or -o - for standard output.',
    );
  }
  return { kind: 'snapshot', build: buildOf(values, positionals, io), output: values.output };
}

function comparedOf(values: {
  readonly since?: string | undefined;
  readonly 'no-cache'?: boolean | undefined;
  readonly 'no-cache-filter'?: readonly string[] | undefined;
}): Compared {
  const { since = null } = values;
  // An empty name is no file; leaving it out would compare with nothing without a word.
  if (since === '') throw new Refusal('--since has an empty value.');
  const named = (values['no-cache-filter'] ?? []).flatMap((list) => list.split(','));
  const stages = named.filter((name) => name !== '');
  return { since, noCache: values['no-cache'] ? 'all' : stages.length > 0 ? stages : null };
}

function readCheck(args: readonly string[], io: CliIo): Command {
  const declared = { ...common, ...build, ...budgets, ...registries, ...compared };
  const { values, positionals } = read('check', args, declared);
  if (values.help) return { kind: 'help' };
  const maxImage = budget('--max-image', values['max-image']);
  const maxLayer = budget('--max-layer', values['max-layer']);
  if (maxImage === null && maxLayer === null) {
    throw new Refusal('There is no budget to check. Give --max-image, --max-layer or both.');
  }
  const given = values.format ?? 'text';
  const format = formats.find((one) => one === given);
  if (!format) throw new Refusal(`There is no format ${given}. Use ${formats.join(', ')}.`);
  return {
    kind: 'check',
    build: buildOf(values, positionals, io),
    maxImage,
    maxLayer,
    format,
    askRegistry: values['ask-registry'] ?? false,
    ...comparedOf(values),
  };
}

function readSyntax(args: readonly string[]): Command {
  const { values, positionals } = read('syntax', args, { ...common, ...json });
  if (values.help) return { kind: 'help' };
  return { kind: 'syntax', dockerfile: dockerfileOf(positionals), json: values.json ?? false };
}

function readPackages(args: readonly string[], io: CliIo): Command {
  const declared = { ...common, ...build, ...json, ...sources };
  const { values, positionals } = read('packages', args, declared);
  if (values.help) return { kind: 'help' };
  const [verb, ...rest] = positionals;
  if (verb === 'list') return { kind: 'packages-list', json: values.json ?? false };
  if (verb !== 'update') {
    throw new Refusal('Say what to do with package data: packages update, or packages list.');
  }
  const indexes = values.for ?? [];
  for (const name of indexes) if (!readIndexName(name)) throw new Refusal(notAName(name));
  const mirrors: Record<string, string[]> = Object.create(null);
  for (const given of values.mirror ?? []) {
    const [, name = '', address = ''] = /^([a-z][a-z0-9._-]*)=(https?:\/\/.+)$/.exec(given) ?? [];
    if (name === '') {
      throw new Refusal(
        `--mirror ${given} is no mirror. Write it like debian=https://host/debian.`,
      );
    }
    mirrors[name] = [...(mirrors[name] ?? []), address];
  }
  // Without a Dockerfile's name, one that is named by --for alone is enough.
  const isNamed = rest.length > 0 || indexes.length === 0;
  return {
    kind: 'packages-update',
    build: isNamed ? buildOf(values, rest, io) : null,
    indexes,
    mirrors,
  };
}

function readServe(args: readonly string[]): Command {
  const { values, positionals } = read('lsp', args, { ...common, ...transport });
  if (values.help) return { kind: 'help' };
  if (positionals.length > 0)
    throw new Refusal(`lsp takes no file, but ${positionals[0]} is given.`);
  if (!values.stdio && !values['node-ipc'] && !values.socket && !values.pipe) {
    throw new Refusal('Say how the editor talks to the server: lsp --stdio.');
  }
  return { kind: 'lsp' };
}

function read<T extends Declared>(command: string, args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's own message names the option; its advice about `--` is for another kind of tool.
    const [text = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/);
    throw new Refusal(`${command}: ${text.replace(/\.?$/, '.')} --help lists the options.`);
  }
}

interface BuildValues {
  readonly target?: string | undefined;
  readonly context?: string | undefined;
  readonly platform?: string | undefined;
  readonly 'build-arg'?: readonly string[] | undefined;
  readonly 'base-image'?: readonly string[] | undefined;
  readonly 'no-engine'?: boolean | undefined;
  readonly image?: string | undefined;
}

function buildOf(values: BuildValues, positionals: readonly string[], io: CliIo): BuildOptions {
  for (const name of ['target', 'context', 'platform', 'image'] as const) {
    if (values[name] === '') throw new Refusal(`--${name} has an empty value.`);
  }
  if (values.platform !== undefined) {
    const parsed = parsePlatform(values.platform, buildPlatform);
    if (!parsed.ok)
      throw new Refusal(`--platform ${values.platform} is no platform: ${parsed.error}.`);
  }
  return {
    dockerfile: dockerfileOf(positionals),
    target: values.target ?? null,
    context: values.context ?? null,
    platform: values.platform ?? null,
    buildArgs: buildArgsOf(values['build-arg'] ?? [], io),
    images: imagesOf(values['base-image'] ?? []),
    engine: !values['no-engine'],
    image: values.image ?? null,
  };
}

function dockerfileOf(positionals: readonly string[]): string {
  const [name = 'Dockerfile', second] = positionals;
  if (second !== undefined) {
    throw new Refusal(`One Dockerfile at a time: ${name} is given, and then ${second}.`);
  }
  if (name === '') throw new Refusal('The name of the Dockerfile is empty.');
  return name;
}

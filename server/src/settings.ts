/**
 * What a user can set, with its defaults, and the reader that makes `Settings` of unknown input.
 *
 * The keys are those of the manifest (`package.json`, prefix `dockerfileLayers.`); a test compares
 * the defaults of both. A value of the wrong type falls back to its default, field by field, so one
 * typing mistake never switches off the rest.
 */

export interface Settings {
  readonly inlayHints: {
    readonly enable: boolean;
    readonly effect: 'off' | 'layers' | 'all';
    readonly size: 'off' | 'large' | 'all';
    /** Sizes below this many bytes are not shown; 0 unless only large ones are wanted. */
    readonly minimumBytes: number;
    readonly cache: 'off' | 'misses' | 'all';
  };
  /** Folder of the build context as written; null: find it. */
  readonly contextPath: string | null;
  /** Stage to build, by name or index; null: the last one. */
  readonly target: string | null;
  /** `os/arch[/variant]`; null: Linux on this machine's architecture. */
  readonly platform: string | null;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** More arguments of the builder's command for *Build and Record*. */
  readonly buildArguments: readonly string[];
  /** Ask the builder what is cached when a Dockerfile is saved. */
  readonly probeOnSave: boolean;
  /** Take over builds that terminals of the editor made. */
  readonly noticeBuilds: boolean;
  /** Where a container engine is asked; `endpoint` null: where the docker CLI would, or at the usual places. */
  readonly engine: { readonly enable: 'auto' | 'off'; readonly endpoint: string | null };
  /** Name of the image that is built from a Dockerfile; null: it is looked for. */
  readonly image: string | null;
  /** The image that the user picked for this Dockerfile. */
  readonly chosenImage: string | null;
  /** Base images that no engine has are read from their registries, without being asked. */
  readonly askRegistries: boolean;
  /** `engine`: figures as the engine's store counts them, also where those are not file contents. */
  readonly figures: 'files' | 'engine';
  /** Base images that no table knows, in the order in which they are tried. */
  readonly images: readonly ImageSetting[];
  /** Mirrors of package indexes by distribution, in place of the public ones; the first that has a file counts. */
  readonly mirrors: ReadonlyMap<string, readonly string[]>;
  readonly mergeStyle: 'auto' | 'chain' | 'heredoc';
  readonly diagnostics: {
    /** `auto`: only where no other Dockerfile extension reports them. */
    readonly buildkitErrors: 'auto' | 'on' | 'off';
    readonly advice: boolean;
  };
  /** Which advice is given while `diagnostics.advice` is on. */
  readonly advice: Readonly<Record<AdviceName, boolean>>;
  /** `auto`: only where no other Dockerfile extension gives an outline. */
  readonly outline: 'auto' | 'on' | 'off';
  readonly units: 'decimal' | 'binary';
}

/** Advice that has a switch of its own: its code in camel case. */
export type AdviceName =
  | 'listsLeftBehind'
  | 'archivesLeftBehind'
  | 'cacheLeftBehind'
  | 'recommendedPackages'
  | 'storesAgain'
  | 'freesNothing'
  | 'volatileCopy';

/** What is said of images that fit a pattern; null: not said. */
export interface ImageSetting {
  /** Reference with `*` for any text. */
  readonly pattern: string;
  /** An image that it resembles: `debian:bookworm-slim`. */
  readonly like: string | null;
  /** `debian`, `alpine` … as in `ID` of os-release. */
  readonly distribution: string | null;
  /** `bookworm`, `v3.22` … */
  readonly suite: string | null;
  /** Unpacked bytes. */
  readonly size: number | null;
  readonly layers: number | null;
}

/** Every setting with its default, as the manifest declares it (without the prefix). */
export const settingDefaults = {
  'inlayHints.enable': true,
  'inlayHints.effect.enable': 'all',
  'inlayHints.size.enable': 'all',
  'inlayHints.size.minimum': '10MB',
  'inlayHints.cache.enable': 'all',
  'context.path': null,
  target: null,
  platform: null,
  buildArgs: {},
  'build.arguments': [],
  'probe.onSave': false,
  'builds.notice': true,
  'engine.enable': 'auto',
  'engine.endpoint': null,
  image: null,
  'registry.enable': false,
  'size.figures': 'files',
  images: {},
  'packages.mirrors': {},
  'merge.style': 'auto',
  'diagnostics.buildkitErrors': 'auto',
  'diagnostics.advice': true,
  'advice.listsLeftBehind': true,
  'advice.archivesLeftBehind': true,
  'advice.cacheLeftBehind': true,
  'advice.recommendedPackages': true,
  'advice.storesAgain': true,
  'advice.freesNothing': true,
  'advice.volatileCopy': true,
  outline: 'auto',
  'size.units': 'decimal',
} as const satisfies Readonly<Record<string, unknown>>;

/** What `large` means when the minimum cannot be read, in bytes. */
const largeBytes = 10_000_000;

/**
 * Reads the value of the section `dockerfileLayers`: nested objects as VS Code sends them, or flat
 * dotted keys as other editors may. Anything of a wrong type or outside its list is the default.
 */
export function readSettings(value: unknown): Settings {
  const get = (key: keyof typeof settingDefaults) => lookUp(value, key);
  const size = choice(get('inlayHints.size.enable'), ['off', 'large', 'all'], 'all');
  const minimum = readBytes(get('inlayHints.size.minimum')) ?? largeBytes;
  return {
    inlayHints: {
      enable: flag(get('inlayHints.enable'), settingDefaults['inlayHints.enable']),
      effect: choice(get('inlayHints.effect.enable'), ['off', 'layers', 'all'], 'all'),
      size,
      minimumBytes: size === 'large' ? minimum : 0,
      cache: choice(get('inlayHints.cache.enable'), ['off', 'misses', 'all'], 'all'),
    },
    contextPath: text(get('context.path')),
    target: text(get('target')),
    platform: text(get('platform')),
    buildArgs: strings(get('buildArgs')),
    buildArguments: list(get('build.arguments')),
    probeOnSave: flag(get('probe.onSave'), false),
    noticeBuilds: flag(get('builds.notice'), true),
    engine: {
      enable: choice(get('engine.enable'), ['auto', 'off'], 'auto'),
      endpoint: text(get('engine.endpoint')),
    },
    image: text(get('image')),
    chosenImage: null,
    askRegistries: flag(get('registry.enable'), false),
    figures: choice(get('size.figures'), ['files', 'engine'], 'files'),
    images: images(get('images')),
    mirrors: mirrors(get('packages.mirrors')),
    mergeStyle: choice(get('merge.style'), ['auto', 'chain', 'heredoc'], 'auto'),
    diagnostics: {
      buildkitErrors: choice(get('diagnostics.buildkitErrors'), ['auto', 'on', 'off'], 'auto'),
      advice: flag(get('diagnostics.advice'), settingDefaults['diagnostics.advice']),
    },
    advice: {
      listsLeftBehind: flag(get('advice.listsLeftBehind'), true),
      archivesLeftBehind: flag(get('advice.archivesLeftBehind'), true),
      cacheLeftBehind: flag(get('advice.cacheLeftBehind'), true),
      recommendedPackages: flag(get('advice.recommendedPackages'), true),
      storesAgain: flag(get('advice.storesAgain'), true),
      freesNothing: flag(get('advice.freesNothing'), true),
      volatileCopy: flag(get('advice.volatileCopy'), true),
    },
    outline: choice(get('outline'), ['auto', 'on', 'off'], 'auto'),
    units: choice(get('size.units'), ['decimal', 'binary'], 'decimal'),
  };
}

/** What a user picked for one Dockerfile; fields that are absent or null leave it to the settings. */
export interface Picked {
  readonly target?: string | null;
  readonly platform?: string | null;
  readonly buildArgs?: Readonly<Record<string, string>> | null;
  readonly context?: string | null;
  readonly image?: string | null;
}

/** The settings with what was picked laid over them; picked build arguments win name by name. */
export function withChoices(settings: Settings, picked: Picked): Settings {
  return {
    ...settings,
    target: text(picked.target) ?? settings.target,
    platform: text(picked.platform) ?? settings.platform,
    contextPath: text(picked.context) ?? settings.contextPath,
    chosenImage: text(picked.image) ?? settings.chosenImage,
    buildArgs: new Map([...settings.buildArgs, ...strings(picked.buildArgs)]),
  };
}

/**
 * Bytes of a size such as `10MB`, `1.5 GiB`, `200k` or a plain number; undefined when it is none.
 * `k`, `M`, `G` and `T` are powers of 1000, with an `i` behind them powers of 1024.
 */
export function readBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*$/i.exec(value);
  if (!match) return undefined;
  const [, digits = '', prefix = '', binary] = match;
  if (binary && !prefix) return undefined;
  const power = ' kmgt'.indexOf(prefix.toLowerCase() || ' ');
  return Math.round(Number(digits) * (binary ? 1024 : 1000) ** power);
}

/** A nested value by its dotted key; the whole key, or any dotted rest of it, may be one name. */
function lookUp(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, key)) return record[key];
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    const head = key.slice(0, dot);
    if (!Object.hasOwn(record, head)) continue;
    const found = lookUp(record[head], key.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function flag(value: unknown, fallback: boolean): boolean {
  return typeof value === 'boolean' ? value : fallback;
}

function choice<T extends string>(value: unknown, all: readonly T[], fallback: NoInfer<T>): T {
  return all.find((one) => one === value) ?? fallback;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** A pattern whose value is a text is like that image. */
/** An address, or several, for each distribution. */
function mirrors(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  const entries = Object.entries(value).map(([name, given]): [string, readonly string[]] => {
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    return [name, list.filter((one) => typeof one === 'string' && one.trim() !== '').map(String)];
  });
  return new Map(entries.filter(([, list]) => list.length > 0));
}

function images(value: unknown): readonly ImageSetting[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([pattern, said]) => readImage(pattern, said) ?? []);
}

/** One entry of the setting `images`; undefined when it says nothing that can be understood. */
export function readImage(pattern: string, said: unknown): ImageSetting | undefined {
  const fields = typeof said === 'string' ? { like: said } : said;
  if (pattern.trim() === '' || typeof fields !== 'object' || fields === null) return undefined;
  const { like, distribution, suite, size, layers } = fields as Readonly<Record<string, unknown>>;
  const image = {
    like: text(like),
    distribution: text(distribution),
    suite: text(suite),
    size: size === undefined ? null : (readBytes(size) ?? null),
    layers: Number.isInteger(layers) && (layers as number) >= 0 ? (layers as number) : null,
  };
  const isEmpty = Object.values(image).every((field) => field === null);
  return isEmpty ? undefined : { pattern: pattern.trim(), ...image };
}

/** The texts of a list. */
function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function strings(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map(
    Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

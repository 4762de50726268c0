/**
 * The build plan: what BuildKit's `dockerfile2llb` makes of a typed Dockerfile. Readonly data;
 * `buildPlan` in `buildPlan.ts` makes it. Pure function of the program and the options: no I/O.
 */

import type { Heredoc, Instruction, Problem } from '../syntax/ast.ts';
import type { Command, FromCommand, Healthcheck, Program } from '../syntax/commands.ts';

export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly variant: string;
}

/**
 * What is known of a base image beforehand (engine, registry, table). A field of `config` that is
 * left out is not known: texts that hang on its `env` or `workingDir` then are not exact.
 */
export interface BaseImage {
  readonly config: Partial<ImageConfig>;
  readonly history: readonly { readonly createdBy: string; readonly emptyLayer: boolean }[];
  readonly layers: number;
}

/** What the builder's command is given beside, as far as steps depend on it. */
export interface BuildFlags {
  /** What every RUN depends on, such as `--add-host=a:1`. */
  readonly run: readonly string[];
  /** Stages whose steps are not taken from cache; null: none. */
  readonly noCache: 'all' | readonly string[] | null;
}

export interface PlanOptions {
  readonly target?: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** Target platform; the build platform when absent. */
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  /** Named contexts (`--build-context`): name to value. */
  readonly namedContexts?: ReadonlyMap<string, string>;
  /** Absent: none of them. */
  readonly flags?: BuildFlags;
  /** Known images by expanded reference and platform; missing: BuildKit's defaults are assumed. */
  readonly images?: (reference: string, platform: Platform) => BaseImage | undefined;
}

export interface ImageConfig {
  readonly user: string;
  /** In order, `K=V`. */
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly cmd: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly shell: readonly string[] | null;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly onBuild: readonly string[];
  readonly healthcheck: Healthcheck | null;
  /** BuildKit sets it for every CMD, of either form. */
  readonly argsEscaped: boolean;
}

export type Effect = 'base' | 'layer' | 'metadata';

/** Where a COPY, ADD or bind mount takes its files from. */
export type CopyOrigin =
  | { readonly kind: 'context' }
  | { readonly kind: 'stage'; readonly stage: number }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'image'; readonly reference: string };

/** COPY or ADD with variables expanded and paths resolved (BuildKit `dispatchCopy`). */
export interface ResolvedCopy {
  readonly add: boolean;
  readonly origin: CopyOrigin;
  /** Path sources, expanded as written; `''` is the whole context. URLs and git references are in `remotes`. */
  readonly sources: readonly string[];
  readonly remotes: readonly { readonly kind: 'url' | 'git'; readonly reference: string }[];
  /** Files made from heredocs: name, and the body after expansion and tab removal. */
  readonly files: readonly {
    readonly name: string;
    readonly content: string;
    readonly heredoc: Heredoc;
  }[];
  /** Absolute destination; a trailing slash is kept (then it is a directory). */
  readonly dest: string;
  /** It was written with `/.` at its end: the same place by another name. */
  readonly dotted?: true;
  readonly chown: string | null;
  readonly chmod: string | null;
  /** In force: `--link` without `--chmod`. */
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  /** ADD: null is the default (unpack local archives, not downloads). */
  readonly unpack: boolean | null;
  readonly checksum: string | null;
  readonly keepGitDir: boolean;
  /** What hangs on an unknown base image, and may be otherwise than it stands here; absent: nothing. */
  readonly doubt?: {
    readonly sources: boolean;
    readonly dest: boolean;
    /** The text of a heredoc. */
    readonly files: boolean;
  };
}

export interface ResolvedMount {
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  /** Absolute; for secret and ssh possibly ''. */
  readonly target: string;
  readonly source: string;
  readonly origin: CopyOrigin | null;
  readonly readonly: boolean;
  readonly id: string;
  readonly sharing: string;
  readonly sizeLimit: number | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly required: boolean;
  readonly env: string | null;
}

/** RUN as BuildKit executes it. */
export interface ResolvedRun {
  readonly argv: readonly string[];
  /** Shell form; then the script is the last argument. */
  readonly shell: boolean;
  /** The text behind the shell prefix (shell form), heredoc bodies included as BuildKit joins them. */
  readonly script: string | null;
  /** A heredoc that is run as a program, since it starts with `#!`; `script` is then its path. */
  readonly program?: string | null;
  /** Ordered `K=V`: ENV and every ARG with a value. Made when it is read. */
  readonly env: readonly string[];
  /** The same by name, found without making the list. */
  readonly variables: ReadonlyMap<string, string>;
  /** Names that ARG declares without a value; only a base image that is not known may set them. */
  readonly unset?: readonly string[];
  /** What it has of a base image that is not known: `cwd`, and the shell in `argv`. Absent: neither. */
  readonly inherited?: { readonly directory: boolean; readonly shell: boolean };
  /** What the process sees besides: proxy values of `--build-arg`, no part of the cache key. */
  readonly proxyEnv: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly network: string;
  readonly security: string;
  readonly mounts: readonly ResolvedMount[];
}

/** One instruction of a stage with what it does. */
export interface Step {
  readonly instruction: Instruction;
  readonly command: Command;
  readonly effect: Effect;
  /** 1-based among own layers, those inherited through FROM stage counted, the base excluded; null: none. */
  readonly layer: number | null;
  /**
   * `created_by` in the newest BuildKit's form; null when the instruction makes no entry. Made anew
   * each time it is read, as a RUN repeats all ARGs above it.
   */
  readonly createdBy: string | null;
  /** False when the text hangs on something unknown, such as the base image's config. */
  readonly createdByExact: boolean;
  /** An ONBUILD trigger of the base that runs here; its place is that of the FROM. */
  readonly fromTrigger: boolean;
  /** The ONBUILD instruction that the trigger stands in, when the base is a stage of this file. */
  readonly onbuild: Instruction | null;
  readonly copy: ResolvedCopy | null;
  readonly run: ResolvedRun | null;
  /** WORKDIR: the absolute path. */
  readonly workdir: string | null;
  /** Environment for expansion before this instruction (ARG and ENV, last writer wins), ordered. */
  readonly env: ReadonlyMap<string, string>;
  /** Image config after this instruction. */
  readonly config: ImageConfig;
}

export interface StageBase {
  /** Expanded reference, or what could be expanded. */
  readonly reference: string;
  readonly stage: number | null;
  readonly scratch: boolean;
  readonly named: string | null;
  readonly platform: string | null;
  /** Known image (option `images`), else null. */
  readonly image: BaseImage | null;
}

export interface Stage {
  readonly index: number;
  readonly name: string | null;
  /** Reached from the target. */
  readonly needed: boolean;
  readonly from: FromCommand;
  readonly base: StageBase;
  /** A named context with the stage's name stands in for it: its instructions do nothing. */
  readonly replaced: boolean;
  /** ONBUILD instructions of the base that run here. */
  readonly triggers: readonly Step[];
  /** In order, FROM excluded. */
  readonly steps: readonly Step[];
  readonly config: ImageConfig;
  /** Own layers of the chain up to here, base image excluded. */
  readonly layers: number;
  /** Stages this one directly depends on (FROM, COPY --from, mounts). */
  readonly dependsOn: readonly number[];
}

export interface Plan {
  readonly program: Program;
  readonly options: PlanOptions;
  readonly globals: readonly Step[];
  readonly stages: readonly Stage[];
  /** Index of the stage that is built; -1 when the file has none. */
  readonly target: number;
  /** Problems of all phases, in source order. */
  readonly problems: readonly Problem[];
}

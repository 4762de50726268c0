/**
 * Typed instructions, one member per Dockerfile instruction: what BuildKit's `instructions.Parse`
 * makes of a node, before variables are expanded. Readonly data; `instructions.ts` makes it.
 */

import type { Argument, Dockerfile, Heredoc, Instruction, Problem } from './ast.ts';

interface Of<K extends string> {
  readonly kind: K;
  readonly instruction: Instruction;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Written without `=` (`ENV name value`). */
  readonly legacy: boolean;
}

/** Shell or exec form of RUN, CMD, ENTRYPOINT, HEALTHCHECK CMD. */
export interface CommandLine {
  /** False: exec form, `words` are the arguments. True: shell form, `words` has one joined text. */
  readonly shell: boolean;
  readonly words: readonly string[];
}

/** One `--mount`, unexpanded; field rules are checked when the stage is evaluated (BuildKit `dispatchRunMounts`). */
export interface Mount {
  /** The flag's value, as written. */
  readonly text: string;
  /** CSV fields in order, keys lower case; `value` is null for a bare key. */
  readonly fields: readonly {
    readonly key: string;
    readonly value: string | null;
    readonly text: string;
  }[];
  readonly from: string | null;
}

export interface FromCommand extends Of<'from'> {
  readonly base: string;
  readonly platform: string | null;
  /** Lower case; null when unnamed. */
  readonly name: string | null;
}
export interface ArgCommand extends Of<'arg'> {
  readonly args: readonly { readonly key: string; readonly value: string | null }[];
}
export interface EnvCommand extends Of<'env'> {
  readonly pairs: readonly KeyValue[];
}
export interface LabelCommand extends Of<'label'> {
  readonly pairs: readonly KeyValue[];
}
export interface MaintainerCommand extends Of<'maintainer'> {
  readonly value: string;
}
export interface RunCommand extends Of<'run'> {
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  readonly mounts: readonly Mount[];
  readonly network: string | null;
  readonly security: string | null;
  readonly devices: readonly string[];
}
export interface CopyCommand extends Of<'copy' | 'add'> {
  /** Path, URL and git sources in order (heredoc sources are in `heredocs`). */
  readonly sources: readonly Argument[];
  /** Heredocs that are sources: files named like the delimiter. */
  readonly heredocs: readonly Heredoc[];
  readonly dest: string;
  readonly from: string | null;
  readonly chown: string | null;
  readonly chmod: string | null;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
  readonly keepGitDir: boolean | null;
  readonly checksum: string | null;
  readonly unpack: boolean | null;
}
export interface CmdCommand extends Of<'cmd'> {
  readonly command: CommandLine;
}
export interface EntrypointCommand extends Of<'entrypoint'> {
  readonly command: CommandLine;
}
export interface ShellCommand extends Of<'shell'> {
  readonly words: readonly string[];
}
export interface ExposeCommand extends Of<'expose'> {
  readonly ports: readonly string[];
}
export interface VolumeCommand extends Of<'volume'> {
  readonly paths: readonly string[];
}
export interface UserCommand extends Of<'user'> {
  readonly user: string;
}
export interface WorkdirCommand extends Of<'workdir'> {
  readonly path: string;
}
export interface StopsignalCommand extends Of<'stopsignal'> {
  readonly signal: string;
}
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`. */
  readonly test: readonly string[];
  /** Nanoseconds; 0 when unset. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}
export interface HealthcheckCommand extends Of<'healthcheck'>, Healthcheck {}
export interface OnbuildCommand extends Of<'onbuild'> {
  /** The stored trigger: text behind the keyword, heredoc bodies appended. */
  readonly expression: string;
}
/** An instruction that BuildKit refuses; the reason is among the problems. */
export type InvalidCommand = Of<'invalid'>;

export type Command =
  | FromCommand
  | ArgCommand
  | EnvCommand
  | LabelCommand
  | MaintainerCommand
  | RunCommand
  | CopyCommand
  | CmdCommand
  | EntrypointCommand
  | ShellCommand
  | ExposeCommand
  | VolumeCommand
  | UserCommand
  | WorkdirCommand
  | StopsignalCommand
  | HealthcheckCommand
  | OnbuildCommand
  | InvalidCommand;

export interface StageSyntax {
  readonly index: number;
  /** A FROM that BuildKit refuses still opens a stage: base `''`, name null. */
  readonly from: FromCommand;
  /** In order, FROM excluded, invalid ones included. */
  readonly commands: readonly Command[];
}

/** A whole file, typed: what `instructions.Parse` returns, and every problem instead of only the first. */
export interface Program {
  readonly dockerfile: Dockerfile;
  /** ARG before the first FROM (and refused instructions standing there). */
  readonly globals: readonly Command[];
  readonly stages: readonly StageSyntax[];
  /** Parser-phase and instruction-phase problems together, in source order. */
  readonly problems: readonly Problem[];
}

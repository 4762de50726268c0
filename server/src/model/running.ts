/** The state of a stage while its instructions are gone through, one after the other. */

import type { Escape } from '../syntax/ast.ts';
import type { CommandLine } from '../syntax/commands.ts';
import { Environment, type KnownValue } from './environment.ts';
import { baseConfig, type ConfigState, inheritConfig } from './imageConfig.ts';
import { emptyMap, entriesOf, type OrderedMap } from './orderedMap.ts';
import { resolveWorkdir } from './paths.ts';
import type { CopyOrigin, Platform, StageBase } from './plan.ts';
import { type Budget, type Expansion, expansionIn } from './variables.ts';

/** A name declared with ARG; `value` is what it was given, which a later ENV may hide. */
export interface DeclaredArg {
  readonly value: string | null;
  readonly exact: boolean;
}

/** What is equal for all stages of a file. */
export interface Surroundings {
  readonly escape: Escape;
  readonly globals: Environment;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly budget: Budget;
  /** Origins of `COPY --from` and of mounts, per instruction. */
  readonly origins: ReadonlyMap<object, readonly (CopyOrigin | null)[]>;
  /** BuildKit's name of a stage in messages. */
  readonly label: (stage: number) => string;
}

export interface Running {
  readonly around: Surroundings;
  readonly stage: number;
  readonly platform: Platform;
  /** All names of the base's env are known. */
  readonly namesKnown: boolean;
  /** The base's SHELL is known. */
  readonly shellKnown: boolean;
  env: Environment;
  config: ConfigState;
  args: OrderedMap<DeclaredArg>;
  /** Absolute. */
  workdir: string;
  workdirKnown: boolean;
  layers: number;
  /** CMD stood in this stage, so an ENTRYPOINT does not clear it. */
  cmdSet: boolean;
}

/** What a stage hands on to the stages built from it. */
export type Finished = Pick<
  Running,
  | 'platform'
  | 'namesKnown'
  | 'shellKnown'
  | 'env'
  | 'config'
  | 'args'
  | 'workdir'
  | 'workdirKnown'
  | 'layers'
>;

/**
 * The state before the first instruction. What is assumed of an unknown base image is what most
 * Linux images keep to: Docker's default PATH, no SHELL, the root as working directory. These are
 * guesses, so texts that hang on them are not exact.
 */
export function startStage(
  stage: number,
  base: StageBase,
  platform: Platform,
  parent: Finished | null,
  around: Surroundings,
): Running {
  if (parent) {
    const config = inheritConfig(parent.config);
    const env = Environment.start(parent.env, config.env, parent.namesKnown);
    return { ...parent, around, stage, config, env, cmdSet: false };
  }
  const { image, scratch } = base;
  const config = baseConfig(image, scratch, platform);
  const given = config.workingDir;
  // BuildKit runs the base's own directory through WORKDIR, which joins a relative one with itself.
  const namesKnown = scratch || image?.config.env !== undefined;
  const workingDir = given === '' ? '' : resolveWorkdir(given, given, platform.os);
  return {
    around,
    stage,
    platform,
    namesKnown,
    shellKnown: scratch || image?.config.shell !== undefined,
    env: Environment.start(null, config.env, namesKnown),
    config: { ...config, workingDir },
    args: emptyMap(),
    workdir: slashed(workingDir) || '/',
    workdirKnown: scratch || image?.config.workingDir !== undefined,
    layers: 0,
    cmdSet: false,
  };
}

/** With forward slashes only, also for Windows. */
/** What is handed on, without what belongs to this version of the text only. */
export function finish(running: Running): Finished {
  const { platform, namesKnown, shellKnown, env, config, args } = running;
  const { workdir, workdirKnown, layers } = running;
  return { platform, namesKnown, shellKnown, env, config, args, workdir, workdirKnown, layers };
}

export function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

/** Expansions of words in the environment as it is at this point of the stage. */
export function expansionOf(running: Running): Expansion {
  const { env, namesKnown, around } = running;
  return expansionIn({ env, namesKnown, escape: around.escape, budget: around.budget });
}

/**
 * An error that is told: none when the words hang on an unknown base, with which it may all be
 * right (`VOLUME $DATA` where the base sets DATA).
 */
export function certainError(expansion: Expansion, error: string | null): string | null {
  return expansion.doubt ? null : (expansion.error ?? error);
}

/** The words of a command, with the shell in front when it is in shell form. */
export function withShell(running: Running, command: CommandLine): readonly string[] {
  if (!command.shell) return command.words;
  const text = command.words.join(' ');
  const shell = running.config.shell;
  if (shell && shell.length > 0) return [...shell, text];
  return running.platform.os === 'windows' ? ['cmd', '/S', '/C', text] : ['/bin/sh', '-c', text];
}

/** Whether the shell in front of a shell-form command is certain. */
export function isShellExact(running: Running): boolean {
  return running.shellKnown || running.config.shell !== null;
}

/** The ARGs that a RUN's history text lists, with the values that they have now. */
export function declaredArgs(
  running: Pick<Running, 'args' | 'env' | 'namesKnown'>,
): readonly (KnownValue & { readonly key: string })[] {
  const { args, env, namesKnown } = running;
  return entriesOf(args).map(({ key, value: declared }) => {
    const now = env.find(key);
    if (now) return { key, ...now };
    const exact = declared.exact && (declared.value !== null || namesKnown);
    return { key, value: declared.value ?? '', exact };
  });
}

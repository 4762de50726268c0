/**
 * What Compose builds from a Dockerfile, and how it names that, by the Compose files in the folders
 * from the Dockerfile's up to the workspace folder, and in a few beside them. Only where an engine may be asked; found in the
 * background, and while a newer answer is on its way the last one stands.
 */

import type { FileSystem } from '../context/fileSystem.ts';
import { newestFirst } from '../engine/candidates.ts';
import {
  type ComposeBuild,
  type ComposeProject,
  composeBuilds,
  composeIncludes,
  composeProjectName,
} from '../engine/composeNames.ts';
import { longestCompose } from '../engine/composeText.ts';
import { envFile } from '../engine/composeVariables.ts';
import type { ImageSummary } from '../engine/engine.ts';
import type { Plan } from '../model/plan.ts';
import { confined } from './confined.ts';
import { BackgroundFact } from './facts.ts';
import { folderOf, isWithin, resolvePath } from './hostPaths.ts';
import type { Subject } from './subject.ts';

/** A name that Compose gives to images of the Dockerfile. */
export interface ComposeName {
  readonly name: string;
  readonly by: 'compose';
  readonly project: string;
  readonly service: string;
  /** The Compose file, or the first of several. */
  readonly file: string;
  readonly target: string | null | undefined;
  /** Arguments of its builds, as far as they are known. */
  readonly args: ReadonlyMap<string, string>;
}

/** A build of the Dockerfile, and the file that it is named in. */
interface FoundBuild extends ComposeBuild {
  readonly file: string;
}

/** Folders and files that are looked at for one Dockerfile. */
const mostFolders = 8;
const mostFiles = 24;
const mostIncludes = 8;
const longestEnv = 65_536;

/** Compose's usual names, the first that is there counts; and those that override it. */
const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrides = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];
/** Folders beside which the project's own is one up: `docker/compose.yaml` with the context `..`. */
const besides = ['.devcontainer', '.docker', 'compose', 'deploy', 'docker'];
/** What people name with `-f`: `docker-compose.dev.yml`. */
const furtherNames = /^(?:docker-)?compose[.\-_][\w.-]+\.ya?ml$/;

/** The facts of one document; they live as long as it is open. */
export class ComposeFacts {
  readonly #files: FileSystem;
  readonly #onChanged: () => void;
  #fact: BackgroundFact<readonly FoundBuild[]> | null = null;
  #subject = '';

  constructor(files: FileSystem, onChanged: () => void) {
    this.#files = files;
    this.#onChanged = onChanged;
  }

  /** The names of what the plan's target is, as far as is known now; none for a text that is no file. */
  read(subject: Subject, plan: Plan): readonly ComposeName[] {
    const { path, folder, within } = subject;
    if (path === null) return none;
    const key = JSON.stringify([path, folder, within]);
    if (key !== this.#subject) {
      this.stop();
      this.#subject = key;
      const own = folder !== null && isWithin(path, folder) ? folder : folderOf(path);
      const files = confined(this.#files, within ?? [own]);
      this.#fact = new BackgroundFact(
        async (signal) => ({ state: 'known', value: await find(files, path, own, signal) }),
        this.#onChanged,
        (a, b) => textOf(a) === textOf(b),
      );
    }
    const fact = this.#fact?.held.fact;
    return fact?.state === 'known' ? namesFor(fact.value, plan) : none;
  }

  /** Compose files or variables beside them may have changed. */
  filesChanged(paths: readonly string[]): void {
    if (paths.some((path) => /compose[^/\\]*\.ya?ml$|[\\/]\.env$/.test(path))) this.revalidate();
  }

  revalidate(): void {
    this.#fact?.refresh();
  }

  get busy(): boolean {
    return this.#fact?.settling != null;
  }

  async settled(): Promise<void> {
    await this.#fact?.settling;
  }

  stop(): void {
    this.#fact?.stop();
    this.#fact = null;
    this.#subject = '';
  }
}

const none: readonly ComposeName[] = [];

/** Images with a label of one service that are taken for builds of it. */
const mostLabelled = 4;

/** The names, and ids of images that Compose labelled as builds of the same services. */
export function withLabelled(
  names: readonly ComposeName[],
  images: readonly ImageSummary[],
): readonly Pick<ComposeName, 'name' | 'by'>[] {
  if (names.length === 0) return none;
  const services = new Set(names.map(({ project, service }) => `${project} ${service}`));
  const labelled = newestFirst(images).filter(({ labels }) => {
    const project = labels['com.docker.compose.project'];
    const service = labels['com.docker.compose.service'];
    return services.has(`${project} ${service}`);
  });
  const ids = labelled
    .slice(0, mostLabelled)
    .map(({ id }) => ({ name: id, by: 'compose' }) as const);
  return [...names.map(({ name, by }) => ({ name, by })), ...ids];
}

function textOf(builds: readonly FoundBuild[]): string {
  return JSON.stringify(builds.map(({ args, ...build }) => [build, [...args]]));
}

const namesOf = new WeakMap<Plan, { readonly of: unknown; readonly names: typeof none }>();

/** Builds of another target make another image. */
function namesFor(builds: readonly FoundBuild[], plan: Plan): readonly ComposeName[] {
  const known = namesOf.get(plan);
  if (known?.of === builds) return known.names;
  const isTarget = (target: ComposeBuild['target']) => {
    if (target === undefined) return true;
    if (target === null || target === '') return plan.target === plan.stages.length - 1;
    const wanted = target.toLowerCase();
    const index = plan.stages.findLastIndex(({ name }) => name === wanted);
    return index === plan.target || (index < 0 && Number(target) === plan.target);
  };
  const names = builds
    .filter(({ target }) => isTarget(target))
    .flatMap(({ names: all, project, service, file, target, args }) =>
      all.map(
        (name): ComposeName => ({ name, by: 'compose', project, service, file, target, args }),
      ),
    );
  namesOf.set(plan, { of: builds, names });
  return names;
}

/** Builds of the Dockerfile, the nearest Compose file first. */
async function find(
  files: FileSystem,
  dockerfile: string,
  top: string,
  signal: AbortSignal,
): Promise<readonly FoundBuild[]> {
  const reading = new Reading(files, dockerfile, signal);
  let folder = folderOf(dockerfile);
  for (let depth = 0; depth < mostFolders && isWithin(folder, top); depth += 1) {
    const names = await reading.folder(folder);
    for (const name of besides) {
      if (names.includes(name)) await reading.folder(resolvePath(folder, name));
    }
    const above = folderOf(folder);
    if (above === folder) break;
    folder = above;
  }
  return reading.found;
}

class Reading {
  readonly found: FoundBuild[] = [];
  readonly #files: FileSystem;
  readonly #dockerfile: string;
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();
  readonly #folders = new Set<string>();
  #left = mostFiles;

  constructor(files: FileSystem, dockerfile: string, signal: AbortSignal) {
    this.#files = files;
    this.#dockerfile = dockerfile;
    this.#signal = signal;
  }

  /** Reads the project of a folder, and those that further Compose files in it stand for; what is in it. */
  async folder(folder: string): Promise<readonly string[]> {
    if (this.#folders.has(folder)) return [];
    this.#folders.add(folder);
    const names = await this.#files.list(folder).catch((): readonly string[] => []);
    const main = usualNames.find((name) => names.includes(name));
    const over = overrides.find((name) => names.includes(name));
    const further = names
      .filter((name) => furtherNames.test(name) && !overrides.includes(name))
      .sort();
    const variables = names.includes('.env')
      ? envFile((await this.#text(resolvePath(folder, '.env'), longestEnv)) ?? '')
      : new Map<string, string>();
    const listed = variables.get('COMPOSE_FILE');
    const usual = [main, over].filter((name) => name !== undefined);
    const first = listed ? pathsIn(listed, variables) : usual;
    if (first.length > 0) await this.#project(folder, first, variables, null, mostIncludes);
    for (const name of further) {
      await this.#project(folder, [...(main ? [main] : []), name], variables, null, 0);
    }
    return names;
  }

  async #project(
    folder: string,
    paths: readonly string[],
    variables: ReadonlyMap<string, string>,
    name: string | null,
    includes: number,
  ): Promise<void> {
    const texts: string[] = [];
    const at = paths.slice(0, mostFiles).map((path) => resolvePath(folder, path));
    for (const path of at) {
      const text = await this.#text(path, longestCompose);
      if (text !== null) texts.push(text);
    }
    const project: ComposeProject = { texts, folder: lastPart(folder), variables };
    for (const build of composeBuilds(project, name)) {
      if (!this.#isOurs(folder, build)) continue;
      const id = JSON.stringify([build.names, build.target, [...build.args]]);
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      this.found.push({ ...build, file: at[0] ?? folder });
    }
    if (includes <= 0) return;
    const inherited = name ?? composeProjectName(project);
    for (const { paths: inner, folder: own } of composeIncludes(project).slice(0, includes)) {
      const whole = inner.map((path) => resolvePath(folder, path));
      const below = own === null ? folderOf(whole[0] ?? folder) : resolvePath(folder, own);
      const text = await this.#text(resolvePath(below, '.env'), longestEnv);
      const both = new Map([...envFile(text ?? ''), ...variables]);
      await this.#project(below, whole, both, inherited, 0);
    }
  }

  #isOurs(folder: string, { context, dockerfile }: ComposeBuild): boolean {
    // `https://…`, `git@…` and their like are fetched by the builder.
    if (/^[a-z][a-z+.-]+:|^git@/i.test(context) && !/^[a-z]:[\\/]/i.test(context)) return false;
    return resolvePath(resolvePath(folder, context), dockerfile) === this.#dockerfile;
  }

  async #text(path: string, limit: number): Promise<string | null> {
    this.#signal.throwIfAborted();
    if (this.#left <= 0) return null;
    this.#left -= 1;
    try {
      if ((await this.#files.lstat(path)).kind !== 'file') return null;
      return new TextDecoder().decode(await this.#files.read(path, limit));
    } catch {
      return null;
    }
  }
}

/** The files of `COMPOSE_FILE`; a drive's colon is no separator. */
function pathsIn(list: string, variables: ReadonlyMap<string, string>): readonly string[] {
  const given = variables.get('COMPOSE_PATH_SEPARATOR');
  const separator = given || (list.includes(';') || /^[a-z]:[\\/]/i.test(list) ? ';' : ':');
  return list.split(separator).filter((path) => path !== '');
}

function lastPart(folder: string): string {
  return folder.split(/[\\/]/).findLast((part) => part !== '') ?? '';
}

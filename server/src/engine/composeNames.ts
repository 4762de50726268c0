/**
 * What Compose builds, and how it names the images (Compose specification, "Build" and "Services";
 * names as Compose 2 gives them, and as Compose 1 did).
 */

import { type Json, listOf, objectOf, textOf, textsOf } from './answersJson.ts';
import { composeDocuments } from './composeText.ts';
import { interpolated, type Variables } from './composeVariables.ts';

/** The files of a Compose project, the later ones override the earlier. */
export interface ComposeProject {
  readonly texts: readonly string[];
  /** Name of the folder of the first file. */
  readonly folder: string;
  /** Of its `.env` file. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A service that Compose builds. */
export interface ComposeBuild {
  readonly project: string;
  readonly service: string;
  /** Of the image, the likeliest first. */
  readonly names: readonly string[];
  /** As written, from the project's folder; an address for what is not built from a folder. */
  readonly context: string;
  /** As written, from the context. */
  readonly dockerfile: string;
  /** Null: none is named. Undefined: it hangs on a variable that is not known. */
  readonly target: string | null | undefined;
  /** Those that are known. */
  readonly args: ReadonlyMap<string, string>;
}

/** A file that a Compose file takes in (`include`). */
export interface ComposeInclude {
  readonly paths: readonly string[];
  /** Null: that of the first path. */
  readonly folder: string | null;
}

const mostServices = 500;

/** The services with a build, in the order of the files. Files that cannot be read say nothing. */
export function composeBuilds(
  { texts, folder, variables }: ComposeProject,
  projectName: string | null = null,
): readonly ComposeBuild[] {
  const lookup: Variables = (name) => variables.get(name);
  const documents = texts.flatMap((text) => composeDocuments(text) ?? []);
  const services = merged(documents);
  const project = projectName ?? nameOfProject(documents, folder, lookup);
  const found: ComposeBuild[] = [];
  for (const name of [...services.keys()].slice(0, mostServices)) {
    const build = buildOf(name, inherited(name, services), project, lookup);
    if (build) found.push(build);
  }
  return found;
}

/** The name that Compose gives a project without `-p`: a variable, `name:`, the folder's name. */
export function composeProjectName({ texts, folder, variables }: ComposeProject): string {
  const documents = texts.flatMap((text) => composeDocuments(text) ?? []);
  return nameOfProject(documents, folder, (name) => variables.get(name));
}

function nameOfProject(documents: readonly Json[], folder: string, lookup: Variables): string {
  const given = lookup('COMPOSE_PROJECT_NAME');
  if (given) return given;
  for (const { name } of documents.toReversed()) {
    const value = typeof name === 'string' ? interpolated(name, lookup) : undefined;
    if (value) return value;
  }
  return folder
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** What the files take in; paths that hang on variables that are not known are left out. */
export function composeIncludes({ texts, variables }: ComposeProject): readonly ComposeInclude[] {
  const lookup: Variables = (name) => variables.get(name);
  const value = (text: string) => interpolated(text, lookup) ?? [];
  return texts
    .flatMap((text) => composeDocuments(text) ?? [])
    .flatMap(({ include }) => listOf(include))
    .flatMap((one): ComposeInclude[] => {
      if (typeof one === 'string') return [{ paths: [one].flatMap(value), folder: null }];
      const { path, project_directory } = objectOf(one);
      const paths = typeof path === 'string' ? [path] : textsOf(path);
      const folder = typeof project_directory === 'string' ? project_directory : null;
      return [{ paths: paths.flatMap(value), folder }];
    })
    .filter(({ paths }) => paths.length > 0);
}

/** Later files override: single values as a whole, arguments and other mappings entry by entry. */
function merged(documents: readonly Json[]): ReadonlyMap<string, Json> {
  const services = new Map<string, Json>();
  for (const document of documents) {
    for (const [name, value] of Object.entries(objectOf(document.services))) {
      const before = services.get(name);
      const now = objectOf(value);
      services.set(name, before ? mergedService(before, now) : now);
    }
  }
  return services;
}

function mergedService(before: Json, now: Json): Json {
  const both = { ...before, ...now };
  if (!('build' in before) || !('build' in now) || now.build === null) return both;
  const [old, own] = [buildFields(before.build), buildFields(now.build)];
  const args = new Map([...argsOf(old.args), ...argsOf(own.args)]);
  const tags = [...textsOf(old.tags), ...textsOf(own.tags)];
  return { ...both, build: { ...old, ...own, args: Object.fromEntries(args), tags } };
}

function buildFields(build: unknown): Json {
  return typeof build === 'string' ? { context: build } : objectOf(build);
}

/** A service with what it takes over from another one of the same files (`extends`). */
function inherited(name: string, services: ReadonlyMap<string, Json>): Json {
  const chain: Json[] = [];
  const seen = new Set<string>();
  for (let at: string | null = name; at !== null && !seen.has(at) && seen.size < 16; ) {
    seen.add(at);
    const service = services.get(at);
    if (!service) break;
    chain.push(service);
    const from: unknown = service.extends;
    const { file, service: other } = objectOf(from);
    at = typeof from === 'string' ? from : file === undefined ? textOf(other) || null : null;
  }
  return chain.reduceRight((all, service) => mergedService(all, service), {} as Json);
}

function buildOf(
  service: string,
  fields: Json,
  project: string,
  lookup: Variables,
): ComposeBuild | null {
  const { build, image } = fields;
  const isNamed = typeof build === 'string' || (typeof build === 'object' && build !== null);
  if (!isNamed) return null;
  const { context, dockerfile, dockerfile_inline, target, args, tags } = buildFields(build);
  if (dockerfile_inline !== undefined) return null;
  const known = (value: unknown, otherwise: string) =>
    value === undefined || value === null || value === ''
      ? otherwise
      : interpolated(textOf(value), lookup);
  const folder = known(context, '.');
  const file = known(dockerfile, 'Dockerfile');
  if (!folder || !file) return null;
  const named = typeof image === 'string' ? [interpolated(image, lookup)] : undefined;
  const own = project === '' ? [] : [`${project}-${service}`, `${project}_${service}`];
  const names = [
    ...(named ?? own),
    ...textsOf(tags).map((tag) => interpolated(tag, lookup)),
  ].filter((name) => name !== undefined && name !== '');
  return {
    project,
    service,
    names: [...new Set(names)] as readonly string[],
    context: folder,
    dockerfile: file,
    target: target === undefined || target === null ? null : interpolated(textOf(target), lookup),
    args: knownArgs(args, lookup),
  };
}

/** As a mapping or as a list of `NAME=value`; null: the value is the environment's. */
function argsOf(args: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(args)) return Object.entries(objectOf(args));
  return textsOf(args).map((text) => {
    const at = text.indexOf('=');
    return at < 0 ? ([text, null] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
  });
}

function knownArgs(args: unknown, lookup: Variables): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of argsOf(args).slice(0, mostServices)) {
    const isPlain =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const known = isPlain
      ? interpolated(String(value), lookup)
      : value === null
        ? lookup(name)
        : undefined;
    if (known !== undefined) found.set(name, known);
  }
  return found;
}

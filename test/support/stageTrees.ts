/** Contents of stages, with a build context that is given by its files; for tests. */

import { createHash } from 'node:crypto';
import { createKeyMemory } from '../../server/src/cache/keyMemory.ts';
import { stageContents } from '../../server/src/cache/stages/stageContents.ts';
import { type EntryDigests, entryDigests } from '../../server/src/context/contentDigests.ts';
import type { ContentFacts, ContentNode } from '../../server/src/context/contentFacts.ts';
import type { Fact } from '../../server/src/context/fact.ts';
import type { PlanOptions, ResolvedMount, Step } from '../../server/src/model/plan.ts';
import { planOf } from './plans.ts';
import type { StageCase } from './stageCases.ts';

export interface GivenFile {
  readonly text: string;
  readonly mode?: number;
  readonly link?: boolean;
}

/** By relative path; a text is a file of mode 0644. */
export type GivenFiles = Readonly<Record<string, string | GivenFile>>;

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const digests: EntryDigests = entryDigests(sha256);

interface Building {
  readonly children: Map<string, Building>;
  file: GivenFile | null;
}

/** The folder that the files are in. */
export function contextNode(files: GivenFiles): ContentNode {
  const top: Building = { children: new Map(), file: null };
  for (const [path, given] of Object.entries(files)) {
    let at = top;
    for (const part of path.split('/').filter(Boolean)) {
      const child = at.children.get(part) ?? { children: new Map(), file: null };
      at.children.set(part, child);
      at = child;
    }
    if (!path.endsWith('/')) at.file = typeof given === 'string' ? { text: given } : given;
  }
  return nodeOf(top, '');
}

function nodeOf({ children, file }: Building, path: string): ContentNode {
  const common = {
    path,
    mtimeNs: '1',
    ctimeNs: '1',
    bytes: file?.text.length ?? 0,
    children: new Map(),
  };
  if (file?.link) {
    const digest = digests.symlink(file.text);
    return { ...common, kind: 'symlink', mode: 0o777, content: file.text, digest };
  }
  if (file) {
    const mode = file.mode ?? 0o644;
    const content = sha256(file.text);
    return { ...common, kind: 'file', mode, content, digest: digests.file(mode, content) };
  }
  const nodes = new Map(
    [...children]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, child]) => [name, nodeOf(child, path ? `${path}/${name}` : name)]),
  );
  const list = [...nodes].map(([name, node]) => [name, node.digest] as const);
  const digest = digests.directory(0o755, list);
  return { ...common, kind: 'directory', mode: 0o755, content: '', digest, children: nodes };
}

/** What those sources select. */
export function factsOf(root: ContentNode, sources: readonly string[]): ContentFacts {
  const found = sources.map((source) => {
    const parts = source.split('/').filter((part) => part && part !== '.');
    const name = parts.pop() ?? '';
    const parent = parts.reduce<ContentNode | undefined>(
      (node, part) => node?.children.get(part),
      root,
    );
    if (name === '') return [{ name: '', node: root }];
    const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    return [...(parent?.children ?? [])].flatMap(([each, node]) =>
      pattern.test(each) ? [{ name: each, node }] : [],
    );
  });
  return {
    kind: 'known',
    sources: sources.map((source, at) => ({
      source,
      digest: found[at]?.[0]?.node.digest ?? '',
      matches: found[at] ?? [],
    })),
    unnoticed: [],
    fails: found.some((matches) => matches.length === 0) ? 'The build fails: not found.' : null,
  };
}

export interface Seen {
  /** Undefined: not known. */
  readonly digest: string | undefined;
  readonly unknown: string | undefined;
  /** Texts of the RUN steps on which it hangs. */
  readonly reruns: readonly string[];
  readonly unstable: readonly string[];
  readonly lossy: readonly string[];
}

/** What a path of a stage (the first, where nothing else is said) is. */
export function contentOf(
  text: string,
  path: string,
  files: GivenFiles = {},
  stage = 0,
  options: Partial<PlanOptions> = {},
): Seen {
  const root = contextNode(files);
  const taken = (step: Step, mount: ResolvedMount | null): Fact<ContentFacts> => ({
    state: 'known',
    value: factsOf(root, mount ? [mount.source] : (step.copy?.sources ?? [])),
  });
  const content = stageContents(
    planOf(text, options),
    taken,
    createKeyMemory(sha256, entryDigests),
  )(stage, path);
  if ('unknown' in content)
    return { digest: undefined, unknown: content.unknown, reruns: [], unstable: [], lossy: [] };
  const textOf = (step: Step) => text.slice(step.instruction.span.start, step.instruction.span.end);
  return {
    digest: content.digest,
    unknown: undefined,
    reruns: content.reruns.map(textOf),
    unstable: content.unstable.map(textOf),
    lossy: content.lossy.map(textOf),
  };
}

/** The digest of an entry of the context. */
export function contextDigest(files: GivenFiles, path: string): string | undefined {
  return path
    .split('/')
    .filter(Boolean)
    .reduce<ContentNode | undefined>((node, part) => node?.children.get(part), contextNode(files))
    ?.digest;
}

/** What is told of a pair, by the digests before and after the edit. */
export function toldOf(each: StageCase): StageCase['told'] {
  const { before, after, files = {}, filesAfter = files, take, fromContext } = each;
  const image = 'FROM dockerfile-layers-test/base:1\n';
  const inCase = (text: string) => `${image}${text.replaceAll('ctx/', './')}\n`;
  const now = contentOf(inCase(after), take, filesAfter);
  const then: Seen =
    fromContext === undefined
      ? contentOf(inCase(before), take, files)
      : { ...now, digest: contextDigest(files, fromContext), reruns: [], lossy: [] };
  if (now.digest === undefined || then.digest === undefined) return 'unknown';
  if (now.digest !== then.digest)
    return now.lossy.length + then.lossy.length > 0 ? 'perhaps' : 'other';
  if (now.unstable.length > 0) return 'never';
  return now.reruns.length > 0 ? 'likely' : 'same';
}

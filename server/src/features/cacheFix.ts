/**
 * Where a COPY of a whole project stands above the installation of its dependencies, and what would
 * keep that in the cache: the files that the installation reads are copied first, and all else after
 * it. Offered only where the image stays the same; the text is proved by reading it again.
 */

import type { Manifests } from '../analysis/manifestFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { Edit } from '../merge/mergeRun.ts';
import type { Stage, Step } from '../model/plan.ts';
import { absolutePath } from '../syntax/slashPaths.ts';
import { downloadsBelow, type Follows, installationsBelow } from './cacheFixBelow.ts';
import { leftToUser } from './cacheFixLeft.ts';
import { passedBelow } from './cacheFixMove.ts';
import { editsOf, join, moveEdits, prefetchLine } from './cacheFixText.ts';

/** An installation of dependencies below a COPY of all files. */
export interface LateManifests {
  readonly copy: Step;
  /** The RUN whose installation is the last one that the COPY may go behind. */
  readonly run: Step;
  /** The first command that installs, as it runs: `npm ci`. */
  readonly command: string;
  /** What downloads alone, where the command does more; null: it only installs. */
  readonly download: string | null;
  /** All files that it reads, by their path in the context. */
  readonly files: readonly string[];
  /** The COPY supplies none of them: it may stand below as it is. */
  readonly isApart: boolean;
  /** What puts it right; a full sentence: why that is left to the user. */
  readonly fix: { readonly title: string; readonly edits: readonly Edit[] } | string;
}

/**
 * Those of stages that are built, in source order, as far as files are known by now. All files are
 * asked for; proofs are made for the first that are wanted.
 */
export function lateManifests(
  analysis: Analysis,
  stages: readonly Stage[],
  isWanted: (copy: Step, run: Step) => boolean = () => true,
): readonly LateManifests[] {
  if (analysis.dockerfile.text.length > longestText) return [];
  const found: LateManifests[] = [];
  for (const stage of stages) {
    if (!stage.needed) continue;
    for (const [at, step] of stage.steps.entries()) {
      if (step.copy?.origin.kind !== 'context') continue;
      const one = lateOf(analysis, stage, at, (run) => isWanted(step, run));
      if (one) found.push(one);
      if (found.length >= mostFound) return found;
    }
  }
  return found;
}

/** The best that can be said of one COPY. */
function lateOf(
  analysis: Analysis,
  stage: Stage,
  at: number,
  isWanted: (run: Step) => boolean,
): LateManifests | null {
  const copy = stage.steps[at];
  if (!copy) return null;
  for (const below of copiesProject(copy) ? [installationsBelow, downloadsBelow] : []) {
    const follows = below(analysis, stage, at);
    const one = follows && isWanted(follows.run) ? proposal(analysis, copy, follows) : null;
    if (one) return one;
  }
  const passes = passedBelow(analysis, stage, at);
  if (passes && isWanted(passes.run)) {
    const { run, command, files } = passes;
    const edits = moveEdits(analysis, copy, run);
    const title = `Copy it after ${command}, so that ${command} stays cached`;
    if (edits)
      return { copy, run, command, download: null, files, isApart: true, fix: { title, edits } };
  }
  const left = leftToUser(analysis, stage, at);
  if (!left || !isWanted(left.run)) return null;
  return { copy, ...left, download: null, isApart: false };
}

/** Nobody reads more at once. */
const mostFound = 5;

/** Each proof reads the whole text again. */
const longestText = 500_000;

/** One plain folder of the context goes to one place, by words that can be written again. */
function copiesProject({ copy, instruction, fromTrigger, onbuild }: Step): boolean {
  if (copy?.origin.kind !== 'context' || fromTrigger || onbuild) return false;
  if (copy.parents || copy.doubt || copy.remotes.length + copy.files.length > 0) return false;
  const [source, dest] = instruction.args;
  if (copy.sources.length !== 1 || instruction.args.length !== 2) return false;
  if (instruction.heredocs.length + instruction.innerComments.length > 0) return false;
  return /^[\w./@+-]+$/.test(source?.value ?? '') && /^[\w./@+${}-]+$/.test(dest?.value ?? '');
}

type Known = Extract<Manifests, { readonly ok: true }>;

function proposal(analysis: Analysis, copy: Step, follows: Follows): LateManifests | null {
  const { run, split, prefetch, command, found } = follows;
  const resolved = copy.copy;
  if (!resolved) return null;
  const source = absolutePath(resolved.sources[0] ?? '').slice(1);
  const files = new Set<string>();
  const restored = new Set<string>();
  const dummies = new Set<string>();
  // All are asked, so that they are looked for side by side.
  const answers = found.map(({ install, folder }) =>
    analysis.manifests.of(resolved, join(source, folder), install),
  );
  for (const [at, answer] of answers.entries()) {
    if (answer.state !== 'known' || !answer.value.ok) return null;
    const known: Known = answer.value;
    const folder = found[at]?.folder ?? '';
    for (const file of known.files) files.add(join(folder, file));
    for (const file of known.dummies ?? []) dummies.add(prefetch ? file : join(folder, file));
    if (known.restores !== null && !prefetch) restored.add(known.restores);
  }
  // Of a folder that is named itself, the same patterns would leave out something else.
  const hasFolder = [...files].some((file) => file.endsWith('/'));
  if (hasFolder && resolved.exclude.length > 0) return null;
  const above = prefetchLine(analysis, copy, follows, [...dummies]);
  if (above === 'none') return null;
  const edits = editsOf(
    analysis,
    copy,
    { run, split, above, isBefore: prefetch !== null },
    source,
    [...files],
  );
  if (!edits) return null;
  const note = [...restored].join(' and ');
  const kept = note === '' ? '' : ` (${note} then stays as it is in the context)`;
  const download = prefetch ? prefetch.words.join(' ') : null;
  const brings = /^(uv|poetry|composer)$/.test(prefetch?.install.tool ?? '')
    ? 'installs'
    : 'downloads';
  const what = download
    ? `what ${download} ${brings} stays cached${more[prefetch?.install.tool ?? ''] ?? ''}`
    : `${command} stays cached${split ? ' in a RUN of its own' : ''}${kept}`;
  return {
    copy,
    run,
    command,
    download,
    files: [...files].map((file) => join(source, file)),
    isApart: false,
    fix: { title: `Copy the manifest and lock file first, so that ${what}`, edits },
  };
}

/** What a download takes beyond what a build of this platform needs. */
const more: Readonly<Record<string, string>> = {
  cargo: ' (packages for tests and other platforms among it)',
  go: ' (modules for tests among it)',
  maven: ' (plugins of other goals among it)',
};

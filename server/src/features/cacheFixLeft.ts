/**
 * Where an installation stands below a COPY that brings its manifests, and the text cannot surely be
 * written otherwise: what is said of it, and why it is left to the user.
 */

import type { Manifests } from '../analysis/manifestFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { ResolvedCopy, Stage, Step } from '../model/plan.ts';
import { readRun } from '../shell/readRun.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { isUndisturbed, placed } from './cacheFixBelow.ts';
import { projectOf } from './cacheFixMove.ts';
import { join } from './cacheFixText.ts';
import { calledBy, installOf, looksAside } from './installWords.ts';

export interface Left {
  readonly run: Step;
  readonly command: string;
  readonly files: readonly string[];
  /** Why there is no quick fix, and what can be done: a full sentence. */
  readonly fix: string;
}

/** The first installation below a COPY of which that can be said; null: none, or files are not known yet. */
export function leftToUser(analysis: Analysis, stage: Stage, at: number): Left | null {
  const copy = stage.steps[at];
  if (!copy || copy.fromTrigger || copy.onbuild || copy.copy?.doubt) return null;
  for (const step of stepsBelow(analysis, stage, at)) {
    if (!step.run) continue;
    const { commands, unread } = readRun(step.run, analysis.plan.options.platform);
    const index = commands.findIndex(({ words }) => installOf(words));
    const found = commands[index];
    if (!found) {
      // What another command makes of the files may be what is installed.
      if (unread === null && commands.every(({ words }) => looksAside(words))) continue;
      return null;
    }
    const { cwd, runs } = found;
    const written = installOf(found.words);
    const install = written && cwd !== null ? placed(written, cwd, cwd)?.install : undefined;
    if (!install || cwd === null || runs !== 'always') return null;
    const project: Project | null = projectIn(copy, cwd) ?? projectOf([copy], install, cwd);
    if (!project || !isUndisturbed(step.run, cwd)) return null;
    const taken: ResolvedCopy = {
      ...project.copy,
      sources: [project.source ?? ''],
      parents: false,
    };
    const answer = analysis.manifests.of(taken, project.folder, install);
    if (answer.state !== 'known') return null;
    const { files, why } = said(answer.value);
    const before = commands.slice(0, index);
    if (files.length === 0 || !before.every(({ words }) => leaves(words, files))) return null;
    return {
      run: step,
      command: calledBy(found.words),
      files: files.map((file) => join(project.folder, file)),
      fix: why,
    };
  }
  return null;
}

/** A command that changes none of these files, as far as its words tell. */
function leaves(words: readonly string[], files: readonly string[]): boolean {
  const [program = ''] = words;
  const names = files.map((file) => file.slice(file.lastIndexOf('/') + 1));
  return (
    looksAside(words) ||
    (plainPrograms.test(program) &&
      !words.some((word) => names.some((name) => word.includes(name))))
  );
}

const plainPrograms =
  /^(cp|mv|mkdir|echo|printf|cat|ls|chmod|chown|touch|rm|cd|export|test|\[|ln|date)$/;

const mostLooked = 50;

/** The steps below one, in its stage and then in the only one that is built on it. */
function stepsBelow({ plan }: Analysis, stage: Stage, at: number): readonly Step[] {
  const own = stage.steps.slice(at + 1, at + 1 + mostLooked);
  if (own.some(({ run }) => run) || own.length === mostLooked) return own;
  const onTop = plan.stages.filter(({ needed, base }) => needed && base.stage === stage.index);
  return onTop.length === 1 ? [...own, ...(onTop[0]?.steps.slice(0, mostLooked) ?? [])] : own;
}

interface Project {
  readonly copy: ResolvedCopy;
  /** In the context: what is copied, and where the installation runs. */
  readonly source?: string;
  readonly folder: string;
}

/** Of a COPY of one plain folder, which the installation runs in or below. */
function projectIn({ copy }: Step, cwd: string): Project | null {
  const [source] = copy?.sources ?? [];
  if (copy?.sources.length !== 1 || source === undefined || /[*?[\\]/.test(source)) return null;
  const into = absolutePath(copy.dest);
  if (copy.parents || !isWithin(cwd, into)) return null;
  const below = cwd === into ? '' : cwd.slice(into === '/' ? 1 : into.length + 1);
  return { copy, source, folder: join(absolutePath(source).slice(1), below) };
}

function said(manifests: Manifests): { readonly files: readonly string[]; readonly why: string } {
  if (manifests.ok) {
    const why =
      'Quick fixes leave it to you, since these lines cannot be written otherwise for sure: copy those files alone, run the installation in a RUN of its own, then copy the rest.';
    return { files: manifests.files, why };
  }
  return {
    files: manifests.stable ?? [],
    why: `Quick fixes leave it to you: ${manifests.reason}`,
  };
}

/** The fix that moves a RUN that only cleans up to the end of the RUN that made the mess. */

import { elements } from '../merge/heredocText.ts';
import type { Edit } from '../merge/mergeRun.ts';
import { isPragma } from '../merge/runText.ts';
import type { ResolvedRun, Step } from '../model/plan.ts';
import { readRun } from '../shell/readRun.ts';
import { unknownPart } from '../shell/shellTree.ts';
import type { Span } from '../syntax/ast.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { appended } from './sizeFixAppend.ts';
import { gain } from './sizeFixCleanup.ts';
import { listUse } from './sizeFixNeeds.ts';
import {
  changed,
  type FixPlace,
  fixPlace,
  onlyAdds,
  type SizeFix,
  savedBytes,
  smallestBytes,
} from './sizeFixRun.ts';

/** Moves the cleanup that the place is, if it is one, to the last line whose bytes it is about. */
export function moveFixes(place: FixPlace): readonly SizeFix[] {
  const { analysis, stage, step, reading } = place;
  const commands = cleanupCommands(place);

  if (commands === undefined) return [];
  const vain = analysis.sizes.inVain(analysis.plan.target).get(step) ?? [];
  const at = stage.steps.indexOf(step);
  const made = stage.steps.findLastIndex(
    (one, index) => index < at && vain.some((removal) => removal.made === one),
  );
  const target = stage.steps[made];
  if (!target) return [];
  const mess = fixPlace(analysis, stage, target, place);
  if (!mess || !runsAlike(place, mess, commands)) return [];
  const paths = commands.flatMap(({ words }) => removedPaths(words, mess));
  const between = stage.steps.slice(made + 1, at);
  if (paths.length === 0 || between.some((one) => touches(one, paths, place))) return [];
  const append = appended(
    mess,
    commands.map(({ text }) => text),
  );
  if (!append) return [];
  const edits: readonly Edit[] = [append, { span: lineSpan(place), newText: '' }];
  const after = changed(mess, edits, { gone: step.instruction });
  const words = reading.commands.map((command) => command.words);
  if (!after || !onlyAdds(mess.reading, after.reading, words)) return [];
  const saved = savedBytes(mess.estimate, after.estimate);
  if (saved < smallestBytes) return [];
  const line = target.instruction.lines.start;
  const title = `Move this cleanup to line ${line} ${gain(place, saved, true)}`;
  return [{ title, code: 'frees-nothing', edits }];
}

/** The same shell and user; where tools look for settings of a project, also the same folder and variables. */
function runsAlike(
  { run }: FixPlace,
  { run: other }: FixPlace,
  commands: readonly CleanupCommand[],
): boolean {
  const how = ({ argv, user, network, security, cwd, env }: ResolvedRun) => [
    argv.slice(0, -1),
    [user, network, security],
    commands.some(({ words: [program = ''] }) => /^(npm|yarn)$/.test(program)) ? [cwd, env] : [],
  ];
  return JSON.stringify(how(run)) === JSON.stringify(how(other));
}

interface CleanupCommand {
  readonly words: readonly string[];
  readonly text: string;
}

/** The commands of a RUN that does nothing but remove; undefined where it does more, or may. */
function cleanupCommands({
  run,
  step,
  candidate,
  reading,
  analysis,
}: FixPlace): readonly CleanupCommand[] | undefined {
  const { text, facts } = candidate;
  const { instruction } = step;
  if (text.heredoc || instruction.heredocs.length > 0 || reading.unread !== null) return undefined;
  if (instruction.flags.length > 0 || run.mounts.length > 0) return undefined;
  // Comments in it would be lost, and those above that tools read would speak of another line.
  if (instruction.innerComments.length > 0 || facts.comment !== undefined) return undefined;
  if (instruction.comments.some((comment) => isPragma(`# ${comment.replace(/^#\s*/, '')}`))) {
    return undefined;
  }
  if (facts.shape !== 'pipeline' && facts.shape !== 'and') return undefined;
  if (facts.text.slice(facts.end).trim() !== '' || /[$`~]/.test(facts.text)) return undefined;
  const nodes = elements(facts.tree);
  const { commands } = readRun(run, analysis.plan.options.platform);
  if (nodes.length !== commands.length) return undefined;
  const found = commands.map((command, at): CleanupCommand | undefined => {
    const node = nodes[at];
    if (node?.type !== 'Command' || command.runs !== 'always') return undefined;
    if (command.outputs.length > 0 || command.piped || command.pipedFrom !== null) return undefined;
    if (!isCleanup(command.words)) return undefined;
    return {
      words: command.words,
      text: facts.text.slice(node.pos, node.end).replace(/\s+/g, ' '),
    };
  });
  return found.includes(undefined) ? undefined : (found as readonly CleanupCommand[]);
}

function isCleanup(words: readonly string[]): boolean {
  const line = words.join(' ');
  if (line.includes(unknownPart) || /['"\\]/.test(line)) return false;
  if (/^apt(-get)? (-\S+ )*(clean|autoclean|dist-?clean)( -\S+)*$/.test(line)) return true;
  if (/^npm (-\S+ )*cache (clean|clear|rm)( -\S+)*$/.test(line)) return true;
  if (/^yarn cache clean$/.test(line)) return true;
  // A relative path, or one with a link in it, is looked up where the command runs.
  return /^rm( -[rfv]+)*( \/[\w.+@-][\w.+@/*-]*)+$/.test(line) && !line.includes('/..');
}

/** What a cleanup removes, as folders and files without their patterns. */
function removedPaths(words: readonly string[], mess: FixPlace): readonly string[] {
  const [program] = words;
  if (program === 'rm') {
    return words
      .slice(1)
      .filter((word) => !word.startsWith('-'))
      .map((word) => absolutePath(word.replace(/\/?[^/]*\*.*$/, '') || '/'));
  }
  if (program === 'npm' || program === 'yarn') {
    return mess.estimate.contributions
      .filter(({ kind, path }) => kind === 'cache' && path !== '/')
      .map(({ path }) => path);
  }
  return ['/var/cache/apt'];
}

/** May the step read, write or look for what is removed? */
function touches(step: Step, paths: readonly string[], place: FixPlace): boolean {
  const { copy, workdir, run } = step;
  if (workdir !== null) return paths.some((path) => isWithin(workdir, path));
  if (copy) return paths.some((path) => overlaps(absolutePath(copy.dest), path));
  if (!run) return step.effect === 'layer';
  const estimate = place.analysis.sizes.run(step);
  if (!estimate) return true;
  const { commands, unread } = readRun(run, place.analysis.plan.options.platform);
  if (unread !== null) return true;
  const writes = estimate.contributions.some(
    ({ path }) => path !== '/' && paths.some((one) => overlaps(path, one)),
  );
  if (writes) return true;
  if (listUse(run, place) !== 'none') return true;
  return commands.some(({ words: [program = '', ...rest], outputs }) => {
    const named = [...rest, ...outputs.map(({ path }) => path ?? unknownPart)];
    if (named.some((word) => word.includes(unknownPart))) return true;
    const isNear = named.some((word) =>
      paths.some(
        (path) =>
          word.includes(path) || (word.startsWith('/') && overlaps(absolutePath(word), path)),
      ),
    );
    if (isNear) return true;
    if (harmless.has(program)) return false;
    // Installers of languages do not look at what system packages left.
    return !(installers.has(program) && paths.every((path) => isWithin(path, '/var')));
  });
}

const harmless = new Set(
  'mkdir ln echo printf chmod chown chgrp true useradd groupadd adduser addgroup usermod touch : test ['.split(
    ' ',
  ),
);

const installers = new Set('pip pip3 npm yarn gem bundle composer'.split(' '));

function overlaps(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

/** The whole line or lines of the instruction, one line end included. */
function lineSpan({ analysis, step }: FixPlace): Span {
  const { text } = analysis.dockerfile;
  const { start, end } = step.instruction.span;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  if (next >= 0) return { start: lineStart, end: next + 1 };
  const before = /\r?\n$/.exec(text.slice(0, lineStart))?.[0].length ?? 0;
  return { start: lineStart - before, end: text.length };
}

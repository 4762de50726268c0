/**
 * What a RUN stores again although a lower layer has it, and what it deletes in vain: layers only
 * add up. Told only where the text leaves no doubt: the command surely runs, its
 * paths are known, and all that an earlier COPY or ADD of the stage's chain made lies there.
 */

import type { Analysis } from '../analysis.ts';
import type { ResolvedCopy, ResolvedRun, Stage, Step } from '../model/plan.ts';
import { certainCommands, type PlainCommand, possibleCommands } from '../shell/certainCommands.ts';
import { unknownPart } from '../shell/shellTree.ts';
import { absolutePath, isWithin } from '../syntax/slashPaths.ts';
import { bytes, inlineCode, oneLine } from './render.ts';

/** One thing that a RUN does to what an earlier line made. */
export interface Rewrite {
  readonly kind: 'owner' | 'mode' | 'time' | 'move' | 'remove';
  /** Name of the program. */
  readonly program: string;
  /** The COPY or ADD whose files are meant. */
  readonly made: Step;
  /** Size of what it made; null where that is not known to the byte. */
  readonly bytes: number | null;
  /** A later COPY may have replaced a part of it. */
  readonly atMost: boolean;
}

/** The notes of a RUN as Markdown sentences, at most three; none for other instructions. */
export function copyOnWriteNotes(analysis: Analysis, stage: Stage, step: Step): readonly string[] {
  const { units } = analysis.settings;
  return rewrites(analysis, stage, step)
    .slice(0, 3)
    .map(({ kind, program, made, bytes: amount, atMost }) => {
      const line = `line ${made.instruction.lines.start}`;
      const size = amount === null ? '' : bytes(amount, units);
      if (kind === 'remove') {
        const what = size ? `the ${size} of ${line} stay` : `what ${line} stored stays`;
        return `\`${program}\` frees nothing: ${what} in the layer of that line.`;
      }
      const dest = inlineCode(oneLine(made.copy?.dest ?? '', 60));
      const much = size && `: ${atMost ? 'up to ' : ''}${size}`;
      return `\`${program}\` stores again what ${line} put into ${dest}${much}${endings[kind]}`;
    });
}

const endings: Readonly<Record<Exclude<Rewrite['kind'], 'remove'>, string>> = {
  owner: '. With `COPY --chown` it is stored once.',
  mode: '. With `COPY --chmod` it is stored once.',
  time: '.',
  move: '.',
};

/** Beyond this nobody would wait for the notes, or read them. */
const longestChain = 1000;

/** All of them, in the order of the commands; of each earlier line the last word counts. */
export function rewrites(analysis: Analysis, stage: Stage, step: Step): readonly Rewrite[] {
  const { run } = step;
  if (!run || !stage.needed || (step.layer ?? 0) > longestChain) return [];
  // Spares reading most scripts.
  if (!run.argv.some((word) => mayTouch.test(word))) return [];
  const touches = (certainCommands(run) ?? [])
    .flatMap(readTouches)
    .filter(({ path }) => !run.mounts.some(({ target }) => overlap(absolutePath(target), path)));
  if (touches.length === 0) return [];
  const earlier = stepsBelow(analysis, stage, step);
  if (earlier.length > longestChain) return [];
  const found = new Map<Step, Rewrite>();
  for (const touch of touches) {
    for (const [index, made] of earlier.entries()) {
      const { copy } = made;
      if (!copy || !concerns(touch, made, copy, analysis)) continue;
      const fate = fateOf(copy, touch, run, earlier.slice(index + 1));
      if (fate === 'doubtful' || (touch.kind !== 'remove' && found.has(made))) continue;
      const size = analysis.sizes.get(made);
      const known = size?.basis === 'computed' && !size.atLeast && !size.pending;
      // Nothing to store or to free.
      if (known && size.bytes === 0) continue;
      const { kind, program } = touch;
      const atMost = fate === 'partly';
      found.set(made, { kind, program, made, bytes: known ? size.bytes : null, atMost });
    }
  }
  return [...found.values()];
}

/** What became of the files since they were copied, up to the command itself. */
function fateOf(
  copy: ResolvedCopy,
  { kind }: Touch,
  run: ResolvedRun,
  later: readonly Step[],
): 'untouched' | 'partly' | 'doubtful' {
  const dest = absolutePath(copy.dest);
  if (later.some((step) => step.run && mayChange(step.run, dest) > 0)) return 'doubtful';
  // What is removed was stored, whatever else lies in its place now.
  if (kind === 'remove') return 'untouched';
  if (mayChange(run, dest, true) > (kind === 'move' ? 1 : 0)) return 'doubtful';
  const covers = later.map((step) => step.copy && absolutePath(step.copy.dest));
  if (covers.some((other) => other && isWithin(dest, other))) return 'doubtful';
  return covers.some((other) => other && isWithin(other, dest)) ? 'partly' : 'untouched';
}

/** A command that stores a path again, or removes it. */
interface Touch {
  readonly kind: Rewrite['kind'];
  readonly program: string;
  readonly path: string;
  /** All below the path too. */
  readonly recursive: boolean;
  /** The new owner or mode as written. */
  readonly value: string;
}

function readTouches({ words, cwd }: PlainCommand): readonly Touch[] {
  const [program = '', ...args] = words;
  const kind = kinds.get(program);
  if (!kind) return [];
  const end = args.indexOf('--');
  const isOption = (word: string, index: number) =>
    word.startsWith('-') && (end < 0 || index < end) && !(kind === 'mode' && isMode(word));
  const options = args.filter(isOption);
  if (!options.every((option) => plainOptions[kind].test(option))) return [];
  const operands = args.filter((word, index) => !isOption(word, index) && index !== end);
  const takesValue = kind === 'owner' || kind === 'mode';
  const value = takesValue ? (operands[0] ?? '') : '';
  const paths = operands.slice(takesValue ? 1 : 0, kind === 'move' ? -1 : undefined);
  const recursive =
    kind === 'move' || options.some((option) => /^-\w*[rR]|^--recursive$/.test(option));
  return paths.flatMap((word) => {
    const path = pathOf(word, cwd, kind === 'remove');
    return path === null ? [] : [{ kind, program, path, recursive, value }];
  });
}

const kinds: ReadonlyMap<string, Rewrite['kind']> = new Map([
  ['chown', 'owner'],
  ['chgrp', 'owner'],
  ['chmod', 'mode'],
  ['touch', 'time'],
  ['mv', 'move'],
  ['rm', 'remove'],
]);

const attributeOptions = /^-[cfvRP]+$|^--(recursive|changes|verbose|silent|quiet)$/;

const mayTouch = new RegExp(`\\b(${[...kinds.keys()].join('|')})\\b`);

/** Options that take no value and leave it certain that the paths are touched. */
const plainOptions: Readonly<Record<Rewrite['kind'], RegExp>> = {
  owner: attributeOptions,
  mode: attributeOptions,
  time: /^-[acm]+$/,
  move: /^-[fv]+$|^--(force|verbose)$/,
  remove: /^-[dfrvR]+$|^--(recursive|force|verbose|dir)$/,
};

function isMode(word: string): boolean {
  return /^-[rwxXst]+$/.test(word);
}

/** Absolute; null where it is not known. `rm folder/*` means what is in the folder. */
function pathOf(word: string, cwd: string | null, emptied: boolean): string | null {
  const plain = emptied ? word.replace(/\/\*$/, '') : word;
  if (plain === '' || plain.includes(unknownPart) || /[*?[~{]/.test(plain)) return null;
  if (plain.startsWith('/')) return absolutePath(plain);
  return cwd === null ? null : absolutePath(`${cwd}/${plain}`);
}

/** Does the command reach every file that the COPY made, and does it change them? */
function concerns(touch: Touch, made: Step, copy: ResolvedCopy, { sizes }: Analysis): boolean {
  const isReached = touch.recursive && isWithin(absolutePath(copy.dest), touch.path);
  const parts = sizes.get(made)?.parts ?? [];
  if (!isReached && fileOf(copy, parts) !== touch.path) return false;
  if (touch.value.includes(unknownPart)) return false;
  // Also what changes nothing: overlay2 copies a file up before it looks at owner or mode.
  return true;
}

/** Where the COPY puts its only file; null where it may put more, or may find a folder there. */
function fileOf(
  { origin, parents, remotes, sources, files, dest }: ResolvedCopy,
  parts: readonly { readonly label: string }[],
): string | null {
  if (parents || remotes.length > 0 || sources.length + files.length !== 1) return null;
  const source = files[0]?.name ?? absolutePath(sources[0] ?? '').slice(1);
  // A size with one part, the file that the source names: then the source is no folder.
  const isNamed = origin.kind === 'context' && parts.length === 1 && parts[0]?.label === source;
  if (files.length === 0 && !isNamed) return null;
  const name = source.slice(source.lastIndexOf('/') + 1);
  if (/\/\.?$/.test(dest)) return absolutePath(`${dest}/${name}`);
  const path = absolutePath(dest);
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last === name || /.\.(?!d$)/.test(last) ? path : null;
}

/** The steps before `step` in the stage and in the stages that it is built from, in order. */
function stepsBelow({ plan }: Analysis, stage: Stage, step: Step): readonly Step[] {
  const own = [...stage.triggers, ...stage.steps];
  let steps = own.slice(0, own.indexOf(step));
  for (let at: Stage | undefined = stage; at; ) {
    const index: number | null = at.base.stage;
    at = index !== null && index < at.index ? plan.stages[index] : undefined;
    if (at) steps = [...at.triggers, ...at.steps, ...steps];
  }
  return steps;
}

const remembered = new WeakMap<ResolvedRun, readonly PlainCommand[]>();

/**
 * How many commands of the RUN may remove, move or change files at the path. `here`: before another
 * command of the same RUN, where owners and modes may change once more.
 */
function mayChange(run: ResolvedRun, dest: string, here = false): number {
  const commands = remembered.get(run) ?? possibleCommands(run) ?? [unreadable];
  remembered.set(run, commands);
  return commands.filter(({ words: [program = '', ...args], cwd }) => {
    if (program.includes(unknownPart)) return true;
    const name = program.slice(program.lastIndexOf('/') + 1);
    if (!removers.has(name) && (here || !kinds.has(name))) return false;
    return args.some((word) => {
      if (word.startsWith('-')) return false;
      const path = pathOf(word.replace(/\/?[*?[{].*$/, ''), cwd, false);
      if (path !== null) return overlap(path, dest);
      return !word.startsWith('/') || word.includes(unknownPart);
    });
  }).length;
}

const unreadable: PlainCommand = { words: [unknownPart], cwd: null };
/** Programs that take files away or run what does. */
const removers = new Set('rm rmdir unlink mv find xargs sh bash rsync git ln'.split(' '));

function overlap(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

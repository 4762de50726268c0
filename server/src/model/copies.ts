/** COPY and ADD with words expanded and paths resolved (`dockerfile2llb/convert_copy.go`). */

import type { Heredoc } from '../syntax/ast.ts';
import type { CopyCommand } from '../syntax/commands.ts';
import { checksumError, chmodError } from '../syntax/copyValues.ts';
import { isHttpSource, isPlainPath, readGitRef } from '../syntax/gitRef.ts';
import { goQuote } from '../syntax/goText.ts';
import { copyText } from './historyText.ts';
import type { Outcome } from './outcome.ts';
import { isAbsolute, resolveDestination } from './paths.ts';
import type { CopyOrigin, ResolvedCopy } from './plan.ts';
import { expansionOf, type Running } from './running.ts';
import type { Expansion } from './variables.ts';

/** The step that a COPY or ADD makes; refused where BuildKit refuses it after expansion. */
export function applyCopy(running: Running, command: CopyCommand): Outcome {
  const add = command.kind === 'add';
  const expansion = expansionOf(running);
  const word = (text: string | null) => (text === null ? '' : expansion.word(text).value);
  const chown = word(command.chown);
  const chmod = word(command.chmod);
  const checksum = word(command.checksum);
  const givenWords = command.sources.map(({ value }) => expansion.word(value));
  const given = givenWords.map(({ value }) => value);
  const destWord = expansion.word(command.dest);
  const written = destWord.value;
  const { os } = running.platform;
  const dest = resolveDestination(running.workdir, written, os);
  // The history text is settled here: the bodies of heredocs are no part of it.
  const exact = expansion.exact;
  const files = command.heredocs.map((heredoc) => fileOf(heredoc, expansion));
  const doubt = {
    sources: !givenWords.every(isExact),
    dest: !destWord.exact || !(running.workdirKnown || isAbsolute(written, os)),
    files: !files.every(isExact),
  };
  const origin = originOf(running, command);
  const sources = readSources(given, add, checksum, command.keepGitDir);
  const text = () =>
    copyText({
      keyword: add ? 'ADD' : 'COPY',
      parents: command.parents,
      chown,
      chmod,
      sources: given,
      heredocs: command.heredocs.map(({ name }) => name),
      dest: written,
    });
  const settled: ResolvedCopy = {
    add,
    origin,
    sources: sources.paths,
    remotes: sources.remotes,
    files: files.map(({ file }) => file),
    dest,
    ...(written.endsWith('/.') && { dotted: true }),
    chown: chown || null,
    chmod: chmod || null,
    link: command.link && chmod === '',
    parents: command.parents,
    exclude: command.exclude,
    unpack: command.unpack,
    checksum: sources.checksum || null,
    keepGitDir: sources.keepGitDir,
  };
  const copy = doubt.sources || doubt.dest || doubt.files ? { ...settled, doubt } : settled;
  const wrong =
    expansion.error ?? chmodError(chmod) ?? checksumErrorBefore(checksum, given) ?? sources.error;
  const misplaced = orderError(running, command, origin);
  // BuildKit expands the words first, and then looks whether the source is there.
  const told = expansion.doubt ? null : wrong;
  const error = expansion.error !== null ? (told ?? misplaced) : (misplaced ?? told);
  return {
    effect: 'layer',
    text,
    exact,
    error,
    unlocated: false,
    copy: error === null && wrong === null ? copy : null,
    run: null,
    workdir: null,
  };
}

/** `<<-` takes the leading tabs off every line. */
export function withoutTabs(content: string): string {
  return content.replace(/(^|\n)\t+/g, '$1');
}

function isExact({ exact }: { readonly exact: boolean }): boolean {
  return exact;
}

function fileOf(heredoc: Heredoc, expansion: Expansion) {
  const written = heredoc.chomp ? withoutTabs(heredoc.content) : heredoc.content;
  const { name } = heredoc;
  const { value: content, exact } = heredoc.expand
    ? expansion.body(written)
    : { value: written, exact: true };
  return { file: { name, content, heredoc }, exact };
}

function originOf(running: Running, command: CopyCommand): CopyOrigin {
  return running.around.origins.get(command)?.[0] ?? { kind: 'context' };
}

function orderError(running: Running, command: CopyCommand, origin: CopyOrigin): string | null {
  if (origin.kind !== 'stage' || origin.stage <= running.stage) return null;
  return `cannot copy from stage "${command.from}", it needs to be defined before current stage "${running.around.label(running.stage)}"`;
}

/** The checks of `--checksum` that come before the sources are read one by one. */
function checksumErrorBefore(checksum: string, sources: readonly string[]): string | null {
  const error = checksumError(checksum, sources);
  return error?.startsWith('checksum ') ? error : null;
}

interface Sources {
  readonly paths: readonly string[];
  readonly remotes: ResolvedCopy['remotes'];
  readonly checksum: string;
  readonly keepGitDir: boolean;
  readonly error: string | null;
}

const noRemotes: ResolvedCopy['remotes'] = [];

/** Tells paths, URLs and git references apart, in BuildKit's order of checks. */
function readSources(
  sources: readonly string[],
  add: boolean,
  givenChecksum: string,
  givenKeep: boolean | null,
): Sources {
  if (sources.every(isPlainPath)) {
    const keepGitDir = givenKeep ?? false;
    return { paths: sources, remotes: noRemotes, checksum: givenChecksum, keepGitDir, error: null };
  }
  const paths: string[] = [];
  const remotes: { readonly kind: 'url' | 'git'; readonly reference: string }[] = [];
  let checksum = givenChecksum;
  let keep = givenKeep;
  let error: string | null = null;
  for (const source of sources) {
    const git = readGitRef(source);
    if (git.git && git.ref === null) {
      error ??= git.error;
    } else if (git.git && !git.ref.likeLocalPath) {
      if (!add) error ??= "source can't be a git ref for COPY";
      const { keepGitDir, checksum: wanted } = git.ref;
      if (keep !== null && keepGitDir !== null && keep !== keepGitDir) {
        error ??= 'inconsistent keep-git-dir configuration';
      }
      keep = keepGitDir ?? keep;
      if (checksum && wanted && checksum !== wanted) {
        error ??= `checksum mismatch ${goQuote(checksum)} != ${goQuote(wanted)}`;
      }
      checksum = wanted || checksum;
      remotes.push({ kind: 'git', reference: source });
    } else if (isHttpSource(source)) {
      if (!add) error ??= "source can't be a URL for COPY";
      error ??= checksumError(checksum, [source]);
      remotes.push({ kind: 'url', reference: source });
    } else {
      paths.push(source);
    }
  }
  return { paths, remotes, checksum, keepGitDir: keep ?? false, error };
}

/** Whether an entry of an image's history is that of a step. */

import { historyMatches } from '../model/historyForms.ts';
import type { Entry } from './layEntries.ts';
import type { ReadRow, RunParts } from './layRow.ts';

/** `same`: as the step stands. `values`: the same text with other values of ARG. */
export type Fit = 'same' | 'values' | null;

/** How much a pair counts when sequences are laid over each other. */
export interface Fitting {
  readonly fit: Fit;
  /** 0 to 9: the same text counts more than a text that may be it. */
  readonly weight: number;
}

const none: Fitting = { fit: null, weight: 0 };
const same: Fitting = { fit: 'same', weight: 9 };
/** The entry says less than the line does. */
const loose: Fitting = { fit: 'same', weight: 8 };
/** With the values that the image was built with, the text is the same. */
const explained: Fitting = { fit: 'values', weight: 8 };
const values: Fitting = { fit: 'values', weight: 6 };

/** `parts`: what a RUN's entry runs, where one of the file's RUN lines does. */
export function fitting(entry: Entry, row: ReadRow, parts: RunParts | null): Fitting {
  if (entry.keyword !== row.keyword) return none;
  if (entry.keyword === 'RUN') return fittingRun(entry, row, parts);
  const { createdBy } = row.row;
  if (entry.keyword === 'ONBUILD') {
    return row.text.slice('ONBUILD '.length).trim() === entry.written.trim() ? same : none;
  }
  const text = entry.text();
  if (text === null) return none;
  if (text === row.text) return same;
  if (entry.keyword === 'ARG') return fittingArg(entry, text, row);
  if (row.form === 'classic' || row.form === 'podman') {
    if (row.keyword === 'COPY' || row.keyword === 'ADD') return fittingOlderCopy(entry, row);
    // Buildah writes the line as it stands.
    if (oneBlank(row.text.slice(row.keyword.length)) === oneBlank(entry.written)) return same;
  }
  const spelled = entry.keyword === 'EXPOSE' || entry.keyword === 'HEALTHCHECK';
  if (spelled && historyMatches(text, createdBy)) return same;
  const built = entry.builtText();
  if (built !== null && built !== text) {
    if (built === row.text || (spelled && historyMatches(built, createdBy))) return explained;
  }
  return !entry.step.createdByExact && fitsLoosely(entry, row) ? loose : none;
}

function oneBlank(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function fittingRun(entry: Entry, row: ReadRow, parts: RunParts | null): Fitting {
  const { body } = entry;
  if (body === null) return none;
  if (parts?.body === body) {
    const text = entry.text();
    if (text !== null && historyMatches(text, row.row.createdBy)) return same;
    const built = entry.builtText();
    if (built !== null && built !== text && historyMatches(built, row.row.createdBy)) {
      return explained;
    }
    return values;
  }
  if (parts !== null) return none;
  if (row.form === 'podman' && isAsWritten(entry, row.text)) return same;
  // The shell of a base that is not known: `RUN /bin/bash -ec …` where `/bin/sh -c …` was assumed.
  const script = entry.step.run?.script;
  if (!script || !row.text.endsWith(` ${script}`) || entry.step.createdByExact) return none;
  const shell = row.text.slice(0, -script.length - 1);
  return /^\/?[\w./:\\-]+(?: [-/][\w-]+)+$/.test(shell) ? loose : none;
}

/** Buildah keeps flags and blanks of a RUN. */
function isAsWritten(entry: Entry, text: string): boolean {
  const command = text.replace(/^(?:\|\d+ (?:.*? )?)?\/bin\/sh -c /s, '');
  return oneBlank(command) === oneBlank(entry.written);
}

/**
 * ARG with the values that it had, or as it is written, which is no other build: Engine 26 and older
 * builders say nothing of values that were given.
 */
function fittingArg(entry: Entry, text: string, row: ReadRow): Fitting {
  if (row.form === 'podman') return fittingPodmanArg(text, row);
  if (!historyMatches(text, row.row.createdBy)) return none;
  const seen = row.text.slice('ARG '.length);
  const written = seen === entry.written.replace(/["']/g, '') || !seen.includes('=');
  return written ? same : { fit: 'values', weight: 8 };
}

/** Buildah lists what was declared so far, in an order of its own. */
function fittingPodmanArg(text: string, row: ReadRow): Fitting {
  const name = text.slice('ARG '.length).split(/[ =]/, 1)[0] as string;
  const words = row.text.slice('ARG '.length).split(' ');
  if (words.includes(text.slice('ARG '.length))) return loose;
  return words.some((word) => word.split('=', 1)[0] === name) ? values : none;
}

/** `file:<digest> in /dest `: of the sources only says whether they are one file, one folder or more. */
function fittingOlderCopy(entry: Entry, row: ReadRow): Fitting {
  const seen = /^(?:COPY|ADD) ((?:--\S+ )*)(?:(file|dir|multi):)?\S+ in (.*?) ?$/s.exec(row.text);
  if (!seen) return none;
  const [, flags = '', kind, dest] = seen;
  const { command, step } = { command: entry.step.command, step: entry.step };
  if (command.kind !== 'copy' && command.kind !== 'add') return none;
  if (
    !fitsKind(
      command.sources.map(({ value }) => value),
      kind,
    )
  )
    return none;
  const text = entry.text() as string;
  const built = entry.builtText() ?? text;
  const ends = (whole: string) => whole.endsWith(` ${dest} # buildkit`);
  const flagged = (whole: string) =>
    row.form === 'podman' || whole.startsWith(row.keyword + (flags ? ` ${flags}` : ' '));
  if (dest === command.dest && row.form === 'podman') return loose;
  if (ends(text) && flagged(text)) return loose;
  if (built !== text && ends(built) && flagged(built)) return { fit: 'values', weight: 7 };
  return step.createdByExact
    ? none
    : fitsLoosely({ ...entry, keyword: '' }, { ...row, text: dest as string }, command.dest)
      ? loose
      : none;
}

/** What a single source or several are written as. */
function fitsKind(sources: readonly string[], kind: string | undefined): boolean {
  if (kind === undefined) return true;
  const open = sources.some((source) => /[*?[\\$]/.test(source));
  if (open || sources.length === 0) return true;
  if (sources.length > 1) return kind === 'multi';
  const source = sources[0] as string;
  if (source === '.' || source === './' || source.endsWith('/')) return kind === 'dir';
  return kind !== 'multi';
}

const variable = /\$(?:\w+|\{[^}]*\})/g;

/**
 * A text that hangs on what an unknown base image sets, such as `ENV PATH=/x:$PATH`: all that is
 * written beside the variables must be there, in order, and be something.
 */
function fitsLoosely(entry: Entry, row: ReadRow, written = looseText(entry)): boolean {
  const pieces = written.split(variable).map((piece) => piece.replace(/["']/g, ''));
  if (pieces.length > 20 || !pieces.some((piece) => /[\w/]{2}/.test(piece))) return false;
  if (pieces.length === 1) return entry.keyword === 'WORKDIR' && row.text.endsWith(`/${pieces[0]}`);
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const found = index === 0 ? (row.text.startsWith(piece) ? 0 : -1) : row.text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return row.text.endsWith(pieces.at(-1) as string);
}

function looseText(entry: Entry): string {
  const { command } = entry.step;
  if (command.kind === 'workdir') return command.path;
  if (command.kind === 'copy' || command.kind === 'add') {
    const sources = command.sources.map(({ value }) => value);
    const flags = [
      ...(command.chown ? [`--chown=${command.chown}`] : []),
      ...(command.chmod ? [`--chmod=${command.chmod}`] : []),
    ];
    const heredocs = command.heredocs.map(({ name }) => `<<${name}`);
    return [entry.keyword, ...flags, ...sources, ...heredocs, command.dest, '# buildkit'].join(' ');
  }
  return `${entry.keyword} ${entry.written.replace(/\s+/g, ' ')}`;
}

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

/**
 * `parts`: what a RUN's entry runs, where one of the file's RUN lines does. `otherBase`: the image was
 * built on another base image than the texts were predicted for.
 */
export function fitting(
  entry: Entry,
  row: ReadRow,
  parts: RunParts | null,
  otherBase: boolean,
): Fitting {
  if (entry.keyword !== row.keyword) return none;
  if (entry.keyword === 'RUN') return fittingRun(entry, row, parts, otherBase);
  if (entry.keyword === 'ONBUILD') {
    return row.text.slice('ONBUILD '.length).trim() === entry.written.trim() ? same : none;
  }
  const text = entry.text();
  if (text === null) return none;
  if (text === row.text || text === `${row.text}${mark}`) return same;
  if (entry.keyword === 'ARG') return fittingArg(entry, text, row);
  if (row.form === 'classic' || row.form === 'podman') {
    if (row.keyword === 'COPY' || row.keyword === 'ADD') return fittingOlderCopy(entry, row);
    // Buildah writes the line as it stands.
    if (oneBlank(row.text.slice(row.keyword.length)) === oneBlank(entry.written)) return same;
  }
  if (isSpelled(entry, text, row)) return same;
  const built = entry.builtText();
  if (built !== null && built !== text && (built === row.text || isSpelled(entry, built, row))) {
    return explained;
  }
  const isOpen = otherBase || !entry.step.createdByExact;
  return isOpen && fitsLoosely(entry, row) ? loose : none;
}

/** The same in another builder's spelling; all other instructions have one. */
function isSpelled(entry: Entry, text: string, row: ReadRow): boolean {
  if (row.keyword === 'EXPOSE') return portsOf(entry, text) === portsOf(row, row.text);
  // Docker's older builder takes the slash at the end away.
  if (row.keyword === 'WORKDIR') return text.replace(/(?<=.)\/+$/, '') === row.text;
  return row.keyword === 'HEALTHCHECK' && historyMatches(text, row.row.createdBy);
}

/** Lists of ports can be long, and each is compared with many. */
const ports = new WeakMap<object, { readonly text: string; readonly sorted: string }>();

/** `[443/udp 80/tcp]`, `map[443/udp:{} 80/tcp:{}]` or `443/udp 80`, as one sorted list. */
function portsOf(owner: object, text: string): string {
  const known = ports.get(owner);
  if (known?.text === text) return known.sorted;
  const inner = text.slice('EXPOSE '.length).replace(/^(?:map)?\[(.*)\]$/s, '$1');
  const all = new Set<string>();
  for (const word of inner.replaceAll(':{}', '').toLowerCase().split(' ')) {
    const found = /^(\d{1,5})(?:-(\d{1,5}))?(\/.*)?$/.exec(word);
    const [, first, last, protocol = '/tcp'] = found ?? [];
    if (first === undefined) all.add(word);
    else for (let port = +first; port <= +(last ?? first); port++) all.add(port + protocol);
  }
  const sorted = [...all].sort().join(' ');
  ports.set(owner, { text, sorted });
  return sorted;
}

/** BuildKit ends some texts with it; other builders of the same texts do not. */
const mark = ' # buildkit';

function oneBlank(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function fittingRun(
  entry: Entry,
  row: ReadRow,
  parts: RunParts | null,
  otherBase: boolean,
): Fitting {
  const { body } = entry;
  if (body === null) return none;
  if (parts?.body === body) {
    const text = entry.text();
    if (text !== null && hasArgs(text, body, row, parts)) return same;
    const built = entry.builtText();
    if (built !== null && built !== text && hasArgs(built, body, row, parts)) return explained;
    return values;
  }
  if (parts !== null) return none;
  if (row.form === 'podman' && isAsWritten(entry, row.text)) return same;
  // The shell of a base that is not known: `RUN /bin/bash -ec …` where `/bin/sh -c …` was assumed.
  const script = entry.step.run?.script;
  if (!script || !row.text.endsWith(` ${script}`)) return none;
  if (entry.step.createdByExact && !otherBase) return none;
  const shell = row.text.slice(0, -script.length - 1);
  return isShell.test(shell) ? loose : none;
}

/** `/bin/bash -eo pipefail -c`, as SHELL sets it. */
const isShell =
  /^(?:\S*[/\\])?(?:sh|bash|ash|dash|zsh|ksh|busybox|cmd|powershell|pwsh)(?:\.exe)?(?: \S+){0,6} [-/]\w+$/i;

/** Longer lists of ARG values are only compared as they stand. */
const maxArgs = 2000;

/** Whether the values of ARG in front of a command are those of a predicted text, in any builder's spelling. */
function hasArgs(text: string, body: string, row: ReadRow, parts: RunParts): boolean {
  const end = text.length - body.length - ' # buildkit'.length;
  const wanted = text.slice('RUN '.length, Math.max('RUN '.length, end)).trimEnd();
  const given = parts.count > 0 ? `|${parts.count} ${parts.args}` : '';
  if (wanted === given) return true;
  if (wanted.length > maxArgs || given.length > maxArgs) return false;
  const command = ' x';
  return historyMatches(
    `RUN ${wanted}${command} # buildkit`.replace('RUN  ', 'RUN '),
    row.form === 'buildkit'
      ? `RUN ${given}${command} # buildkit`.replace('RUN  ', 'RUN ')
      : (given + command).trimStart(),
  );
}

/** Buildah keeps flags and blanks of a RUN, and adds digests of what is mounted. */
function isAsWritten(entry: Entry, text: string): boolean {
  const command = text.replace(/^(?:\|\d+ (?:.*? )?)?\/bin\/sh -c /s, '');
  const plain = command.replace(/(?::(?:sha256:)?[\da-f]{64})+(?:\|\w+=[^|]*)*$/, '');
  return oneBlank(plain) === oneBlank(entry.written);
}

/**
 * ARG with the values that it had, or as it is written, which is no other build: Engine 26 and older
 * builders say nothing of values that were given.
 */
function fittingArg(entry: Entry, text: string, row: ReadRow): Fitting {
  if (row.form === 'podman') return fittingPodmanArg(text, row);
  if (firstName(text) !== firstName(row.text)) return none;
  if (!historyMatches(text, row.row.createdBy)) return none;
  const seen = row.text.slice('ARG '.length);
  const written = seen === entry.written.replace(/["']/g, '') || !seen.includes('=');
  return written ? same : { fit: 'values', weight: 8 };
}

function firstName(text: string): string {
  return /^[^ =]*/.exec(text.slice('ARG '.length))?.[0] ?? '';
}

/** Buildah lists what was declared so far, in an order of its own. */
function fittingPodmanArg(text: string, row: ReadRow): Fitting {
  const name = text.slice('ARG '.length).split(/[ =]/, 1)[0] as string;
  const words = row.text.slice('ARG '.length).split(' ');
  if (words.includes(text.slice('ARG '.length)) || words.includes(name)) return loose;
  return words.some((word) => word.split('=', 1)[0] === name) ? values : none;
}

/** `file:<digest> in /dest `: of the sources only says whether they are one file, one folder or more. */
function fittingOlderCopy(entry: Entry, row: ReadRow): Fitting {
  const seen = /^(?:COPY|ADD) ((?:--\S+ )*)(?:(file|dir|multi):)?\S+ in (.*?) ?$/s.exec(row.text);
  if (!seen) return none;
  const [, flags = '', kind, dest] = seen;
  const { step } = entry;
  const { command } = step;
  if (command.kind !== 'copy' && command.kind !== 'add') return none;
  const sources = command.sources.map(({ value }) => value);
  if (dest === undefined || !fitsKind(sources, kind)) return none;
  if (row.form === 'podman' && dest === command.dest) return loose;
  const start = row.keyword + (flags ? ` ${flags}` : ' ');
  const fits = (whole: string) =>
    whole.endsWith(` ${dest} # buildkit`) && (row.form === 'podman' || whole.startsWith(start));
  const text = entry.text() as string;
  if (fits(text)) return loose;
  const built = entry.builtText() ?? text;
  if (built !== text && fits(built)) return { fit: 'values', weight: 7 };
  if (step.createdByExact) return none;
  return hasPieces(command.dest.split(variable), dest) ? loose : none;
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

const pieces = new WeakMap<Entry, readonly string[]>();

/**
 * A text that hangs on what an unknown base image sets, such as `ENV PATH=/x:$PATH`: all that is
 * written beside the variables must be there, in order, and be something.
 */
function fitsLoosely(entry: Entry, row: ReadRow): boolean {
  let known = pieces.get(entry);
  if (!known) {
    known = looseText(entry)
      .split(variable)
      .map((piece) => piece.replace(/["']/g, ''));
    pieces.set(entry, known);
  }
  if (entry.keyword === 'WORKDIR' && known.length === 1) return row.text.endsWith(`/${known[0]}`);
  return hasPieces(known, row.text);
}

function hasPieces(known: readonly string[], text: string): boolean {
  if (known.length < 2 || known.length > 20) return false;
  if (!known.some((piece) => /[\w/]{2}/.test(piece))) return false;
  let at = 0;
  for (const [index, piece] of known.entries()) {
    const found = index === 0 ? (text.startsWith(piece) ? 0 : -1) : text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.endsWith(known.at(-1) as string);
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

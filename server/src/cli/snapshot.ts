/** `snapshot`: writes what decides the cache of each step as it stands now. */

import { realpath } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { contextIdentity } from '../analysis/cacheFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { BuildRecord, RecordMeta } from '../cache/buildRecord.ts';
import { recordOf } from '../cache/recordOf.ts';
import { encodeRecord } from '../cache/recordText.ts';
import { count } from '../features/render.ts';
import { writeWhole } from '../host/wholeFile.ts';
import { firstRefusal } from '../syntax/instructions.ts';
import { type Guard, withoutValues } from './guardedValues.ts';
import { type CliIo, Refusal } from './io.ts';
import type { BuildOptions } from './options.ts';
import { type Analyzed, analysisOf } from './report.ts';

/** Writes the snapshot of a Dockerfile to a file, or to standard output for `-`. */
export async function writeSnapshot(build: BuildOptions, output: string, io: CliIo): Promise<void> {
  const analyzed = await analysisOf(build, io, { keys: true });
  const { analysis, cut, guard } = analyzed;
  if (cut) throw new Refusal(`No snapshot is made: ${cut.message}`);
  const record = recordNow(build, analyzed);
  const text = guard
    ? readable(encodeRecord(withoutValues(record, guard, build.buildArgs)), guard)
    : readable(encodeRecord(record));
  if (output === '-') io.out(text);
  else if (await isSameFile(resolve(io.cwd, output), analyzed.source.path)) {
    throw new Refusal(`${output} is the Dockerfile itself. Name another file for the snapshot.`);
  } else await writeTo(output, text, io);
  const found = [...warnings(analysis)];
  if (output !== '-' && (await isCopied(build, analysis, record, output, io))) {
    found.push(
      `${output} lies in a folder that the Dockerfile copies, so that it changes what is copied itself. Write it elsewhere, or name it in .dockerignore.`,
    );
  }
  for (const sentence of found) io.err(`dockerfile-layers: ${sentence}\n`);
}

function recordNow(build: BuildOptions, { analysis, digests }: Analyzed): BuildRecord {
  const { context, keyedFor } = analysis;
  const meta: RecordMeta = {
    // The path of the machine says nothing elsewhere, and is nobody's business.
    dockerfile: build.dockerfile === '-' ? '-' : basename(build.dockerfile),
    context: context.path === null ? null : contextIdentity(digests.text, context.path),
    at: new Date().toISOString(),
    source: 'snapshot',
    builder: null,
    complete: true,
    earlier: [],
  };
  // It may be compared where another engine answers than here.
  const record = recordOf(keyedFor(null), meta);
  const isLinked = record.steps.some(({ key, after }) => key !== after);
  return isLinked ? { ...record, unmerged: recordOf(keyedFor(false), meta).steps } : record;
}

/** A record's text with lines: files in the order of their paths, a list of plain values on one line. */
function readable(text: string, guard?: Guard): string {
  const { format, version, ...value } = JSON.parse(text) as Record<string, unknown>;
  const files = value.files as readonly (readonly [string])[] | null;
  const sorted = files && [...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const pieces: string[] = [];
  write({ format, version, ...(guard && { guard }), ...value, files: sorted }, '\n', pieces);
  return `${pieces.join('')}\n`;
}

function write(value: unknown, pad: string, pieces: string[]): void {
  const isList = Array.isArray(value);
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const isPlain = entries.every(([, item]) => typeof item !== 'object' || item === null);
  if (entries.length === 0 || (isList && isPlain)) {
    pieces.push(JSON.stringify(value));
    return;
  }
  const deeper = `${pad} `;
  for (const [index, [key, item]] of entries.entries()) {
    pieces.push(index > 0 ? ',' : isList ? '[' : '{', deeper);
    if (!isList) pieces.push(JSON.stringify(key), ': ');
    write(item, deeper, pieces);
  }
  pieces.push(pad, isList ? ']' : '}');
}

async function writeTo(output: string, text: string, io: CliIo): Promise<void> {
  try {
    await writeWhole(resolve(io.cwd, output), text);
  } catch (error) {
    throw new Refusal(`${output} cannot be written: ${reasonOf(error)}.`);
  }
}

async function isSameFile(path: string, other: string | null): Promise<boolean> {
  if (other === null) return false;
  const whole = (one: string) => realpath(one).catch(() => one);
  return (await whole(path)) === (await whole(other));
}

/** What makes a snapshot less than one may think. */
function warnings({ problems, keyed }: Analysis): readonly string[] {
  const found: string[] = [];
  const refusal = firstRefusal(problems);
  if (refusal) {
    const [first = ''] = refusal.message.split('\n');
    const why = first.replace(/\.$/, '');
    found.push(`The Dockerfile cannot be built (${why}), so the snapshot stands for no build.`);
  }
  const open = keyed.steps.filter(({ key }) => key === null);
  const [one] = open;
  if (one) {
    const what =
      open.length === 1 ? 'key of one step is' : `keys of ${count(open.length, 'step')} are`;
    const line = one.step.instruction.lines.start;
    found.push(`The ${what} not known. Line ${line}: ${one.unknown ?? 'no reason is known.'}`);
  }
  return found;
}

/** Whether the file that was just written is among those that the Dockerfile takes. */
async function isCopied(
  build: BuildOptions,
  { context }: Analysis,
  { steps }: BuildRecord,
  output: string,
  io: CliIo,
): Promise<boolean> {
  if (context.path === null) return false;
  const path = relative(context.path, resolve(io.cwd, output)).replaceAll('\\', '/');
  if (path === '' || path.startsWith('..') || isAbsolute(path)) return false;
  if (!steps.some(({ took }) => took.some((taken) => holds(taken, path)))) return false;
  // An ignore file may leave it out. Standard input cannot be read twice.
  if (build.dockerfile === '-') return true;
  return recordNow(build, await analysisOf(build, io, { keys: true })).files?.has(path) === true;
}

function holds(folder: string, path: string): boolean {
  return folder === '' || folder === '.' || path.startsWith(`${folder}/`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such folder';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'permission denied';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error instanceof Error ? message : String(error);
  }
}

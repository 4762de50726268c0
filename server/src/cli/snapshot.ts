/** `snapshot`: writes what decides the cache of each step as it stands now. */

import { basename, isAbsolute, relative, resolve } from 'node:path';
import { contextIdentity } from '../analysis/cacheFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { BuildRecord } from '../cache/buildRecord.ts';
import { recordOf } from '../cache/recordOf.ts';
import { encodeRecord } from '../cache/recordText.ts';
import { count } from '../features/render.ts';
import { nodeDigests } from '../host/contentDigest.ts';
import { writeWhole } from '../host/wholeFile.ts';
import { firstRefusal } from '../syntax/instructions.ts';
import { type CliIo, Refusal } from './io.ts';
import type { BuildOptions } from './options.ts';
import { analysisOf } from './report.ts';

/** Writes the snapshot of a Dockerfile to a file, or to standard output for `-`. */
export async function writeSnapshot(build: BuildOptions, output: string, io: CliIo): Promise<void> {
  const { analysis, cut } = await analysisOf(build, io, { keys: true });
  if (cut) throw new Refusal(`No snapshot is made: ${cut.message}`);
  const { path } = analysis.context;
  const identity = path === null ? null : contextIdentity(nodeDigests.text, path);
  const record = recordOf(analysis.keyed, {
    // The path of the machine says nothing elsewhere, and is nobody's business.
    dockerfile: build.dockerfile === '-' ? '-' : basename(build.dockerfile),
    context: identity,
    at: new Date().toISOString(),
    source: 'snapshot',
    builder: null,
    complete: true,
    earlier: [],
  });
  const text = readable(encodeRecord(record));
  if (output === '-') io.out(text);
  else await writeTo(output, text, io);
  for (const sentence of warnings(analysis, record, output, io)) {
    io.err(`dockerfile-layers: ${sentence}\n`);
  }
}

/** A record's text with lines: files in the order of their paths, a list of plain values on one line. */
function readable(text: string): string {
  const value = JSON.parse(text) as Record<string, unknown>;
  const files = value.files as readonly (readonly [string])[] | null;
  const sorted = files && [...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const pieces: string[] = [];
  write({ ...value, files: sorted }, '\n', pieces);
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

/** What makes a snapshot less than one may think. */
function warnings(
  { plan, problems, context, keyed }: Analysis,
  record: BuildRecord,
  output: string,
  io: CliIo,
): readonly string[] {
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
  if (output !== '-' && context.path !== null && plan.stages.length > 0) {
    const path = relative(context.path, resolve(io.cwd, output));
    const isInside = path !== '' && !path.startsWith('..') && !isAbsolute(path);
    const isTaken = record.steps.some(({ took }) => took.some((taken) => holds(taken, path)));
    if (isInside && isTaken) {
      found.push(
        `${output} lies in a folder that the Dockerfile copies, so that it changes what is copied itself. Write it elsewhere, or name it in .dockerignore.`,
      );
    }
  }
  return found;
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

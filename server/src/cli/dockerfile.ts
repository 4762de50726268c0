/** Finds and reads the Dockerfile that a command is about. */

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type CliIo, Refusal } from './io.ts';
import { textOf } from './text.ts';

export interface Source {
  /** As given; `-` for standard input. */
  readonly name: string;
  /** Absolute path; null for standard input. */
  readonly path: string | null;
  readonly text: string;
}

/** Half of what a JavaScript string can hold, so that the output of the whole still fits. */
const limit = 256 * 1024 * 1024;

/** Reads the named file, standard input for `-`; throws a `Refusal` when it cannot be read. */
export async function readDockerfile(name: string, io: CliIo): Promise<Source> {
  if (name === '-') return { name, path: null, text: textOf(await readInput(io)) };
  const path = resolve(io.cwd, name);
  return { name, path, text: textOf(await readEither(path, name)) };
}

/** Where `Dockerfile` is missing, `dockerfile` is read in its place (BuildKit's `dockerui/config.go`). */
async function readEither(path: string, name: string): Promise<Uint8Array> {
  try {
    return await readOne(path, name);
  } catch (error) {
    if (!isMissing(error)) throw refusalOf(error, name);
    if (basename(path) !== 'Dockerfile') throw refusalOf(error, name);
    try {
      return await readOne(join(dirname(path), 'dockerfile'), name);
    } catch (second) {
      throw refusalOf(isMissing(second) ? error : second, name);
    }
  }
}

async function readOne(path: string, name: string): Promise<Uint8Array> {
  const found = await stat(path);
  if (found.isDirectory()) {
    throw new Refusal(
      `${name} is a folder. Name the Dockerfile in it: ${join(name, 'Dockerfile')}.`,
    );
  }
  if (found.size > limit) throw tooLarge(name);
  const bytes = await readFile(path);
  // A pipe or a file that grows meanwhile says its size only now.
  if (bytes.length > limit) throw tooLarge(name);
  return bytes;
}

/** Standard input, whole; throws a `Refusal` where it is too large. */
export async function readInput(io: CliIo): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of io.input()) {
    total += piece.length;
    if (total > limit) throw tooLarge('Standard input');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string): Refusal {
  return new Refusal(`${name} is larger than 256 MiB, which is too large to read.`);
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** What is said of a file that cannot be read. */
export function refusalOf(error: unknown, name: string): Refusal {
  if (error instanceof Refusal) return error;
  switch (codeOf(error)) {
    case 'ENOENT':
      return new Refusal(`There is no file ${name}.`);
    case 'ENOTDIR':
      return new Refusal(`There is no file ${name}: a part of its path is no folder.`);
    case 'EACCES':
    case 'EPERM':
      return new Refusal(`${name} cannot be read: permission denied.`);
    case 'ELOOP':
      return new Refusal(`${name} cannot be read: its symbolic links go round in a circle.`);
    default:
      return new Refusal(
        `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      );
  }
}

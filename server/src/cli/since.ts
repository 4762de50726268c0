/** What `--since` names: a snapshot, as the one record that a report is compared with. */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BuildRecord, RecordStore } from '../cache/buildRecord.ts';
import { decodeRecord } from '../cache/recordText.ts';
import { readInput, refusalOf } from './dockerfile.ts';
import { type Guard, readGuard } from './guardedValues.ts';
import { type CliIo, Refusal } from './io.ts';
import { textOf } from './text.ts';

/** 400,000 files and more, each with its digest. */
const limit = 256 * 1024 * 1024;

export interface Snapshot {
  readonly record: BuildRecord;
  readonly guard: Guard | null;
}

/** Reads a snapshot, from standard input for `-`; throws a `Refusal` for what is none. */
export async function readSnapshot(name: string, io: CliIo): Promise<Snapshot> {
  const text = name === '-' ? textOf(await readInput(io)) : await readNamed(name, io);
  const decoded = decodeRecord(text);
  if (decoded.ok) return { record: decoded.record, guard: readGuard(text) };
  const shown = name === '-' ? 'What standard input holds' : name;
  const why = text.trim() === '' ? 'It is empty.' : decoded.reason;
  const again = 'Make a new one with dockerfile-layers snapshot -o FILE.';
  throw new Refusal(`${shown} is no snapshot that can be used. ${why} ${again}`);
}

/** How long someone is waited for who writes into a pipe. */
const patienceMs = 2000;

async function readNamed(name: string, io: CliIo): Promise<string> {
  const path = resolve(io.cwd, name);
  try {
    checkKind(await stat(path), name);
    // A pipe into which nobody writes would be waited for by the system, and not by us.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await file.stat();
      checkKind(found, name);
      if (!found.isFIFO()) return await file.readFile('utf8');
      return textOf(await readPipe(file, name));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refusalOf(error, name);
  }
}

function checkKind(found: Stats, name: string): void {
  if (found.isDirectory()) throw new Refusal(`${name} is a folder, and no snapshot.`);
  if (found.size > limit) throw tooLarge(name);
  if (!found.isFile() && !found.isFIFO()) {
    throw new Refusal(`${name} is a device, and no snapshot. Standard input is named -.`);
  }
}

/** As a shell makes it of `<(git show main:snapshot.json)`. */
async function readPipe(file: FileHandle, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let nobodySince = performance.now(); ; ) {
    const buffer = Buffer.alloc(65_536);
    const found = await file.read(buffer).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EAGAIN') throw error;
      return null;
    });
    if (found && found.bytesRead > 0) {
      pieces.push(buffer.subarray(0, found.bytesRead));
      total += found.bytesRead;
      if (total > limit) throw tooLarge(name);
      continue;
    }
    if (found && total > 0) return Buffer.concat(pieces);
    // Somebody has it open, who may still be thinking.
    if (!found) nobodySince = performance.now();
    if (performance.now() - nobodySince > patienceMs) {
      throw new Refusal(`${name} is a pipe into which nobody writes, and no snapshot.`);
    }
    await setTimeout(10);
  }
}

function tooLarge(name: string): Refusal {
  return new Refusal(`${name} is larger than 256 MiB, and no snapshot.`);
}

/** Records for one run of the tool: the snapshot, whatever the Dockerfile is called. */
export function onlyRecord(record: BuildRecord): RecordStore {
  return {
    read: async () => [record],
    add: async () => {},
  };
}

/** What `--since` names: a snapshot, as the one record that a report is compared with. */

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BuildRecord, RecordStore } from '../cache/buildRecord.ts';
import { decodeRecord } from '../cache/recordText.ts';
import { readInput, refusalOf } from './dockerfile.ts';
import { type CliIo, Refusal } from './io.ts';
import { textOf } from './text.ts';

/** 400,000 files and more, each with its digest. */
const limit = 256 * 1024 * 1024;

/** Reads a snapshot, from standard input for `-`; throws a `Refusal` for what is none. */
export async function readSnapshot(name: string, io: CliIo): Promise<BuildRecord> {
  const text = name === '-' ? textOf(await readInput(io)) : await readNamed(name, io);
  const decoded = decodeRecord(text);
  if (decoded.ok) return decoded.record;
  const shown = name === '-' ? 'What standard input holds' : name;
  throw new Refusal(`${shown} is no snapshot that can be used. ${decoded.reason}`);
}

async function readNamed(name: string, io: CliIo): Promise<string> {
  const path = resolve(io.cwd, name);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Refusal(`${name} is a folder, and no snapshot.`);
    if (found.size > limit) throw new Refusal(`${name} is larger than 256 MiB, and no snapshot.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refusalOf(error, name);
  }
}

/** Records for one run of the tool: the snapshot, whatever the Dockerfile is called. */
export function onlyRecord(record: BuildRecord): RecordStore {
  return {
    read: async () => [record],
    add: async () => {},
  };
}

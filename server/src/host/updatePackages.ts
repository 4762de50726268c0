/** Update Package Data: fetches indexes one after another and stores each as soon as it is whole. */

import { indexName, type Mirrors, readIndexName } from '../packages/mirrors.ts';
import type { IndexKey } from '../packages/packageIndex.ts';
import { IndexProblem } from '../packages/readLines.ts';
import { isAbort } from './checkedFile.ts';
import { fetchIndex } from './fetchIndex.ts';
import { type Fetching, plainFetching } from './fetchTools.ts';
import { storeIndex } from './packageStore.ts';

export interface UpdateRequest {
  readonly keys: readonly IndexKey[];
  readonly mirrors: Mirrors;
  /** Where the indexes are stored. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told what is being fetched, and how much of all is done, from 0 to 1. */
  readonly onProgress: (message: string, done: number) => void;
  readonly fetching?: Partial<Fetching>;
}

export interface UpdatedIndex {
  /** `debian/trixie/arm64` */
  readonly name: string;
  readonly packages: number;
  readonly date: string;
  readonly source: string;
  /** Bytes on disk. */
  readonly bytes: number;
}

export interface UpdateOutcome {
  readonly updated: readonly UpdatedIndex[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly cancelled: boolean;
  /** All of it in full sentences. */
  readonly message: string;
}

/** Never rejects: what could not be fetched is in the outcome, and the others are updated all the same. */
export async function updatePackages(request: UpdateRequest): Promise<UpdateOutcome> {
  const updated: UpdatedIndex[] = [];
  const failed: { name: string; reason: string }[] = [];
  for (const [position, key] of request.keys.entries()) {
    if (request.signal.aborted) break;
    const name = indexName(key);
    try {
      updated.push(await updateOne(request, key, position));
    } catch (error) {
      if (request.signal.aborted || isAbort(error)) break;
      failed.push({ name, reason: reasonOf(error) });
    }
  }
  const outcome = { updated, failed, cancelled: request.signal.aborted };
  return { ...outcome, message: messageOf(outcome) };
}

async function updateOne(
  { mirrors, folder, signal, onProgress, keys, fetching }: UpdateRequest,
  key: IndexKey,
  position: number,
): Promise<UpdatedIndex> {
  const name = indexName(key);
  if (!readIndexName(name)) throw new IndexProblem('That is no name of a release.');
  let bytes = 0;
  const tell = () => {
    const size = bytes < 100_000 ? '' : ` (${(bytes / 1e6).toFixed(1)} MB)`;
    // Nobody knows the length of all before its last file; most of the work lies in the first 20 MB.
    const share = bytes / (bytes + 10_000_000);
    onProgress(`${name}${size}`, (position + share) / keys.length);
  };
  tell();
  const content = await fetchIndex(key, mirrors, {
    ...plainFetching(signal),
    ...fetching,
    signal,
    onBytes: (more) => {
      const before = Math.floor(bytes / 500_000);
      bytes += more;
      if (Math.floor(bytes / 500_000) > before) tell();
    },
  });
  signal.throwIfAborted();
  const stored = await storeIndex(folder, content);
  const { date, source, packages } = content;
  return { name, packages: packages.length, date, source, bytes: stored };
}

function reasonOf(error: unknown): string {
  if (error instanceof IndexProblem) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code ? `It cannot be stored (${code}).` : `It cannot be read: ${message}.`;
}

function messageOf({ updated, failed, cancelled }: Omit<UpdateOutcome, 'message'>): string {
  const sentences: string[] = [];
  const names = updated.map(({ name, date }) => `${name} (${date})`);
  if (names.length > 0) sentences.push(`Package data was updated: ${names.join(', ')}.`);
  for (const { name, reason } of failed) {
    sentences.push(`Package data of ${name} could not be updated. ${reason}`);
  }
  if (cancelled) sentences.push('The update was cancelled.');
  if (sentences.length === 0) sentences.push('There was nothing to update.');
  return sentences.join(' ');
}

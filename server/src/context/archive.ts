/**
 * What BuildKit's ADD unpacks from a local file (solver/llbsolver/file/unpack.go): it looks at the
 * content only, never at the name. A file from which archive/tar reads no first entry, after
 * decompression where its first bytes ask for it, is copied as it is.
 */

import { byteReader, TooManyBytes } from './byteReader.ts';
import {
  type Compression,
  compressionMagicBytes,
  type Decompressors,
  detectCompression,
} from './decompress.ts';
import { TarError } from './tarFields.ts';
import { type TarEntry, tarEntries } from './tarHeaders.ts';
import { UnpackError, type UnpackTree, unpackTree } from './unpackTree.ts';

export interface ArchiveFile {
  /** Below the destination, cleaned, separated by `/`. */
  readonly path: string;
  /** Unpacked length, holes included; 0 when `sameAs` is set. */
  readonly bytes: number;
  /** Path of an earlier element that is the same file by a hard link. */
  readonly sameAs?: string;
}

export type ArchiveContent =
  /** No archive: ADD copies the file. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'archive';
      /** Regular files after unpacking. */
      readonly files: readonly ArchiveFile[];
      /** Sum over `files`: what `docker history` shows for the layer. */
      readonly bytes: number;
      /** Directories below the destination, also those that only names imply. */
      readonly directories: number;
    }
  /** `reason` is a full sentence. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface ArchiveLimits {
  /** Most entries of one archive. */
  readonly entries: number;
  /** Most bytes after decompression, and most bytes of all files of the archive. */
  readonly bytes: number;
}

/** The file itself could not be read, which says nothing about what it is. */
class FileError extends Error {}

class Stopped extends Error {}

/**
 * Reads a local file as ADD would unpack it into an empty directory. `open` is called once and
 * gives the bytes of the file. Keeps names, never content. Does not reject: what cannot be read,
 * goes beyond `limits`, or makes the build fail is `unreadable`, as is a reading that `signal` stops.
 */
export async function readArchive(
  open: () => AsyncIterable<Uint8Array>,
  decompressors: Decompressors,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<ArchiveContent> {
  try {
    const file = byteReader(guarded(open, signal), Number.POSITIVE_INFINITY);
    try {
      const start = await file.take(compressionMagicBytes);
      const compression = detectCompression(start);
      const whole = concatenated(start, file.rest());
      const unpacked = compression ? decompressors.open(compression, whole) : whole;
      if (!unpacked) return unreadable(cannotDecompress(compression));
      return await readTar(unpacked, limits, signal);
    } finally {
      await file.close();
    }
  } catch (error) {
    return unreadable(sentenceOf(error, limits));
  }
}

async function readTar(
  unpacked: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<ArchiveContent> {
  const reader = byteReader(unpacked, limits.bytes);
  const entries = tarEntries(reader);
  try {
    let next: IteratorResult<TarEntry, void>;
    try {
      next = await entries.next();
    } catch (error) {
      if (isAboutReading(error)) throw error;
      return { kind: 'none' };
    }
    // Also an archive without entries is copied: its first entry is what ADD looks for.
    if (next.done) return { kind: 'none' };

    const tree = unpackTree();
    let count = 0;
    for (; !next.done; next = await entries.next()) {
      if (signal.aborted) throw new Stopped();
      if (++count > limits.entries) {
        return unreadable(`The archive has more than ${grouped(limits.entries)} entries.`);
      }
      if (next.value.bytes > limits.bytes) throw new TooManyBytes();
      tree.add(next.value);
    }
    return summary(tree, limits);
  } finally {
    await reader.close();
  }
}

function summary(tree: UnpackTree, limits: ArchiveLimits): ArchiveContent {
  const { files, directories } = tree.content();
  const first = new Map<object, string>();
  const listed: ArchiveFile[] = [];
  let bytes = 0;
  for (const { path, file } of files) {
    const sameAs = first.get(file);
    if (sameAs !== undefined) {
      listed.push({ path, bytes: 0, sameAs });
      continue;
    }
    first.set(file, path);
    bytes += file.bytes;
    listed.push({ path, bytes: file.bytes });
  }
  if (bytes > limits.bytes) throw new TooManyBytes();
  return { kind: 'archive', files: listed, bytes, directories };
}

async function* guarded(
  open: () => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const piece of open()) {
      if (signal.aborted) throw new Stopped();
      yield piece;
    }
  } catch (error) {
    if (error instanceof Stopped) throw error;
    const code = codeOf(error);
    throw new FileError(typeof code === 'string' ? ` (${code})` : '');
  }
}

async function* concatenated(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  if (start.length > 0) yield start;
  yield* rest;
}

const codeOf = (error: unknown) => (error as { readonly code?: unknown } | undefined)?.code;

const isAboutReading = (error: unknown) =>
  error instanceof FileError ||
  error instanceof Stopped ||
  error instanceof TooManyBytes ||
  codeOf(error) === 'ENOTSUP';

const unreadable = (reason: string): ArchiveContent => ({ kind: 'unreadable', reason });

const grouped = (value: number) => value.toLocaleString('en-US');

function cannotDecompress(kind: Compression | undefined): string {
  return `The file is compressed with ${kind}, which cannot be read here, so what ADD unpacks from it is not known.`;
}

function sentenceOf(error: unknown, limits: ArchiveLimits): string {
  if (error instanceof Stopped) return 'Reading the archive was stopped.';
  if (error instanceof FileError) return `The file cannot be read${error.message}.`;
  if (error instanceof TooManyBytes) {
    return `The archive unpacks to more than ${grouped(limits.bytes)} bytes.`;
  }
  if (error instanceof UnpackError) return error.message;
  if (error instanceof TarError) return `${error.message} A build fails when it unpacks it.`;
  if (codeOf(error) === 'ENOTSUP') {
    return 'The archive is compressed in a way that cannot be read here, so what ADD unpacks from it is not known.';
  }
  return 'The compressed data of the archive is damaged or cut off, so a build fails when it unpacks it.';
}

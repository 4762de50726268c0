/** What a package file installs, read from the file itself: an `ar` archive of two tar archives (deb(5)). */

import { spawn } from 'node:child_process';
import { type ByteReader, byteReader } from '../../server/src/context/byteReader.ts';
import { type TarEntry, tarEntries } from '../../server/src/context/tarHeaders.ts';
import { opened } from './mirror.ts';

export interface Measures {
  readonly files: number;
  readonly documentation: number;
  readonly control: number;
  readonly python: number;
  readonly templates: boolean;
}

/**
 * What Debian's `-slim` images leave out when packages are installed: the `path-exclude` rules of
 * their /etc/dpkg/dpkg.cfg.d/docker without the `path-include` ones.
 */
const leftOut =
  /^\/usr\/share\/(?:doc\/(?!.*\/copyright$|kde\/HTML\/C\/)|info\/|linda\/|lintian\/overrides\/|locale\/(?!all_languages$|currency\/|l10n\/|languages$|locale\.alias$)|man\/|gnome\/help\/[^/]+\/(?!C\/)|omf\/.*-(?!C\.emf$)[^/]*\.emf$)/;

/** Where packages of Debian have modules that are compiled when they are installed. */
const compiled = /\/(?:dist-packages|python3[^/]*|share)\/.*\.py$/;

/** Reads a package file to its end; throws where it is none. */
export async function measureDeb(data: AsyncIterable<Uint8Array>): Promise<Measures> {
  const reader = byteReader(data, Number.POSITIVE_INFINITY);
  try {
    if (text(await reader.take(8)) !== '!<arch>\n') throw new Error('no package file');
    let measures: Measures = {
      files: 0,
      documentation: 0,
      control: 0,
      python: 0,
      templates: false,
    };
    for (;;) {
      const header = text(await reader.take(60));
      if (header.length < 60) return measures;
      const name = header.slice(0, 16).trim().replace(/\/$/, '');
      const bytes = Number(header.slice(48, 58));
      const member = pieces(reader, bytes);
      if (name.startsWith('control.tar')) {
        const control = await readControl(unpacked(name, member));
        measures = { ...measures, ...control, control: measures.control + control.control };
      } else if (name.startsWith('data.tar')) {
        const found = await readData(unpacked(name, member));
        measures = { ...measures, ...found, control: measures.control + found.control };
      }
      for await (const _ of member);
      await reader.skip(bytes % 2);
    }
  } finally {
    await reader.close();
  }
}

async function readControl(tar: AsyncIterable<Uint8Array>) {
  let control = 0;
  let templates = false;
  for await (const { name, bytes } of entries(tar)) {
    const base = name.replace(/^.*\//, '');
    // `control` itself becomes a part of the status file.
    if (base !== 'control') control += bytes;
    if (base === 'templates') templates = true;
  }
  return { control, templates };
}

async function readData(tar: AsyncIterable<Uint8Array>) {
  let files = 0;
  let documentation = 0;
  let python = 0;
  let list = 0;
  for await (const entry of entries(tar)) {
    const path = `/${entry.name.replace(/^\.?\/+/, '').replace(/\/$/, '')}`;
    list += Buffer.byteLength(path) + (path === '/' ? 2 : 1);
    const bytes = entry.type === '2' ? Buffer.byteLength(entry.link) : entry.bytes;
    files += bytes;
    if (leftOut.test(path)) documentation += bytes;
    if (entry.type === '0' && compiled.test(path)) python += bytes;
  }
  return { files, documentation, python, control: list };
}

/** All entries; what follows them is read as well, so that damage shows. */
async function* entries(tar: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, void> {
  const reader = byteReader(tar, Number.POSITIVE_INFINITY);
  yield* tarEntries(reader);
  for await (const _ of reader.rest());
}

/** The next bytes of a reader as a stream. */
async function* pieces(reader: ByteReader, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  for (let left = bytes; left > 0; ) {
    const piece = await reader.take(Math.min(left, 1 << 18));
    if (piece.length === 0) throw new Error('cut off');
    left -= piece.length;
    yield piece;
  }
}

function unpacked(name: string, member: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (name.endsWith('.xz')) return throughXz(member);
  if (name.endsWith('.gz')) return opened('gzip', member);
  if (name.endsWith('.zst')) return opened('zstd', member);
  if (name.endsWith('.tar')) return member;
  throw new Error(`${name} is packed in a way that is not known here`);
}

/** The program `xz` is three times as fast as XZ Embedded; without it that has to do. */
async function* throughXz(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const program = spawn('xz', ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const started = await new Promise<boolean>((resolve) => {
    program.once('spawn', () => resolve(true));
    program.once('error', () => resolve(false));
  });
  if (!started) {
    yield* opened('xz', input);
    return;
  }
  const ended = new Promise<number | null>((resolve) => program.once('close', resolve));
  let drained = (_: unknown) => {};
  program.stdin.on('error', () => {});
  program.stdin.once('close', () => drained(null));
  const feeding = (async () => {
    for await (const piece of input) {
      if (!program.stdin.write(piece)) {
        await new Promise((resolve) => {
          program.stdin.once('drain', resolve);
          drained = resolve;
        });
      }
    }
    program.stdin.end();
  })();
  feeding.catch(() => program.kill());
  try {
    yield* program.stdout as AsyncIterable<Uint8Array>;
    await feeding;
    if ((await ended) !== 0) throw new Error('xz refused the data');
  } finally {
    program.kill();
  }
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString('latin1');
}

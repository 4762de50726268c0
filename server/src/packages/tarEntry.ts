/** Finds one file in a small tar archive that comes in pieces. */

import { IndexProblem } from './readLines.ts';

/** Bytes of all that may stand in front of the file. */
const longestStart = 4_000_000;

/** The content of the regular file `name`; throws an `IndexProblem` where it is missing or cut off. */
export async function* tarEntry(
  archive: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array = new Uint8Array(0);
  let skip = 0;
  let left = -1;
  let passed = 0;
  for await (const piece of archive) {
    // What follows the file is read as well, for whoever hashes what passes.
    if (left === 0) continue;
    held = held.length > 0 ? joined(held, piece) : piece;
    while (left !== 0) {
      if (left > 0) {
        if (held.length === 0) break;
        const part = held.subarray(0, left);
        held = held.subarray(part.length);
        left -= part.length;
        yield part;
        continue;
      }
      const step = Math.min(skip, held.length);
      held = held.subarray(step);
      skip -= step;
      passed += step;
      if (passed > longestStart) break;
      if (skip > 0 || held.length < 512) break;
      const header = held.subarray(0, 512);
      held = held.subarray(512);
      const size = Number.parseInt(textOf(header.subarray(124, 136)), 8) || 0;
      const isFile = header[156] === 0x30 || header[156] === 0;
      if (isFile && size > 0 && textOf(header.subarray(0, 100)) === name) left = size;
      else skip = Math.ceil(size / 512) * 512;
    }
  }
  if (left !== 0) throw new IndexProblem(`The archive has no whole file ${name}.`);
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

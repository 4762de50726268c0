/**
 * The decompression port on Node. zstd is Node's own where it has it (22.15 and later), else
 * fzstd; xz is XZ Embedded as WebAssembly, with the code in the bundle.
 */

import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Decompressors } from '../context/decompress.ts';
import { bunzip2 } from './bunzip2.ts';
import { unxz } from './unxz.ts';
import { unzstd } from './unzstd.ts';

export const nodeDecompressors: Decompressors = {
  open(kind, input) {
    switch (kind) {
      case 'gzip':
        return through(zlib.createGunzip(), inSteps(input));
      case 'bzip2':
        return bunzip2(input);
      case 'xz':
        return unxz(input);
      case 'zstd': {
        const native = (zlib as { readonly createZstdDecompress?: () => Transform })
          .createZstdDecompress;
        return native ? through(native(), input) : unzstd(input);
      }
    }
  },
};

function through(
  transform: Transform,
  input: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  // Who iterates over the transform sees every error, so there is nothing left for the callback.
  pipeline(Readable.from(input), transform, () => {});
  return transform;
}

/**
 * The start of `input` in small steps: zlib reports damage instead of the content that came in the
 * same step before it, and the first bytes of the content decide whether it is an archive.
 */
async function* inSteps(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let small = 1024;
  for await (const piece of input) {
    let at = 0;
    for (; small > 0 && at < piece.length; at += 16, small -= 16) yield piece.subarray(at, at + 16);
    if (at < piece.length) yield piece.subarray(at);
  }
}

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

/** What this version of Node, with two libraries, can decompress. */
export const nodeDecompressors: Decompressors = {
  open(kind, input) {
    switch (kind) {
      case 'gzip':
        return gunzip(input);
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

/**
 * Members that stand one after another. What follows them and is none takes the end of the last
 * member with it in zlib, so all that is known then is that it cannot be read here.
 */
async function* gunzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let hasContent = false;
  try {
    for await (const piece of through(zlib.createGunzip(), inSteps(input))) {
      hasContent = true;
      yield piece;
    }
  } catch (error) {
    throw hasContent && String(error).includes('incorrect header check')
      ? Object.assign(new Error('gzip data is followed by something else'), { code: 'ENOTSUP' })
      : error;
  }
}

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

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
        return through(zlib.createGunzip(), input);
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

/**
 * Reads a small tree of files out of one text, so that a case reads as what it is.
 *
 *     FROM scratch                 text before the first marker: the Dockerfile
 *     -- src/app.js --             the next file
 *     -- big.bin 12kB --           a file of that many bytes, with nothing to write out
 *     -- run.sh mode=755 --        a file with that mode
 *     -- bin/tool -> ../run.sh --  a symlink
 *     -- empty/ --                 an empty directory
 */

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface TestFile {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly content: Buffer;
  readonly target: string;
  readonly mode: number | null;
}

export interface FileTree {
  readonly dockerfile: string;
  readonly files: readonly TestFile[];
}

const marker = /^-- (\S+?)(?: -> (\S+))?(?: (\d+)(B|kB|MB))?(?: mode=([0-7]+))? --$/;
const unit: Readonly<Record<string, number>> = { B: 1, kB: 1000, MB: 1_000_000 };

/** Bytes that do not compress away and are the same every time. */
function filler(bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  let seed = (bytes * 2654435761) >>> 0 || 1;
  for (let index = 0; index < bytes; index++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    out[index] = seed >>> 24;
  }
  return out;
}

/** Splits a marked text into the Dockerfile and the files of its context. */
export function readTree(text: string): FileTree {
  const files: TestFile[] = [];
  const dockerfile: string[] = [];
  let lines = dockerfile;
  let finish = () => {};
  for (const line of text.split('\n')) {
    const match = marker.exec(line);
    if (!match) {
      lines.push(line);
      continue;
    }
    finish();
    const [, path = '', target, size, sizeUnit = 'B', mode] = match;
    const body: string[] = [];
    lines = body;
    finish = () => {
      const kind = target ? 'symlink' : path.endsWith('/') ? 'directory' : 'file';
      const content = size
        ? filler(Number(size) * (unit[sizeUnit] ?? 1))
        : Buffer.from(body.join('\n'));
      files.push({
        path,
        kind,
        content,
        target: target ?? '',
        mode: mode ? Number.parseInt(mode, 8) : null,
      });
    };
  }
  finish();
  return { dockerfile: dockerfile.join('\n'), files };
}

/** Writes the tree, Dockerfile included, below a folder. */
export function writeTree(folder: string, tree: FileTree): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'Dockerfile'), tree.dockerfile);
  for (const file of tree.files) {
    const path = join(folder, file.path);
    if (file.kind === 'directory') {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    if (file.kind === 'symlink') symlinkSync(file.target, path);
    else writeFileSync(path, file.content);
    if (file.mode !== null) chmodSync(path, file.mode);
  }
}

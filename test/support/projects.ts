/** Projects with lock files in memory, for tests of what dependency installs write. */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type AnalysisPorts, analyze } from '../../server/src/analysis.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { contentPaths } from '../../server/src/projects/packageSize.ts';
import { readSettings } from '../../server/src/settings.ts';
import type { Size } from '../../server/src/size/size.ts';
import { tar } from './archives.ts';
import { type MemoryFileSystem, memoryFileSystem } from './memoryFileSystem.ts';
import { linux } from './plans.ts';

/** A package file whose files have these bytes in all, and its integrity as lock files write it. */
export function packageFile(name: string, bytes: number): { content: Buffer; integrity: string } {
  const content = gzipSync(
    tar(
      { name: 'package/package.json', content: 'x'.repeat(Math.min(bytes, 10)) },
      {
        name: `package/${name.replaceAll('/', '-')}.js`,
        content: 'x'.repeat(Math.max(0, bytes - 10)),
      },
    ),
  );
  return { content, integrity: `sha512-${createHash('sha512').update(content).digest('base64')}` };
}

/** Puts a package file into npm's cache at `/cache`, and gives its integrity. */
export function cached(files: MemoryFileSystem, name: string, bytes: number): string {
  const { content, integrity } = packageFile(name, bytes);
  for (const path of contentPaths(integrity)) files.write(`/cache/${path}`, content);
  return integrity;
}

/** The size of each RUN of a Dockerfile at `/context`, by its line in the text, 1-based. */
export async function runSizes(
  files: MemoryFileSystem,
  text: string,
  ports: Partial<AnalysisPorts> = { npmCache: '/cache' },
  within: readonly string[] | null = null,
): Promise<ReadonlyMap<number, Size>> {
  const path = '/context/Dockerfile';
  files.write(path, text);
  const analysis = await analyze(
    { key: path, path, folder: '/context', within, text, version: 1, settings: readSettings({}) },
    { files, decompressors: nodeDecompressors, buildPlatform: linux, ...ports },
  );
  const sizes = new Map<number, Size>();
  for (const { steps } of analysis.plan.stages) {
    for (const step of steps) {
      const size = step.run && analysis.sizes.get(step);
      if (size) sizes.set(text.slice(0, step.instruction.span.start).split('\n').length, size);
    }
  }
  return sizes;
}

/** The size of the only RUN. */
export async function runSize(
  files: MemoryFileSystem,
  text: string,
  ...rest: [Partial<AnalysisPorts>?, (readonly string[] | null)?]
): Promise<Size> {
  const sizes = [...(await runSizes(files, text, ...rest)).values()];
  if (sizes.length !== 1 || !sizes[0]) throw new Error(`${sizes.length} RUN lines with a size`);
  return sizes[0];
}

export { memoryFileSystem };

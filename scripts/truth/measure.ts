/** What lies on the disk, and what the estimate of a line is. */

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AnalysisPorts, analyze } from '../../server/src/analysis.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { buildPlatform } from '../../server/src/host/machine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../server/src/settings.ts';
import type { Size } from '../../server/src/size/size.ts';

/** Bytes of the files below folders, each inode once, as a layer has them. */
export function bytesBelow(...folders: readonly string[]): number {
  const seen = new Set<number>();
  let sum = 0;
  const waiting = [...folders];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stat = lstatSync(path);
      if (stat.isDirectory()) waiting.push(path);
      if (!stat.isFile() || seen.has(stat.ino)) continue;
      seen.add(stat.ino);
      sum += stat.size;
    }
  }
  return sum;
}

/** The size of a RUN below other lines, in a folder that is the build context. */
export async function estimateRun(
  folder: string,
  lines: readonly string[],
  run: string,
  ports: Partial<AnalysisPorts> = {},
): Promise<Size | undefined> {
  const text = `${lines.join('\n')}\nRUN ${run}\n`;
  const path = join(folder, 'Dockerfile');
  const analysis = await analyze(
    { key: path, path, folder, within: null, text, version: 1, settings: readSettings({}) },
    { files: nodeFileSystem, decompressors: nodeDecompressors, buildPlatform, ...ports },
  );
  const step = analysis.plan.stages[0]?.steps.at(-1);
  return step && analysis.sizes.get(step);
}

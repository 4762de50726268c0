/** An example as it is some time after a build, for pictures: with a history, a record, and an edit. */

import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordName } from '../../server/src/analysis/cacheFacts.ts';
import { analyze } from '../../server/src/analysis.ts';
import { recordOf } from '../../server/src/cache/recordOf.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { buildPlatform } from '../../server/src/host/machine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { openRecordStore, recordsFolder } from '../../server/src/host/recordStore.ts';
import { readSettings } from '../../server/src/settings.ts';
import { extensionId } from './extensionId.ts';
import { commitAll } from './workspace.ts';

/** Seconds that a build of the example takes, by how the instructions begin; others take next to none. */
const seconds: readonly (readonly [string, number])[] = [
  ['RUN python -m venv', 21.4],
  ['RUN useradd', 0.6],
  ['COPY --from=packages', 1.9],
  ['RUN chown', 3.2],
];

/** Copies the examples to a folder of their own; the caller removes it. */
export function copyExamples(examples: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'examples-')), 'examples');
  cpSync(examples, folder, { recursive: true });
  return folder;
}

/** A repository in which most commits changed the app, built ten minutes ago, with the app edited since. */
export async function buildExample(folder: string, serverData: string): Promise<void> {
  const source = join(folder, 'app/thumbnail.py');
  const requirements = join(folder, 'requirements.txt');
  const [code, packages] = [source, requirements].map((path) => readFileSync(path, 'utf8'));
  for (let at = 0; at < 40; at += 1) {
    appendFileSync(at % 8 === 0 ? requirements : source, `# ${at}\n`);
    commitAll(folder);
  }
  writeFileSync(source, code ?? '');
  writeFileSync(requirements, packages ?? '');
  commitAll(folder);
  await record(join(folder, 'Dockerfile'), serverData);
  appendFileSync(source, '\n');
}

async function record(path: string, serverData: string): Promise<void> {
  const subject = {
    key: path,
    path,
    folder: null,
    within: null,
    text: readFileSync(path, 'utf8'),
    version: 1,
    settings: readSettings({}),
  };
  const { keyed } = await analyze(
    subject,
    {
      files: nodeFileSystem,
      decompressors: nodeDecompressors,
      digests: nodeDigests,
      buildPlatform,
    },
    { keys: true },
  );
  const outcomes = new Map(
    keyed.steps.map(({ step }) => {
      const text = step.instruction.joined.text;
      const took = seconds.find(([start]) => text.startsWith(start))?.[1] ?? 0.05;
      return [step, { outcome: 'ran', ms: took * 1000, bytes: null }] as const;
    }),
  );
  const records = openRecordStore();
  const storage = join(serverData, 'data/User/globalStorage', extensionId, 'packages');
  records.useFolder(recordsFolder(storage));
  const at = new Date(Date.now() - 600_000).toISOString();
  const meta = { dockerfile: recordName(subject), context: null, at, source: 'build' } as const;
  await records.add(
    recordOf(keyed, { ...meta, builder: null, complete: false, earlier: [] }, outcomes),
  );
}

/** `npm run predictions`: edits and builds all projects, and writes the page that compares. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ensureBaseImage } from './baseImage.ts';
import { dockerOk } from './engine.ts';
import {
  describeJudged,
  predictionPage,
  predictionSummary,
  predictionsPath,
  walkLength,
  walkSeed,
} from './predictionPage.ts';
import { judgeSuite } from './predictionTrial.ts';

/** `--edits N` and `--seed N` try other walks and write no page. */
async function main(args: readonly string[]): Promise<void> {
  const given = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? null : Number(args[at + 1]);
  };
  const edits = given('--edits');
  const seed = given('--seed');
  const engine = await dockerOk(['version', '--format', '{{.Server.Version}}']);
  await ensureBaseImage();
  const judged = await judgeSuite({ edits: edits ?? walkLength, seed: seed ?? walkSeed });
  if (edits === null && seed === null) {
    const date = new Date().toISOString().slice(0, 10);
    mkdirSync(dirname(predictionsPath), { recursive: true });
    writeFileSync(predictionsPath, predictionPage(judged, engine.trim().replace(/\+.*/, ''), date));
  }
  const { falseCached, falseMisses, unnamed, ...counts } = predictionSummary(judged);
  for (const wrong of [...falseCached, ...falseMisses]) console.log(describeJudged(wrong));
  for (const { project, number, edit } of unnamed) {
    console.log(`${project} ${number}, ${edit.kind}: the cause does not name ${edit.names}`);
  }
  console.log(
    `${counts.edits} edits, ${counts.steps} steps: ${counts.agreed} of ${counts.known} agree, ${counts.unknown} unknown, ${falseCached.length} falsely cached; causes name what changed in ${counts.causes - unnamed.length} of ${counts.causes}`,
  );
}

await main(process.argv.slice(2));

/**
 * `npm run measured`: builds all fixtures, prints how far off the figures before the build were by
 * kind of instruction, and writes the page that shows it.
 */

import { writeFileSync } from 'node:fs';
import { ensureBaseImage } from './baseImage.ts';
import { ensureDebianBases, ensureNodeImage } from './debianBases.ts';
import { dockerOk } from './engine.ts';
import { caseNames, compareCase, pooled, startSite } from './estimateCases.ts';
import { buildNames, compareBuild, compareCaseOfLines } from './measuredBuilds.ts';
import { measuredCases } from './measuredCases.ts';
import { measuredPage, measuredPath, measuredTable } from './measuredPage.ts';

/** `--quick` leaves out the Dockerfiles that install packages, and writes no page. */
async function main(args: readonly string[]): Promise<void> {
  const quick = args.includes('--quick');
  const engine = await dockerOk(['version', '--format', '{{.Server.Version}}']);
  await ensureBaseImage();
  if (!quick) {
    await ensureDebianBases();
    await ensureNodeImage();
  }
  const site = await startSite();
  try {
    const jobs = [
      ...buildNames.map((name) => () => compareBuild(name)),
      ...measuredCases.map((one, at) => () => compareCaseOfLines(one, at)),
      ...(quick ? [] : caseNames.map((name) => () => compareCase(name, site.address))),
    ];
    const lines = await Promise.all(pooled(jobs));
    const apart = buildNames.length + measuredCases.length;
    const builds = { forms: lines.slice(0, apart).flat(), installs: lines.slice(apart).flat() };
    const date = new Date().toISOString().slice(0, 10);
    if (!quick)
      writeFileSync(measuredPath, measuredPage(builds, engine.trim().replace(/\+.*/, ''), date));
    console.log(measuredTable(lines.flat()).join('\n'));
  } finally {
    site.stop();
  }
}

await main(process.argv.slice(2));

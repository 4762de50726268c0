/** `npm run estimates`: builds all fixtures and writes the page that shows estimates beside builds. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ensureDebianBases, ensureNodeImage } from './debianBases.ts';
import { dockerOk } from './engine.ts';
import { caseNames, compareCase, pooled, startSite } from './estimateCases.ts';
import { page, pagePath, summaryOf } from './estimatePage.ts';

async function main(): Promise<void> {
  const engine = await dockerOk(['version', '--format', '{{.Server.Version}}']);
  await ensureDebianBases();
  await ensureNodeImage();
  const site = await startSite();
  try {
    const jobs = caseNames.map((name) => () => compareCase(name, site.address));
    const lines = (await Promise.all(pooled(jobs))).flat();
    const date = new Date().toISOString().slice(0, 10);
    mkdirSync(dirname(pagePath), { recursive: true });
    writeFileSync(pagePath, page(lines, engine.trim().replace(/\+.*/, ''), date));
    const { lines: all, figures, lowerBounds, outside } = summaryOf(lines);
    console.log(
      `${all} RUN lines, ${figures} with a figure (${lowerBounds} lower bounds), ${outside.length} outside their band`,
    );
  } finally {
    site.stop();
  }
}

await main();

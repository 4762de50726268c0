/** Fetches one package index from its mirrors, whatever kind they are of. */

import type { IndexContent } from '../packages/indexContent.ts';
import { indexName, type Mirrors, sourcesOf } from '../packages/mirrors.ts';
import type { IndexKey } from '../packages/packageIndex.ts';
import { IndexProblem } from '../packages/readLines.ts';
import { fetchApk } from './fetchApk.ts';
import { fetchDeb } from './fetchDeb.ts';
import { fetchRpm } from './fetchRpm.ts';
import type { Fetching } from './fetchTools.ts';

/** Throws an `IndexProblem` with a sentence for users; no other error comes from what a mirror sends. */
export async function fetchIndex(
  key: IndexKey,
  mirrors: Mirrors,
  fetching: Fetching,
): Promise<IndexContent> {
  const sources = sourcesOf(key, mirrors);
  if (typeof sources === 'string') throw new IndexProblem(sources);
  const deb = sources.filter((source) => source.kind === 'deb');
  const apk = sources.filter((source) => source.kind === 'apk');
  const rpm = sources.filter((source) => source.kind === 'rpm');
  const content =
    deb.length > 0
      ? await fetchDeb(key, deb, fetching)
      : apk.length > 0
        ? await fetchApk(key, apk, fetching)
        : await fetchRpm(key, rpm, fetching);
  if (content.packages.length === 0) {
    throw new IndexProblem(`The mirror has no packages for ${indexName(key)}.`);
  }
  return content;
}

/** Fetches the index of a release of the RPM family: `primary.xml`, checked against `repomd.xml`. */

import type { IndexContent } from '../packages/indexContent.ts';
import type { RpmSource } from '../packages/mirrors.ts';
import type { IndexKey } from '../packages/packageIndex.ts';
import { IndexProblem } from '../packages/readLines.ts';
import {
  gatherRpm,
  type Repository,
  type RpmPackages,
  readRepository,
  readRpmPackages,
} from '../packages/rpmIndex.ts';
import { noTerms } from '../packages/terms.ts';
import { checked, unpacked } from './checkedFile.ts';
import { download, NotThere } from './download.ts';
import { counted, type Fetching, firstOf, hostOf } from './fetchTools.ts';

/** Hashes that are still worth comparing. */
const algorithms = new Set(['sha256', 'sha384', 'sha512']);

/** Throws an `IndexProblem` where a repository that is needed is missing, damaged or not what it says. */
export async function fetchRpm(
  key: IndexKey,
  sources: readonly RpmSource[],
  fetching: Fetching,
): Promise<IndexContent> {
  const entries: RpmPackages = new Map();
  const days: string[] = [];
  let host = '';
  let hasModules = false;
  for (const source of sources) {
    const found = await fetchRepository(source, fetching);
    if (!found) continue;
    const { address, repository } = found;
    host ||= hostOf(address);
    hasModules ||= repository.files.has('modules');
    if (repository.timestamp > 0 && repository.timestamp < 1e11) {
      days.push(new Date(repository.timestamp * 1000).toISOString().slice(0, 10));
    }
    await readPrimary(address, repository, source.arch, fetching, entries);
  }
  const modules = hasModules ? ', streams of modules not told apart' : '';
  return {
    key,
    family: 'rpm',
    date: days.sort().at(-1) ?? fetching.today,
    source: `${host}, hashes checked, signature not checked${modules}`,
    partial: false,
    terms: noTerms,
    lists: null,
    ...gatherRpm(entries),
  };
}

async function fetchRepository({ addresses, required }: RpmSource, fetching: Fetching) {
  const limits = { ...fetching.limits, bytes: Math.min(fetching.limits.bytes, 4_000_000) };
  try {
    return await firstOf(addresses, async (address) => {
      const file = await download(`${address}/repodata/repomd.xml`, fetching.signal, limits);
      return { address, repository: await readRepository(file.body) };
    });
  } catch (error) {
    if (!required && error instanceof NotThere) return null;
    throw error;
  }
}

async function readPrimary(
  address: string,
  { files }: Repository,
  arch: string,
  { signal, limits, onBytes, text }: Fetching,
  into: RpmPackages,
): Promise<void> {
  const primary = files.get('primary');
  if (!primary?.path) throw new IndexProblem(`${address} names no list of packages.`);
  // A path that leads out of the repository is no path of a real one.
  if (primary.path.split('/').includes('..') || primary.path.includes(':')) {
    throw new IndexProblem(`${address} names its list of packages by a path outside of it.`);
  }
  if (!algorithms.has(primary.algorithm)) {
    throw new IndexProblem(`${address} gives no hash of its list of packages that can be trusted.`);
  }
  const file = await download(`${address}/${primary.path}`, signal, limits);
  const body = counted(file.body, onBytes);
  const sure = checked(body, primary.algorithm, primary.digest, file.address);
  await readRpmPackages(unpacked(sure, primary.path), arch, into, text);
}

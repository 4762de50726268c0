/** Fetches the index of a release of Debian or Ubuntu: every file checked against the archive's hashes. */

import { type DebPackages, gatherDeb, readDebPackages } from '../packages/debIndex.ts';
import { type DebRelease, readDebRelease } from '../packages/debRelease.ts';
import type { IndexContent } from '../packages/indexContent.ts';
import type { DebSource } from '../packages/mirrors.ts';
import type { IndexKey } from '../packages/packageIndex.ts';
import { IndexProblem } from '../packages/readLines.ts';
import { debMeasured } from '../packages/terms.ts';
import { checked, unpacked } from './checkedFile.ts';
import { download, downloadWhole, NotThere } from './download.ts';
import { counted, type Fetching, firstOf, hostOf } from './fetchTools.ts';
import { checkSignature } from './gpgv.ts';

interface Fetched {
  readonly address: string;
  readonly release: DebRelease;
  /** Bytes of `InRelease`. */
  readonly bytes: number;
  readonly signed: boolean;
}

/** Throws an `IndexProblem` where a part that is needed is missing, damaged or not what its archive says. */
export async function fetchDeb(
  key: IndexKey,
  sources: readonly DebSource[],
  fetching: Fetching,
): Promise<IndexContent> {
  const measured = debMeasured(key);
  const paragraphs: DebPackages = new Map();
  const used: Fetched[] = [];
  let lists = 0;
  for (const source of sources) {
    const fetched = await fetchRelease(key, source, fetching);
    if (!fetched) continue;
    used.push(fetched);
    lists += fetched.bytes;
    for (const component of source.components) {
      const folder = `${component}/binary-${source.arch}`;
      lists += measured.listRatio * (fetched.release.files.get(`${folder}/Packages`)?.bytes ?? 0);
      if (source.listsOnly) continue;
      const isThere = await readComponent(fetched, folder, fetching, paragraphs);
      if (!isThere && source.required && component === 'main') {
        throw new IndexProblem(`${fetched.address} has no packages for ${source.arch}.`);
      }
    }
  }
  const [first] = used;
  if (!first) throw new IndexProblem('The mirror has no such release.');
  const days = used.map(({ release }) => release.day).filter((day) => day !== null);
  return {
    key,
    family: 'deb',
    date: days.sort().at(-1) ?? fetching.today,
    source: `${hostOf(first.address)}, ${checksOf(used)}`,
    partial: false,
    terms: measured.terms,
    lists: Math.round(lists),
    ...gatherDeb(paragraphs, measured.ratios),
  };
}

function checksOf(used: readonly Fetched[]): string {
  return used.every(({ signed }) => signed)
    ? 'signatures and hashes checked'
    : 'hashes checked, signature not checked';
}

async function fetchRelease(
  { distribution }: IndexKey,
  { addresses, required }: DebSource,
  { signal, keyFolders, limits }: Fetching,
): Promise<Fetched | null> {
  try {
    return await firstOf(addresses, async (address) => {
      const file = `${address}/InRelease`;
      const bytes = { ...limits, bytes: Math.min(limits.bytes, 20_000_000) };
      const data = await downloadWhole(file, signal, bytes);
      const signature = await checkSignature(data, distribution, keyFolders);
      if (signature.state === 'bad') throw new IndexProblem(`The signature of ${file} is wrong.`);
      const text = signature.state === 'good' ? signature.text : data.toString();
      const release = readDebRelease(text);
      if (release.files.size === 0) throw new IndexProblem(`${file} lists no hashes.`);
      return { address, release, bytes: data.length, signed: signature.state === 'good' };
    });
  } catch (error) {
    if (!required && error instanceof NotThere) return null;
    throw error;
  }
}

/** False where the archive has no such component or architecture. */
async function readComponent(
  { address, release }: Fetched,
  folder: string,
  { signal, limits, onBytes, text }: Fetching,
  into: DebPackages,
): Promise<boolean> {
  for (const ending of ['.xz', '.gz', '']) {
    const path = `${folder}/Packages${ending}`;
    const expected = release.files.get(path);
    if (!expected) continue;
    const byHash = `${address}/${folder}/by-hash/SHA256/${expected.sha256}`;
    const addresses = [...(release.byHash ? [byHash] : []), `${address}/${path}`];
    const found = await firstOf(addresses, (one) => download(one, signal, limits));
    const body = counted(found.body, onBytes);
    const sure = checked(body, 'sha256', expected.sha256, found.address);
    await readDebPackages(unpacked(sure, path), into, text);
    return true;
  }
  return false;
}

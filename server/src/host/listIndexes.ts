/** Which package indexes are on this machine. */

import { decodeIndex } from '../packages/indexText.ts';
import { indexName } from '../packages/mirrors.ts';
import type { PackageIndex } from '../packages/packageIndex.ts';
import type { DataFiles } from './dataFiles.ts';
import { listStored, readStored } from './packageStore.ts';

export interface ListedIndex {
  /** `debian/trixie/arm64` */
  readonly name: string;
  readonly origin: 'bundled' | 'downloaded';
  readonly date: string;
  readonly source: string;
  readonly packages: number;
  /** Why it cannot be used: a full sentence; null: it can. */
  readonly problem: string | null;
}

/** Docker's words for architectures that data may be bundled for. */
const architectures = ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64'];

/** Bundled ones first, then those in the folder of downloads. */
export async function listIndexes(
  data: DataFiles,
  folder: string | null,
): Promise<readonly ListedIndex[]> {
  const found: ListedIndex[] = [];
  for (const name of await data.list('')) {
    if (!name.includes('-')) continue;
    const text = await data.read(name);
    for (const arch of text ? architectures : []) {
      const decoded = decodeIndex(text ?? '', arch);
      if (decoded.ok) found.push(listed(decoded.index, 'bundled'));
    }
  }
  for (const key of folder === null ? [] : await listStored(folder)) {
    const stored = await readStored(folder ?? '', key);
    if (stored.state === 'known') found.push(listed(stored.index, 'downloaded'));
    else if (stored.state === 'damaged') {
      const nothing = { date: '', source: '', packages: 0 };
      const name = indexName(key);
      found.push({ name, origin: 'downloaded', ...nothing, problem: stored.reason });
    }
  }
  return found;
}

function listed(index: PackageIndex, origin: ListedIndex['origin']): ListedIndex {
  const { key, date, source } = index;
  const packages = [...index.names()].length;
  return { name: indexName(key), origin, date, source, packages, problem: null };
}

/** Package indexes as the analysis asks for them: those that come with the extension, and downloaded ones. */

import type { Fact } from '../context/fact.ts';
import { decodeIndex } from '../packages/indexText.ts';
import { mergedIndex } from '../packages/mergedIndex.ts';
import {
  familyOf,
  indexName,
  type Mirrors,
  readIndexName,
  updatable,
} from '../packages/mirrors.ts';
import type { IndexKey, PackageIndex } from '../packages/packageIndex.ts';
import type { DataFiles } from './dataFiles.ts';
import type { Fetching } from './fetchTools.ts';
import { readStored } from './packageStore.ts';
import { type UpdateOutcome, updatePackages } from './updatePackages.ts';

/** What is asked of an update; names are like `debian/trixie/arm64`. */
export interface UpdateParams {
  readonly names: readonly string[];
  readonly mirrors: Mirrors;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string, done: number) => void;
}

export interface PackageData {
  /** Folder of what is downloaded; null: there is none. */
  useFolder(folder: string | null): void;
  /** The index of a release, as it is known here; contacts nobody and never rejects. */
  readonly packages: (key: IndexKey) => Promise<Fact<PackageIndex>>;
  /** Fetches indexes from their mirrors and stores them; never rejects. */
  update(params: UpdateParams): Promise<UpdateOutcome>;
}

/** `wayOut` ends the sentence for a release without data: how it can be had. */
export function openPackageData(
  data: DataFiles,
  wayOut: (name: string) => string,
  fetching: Partial<Fetching> = {},
): PackageData {
  let folder: string | null = null;
  return {
    useFolder(next) {
      folder = next;
    },
    async packages(key) {
      const stored = folder === null ? null : await readStored(folder, key);
      const bundled = await readBundled(data, key);
      if (stored?.state === 'known') {
        const value = bundled ? mergedIndex(stored.index, bundled) : stored.index;
        return { state: 'known', value };
      }
      if (bundled) return { state: 'known', value: bundled };
      const name = indexName(key);
      if (stored?.state === 'damaged') {
        return { state: 'unavailable', reason: `${stored.reason} ${wayOut(name)}` };
      }
      const canBeHad = familyOf(key.distribution) !== undefined && readIndexName(name);
      const lacking = `There is no package data of ${key.distribution} ${key.suite} for ${key.arch}.`;
      return { state: 'unavailable', reason: canBeHad ? `${lacking} ${wayOut(name)}` : lacking };
    },
    async update({ names, mirrors, signal, onProgress }) {
      const keys = names.map(readIndexName);
      const wrong = names.find((_, at) => keys[at] === undefined);
      const refused = (message: string): UpdateOutcome => ({
        updated: [],
        failed: [],
        cancelled: false,
        message,
      });
      if (wrong !== undefined) return refused(notAName(wrong));
      if (folder === null) return refused('There is no folder for package data on this machine.');
      const known = keys.filter((key) => key !== undefined);
      return updatePackages({ keys: known, mirrors, folder, signal, onProgress, fetching });
    },
  };
}

export { readIndexName };

/** Why a text names no release. */
export function notAName(text: string): string {
  return `${text.slice(0, 100)} is no name of a release. Write distribution, release and architecture like debian/trixie/arm64; distributions are ${updatable.join(', ')}.`;
}

/** One file holds a release for all of its architectures. What is damaged is as good as missing. */
async function readBundled(data: DataFiles, key: IndexKey): Promise<PackageIndex | null> {
  const bytes = await data.read(`${key.distribution}-${key.suite}`);
  if (!bytes) return null;
  const decoded = decodeIndex(bytes, key.arch);
  return decoded.ok ? decoded.index : null;
}

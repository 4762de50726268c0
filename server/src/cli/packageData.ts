/** Package data as the tool keeps it: in the user's cache folder, beside what comes with the tool. */

import type { DataFiles } from '../host/dataFiles.ts';
import { openPackageData, type PackageData } from '../host/packageData.ts';
import { cacheFolder } from '../host/packageStore.ts';
import type { CliIo } from './io.ts';

/** Bundled data and what `packages update` stored before. */
export function packageDataFor(io: Pick<CliIo, 'env'>, data: DataFiles): PackageData {
  const wayOut = (name: string) =>
    `\`dockerfile-layers packages update --for ${name}\` fetches it.`;
  const packageData = openPackageData(data, wayOut);
  packageData.useFolder(cacheFolder(io.env));
  return packageData;
}

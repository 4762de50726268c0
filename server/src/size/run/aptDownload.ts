/** `apt-get download`: package files in the current folder. */

import { releaseName } from './aptBytes.ts';
import { missingReason } from './aptNames.ts';
import { aptRun, writeUnknown } from './aptState.ts';
import { type Act, readWanted } from './aptWords.ts';
import { about, unknownAt } from './contributions.ts';
import { placeOf } from './operands.ts';

/** `download`: the package files themselves, which are not unpacked. */
export const download: Act = ({ operands }, command, draft) => {
  const fact = aptRun(draft);
  const label = 'downloaded packages';
  const folder = placeOf('.', command) ?? '/';
  if (fact.state !== 'known') return writeUnknown(draft, folder, label, fact, 'files');
  const { index } = fact.value;
  for (const operand of operands) {
    const { name } = readWanted(operand, (one) => index.package(one) !== undefined);
    const bytes = index.package(name)?.archive;
    if (bytes === undefined) {
      draft.write(unknownAt(folder, label, missingReason(name, index, draft.state)));
      continue;
    }
    const reason = `The package file of ${releaseName(index)} of ${index.date}.`;
    const size = about(bytes, Math.round(bytes * 0.95), Math.round(bytes * 1.05), reason);
    draft.write({ path: folder, size, label, kind: 'files' });
  }
};

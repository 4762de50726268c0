/** `dpkg`: packages of files, removals, and its own settings. */

import { readable } from '../../shell/shellTree.ts';
import { packagePlace } from './aptBytes.ts';
import { takeAway } from './aptRemove.ts';
import { aptRun } from './aptState.ts';
import { tiny, unknownAt } from './contributions.ts';
import type { Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';

/** The label of packages that dpkg took from files; what they need may be missing. */
export const openPackages = 'packages unpacked by dpkg';

/** `dpkg`: packages from files are unknown, removals are simulated. */
export const dpkg: Handler = (command, draft) => {
  const { options, operands } = readOperands(
    command.words,
    '--root --admindir --instdir --path-exclude --path-include --force --force-all',
  );
  const has = (...names: string[]) => names.some((name) => options.has(name));
  if (has('-i', '--install', '--unpack', '-R', '--recursive') && operands.length > 0) {
    const shown = readable(operands.slice(0, 2).join(', '));
    const reason = `What the package file \`${shown}\` holds is known only after a build.`;
    draft.write({ ...unknownAt(packagePlace, openPackages, reason), kind: 'packages' });
    return;
  }
  if (has('-P', '--purge', '-r', '--remove')) {
    const fact = aptRun(draft);
    if (fact.state === 'known') takeAway(fact.value, draft, operands, false, true);
    return;
  }
  if (has('-x', '--extract', '-X', '--vextract')) {
    const folder = placeOf(operands[1] ?? '', command) ?? '/';
    draft.write(
      unknownAt(folder, 'dpkg', 'What the package file holds is known only after a build.'),
    );
    return;
  }
  if (has('--configure', '--triggers-only', '-a')) {
    draft.write(tiny('/var/lib/dpkg', 0, 400_000, 'dpkg'));
  } else if (
    has('--add-architecture', '--set-selections', '--clear-selections', '--remove-architecture')
  ) {
    draft.write(tiny('/var/lib/dpkg', 100, 60_000, 'dpkg'));
  }
};

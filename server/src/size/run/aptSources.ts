/** Programs that add package sources and their keys. */

import { tiny, unknownAt } from './contributions.ts';
import type { Handler } from './draft.ts';

/** Package sources that are added by a program; it brings their lists too. */
export const addSource: Handler = ({ words }, draft) => {
  const program = words[0] ?? '';
  draft.state = { ...draft.state, foreignSources: true, ownSources: false };
  draft.write(tiny('/etc/apt', 1000, 60_000, program));
  if (words.includes('-n') || words.includes('--no-update')) return;
  const reason = 'How big the package lists of the added source are is not known.';
  draft.write({ ...unknownAt('/var/lib/apt/lists', 'package lists', reason), kind: 'lists' });
};

/** Keys of sources: some kilobytes in `/etc/apt`. */
export const key: Handler = ({ words }, draft) => {
  draft.write(tiny('/etc/apt/trusted.gpg.d', 3000, 60_000, words[0] ?? ''));
};

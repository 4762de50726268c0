/** `touch`: empty files, and old ones whose time changes. */

import { tiny } from './contributions.ts';
import { knows, storeAgain } from './copyUp.ts';
import type { Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';
import { mayHoldBaseFiles } from './stored.ts';

/** Where images keep programs: nobody makes an empty file there. */
const programs = /^\/(usr\/)?(s?bin|lib(32|64|x32|exec)?)\//;

/** `touch`: a new file is empty, an old one is stored again. */
export const touch: Handler = (command, draft) => {
  const { operands } = readOperands(command.words, '-d --date -r --reference -t --time');
  for (const word of operands) {
    const place = placeOf(word, command);
    if (place === null) continue;
    if (knows(draft, place) || programs.test(place)) {
      storeAgain(draft, place, { isRecursive: false, program: 'touch' });
    } else if (mayHoldBaseFiles(place, draft.state)) {
      // Most are new; what images have there already is small.
      draft.write(tiny(place, 0, 100_000, 'touch'));
    }
  }
};

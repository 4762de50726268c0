/** `find … -delete` and `find … -exec`: removals and changes of many files. */

import { absolutePath } from '../../syntax/slashPaths.ts';
import { unknownAt } from './contributions.ts';
import { storeAgain } from './copyUp.ts';
import type { Handler } from './draft.ts';
import { lastName, placeOf } from './operands.ts';
import { removePlace } from './rm.ts';

/** `find`: what it deletes of this RUN is gone; what it changes of old files is stored again. */
export const find: Handler = (command, draft) => {
  const { words } = command;
  const first = words.findIndex((word, index) => index > 0 && /^[-(!]/.test(word));
  const starts = words.slice(1, first < 0 ? undefined : first);
  const tests = first < 0 ? [] : words.slice(first);
  const executed = tests.findIndex((word) => /^-(exec|execdir|ok)$/.test(word));
  const program = executed < 0 ? '' : lastName(tests[executed + 1] ?? '');
  const deletes = tests.includes('-delete') || /^(rm|rmdir|unlink)$/.test(program);
  const isAll = !tests.some((word) =>
    /^-(i?name|i?path|i?regex|newer|size|mtime|user|perm|prune|o)$/.test(word),
  );
  const harmless = /^(|ls|cat|echo|grep|file|stat|readelf|ldd|scanelf|test|\[|head|wc)$/.test(
    program,
  );
  if (!deletes && harmless) return;
  for (const word of starts.length > 0 ? starts : ['.']) {
    const place = placeOf(word, command);
    if (deletes && place !== null) {
      if (isAll && !/-type [dl]/.test(tests.join(' ')))
        removePlace(`${absolutePath(place)}/*`, draft);
      else draft.removeSome(place);
    } else if (/^(chmod|chown|chgrp|touch)$/.test(program) && place !== null) {
      // Folders alone cost nothing.
      if (/-type d/.test(tests.join(' '))) continue;
      if (isAll) storeAgain(draft, place, { isRecursive: true, program: `find … ${program}` });
      else
        draft.write(
          unknownAt(
            place,
            `find … ${program}`,
            `Which files below ${place} \`find\` finds is known only in a build.`,
          ),
        );
    } else {
      draft.write(
        unknownAt(
          place,
          `find … ${program}`,
          `What \`find\` runs on which files is known only in a build.`,
        ),
      );
    }
  }
};

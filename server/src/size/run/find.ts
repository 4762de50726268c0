/** `find … -delete` and `find … -exec`: removals and changes of many files. */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { unknownAt } from './contributions.ts';
import { storeAgain } from './copyUp.ts';
import type { Draft, Handler, Stored } from './draft.ts';
import { fileMatcher } from './globs.ts';
import { lastName, placeOf } from './operands.ts';
import { removePlace } from './rm.ts';
import { withoutStored, withThinned } from './stored.ts';

/** `find`: what it deletes of this RUN is gone; what it changes of old files is stored again. */
export const find: Handler = (command, draft) => {
  const { words } = command;
  const first = words.findIndex((word, index) => index > 0 && /^[-(!]/.test(word));
  const starts = words.slice(1, first < 0 ? undefined : first);
  const tests = first < 0 ? [] : words.slice(first);
  const executed = tests.findIndex((word) => /^-(exec|execdir|ok)$/.test(word));
  const program = executed < 0 ? '' : lastName(tests[executed + 1] ?? '');
  const deletes = tests.includes('-delete') || /^(rm|rmdir|unlink)$/.test(program);
  // Any other test may leave files out.
  const ending = tests.findIndex((word) => /^-(exec|execdir|ok|delete)$/.test(word));
  const narrowing = tests
    .slice(0, Math.max(0, ending))
    .join(' ')
    .replace(/-type \S+|-mindepth \d+|-print0?|-depth|-xdev|-mount|-follow|[\\()]/g, '');
  const isAll = narrowing.trim() === '';
  const harmless = /^(|ls|cat|echo|grep|file|stat|readelf|ldd|scanelf|test|\[|head|wc)$/.test(
    program,
  );
  if (!deletes && harmless) return;
  for (const word of starts.length > 0 ? starts : ['.']) {
    const place = placeOf(word, command);
    if (deletes && place !== null) {
      if (isAll && !/-type [dl]/.test(tests.join(' ')))
        removePlace(`${absolutePath(place)}/*`, draft);
      else removeFound(place, tests, draft);
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

/** Files of older layers with a name that fits are gone for later lines; else only the most is known. */
function removeFound(place: string, tests: readonly string[], draft: Draft): void {
  draft.removeSome(place);
  const at = tests.indexOf('-name');
  const others = tests.filter((_, index) => at < 0 || index < at || index > at + 1).join(' ');
  const isByName =
    at >= 0 && /^(-type f ?)?(-print ?)?(-delete|-exec rm (-\w+ )?(-- )?\{\} [;+])$/.test(others);
  const fits = fileMatcher(`/${tests[at + 1]}`);
  const root = absolutePath(place);
  const nameOf = ({ path }: Stored) => `/${lastName(path)}`;
  const isSure = (one: Stored) => isByName && one.isFile && !nameOf(one).startsWith('/.');
  const gone = new Set(
    draft.state.stored
      .filter((one) => isSure(one) && isWithin(one.path, root) && fits(nameOf(one)))
      .map(({ path }) => path),
  );
  draft.state = withThinned(
    withoutStored(draft.state, (path) => gone.has(path)),
    (one) => !isSure(one) && (isWithin(one.path, root) || isWithin(root, one.path)),
  );
}

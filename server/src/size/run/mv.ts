/** `mv`: bytes of this RUN at another place, and old ones stored again. */

import { absolutePath } from '../../syntax/slashPaths.ts';
import { unknownAt } from './contributions.ts';
import { storeAgain } from './copyUp.ts';
import { targetOf } from './cp.ts';
import type { Draft, Handler } from './draft.ts';
import { fileMatcher, fixedFolder } from './globs.ts';
import { placeOf, readOperands } from './operands.ts';
import { withoutStored, withStored } from './stored.ts';

/** `mv`: what is new keeps its bytes at another place, what is old is stored again there. */
export const move: Handler = (command, draft) => {
  const { operands, values } = readOperands(command.words, '-t --target-directory -S --suffix');
  const into = values.get('-t') ?? values.get('--target-directory');
  const sources = into === undefined ? operands.slice(0, -1) : operands;
  const target = placeOf(into ?? operands.at(-1) ?? '', command);
  for (const word of sources) {
    const place = placeOf(word, command);
    if (place === null || target === null) {
      draft.write(unknownAt(target, 'mv', 'What `mv` moves is known only when it runs.'));
      continue;
    }
    movePlace(
      place,
      targetOf(place, target, sources.length > 1 || into !== undefined, draft),
      draft,
    );
  }
};

function movePlace(from: string, to: string, draft: Draft): void {
  const takes = fileMatcher(from);
  const isNew = draft.contributions.some(({ path }) => takes(path));
  const old = draft.state.stored.filter(({ path }) => takes(path));
  const root = fixedFolder(from);
  if (!isNew && old.length === 0) {
    // A part of what an archive brought, say: the rest may go, but this stays.
    draft.write(unknownAt(to, 'moved by mv', `How big ${root} is shows only in a build.`));
    return;
  }
  if (!isNew) storeAgain(draft, from, { isRecursive: true, program: 'mv' });
  draft.rename(root, to);
  if (old.length > 0) {
    const there = old.map((one) => ({
      ...one,
      path: absolutePath(to + one.path.slice(root.length)),
    }));
    draft.state = withStored(withoutStored(draft.state, takes), there);
  }
}

/** `rm` and its like: what a RUN wrote is gone, what older layers have stays in them (SIZES section 8). */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import type { Draft, Handler } from './draft.ts';
import { fileMatcher, fixedFolder } from './globs.ts';
import { placeOf, readOperands } from './operands.ts';
import { withoutStored, withThinned } from './stored.ts';

/** `rm` and its like: of what the same RUN wrote nothing is left. */
export const remove: Handler = (command, draft) => {
  const { operands } = readOperands(command.words);
  for (const word of operands) {
    const place = placeOf(word, command);
    removePlace(place, draft);
    const { cwd } = command;
    // `rm $(ls | head -3)`: something of the folder, as far as anybody can tell.
    if (place !== null || cwd === null || cwd === '/') continue;
    draft.state = withThinned(draft.state, ({ path }) => isWithin(path, absolutePath(cwd)));
  }
};

/** Takes a path away from the layer, and from what later lines find. */
export function removePlace(place: string | null, draft: Draft): void {
  if (place === null) return;
  const inside = fileMatcher(place);
  const isNew = draft.contributions.some(({ path }) => inside(path));
  draft.remove(place);
  if (!isNew && draft.state.stored.some(({ path, bytes }) => bytes !== 0 && inside(path))) {
    draft.note('What it removes of earlier lines stays in their layers.');
  }
  // A file written by this RUN is gone, but one of an older layer stays in that layer.
  const { hasLists, keepsArchives } = draft.state;
  const isNamed = draft.state.stored.some((one) => one.isFile && one.path === absolutePath(place));
  const root = fixedFolder(place);
  const without = withoutStored(draft.state, inside);
  // What was copied among other files has no figure of its own.
  const state = isNamed
    ? without
    : withThinned(without, (one) => !one.isFile && isWithin(root, one.path));
  draft.state = state;
  if (hasLists && inside('/var/lib/apt/lists/partial')) draft.state = { ...state, hasLists: false };
  if (!draft.state.lacksDebconf && inside('/var/cache/debconf/templates.dat')) {
    draft.state = { ...draft.state, lacksDebconf: true };
  }
  // The rule of Debian's official images that throws downloaded packages away.
  if (!keepsArchives && inside('/etc/apt/apt.conf.d/docker-clean')) {
    draft.state = { ...draft.state, keepsArchives: true };
  }
}

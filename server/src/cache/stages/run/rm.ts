/** `rm` and `rmdir`. */

import { find, put } from '../draft.ts';
import { isMissing, kindOf, namesIn } from '../entries.ts';
import { Unfollowed } from '../unfollowed.ts';
import type { Call } from './call.ts';
import { options, pathsOf } from './operands.ts';

/** Removes. */
export function rm(call: Call): void {
  const { flags, operands } = options(call, 'rRfvd');
  const recursive = /[rR]/.test(flags);
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'), false);
    if (place.path === '/') throw new Unfollowed();
    if (!place.node || isMissing(place.node)) {
      if (flags.includes('f')) continue;
      throw new Unfollowed();
    }
    if (!recursive && kindOf(place.node) === 'folder') throw new Unfollowed();
    put(call.draft, place.path, null);
  }
}

/** Removes folders that are surely empty. */
export function rmdir(call: Call): void {
  const { operands } = options(call, 'v');
  for (const path of pathsOf(call, operands)) {
    const place = find(call.draft.root, path.replace(/(.)\/$/, '$1'), false);
    if (!place.node || place.path === '/') throw new Unfollowed();
    const { names } = namesIn(place.node);
    if (names.length > 0) throw new Unfollowed();
    put(call.draft, place.path, null);
  }
}

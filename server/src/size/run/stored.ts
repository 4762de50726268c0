/** Which files of known size the lines so far have put into the image. */

import { isWithin } from '../../syntax/slashPaths.ts';
import type { StageState, Stored } from './draft.ts';

/** Beyond this nobody follows; then all that is known is that there is more. */
const most = 256;

/** The state with some files more; what stood at the same path is replaced. */
export function withStored(state: StageState, added: readonly Stored[]): StageState {
  if (added.length === 0) return state;
  const kept = state.stored.filter(({ path }) => !added.some((one) => one.path === path));
  const stored = [...kept, ...added];
  if (stored.length <= most) return { ...state, stored };
  return { ...state, stored: [{ path: '/', bytes: null }, ...stored.slice(-most / 2)] };
}

/** The state without what lies at or below paths that match. */
export function withoutStored(state: StageState, takes: (path: string) => boolean): StageState {
  const stored = state.stored.filter(({ path }) => !takes(path));
  return stored.length === state.stored.length ? state : { ...state, stored };
}

/** What lies at or below a path, and whether something unknown may lie there too. */
export function storedAt(
  stored: readonly Stored[],
  path: string,
): { readonly bytes: number; readonly files: readonly Stored[]; readonly isWhole: boolean } {
  const files = stored.filter((one) => isWithin(one.path, path));
  const above = stored.some((one) => one.path !== path && isWithin(path, one.path));
  const bytes = files.reduce((all, one) => all + (one.bytes ?? 0), 0);
  return { bytes, files, isWhole: !above && files.every((one) => one.bytes !== null) };
}

/** Caches that programs leave in the layer, unless a mount takes them or an option keeps them away. */

import type { ShellCommand } from '../../shell/commands.ts';
import { isWithin } from '../../syntax/slashPaths.ts';
import { unknown } from '../size.ts';
import type { Draft } from './draft.ts';
import { below, variable } from './homes.ts';

/** Where a program keeps what it fetches. */
export interface CachePlace {
  /** What keeps it, for the label: `Go modules`. */
  readonly name: string;
  /** Variables that name the folder, the first that is set counts; `GOPATH/pkg/mod` goes on below it. */
  readonly variables: readonly string[];
  /** The folder where no variable is set: absolute, or below the home when it begins with `~/`. */
  readonly usual: string;
}

/** The folder of a cache as this command sees it. */
export function cachePath(place: CachePlace, command: ShellCommand, draft: Draft): string {
  for (const name of place.variables) {
    const [first = '', ...rest] = name.split('/');
    const value = variable(command, first);
    if (value?.startsWith('/')) return [value, ...rest].join('/');
  }
  const usual = place.usual.startsWith('~/') ? below(command, place.usual.slice(2)) : place.usual;
  // The image may set a variable that the text does not show; who mounts a cache knows where it is.
  const end = usual.slice(usual.lastIndexOf('/', usual.lastIndexOf('/') - 1));
  const mount = draft.world.run.mounts.find(
    ({ type, target }) => type === 'cache' && target.replace(/\/+$/, '').endsWith(end),
  );
  return mount ? mount.target : usual;
}

/** Names the cache with a figure that nobody knows, once for a RUN, unless a mount takes it. */
export function leaveCache(
  place: CachePlace,
  command: ShellCommand,
  draft: Draft,
  wayOut: string,
): void {
  const path = cachePath(place, command, draft);
  const label = `cache of ${place.name}`;
  if (draft.contributions.some((one) => one.path === path && one.label === label)) return;
  const where = path === '/' ? 'its folder' : path;
  const reason = `The cache of ${place.name} in ${where} stays in the layer, and how many bytes it has is known only after a build; ${wayOut} keeps it out.`;
  draft.write({ path, size: unknown(reason), label, kind: 'cache' });
}

/** Does a mount of the RUN take all that is written to the path? */
export function isMounted(path: string, draft: Draft): boolean {
  return draft.world.run.mounts.some(
    ({ target }) => target !== '' && isWithin(path, target.replace(/(?<=.)\/+$/, '')),
  );
}

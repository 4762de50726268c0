/** Which files of known size the lines so far have put into the image. */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { about } from './contributions.ts';
import type { Contribution, StageState, Stored } from './draft.ts';

/** Below this an estimate is as good as nothing, so a doubt about it is not worth a word. */
export const tinyBytes = 65_536;

/** Beyond this nobody follows; then all that is known is that there is more. */
const most = 256;

/** The state with some files more; what stood at the same path is replaced. */
export function withStored(state: StageState, added: readonly Stored[]): StageState {
  if (added.length === 0) return state;
  const paths = new Set(added.map(({ path }) => path));
  const stored = [...state.stored.filter(({ path }) => !paths.has(path)), ...added];
  if (stored.length <= most) return { ...state, stored };
  return { ...state, stored: [{ path: '/', bytes: null }, ...stored.slice(-most / 2)] };
}

/** The state without what lies at or below paths that match. */
export function withoutStored(state: StageState, takes: (path: string) => boolean): StageState {
  const stored = state.stored.filter(({ path }) => !takes(path));
  return stored.length === state.stored.length ? state : { ...state, stored };
}

/** The state after a removal of some files at or below a path: of what is left only the most is known. */
export function withThinned(state: StageState, takes: (one: Stored) => boolean): StageState {
  if (!state.stored.some((one) => one.bytes && takes(one))) return state;
  const stored = state.stored.map((one): Stored => {
    if (!one.bytes || !takes(one)) return one;
    const reason = `Some of ${one.path} may have been removed.`;
    const high = one.size?.high ?? one.bytes;
    return { ...one, size: about(one.bytes, 0, high, reason) };
  });
  return { ...state, stored };
}

/** What a RUN wrote, for the lines after it. Packages lie in many places, but not in a project's. */
export function storedBy(contributions: readonly Contribution[]): readonly Stored[] {
  const merged = new Map<string, Stored>();
  for (const { path, size, kind, isFile, isPerhapsFile } of contributions) {
    // Next to nothing, and nobody knows where.
    if (path === '/' && size.high !== null && size.high <= tinyBytes) continue;
    const place = path === '/' && kind === 'packages' ? '/usr' : path;
    const before = merged.get(place);
    const isKnown = size.bytes !== null && !size.atLeast && before?.bytes !== null;
    const bytes = isKnown ? (before?.bytes ?? 0) + (size.bytes ?? 0) : null;
    const isExact = size.basis === 'computed' || size.low === size.high;
    merged.set(place, {
      path: place,
      bytes,
      ...(bytes !== null && !isExact && !before && { size }),
      ...(isFile && !before && { isFile }),
      ...(isPerhapsFile && { isPerhapsFile }),
    });
  }
  return [...merged.values()];
}

/** Folders of every Linux image, or nearly: something of the base image may lie in them. */
const system = /^\/(bin|boot|etc|lib|lib32|lib64|libx32|sbin|usr|var|root)(\/|$)/;

/** Folders below those that images leave to whoever builds on them. */
const free =
  /^\/(usr\/src\/|usr\/local\/src(\/|$)|usr\/app|var\/(www|tmp|app|run|task)(\/|$)|root\/\w)/;

/** The base image may have put files at or below the path. Nothing tells whether it did. */
export function mayHoldBaseFiles(path: string, { bottom }: Pick<StageState, 'bottom'>): boolean {
  if (bottom === 'scratch') return false;
  return path === '/' || (system.test(path) && !free.test(path));
}

/** Folders that images have: a change of one of them alone stores no contents. */
const folders = new Set(
  (
    '/ /app /bin /boot /dev /etc /home /lib /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin ' +
    '/usr/lib /usr/local /usr/local/bin /usr/local/lib /usr/local/sbin /usr/local/share /usr/sbin /usr/share ' +
    '/usr/src /usr/src/app /var /var/cache /var/lib /var/log /var/run /var/spool /var/tmp /var/www /var/www/html'
  ).split(' '),
);

/** Is the path known to be a folder: by its name, or since something lies in it. */
export function isFolder(path: string, things: readonly { readonly path: string }[]): boolean {
  const plain = absolutePath(path);
  if (path.endsWith('/') || folders.has(plain)) return true;
  return things.some((thing) => thing.path !== plain && isWithin(thing.path, plain));
}

/** `RUN --mount` with paths and origins resolved (`dockerfile2llb` `dispatchRunMounts`). */

import type { RunCommand } from '../syntax/commands.ts';
import { type CheckedMount, checkMount } from '../syntax/mounts.ts';
import { cleanPath } from '../syntax/slashPaths.ts';
import { baseName, joinPaths } from './paths.ts';
import type { CopyOrigin, ResolvedMount } from './plan.ts';
import { expansionOf, type Running } from './running.ts';

export interface ResolvedMounts {
  /** Those that are right. */
  readonly mounts: readonly ResolvedMount[];
  /** BuildKit's text for the first that is not, unless it hangs on an unknown base. */
  readonly error: string | null;
}

const noMounts: ResolvedMounts = { mounts: [], error: null };

export function resolveMounts(running: Running, command: RunCommand): ResolvedMounts {
  if (command.mounts.length === 0) return noMounts;
  const origins = running.around.origins.get(command) ?? [];
  let doubt = false;
  const expand = (value: string) => {
    const expansion = expansionOf(running);
    const known = expansion.word(value);
    doubt ||= expansion.doubt;
    if (expansion.error) return { ok: false as const, error: expansion.error };
    return { ok: true as const, value: known.value };
  };
  // BuildKit reads all values first and only then looks at stages and targets.
  const checked = command.mounts.map((mount) => checkMount(mount, expand));
  const refused = checked.find((check) => !check.ok);
  let error = refused && !refused.ok ? refused.error : null;
  const mounts: ResolvedMount[] = [];
  for (const [index, check] of checked.entries()) {
    if (!check.ok) continue;
    const origin = origins[index] ?? null;
    const wrong = placeError(running, check.mount, origin);
    if (wrong) error ??= wrong;
    else mounts.push(resolveMount(running, check.mount, origin));
  }
  return { mounts, error: doubt ? null : error };
}

function placeError(
  running: Running,
  mount: CheckedMount,
  origin: CopyOrigin | null,
): string | null {
  const { type, from, target, source } = mount;
  if (type === 'ssh' && source !== '') return 'ssh does not support source';
  const uses = from !== '' || type === 'cache';
  if (uses && origin?.kind === 'stage' && origin.stage > running.stage) {
    return `cannot mount from stage "${from || 'scratch'}" to "${target}", stage needs to be defined before current command`;
  }
  const placed = type !== 'secret' && type !== 'ssh';
  return placed && absolute(running, target) === '/' ? 'invalid mount target "/"' : null;
}

function resolveMount(
  running: Running,
  mount: CheckedMount,
  origin: CopyOrigin | null,
): ResolvedMount {
  const { type, source, target, readonly, required, env, mode, uid, gid } = mount;
  const common = { type, readonly, required, env, mode, uid, gid };
  const plain = { ...common, source: '', origin: null, id: '', sharing: '', sizeLimit: null };
  switch (type) {
    case 'secret': {
      const id = source || mount.id || baseName(target);
      const file = target || (env === null ? `/run/secrets/${baseName(id)}` : '');
      return { ...plain, target: file && joinPaths('/', file), id };
    }
    case 'ssh':
      return { ...plain, target, id: mount.id || 'default' };
    case 'tmpfs':
      return { ...plain, target: absolute(running, target), sizeLimit: mount.sizeLimit || null };
    case 'cache': {
      const id = mount.id || cleanPath(target);
      const sharing = mount.sharing || 'shared';
      const place = absolute(running, target);
      return { ...plain, target: place, source: joinPaths('/', source), origin, id, sharing };
    }
    case 'bind': {
      const from = mount.from === '' ? { kind: 'context' as const } : origin;
      const place = absolute(running, target);
      return { ...plain, target: place, source: joinPaths('/', source), origin: from };
    }
  }
}

/** An absolute target stays as written; a relative one is joined to the working directory. */
function absolute(running: Running, target: string): string {
  if (cleanPath(target).startsWith('/')) return target;
  return joinPaths('/', running.workdir, target);
}

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

/** The mounts of a RUN in the order in which they are written, or BuildKit's first error. */
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function resolveMount(
  running: Running,
  mount: CheckedMount,
  origin: CopyOrigin | null,
): ResolvedMount {
  const { type, source, target, readonly, required, env, mode, uid, gid } = mount;
  const resolved: Mutable<ResolvedMount> = {
    type,
    target,
    source: '',
    origin: null,
    readonly,
    id: '',
    sharing: '',
    sizeLimit: null,
    mode,
    uid,
    gid,
    required,
    env,
  };
  switch (type) {
    case 'secret': {
      resolved.id = source || mount.id || baseName(target);
      const file = target || (env === null ? `/run/secrets/${baseName(resolved.id)}` : '');
      // As written, as BuildKit passes it on.
      resolved.target = file;
      break;
    }
    case 'ssh':
      // Without one it is the agent that is called default, but another key.
      resolved.id = mount.id;
      break;
    case 'tmpfs':
      resolved.target = absolute(running, target);
      resolved.sizeLimit = mount.sizeLimit || null;
      break;
    case 'cache':
      resolved.target = absolute(running, target);
      resolved.source = joinPaths('/', source);
      resolved.origin = origin;
      resolved.id = mount.id || cleanPath(target);
      resolved.sharing = mount.sharing || 'shared';
      break;
    case 'bind':
      resolved.target = absolute(running, target);
      resolved.source = joinPaths('/', source);
      resolved.origin = mount.from === '' ? { kind: 'context' } : origin;
  }
  return resolved;
}

/** An absolute target stays as written; a relative one is joined to the working directory. */
function absolute(running: Running, target: string): string {
  if (cleanPath(target).startsWith('/')) return target;
  return joinPaths('/', running.workdir, target);
}

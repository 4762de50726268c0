/** `RUN --mount` (BuildKit `commands_runmount.go`): once while parsing, once more after expansion. */

import type { Mount } from './commands.ts';
import { csvFields } from './csv.ts';
import { goBool, goQuote, goUint32 } from './goText.ts';
import { withSuggestion } from './suggestions.ts';

export type MountReading =
  | { readonly ok: true; readonly mount: Mount }
  | { readonly ok: false; readonly error: string };

/** Reads one value as BuildKit does while parsing: only CSV syntax and `from` are checked. */
export function readMount(text: string): MountReading {
  const csv = csvFields(text);
  if (!csv.ok) return { ok: false, error: `failed to parse csv mounts: ${csv.error}` };
  let from: string | null = null;
  const fields = csv.fields.map((field) => {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    return { key, value: equals < 0 ? null : field.slice(equals + 1), text: field };
  });
  for (const { key, value } of fields) {
    if (key !== 'from' || value === null) continue;
    const dollar = value.indexOf('$');
    if (dollar >= 0 && dollar !== value.length - 1) {
      const error = "'from' doesn't support variable expansion, define alias stage instead";
      return { ok: false, error };
    }
    from = value;
  }
  return { ok: true, mount: { text, fields, from } };
}

export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';

/** A mount after expansion, defaults filled in, paths as written. */
export interface CheckedMount {
  readonly type: MountType;
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readonly: boolean;
  /** tmpfs: bytes; 0 is no limit. */
  readonly sizeLimit: number;
  /** '' when not given. */
  readonly id: string;
  readonly sharing: '' | 'shared' | 'private' | 'locked';
  readonly required: boolean;
  readonly env: string | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

export type MountCheck =
  | { readonly ok: true; readonly mount: CheckedMount }
  | { readonly ok: false; readonly error: string };

/** Expands one value; the error is BuildKit's. */
export type ExpandValue = (
  value: string,
) => { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string };

const types: readonly string[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];
const sharings: readonly string[] = ['shared', 'private', 'locked'];
const keys: readonly string[] = [
  ...['type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'size', 'mode'],
  ...['uid', 'gid', 'src', 'dst', 'destination', 'ro', 'rw', 'readwrite', 'env'],
];

interface Draft extends Mutable<Omit<CheckedMount, 'readonly'>> {
  writable: boolean | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Checks a mount as BuildKit does when the stage is evaluated: values expanded, fields in order
 * (what depends on the type must stand behind it). Target rules that need the working directory,
 * and stages that `from` names, are left to the caller.
 */
export function checkMount(mount: Mount, expandValue: ExpandValue): MountCheck {
  const draft: Draft = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    sizeLimit: 0,
    id: '',
    sharing: '',
    required: false,
    env: null,
    mode: null,
    uid: null,
    gid: null,
    writable: null,
  };
  for (const field of mount.fields) {
    const error =
      field.value === null
        ? applyBare(draft, field.key, field.text)
        : applyField(draft, field.key, field.value, field.text, expandValue);
    if (error) return { ok: false, error };
  }
  const error = checkWhole(draft);
  if (error) return { ok: false, error };
  const { type, from, source, target, sizeLimit, id, sharing, required } = draft;
  const { env, mode, uid, gid, writable } = draft;
  const readonly = !(writable ?? (type === 'cache' || type === 'tmpfs'));
  const checked: CheckedMount = {
    type,
    from,
    source,
    target,
    readonly,
    sizeLimit,
    id,
    sharing,
    required,
    env,
    mode,
    uid,
    gid,
  };
  return { ok: true, mount: checked };
}

function applyBare(draft: Draft, key: string, text: string): string | null {
  if (key === 'readonly' || key === 'ro') draft.writable = false;
  else if (key === 'readwrite' || key === 'rw') draft.writable = true;
  else if (key !== 'required') return `invalid field '${text}' must be a key=value pair`;
  else if (draft.type !== 'secret' && draft.type !== 'ssh') return wrongKey(draft, key);
  else draft.required = true;
  return null;
}

function applyField(
  draft: Draft,
  key: string,
  written: string,
  text: string,
  expandValue: ExpandValue,
): string | null {
  const expanded = expandValue(written);
  if (!expanded.ok) return expanded.error;
  const { value } = expanded;
  switch (key) {
    case 'type': {
      const type = value.toLowerCase();
      if (!types.includes(type)) {
        return withSuggestion(`unsupported mount type ${goQuote(value)}`, value, types, true);
      }
      draft.type = type as MountType;
      return null;
    }
    case 'from':
    case 'id':
    case 'env':
      draft[key] = value;
      return null;
    case 'source':
    case 'src':
      draft.source = value;
      return null;
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value;
      return null;
    case 'readonly':
    case 'ro':
    case 'readwrite':
    case 'rw': {
      const truth = goBool(value);
      if (truth === undefined) return `invalid value for ${key}: ${value}`;
      draft.writable = key.startsWith('readw') || key === 'rw' ? truth : !truth;
      return null;
    }
    case 'required': {
      if (draft.type !== 'secret' && draft.type !== 'ssh') return wrongKey(draft, key);
      const truth = goBool(value);
      if (truth === undefined) return `invalid value for ${key}: ${value}`;
      draft.required = truth;
      return null;
    }
    case 'size': {
      if (draft.type !== 'tmpfs') return wrongKey(draft, key);
      const bytes = readBytes(value);
      if (bytes === null) return `invalid value for ${key}: ${value}`;
      draft.sizeLimit = bytes;
      return null;
    }
    case 'sharing': {
      const sharing = value.toLowerCase();
      if (!sharings.includes(sharing)) {
        return withSuggestion(`unsupported sharing value ${goQuote(value)}`, value, sharings, true);
      }
      draft.sharing = sharing as Draft['sharing'];
      return null;
    }
    case 'mode':
    case 'uid':
    case 'gid': {
      const number = goUint32(value, key === 'mode' ? 8 : 10);
      if (number === undefined) return `invalid value ${value} for ${key}`;
      draft[key] = number;
      return null;
    }
    default:
      return withSuggestion(`unexpected key '${key}' in '${text}'`, key, keys, true);
  }
}

function checkWhole(draft: Draft): string | null {
  const { type } = draft;
  if (type === 'bind' || type === 'tmpfs') {
    for (const key of ['mode', 'uid', 'gid'] as const) {
      if (draft[key] !== null) return `${key} not allowed for "${type}" type mounts`;
    }
  }
  if (type === 'secret') {
    if (draft.from) return 'secret mount should not have a from';
    if (draft.sharing) return 'secret mount should not define sharing';
    if (!draft.source && !draft.target && !draft.id) {
      return 'invalid secret mount. one of source, target required';
    }
    if (draft.source && draft.id) return "both source and id can't be set";
  }
  if (draft.sharing && type !== 'cache') return `invalid cache sharing set for ${type} mount`;
  return null;
}

function wrongKey(draft: Draft, key: string): string {
  return `unexpected key '${key}' for mount type '${draft.type}'`;
}

const powers = 'bkmgtp';

/** Docker's `units.RAMInBytes`: `64m`, `1.5 GiB`; null: no size. */
function readBytes(text: string): number | null {
  const match = /^(\d+\.?\d*|\.\d+) ?(?:(b)|([kmgtp])(?:i?b)?)?$/i.exec(text);
  if (!match) return null;
  const power = powers.indexOf((match[3] ?? 'b').toLowerCase());
  return Math.trunc(Number(match[1]) * 1024 ** power);
}

/** Permission bits and owners of entries, and what `chmod` makes of them. */

import { unveiled } from './entries.ts';
import type { GivenNode, Mode, Node, Owner } from './nodes.ts';
import { Unfollowed } from './unfollowed.ts';

/** The mode that `chmod`, octal or in letters, makes of another; a text where that is not known. */
export function chmodOf(chmod: string, mode: Mode, isFolder = false): Mode {
  if (/^[0-7]{1,5}$/.test(chmod)) return Number.parseInt(chmod, 8) & 0o7777;
  if (typeof mode !== 'number') return `${mode},${chmod}`;
  let bits = mode;
  for (const clause of chmod.split(',')) {
    const next = clauseOf(clause, bits, isFolder);
    if (next === null) return `${mode.toString(8)},${chmod}`;
    bits = next;
  }
  return bits;
}

const places = [
  ['u', 6, 0o4000],
  ['g', 3, 0o2000],
  ['o', 0, 0],
] as const;

/** What `u+x` and the like make of the bits; null: not known. */
function clauseOf(clause: string, bits: number, isFolder: boolean): number | null {
  const found = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
  if (!found) return null;
  const [, who = '', operator, letters = ''] = found;
  // What becomes of special bits that are not named differs between programs, and for folders.
  if (operator === '=' && (bits & 0o7000 || /[st]/.test(letters))) return null;
  const isAll = /^a?$|a/.test(who);
  // Without a letter for whom, the umask leaves out writing by others.
  const mask = who === '' && letters.includes('w') ? 0o755 : 0o777;
  const runs = letters.includes('X') && (isFolder || (bits & 0o111) !== 0);
  const one =
    (letters.includes('r') ? 4 : 0) |
    (letters.includes('w') ? 2 : 0) |
    (letters.includes('x') || runs ? 1 : 0);
  let chosen = letters.includes('t') && isAll ? 0o1000 : 0;
  let all = 0;
  for (const [letter, shift, special] of places) {
    if (!isAll && !who.includes(letter)) continue;
    chosen |= ((one << shift) & mask) | (letters.includes('s') ? special : 0);
    all |= 7 << shift;
  }
  if (operator === '+') return bits | chosen;
  return operator === '-' ? bits & ~chosen : (bits & ~all) | chosen;
}

/** Mode and owner of an entry. */
export interface Meta {
  readonly mode: Mode;
  readonly owner: Owner;
}

/** The mode of an entry of the context as it was copied. */
export function givenMode({ node, chmod }: Pick<GivenNode, 'node' | 'chmod'>): Mode {
  return chmod === null ? node.mode : chmodOf(chmod, node.mode, node.kind === 'directory');
}

/** Of a file or folder; `?` where a folder is not seen to have its own. Throws Unfollowed for all else. */
export function metaOf(node: Node): Meta {
  const shown = unveiled(node);
  switch (shown.kind) {
    case 'file':
      return shown;
    case 'folder':
      return { mode: shown.mode ?? '?', owner: shown.owner ?? '?' };
    case 'given':
      return { mode: givenMode(shown), owner: shown.owner };
    default:
      throw new Unfollowed();
  }
}

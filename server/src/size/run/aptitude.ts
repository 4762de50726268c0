/** What aptitude keeps of its own beside apt's files: a state of every package that the lists name. */

import type { ShellCommand } from '../../shell/commands.ts';
import { aptIndex } from './aptState.ts';
import { about } from './contributions.ts';
import type { Draft } from './draft.ts';

const states = '/var/lib/aptitude/pkgstates';

/** 6.50 MB for lists of 19.85 MB (bookworm, November 2026); 10 kB without lists. */
const listRatio = 0.3275;
const withoutLists = 10_400;

/** Each command writes the states anew and keeps those of the time before; what changes packages writes them twice. */
export function writeAptitudeState(verb: string, { runs }: ShellCommand, draft: Draft): void {
  if (/clean$|^download$/.test(verb)) return;
  const { state, contributions } = draft;
  const fact = aptIndex(draft);
  const lists = fact.state === 'known' ? fact.value.lists : null;
  const hasLists = state.hasLists || contributions.some(({ kind }) => kind === 'lists');
  if (hasLists && lists === null) return;
  const bytes = hasLists ? Math.round((lists ?? 0) * listRatio) : withoutLists;
  const low = runs === 'always' ? Math.round(bytes * 0.9) : 0;
  const reason = 'States of packages that aptitude keeps, a third of the package lists.';
  const size = about(bytes, low, Math.round(bytes * 1.1), reason);
  const wasThere = [...state.stored, ...contributions].some(({ path }) => path === states);
  const file = { size, label: 'states of aptitude', kind: 'other', isFile: true } as const;
  if (wasThere || verb !== 'update') draft.write({ ...file, path: `${states}.old` });
  draft.write({ ...file, path: states });
}

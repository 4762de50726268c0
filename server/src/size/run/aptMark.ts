/** `apt-mark`: which packages somebody asked for, and which came along. */

import { unknownPart } from '../../shell/shellTree.ts';
import { keepArchives } from './aptLists.ts';
import { aptRun, installedNow } from './aptState.ts';
import { matching, readAptWords } from './aptWords.ts';
import { tiny } from './contributions.ts';
import type { Handler } from './draft.ts';

/** `apt-mark`: which packages were asked for. */
export const mark: Handler = (command, draft) => {
  const { verb, operands } = readAptWords(command.words);
  // dpkg writes its database again, and a copy of the old one (0.15 MB on plain bookworm).
  if (verb === 'hold' || verb === 'unhold') {
    draft.write(tiny('/var/lib/dpkg', 160_000, 1_500_000, `apt-mark ${verb}`));
    return;
  }
  if (!['auto', 'manual', 'showmanual', 'minimize-manual'].includes(verb)) return;
  const fact = aptRun(draft);
  if (fact.state !== 'known') return;
  const run = fact.value;
  const now = installedNow(run, draft);
  if (verb === 'showmanual') {
    run.saved ??= now.manual;
    return;
  }
  const manual = new Set(now.manual);
  for (const operand of operands) {
    if (operand.includes(unknownPart)) {
      if (verb !== 'manual') continue;
      if (run.saved && command.pipedFrom === null) for (const name of run.saved) manual.add(name);
      else run.marksUnknown = true;
      continue;
    }
    const names = now.names.has(operand) ? [operand] : (matching(operand, now.names) ?? []);
    for (const name of names)
      if (verb === 'auto') manual.delete(name);
      else manual.add(name);
  }
  if (operands.length === 0 && command.pipedFrom !== null) run.marksUnknown = true;
  const isSame =
    manual.size === now.manual.size && [...manual].every((name) => now.manual.has(name));
  if (isSame) return;
  draft.state = { ...draft.state, installed: { ...now, manual }, basePackages: null };
  draft.write(tiny('/var/lib/apt/extended_states', 5000, 60_000, 'apt-mark'));
  keepArchives(run.index, draft, []);
};

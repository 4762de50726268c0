/** `remove`, `purge` and `autoremove`: what goes, and which dependencies go with it. */

import { without } from '../../packages/removal.ts';
import { readable } from '../../shell/shellTree.ts';
import { packagePlace } from './aptBytes.ts';
import { keepArchives } from './aptLists.ts';
import { type AptRun, aptRun, installedNow, settleRun } from './aptState.ts';
import { type Act, isTrue, matching, readWanted } from './aptWords.ts';
import { about, unknownAt } from './contributions.ts';
import type { Draft } from './draft.ts';

/** `remove`, `purge`, `autoremove`. */
export const remove =
  (isAuto: boolean): Act =>
  (words, command, draft) => {
    const { operands, options, settings } = words;
    const fact = aptRun(draft);
    if (fact.state !== 'known') {
      // What this RUN wrote is unknown already; what older layers have stays in them.
      return void draft.write({
        path: '/var/lib/dpkg',
        size: about(1_000_000, 0, 2_500_000, 'The package database is stored again.'),
        label: 'package database',
        kind: 'packages',
      });
    }
    const run = fact.value;
    const auto =
      isAuto ||
      options.has('--auto-remove') ||
      options.has('--autoremove') ||
      isTrue(settings.get('apt::get::automaticremove') ?? 'no') ||
      /(^|\/)aptitude$/.test(command.words[0] ?? '');
    const important = settings.get('apt::autoremove::recommendsimportant');
    const now = installedNow(run, draft);
    const names: string[] = [];
    for (const operand of operands) {
      const wanted = readWanted(operand, (name) => now.names.has(name));
      if (wanted.kind === 'pattern') names.push(...(matching(wanted.name, now.names) ?? []));
      else if (wanted.kind === 'name') names.push(wanted.name);
      else if (wanted.kind === 'unknown') {
        return void draft.write({
          ...unknownAt(
            packagePlace,
            'removed packages',
            `Which packages \`${readable(operand)}\` removes is known only when it runs.`,
          ),
          kind: 'packages',
        });
      }
    }
    if (command.runs === 'maybe') return draft.remove(packagePlace);
    takeAway(run, draft, names, auto, important === undefined || isTrue(important));
  };

/** Removes packages of this image by name; `auto`: what nothing needs any more goes too. */
export function takeAway(
  run: AptRun,
  draft: Draft,
  names: readonly string[],
  auto: boolean,
  recommendsImportant: boolean,
): void {
  const now = installedNow(run, draft);
  const left = without(run.index, now, names, { auto, recommendsImportant });
  const count = now.names.size - left.names.size;
  if (auto && run.marksUnknown) {
    const reason =
      'Which libraries the built programs need, and so stay, is known only after a build.';
    draft.write({ ...unknownAt(packagePlace, 'libraries that stay', reason), kind: 'packages' });
    run.marksUnknown = false;
  }
  if (count === 0) return;
  run.removed += count;
  settleRun(run, draft, { ...now, names: left.names, manual: left.manual });
  keepArchives(run.index, draft, []);
}

/** `apt-get install` and `upgrade`: which packages come, and what of them cannot be known. */

import { closure } from '../../packages/closure.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { readable } from '../../shell/shellTree.ts';
import { unknown } from '../size.ts';
import { filesOf, packagePlace, releaseName } from './aptBytes.ts';
import { keepArchives, updateLists } from './aptLists.ts';
import { missingReason } from './aptNames.ts';
import { takeAway } from './aptRemove.ts';
import { type AptRun, aptRun, grown, installedNow, settleRun, writeUnknown } from './aptState.ts';
import { wantedNames } from './aptWanted.ts';
import { type Act, type AptWords, isTrue } from './aptWords.ts';
import { about, tiny, unknownAt } from './contributions.ts';
import { openPackages } from './dpkg.ts';
import type { Draft } from './draft.ts';

/** `install`: what the closure of the wanted names adds to the packages of the image. */
export const install: Act = (words, command, draft) => {
  const { operands, options } = words;
  const isFixing = options.has('-f') || options.has('--fix-broken');
  const isOpen = draft.contributions.some(({ label }) => label === openPackages);
  if (options.has('--update') || options.has('-U')) updateLists(draft, command);
  if (operands.length === 0) {
    if (isFixing && isOpen) {
      const reason = 'What the packages that dpkg unpacked still need is known only after a build.';
      draft.write({ ...unknownAt(packagePlace, 'missing dependencies', reason), kind: 'packages' });
    }
    return;
  }
  const label = `packages: ${readable(operands.slice(0, 3).join(', '))}`;
  const fact = aptRun(draft);
  if (fact.state !== 'known') return writeUnknown(draft, packagePlace, label, fact);
  const run = fact.value;
  const wanted = wantedNames(run, words, draft);
  if (options.has('--only-upgrade')) return upgrade(words, command, draft);
  if (wanted.removed.length > 0) takeAway(run, draft, wanted.removed, false, true);
  if (wanted.names.length === 0) return;
  const now = installedNow(run, draft);
  const recommended = takesRecommended(words, command, draft);
  const ask = (recommends: boolean) => closure(run.index, now.names, wanted.names, { recommends });
  const added = ask(recommended === 'yes');
  if (recommended === 'unread' && ask(true).packages.length > added.packages.length) {
    const reason = `Whether recommended packages are installed hangs on ${draft.state.unreadAptSettings}, whose text is not read.`;
    draft.write({ ...unknownAt(packagePlace, 'recommended packages', reason), kind: 'packages' });
  }
  for (const { name, neededBy } of added.unresolved) {
    const reason =
      neededBy === null
        ? missingReason(name, run.index, draft.state)
        : `\`${neededBy}\` needs \`${name}\`, which the package data of ${releaseName(run.index)} does not have.`;
    draft.write({ ...unknownAt(packagePlace, `package ${name}`, reason), kind: 'packages' });
  }
  if (options.has('-d') || options.has('--download-only')) {
    const bytes = added.packages.reduce((all, { archive }) => all + archive, 0);
    const reason = `Package files of ${releaseName(run.index)}, which stay where nothing is unpacked.`;
    const size = about(bytes, Math.round(bytes * 0.95), Math.round(bytes * 1.05), reason);
    const path = '/var/cache/apt/archives';
    draft.write({ path, size, label: 'downloaded packages', kind: 'archives' });
    return;
  }
  if (options.has('--reinstall')) reinstall(run, draft, added.roots);
  run.asked.push(...wanted.names);
  const after = grown(now, added);
  if (command.runs === 'maybe') return perhaps(run, draft, after, command);
  if (added.packages.length === 0) {
    if (after === now) return;
    draft.state = { ...draft.state, installed: after, basePackages: null };
    draft.write(tiny('/var/lib/apt/extended_states', 5000, 60_000, 'marks of packages'));
    return;
  }
  run.unpacked += added.packages.length;
  run.asks ||= added.packages.some(({ templates }) => templates);
  settleRun(run, draft, after);
  keepArchives(run.index, draft, added.packages);
};

function takesRecommended(
  { options, settings }: AptWords,
  { words }: ShellCommand,
  { state }: Draft,
): 'yes' | 'no' | 'unread' {
  const isAptitude = /(^|\/)aptitude$/.test(words[0] ?? '');
  if (options.has('--no-install-recommends') || options.has('--without-recommends')) return 'no';
  if (isAptitude && options.has('-R')) return 'no';
  if (options.has('--install-recommends') || options.has('--with-recommends')) return 'yes';
  const setting = settings.get('apt::install-recommends');
  if (setting !== undefined) return isTrue(setting) ? 'yes' : 'no';
  if (state.leavesRecommended !== undefined) return state.leavesRecommended ? 'no' : 'yes';
  return state.unreadAptSettings === undefined ? 'yes' : 'unread';
}

/** Packages of earlier layers that are unpacked once more: their files are stored again. */
function reinstall(
  { index, isSlim, before }: AptRun,
  draft: Draft,
  roots: readonly string[],
): void {
  const terms = isSlim ? index.terms.slim : index.terms.plain;
  const again = roots.flatMap((name) => {
    const facts = before.names.has(name) ? index.package(name) : undefined;
    return facts ? [facts] : [];
  });
  if (again.length === 0) return;
  const bytes = again.reduce((all, one) => all + filesOf(one, isSlim, terms), terms.fixed);
  const reason = `Files of ${releaseName(index)} of ${index.date} that are stored again.`;
  const doubt = Math.max(bytes * 0.05, 500_000);
  const size = about(
    bytes,
    Math.max(0, Math.round(bytes - doubt)),
    Math.round(bytes + doubt),
    reason,
  );
  draft.write({ path: packagePlace, size, label: 'packages installed again', kind: 'packages' });
}

/** Packages of a command that may not run: unknown here, and perhaps there later. */
function perhaps(
  run: AptRun,
  draft: Draft,
  after: { readonly names: ReadonlySet<string> },
  { words }: ShellCommand,
): void {
  const now = installedNow(run, draft);
  const more = [...after.names].filter((name) => !now.names.has(name));
  if (more.length === 0) return;
  const reason = `Whether \`${readable(words.slice(0, 4).join(' '))}\` runs depends on a condition that the text does not decide.`;
  const label = `${more.length} packages, perhaps`;
  draft.write({ path: packagePlace, size: unknown(reason), label, kind: 'packages' });
  const installed = { ...now, perhaps: new Set([...(now.perhaps ?? []), ...more]) };
  draft.state = { ...draft.state, installed, basePackages: null };
}

/** `upgrade` and its like: how much they replace hangs on the age of the base image. */
export const upgrade: Act = (_, { words }, draft) => {
  const shown = words.slice(0, 1).concat(words.slice(1).filter((word) => !word.startsWith('-')));
  const reason = `How much \`${shown.slice(0, 2).join(' ')}\` replaces depends on how old the base image is: nothing on one of today, up to some 80 MB on one that is two years old.`;
  draft.write({ ...unknownAt(packagePlace, 'upgraded packages', reason), kind: 'packages' });
};

/** Debian's package tools: what apt-get, apt, aptitude, apt-mark and dpkg put into the layer. */

import { closure } from '../../packages/closure.ts';
import type { PackageIndex } from '../../packages/packageIndex.ts';
import { without } from '../../packages/removal.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { unknownPart } from '../../shell/shellTree.ts';
import { unknown } from '../size.ts';
import { filesOf, releaseName } from './aptBytes.ts';
import { cleanArchives, keepArchives, updateLists } from './aptLists.ts';
import { missingReason, overridden } from './aptNames.ts';
import { type AptRun, aptRun, grown, installedNow, settleRun, writeUnknown } from './aptState.ts';
import { type AptWords, isTrue, matching, readAptWords, readWanted } from './aptWords.ts';
import { about, tiny, unknownAt } from './contributions.ts';
import type { Draft, Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';

const place = '/usr';

/** `apt-get`, `apt`, `aptitude`: by their verbs. */
const apt: Handler = (command, draft) => {
  const words = readAptWords(command.words);
  const { verb, options } = words;
  const isSimulated = ['-s', '--simulate', '--just-print', '--dry-run', '--recon', '--no-act'];
  if (isSimulated.some((option) => options.has(option)) || options.has('--print-uris')) return;
  if (verb.includes(unknownPart)) return unknownVerb(command, draft, verb);
  const act = verbs[verb];
  if (act) act(words, command, draft);
  else if (!silent.has(verb)) unknownVerb(command, draft, verb);
};

type Act = (words: AptWords, command: ShellCommand, draft: Draft) => void;

/** Verbs that print and write nothing. */
const silent = new Set(
  (
    ' help check list show showsrc search policy depends rdepends indextargets moo edit-sources ' +
    'changelog showpkg madison why why-not versions hold unhold markauto unmarkauto forget-new'
  ).split(' '),
);

function unknownVerb({ words }: ShellCommand, draft: Draft, verb: string): void {
  const [program = ''] = words;
  const shown = verb.replaceAll(unknownPart, '…');
  const reason = `What \`${program} ${shown}\` writes is known only after a build.`;
  draft.write({ ...unknownAt(place, `${program} ${shown}`, reason), kind: 'packages' });
}

const install: Act = (words, command, draft) => {
  const { operands, options } = words;
  const isFixing = options.has('-f') || options.has('--fix-broken');
  const isOpen = draft.contributions.some(({ label }) => label === openPackages);
  if (options.has('--update') || options.has('-U')) updateLists(draft, command);
  if (operands.length === 0) {
    if (isFixing && isOpen) {
      const reason = 'What the packages that dpkg unpacked still need is known only after a build.';
      draft.write({ ...unknownAt(place, 'missing dependencies', reason), kind: 'packages' });
    }
    return;
  }
  const label = `packages: ${operands.slice(0, 3).join(', ').replaceAll(unknownPart, '…')}`;
  const fact = aptRun(draft);
  if (fact.state !== 'known') return writeUnknown(draft, place, label, fact);
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
    draft.write({ ...unknownAt(place, 'recommended packages', reason), kind: 'packages' });
  }
  for (const { name, neededBy } of added.unresolved) {
    const reason =
      neededBy === null
        ? missingReason(name, run.index, draft.state)
        : `\`${neededBy}\` needs \`${name}\`, which the package data of ${releaseName(run.index)} does not have.`;
    draft.write({ ...unknownAt(place, `package ${name}`, reason), kind: 'packages' });
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

/** Real names of what is asked for; writes what cannot be known. */
function wantedNames(
  { index }: AptRun,
  { operands, release }: AptWords,
  draft: Draft,
): { readonly names: readonly string[]; readonly removed: readonly string[] } {
  const names: string[] = [];
  const removed: string[] = [];
  const exists = (name: string) =>
    index.package(name) !== undefined || index.providers(name).length > 0;
  const lacks = (text: string, reason: string) => {
    const label = `package ${text.replaceAll(unknownPart, '…')}`;
    draft.write({ ...unknownAt(place, label, reason), kind: 'packages' });
  };
  for (const operand of operands) {
    const wanted = readWanted(operand, exists);
    const { name, text, sign } = wanted;
    const from = wanted.release ?? release;
    if (wanted.kind === 'unknown') {
      lacks(
        text,
        `Which packages \`${text.replaceAll(unknownPart, '…')}\` names is known only when it runs.`,
      );
    } else if (wanted.kind === 'file') {
      lacks(
        text,
        `What the package file \`${text.replaceAll(unknownPart, '…')}\` holds is known only after a build.`,
      );
    } else if (wanted.kind === 'task') {
      lacks(text, `Which packages the task \`${name}\` stands for is not in the package data.`);
    } else if (sign === '-') removed.push(name);
    else if (from !== null && !isOwnRelease(from, index)) {
      const other = from.replaceAll(unknownPart, '…');
      lacks(
        text,
        `Packages of the release \`${other}\` are not in the package data of ${releaseName(index)}.`,
      );
    } else if (wanted.arch !== null && !isOwnArch(wanted.arch, index)) {
      lacks(text, `Packages of the architecture \`${wanted.arch}\` are not in the package data.`);
    } else if (draft.state.foreignSources && !draft.state.ownSources && overridden(name)) {
      lacks(text, `\`${name}\` may come from a package source that an earlier command added.`);
    } else if (wanted.kind === 'pattern') {
      const found = matching(name, index.names());
      if (found) names.push(...found);
      if (found === null || found.length === 0 || index.partial) {
        lacks(text, `Which packages \`${text}\` matches is known only to the whole package index.`);
      }
    } else names.push(name);
  }
  return { names, removed };
}

function isOwnRelease(release: string, { key }: PackageIndex): boolean {
  const name = release.replace(/^[ac]=|^n=/, '');
  const suffix = /-(updates|security)$/;
  return name.replace(suffix, '') === key.suite || name === 'now';
}

function isOwnArch(arch: string, { key }: PackageIndex): boolean {
  const own = key.arch === 'arm' ? 'armhf' : key.arch === '386' ? 'i386' : key.arch;
  return ['any', 'all', 'native', own].includes(arch);
}

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
  draft.write({ path: place, size, label: 'packages installed again', kind: 'packages' });
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
  const reason = `Whether \`${words.slice(0, 4).join(' ').replaceAll(unknownPart, '…')}\` runs depends on a condition that the text does not decide.`;
  const label = `${more.length} packages, perhaps`;
  draft.write({ path: place, size: unknown(reason), label, kind: 'packages' });
  const installed = { ...now, perhaps: new Set([...(now.perhaps ?? []), ...more]) };
  draft.state = { ...draft.state, installed, basePackages: null };
}

const upgrade: Act = (_, { words }, draft) => {
  const shown = words.slice(0, 1).concat(words.slice(1).filter((word) => !word.startsWith('-')));
  const reason = `How much \`${shown.slice(0, 2).join(' ')}\` replaces depends on how old the base image is: nothing on one of today, up to some 80 MB on one that is two years old.`;
  draft.write({ ...unknownAt(place, 'upgraded packages', reason), kind: 'packages' });
};

/** `remove`, `purge`, `autoremove`. */
const remove =
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
            place,
            'removed packages',
            `Which packages \`${operand.replaceAll(unknownPart, '…')}\` removes is known only when it runs.`,
          ),
          kind: 'packages',
        });
      }
    }
    if (command.runs === 'maybe') return draft.remove(place);
    takeAway(run, draft, names, auto, important === undefined || isTrue(important));
  };

function takeAway(
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
    draft.write({ ...unknownAt(place, 'libraries that stay', reason), kind: 'packages' });
    run.marksUnknown = false;
  }
  if (count === 0) return;
  run.removed += count;
  settleRun(run, draft, { ...now, names: left.names, manual: left.manual });
  keepArchives(run.index, draft, []);
}

const download: Act = ({ operands }, command, draft) => {
  const fact = aptRun(draft);
  const label = 'downloaded packages';
  const folder = placeOf('.', command) ?? '/';
  if (fact.state !== 'known') return writeUnknown(draft, folder, label, fact, 'files');
  const { index } = fact.value;
  for (const operand of operands) {
    const { name } = readWanted(operand, (one) => index.package(one) !== undefined);
    const bytes = index.package(name)?.archive;
    if (bytes === undefined) {
      draft.write(unknownAt(folder, label, missingReason(name, index, draft.state)));
      continue;
    }
    const reason = `The package file of ${releaseName(index)} of ${index.date}.`;
    const size = about(bytes, Math.round(bytes * 0.95), Math.round(bytes * 1.05), reason);
    draft.write({ path: folder, size, label, kind: 'files' });
  }
};

const verbs: Readonly<Record<string, Act>> = Object.assign(Object.create(null), {
  install,
  reinstall: ((words, command, draft) =>
    install(
      { ...words, options: new Set([...words.options, '--reinstall']) },
      command,
      draft,
    )) as Act,
  update: ((_, command, draft) => updateLists(draft, command)) as Act,
  remove: remove(false),
  purge: remove(false),
  autoremove: remove(true),
  'auto-remove': remove(true),
  autopurge: remove(true),
  upgrade,
  'safe-upgrade': upgrade,
  'full-upgrade': upgrade,
  'dist-upgrade': upgrade,
  'dselect-upgrade': upgrade,
  clean: ((_, __, draft) => cleanArchives(draft)) as Act,
  autoclean: (() => undefined) as Act,
  'auto-clean': (() => undefined) as Act,
  distclean: ((_, command, draft) => updateLists(draft, command, 'signatures')) as Act,
  'dist-clean': ((_, command, draft) => updateLists(draft, command, 'signatures')) as Act,
  download,
});

/** `apt-mark`: which packages were asked for. */
const mark: Handler = (command, draft) => {
  const { verb, operands } = readAptWords(command.words);
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

const openPackages = 'packages unpacked by dpkg';

/** `dpkg`: packages from files are unknown, removals are simulated. */
const dpkg: Handler = (command, draft) => {
  const { options, operands } = readOperands(
    command.words,
    '--root --admindir --instdir --path-exclude --path-include --force --force-all',
  );
  const has = (...names: string[]) => names.some((name) => options.has(name));
  if (has('-i', '--install', '--unpack', '-R', '--recursive') && operands.length > 0) {
    const shown = operands.slice(0, 2).join(', ').replaceAll(unknownPart, '…');
    const reason = `What the package file \`${shown}\` holds is known only after a build.`;
    draft.write({ ...unknownAt(place, openPackages, reason), kind: 'packages' });
    return;
  }
  if (has('-P', '--purge', '-r', '--remove')) {
    const fact = aptRun(draft);
    if (fact.state === 'known') takeAway(fact.value, draft, operands, false, true);
    return;
  }
  if (has('-x', '--extract', '-X', '--vextract')) {
    const folder = placeOf(operands[1] ?? '', command) ?? '/';
    draft.write(
      unknownAt(folder, 'dpkg', 'What the package file holds is known only after a build.'),
    );
    return;
  }
  if (has('--configure', '--triggers-only', '-a')) {
    draft.write(tiny('/var/lib/dpkg', 0, 400_000, 'dpkg'));
  } else if (
    has('--add-architecture', '--set-selections', '--clear-selections', '--remove-architecture')
  ) {
    draft.write(tiny('/var/lib/dpkg', 100, 60_000, 'dpkg'));
  }
};

/** Package sources that are added by a program; it brings their lists too. */
const addSource: Handler = ({ words }, draft) => {
  const program = words[0] ?? '';
  draft.state = { ...draft.state, foreignSources: true, ownSources: false };
  draft.write(tiny('/etc/apt', 1000, 60_000, program));
  if (words.includes('-n') || words.includes('--no-update')) return;
  const reason = 'How big the package lists of the added source are is not known.';
  draft.write({ ...unknownAt('/var/lib/apt/lists', 'package lists', reason), kind: 'lists' });
};

const unknownPackages: Handler = ({ words }, draft) => {
  const program = words[0] ?? '';
  const reason = `What \`${program}\` installs is known only after a build.`;
  draft.write({ ...unknownAt(place, program, reason), kind: 'packages' });
};

/** Keys of sources: some kilobytes in `/etc/apt`. */
const key: Handler = ({ words }, draft) => {
  draft.write(tiny('/etc/apt/trusted.gpg.d', 3000, 60_000, words[0] ?? ''));
};

const nothing: Handler = () => undefined;

/** By the name of the program. */
export const aptHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['apt-get', apt],
  ['apt', apt],
  ['aptitude', apt],
  ['apt-mark', mark],
  ['dpkg', dpkg],
  ['add-apt-repository', addSource],
  ['apt-add-repository', addSource],
  ['apt-key', key],
  ['apt-cache', nothing],
  ['apt-config', nothing],
  ['gdebi', unknownPackages],
  ['tasksel', unknownPackages],
  ['unattended-upgrade', unknownPackages],
  ['unattended-upgrades', unknownPackages],
]);

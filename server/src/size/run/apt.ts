/** Debian's package tools by name, and the verbs of apt-get, apt and aptitude. */

import type { ShellCommand } from '../../shell/commands.ts';
import { readable, unknownPart } from '../../shell/shellTree.ts';
import { packagePlace } from './aptBytes.ts';
import { download } from './aptDownload.ts';
import { install, upgrade } from './aptInstall.ts';
import { writeAptitudeState } from './aptitude.ts';
import { cleanArchives, updateLists } from './aptLists.ts';
import { mark } from './aptMark.ts';
import { remove } from './aptRemove.ts';
import { addSource, key } from './aptSources.ts';
import { type Act, readAptWords } from './aptWords.ts';
import { unknownAt } from './contributions.ts';
import { dpkg } from './dpkg.ts';
import type { Draft, Handler } from './draft.ts';

/** `apt-get`, `apt`, `aptitude`: by their verbs. */
const apt: Handler = (command, draft) => {
  const words = readAptWords(command.words);
  const { verb, options } = words;
  const isSimulated = ['-s', '--simulate', '--just-print', '--dry-run', '--recon', '--no-act'];
  if (isSimulated.some((option) => options.has(option)) || options.has('--print-uris')) return;
  if (verb.includes(unknownPart)) return unknownVerb(command, draft, verb);
  const act = verbs[verb];
  if (act) {
    act(words, command, draft);
    if (/(^|\/)aptitude$/.test(command.words[0] ?? '')) writeAptitudeState(verb, command, draft);
  } else if (!silent.has(verb)) unknownVerb(command, draft, verb);
};

/** Verbs that print and write nothing. */
const silent = new Set(
  (
    ' help check list show showsrc search policy depends rdepends indextargets moo edit-sources ' +
    'changelog showpkg madison why why-not versions hold unhold markauto unmarkauto forget-new'
  ).split(' '),
);

function unknownVerb({ words }: ShellCommand, draft: Draft, verb: string): void {
  const [program = ''] = words;
  const shown = readable(verb);
  const reason = `What \`${program} ${shown}\` writes is known only after a build.`;
  draft.write({ ...unknownAt(packagePlace, `${program} ${shown}`, reason), kind: 'packages' });
}

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

const unknownPackages: Handler = ({ words }, draft) => {
  const program = words[0] ?? '';
  const reason = `What \`${program}\` installs is known only after a build.`;
  draft.write({ ...unknownAt(packagePlace, program, reason), kind: 'packages' });
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

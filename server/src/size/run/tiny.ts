/**
 * Programs that write next to nothing, with what was measured for them on Debian bookworm and trixie
 * (SIZES section 8; the rest by `test/engine/runFiles.test.ts`).
 */

import { about, tiny, unknownAt } from './contributions.ts';
import type { Contribution, Draft, Handler } from './draft.ts';
import { placeOf, readOperands } from './operands.ts';
import { withStored } from './stored.ts';
import { toOutputs } from './texts.ts';

/** They print, ask or wait; files come of that only where their output is sent to one. */
const printers =
  'awk gawk mawk basename dirname readlink realpath grep egrep fgrep cut sort head tail wc tr uniq diff cmp ' +
  'stat file du df ps ls getent ldd xxd od seq expr jq comm join paste rev fold tac strings envsubst ' +
  'yes lsb_release dpkg-query dpkg-architecture dpkg-deb getcap env printenv zcat bc nl';

/** Their output has one short line. */
const brief =
  'id whoami pwd uname which command type hash date hostname nproc arch sha1sum sha256sum sha384sum ' +
  'sha512sum md5sum b2sum shasum cksum tty logname groups mktemp getconf';

/** They change the shell or the process, or only folders, links and times of them. */
const silent =
  'test [ [[ cd set export unset sleep exit read local declare typeset readonly shift trap umask ulimit wait ' +
  'alias unalias return break continue let shopt kill killall pkill sync umount mkdir mkfifo mknod pushd popd ' +
  'false times getopts setopt systemctl update-rc.d rc-update ' +
  'sysctl stty tput clear';

const prints: Handler = (command, draft) => {
  if (command.outputs.length > 0) toOutputs(command, draft, null, command.words[0] ?? '');
};

const printsOneLine: Handler = (command, draft) => {
  if (command.outputs.length === 0) return;
  toOutputs(command, draft, { bytes: 40, low: 0, high: 4096 }, command.words[0] ?? '');
};

/** Folders are remembered, so that later changes of them alone count nothing. */
const makeFolders: Handler = (command, draft) => {
  const { operands } = readOperands(command.words, '-m --mode');
  const made = operands.flatMap((word) => {
    const path = placeOf(word, command)?.replace(/(.)\/$/, '$1') ?? null;
    const isKnown = path === null || draft.state.stored.some((one) => one.path === path);
    return isKnown || path === null ? [] : [{ path, bytes: 0 }];
  });
  draft.state = withStored(draft.state, made);
};

/** Bytes as measured for an account tool on a plain image, and what a long list of accounts may make of it. */
function account(typical: number, high: number): Handler {
  return ({ words }, draft) => {
    const [program = ''] = words;
    writeAccounts(draft, typical, high, program);
  };
}

/** Several commands of one RUN write the same few files, so the largest figure counts. */
function writeAccounts(draft: Draft, typical: number, high: number, program: string): void {
  const path = '/etc/passwd';
  const before = draft.contributions.find((one) => one.isFile && one.path === path)?.size;
  if ((before?.bytes ?? 0) > typical) return;
  draft.write({ ...tiny(path, typical, high, program), isFile: true });
}

const userAdd: Handler = ({ words }, draft) => {
  const [program = ''] = words;
  const { options } = readOperands(
    words,
    '-u -g -G -s -d -c -k -K -p -e -f -b -h --uid --gid --groups --shell --home --home-dir --comment --gecos --ingroup',
  );
  const isSystem = ['-r', '--system', '-S'].some((option) => options.has(option));
  const hasHome =
    program === 'adduser'
      ? !isSystem && !options.has('--no-create-home') && !options.has('-H') && !options.has('-D')
      : options.has('-m') || options.has('--create-home');
  writeAccounts(draft, 4500, 16_000, program);
  if (hasHome) draft.write(tiny('/home', 4600, 16_000, program));
};

/** Bytes of glibc's archive with one locale in it, by language; measured on Debian bookworm in November 2026. */
const localeBytes: Readonly<Record<string, number>> = {
  th: 506_000,
  ja: 1_176_000,
  ko: 1_449_000,
  tr: 2_917_000,
  zh: 3_264_000,
};
const mostLocales = 3_050_000;
/** What a second locale adds that sorts as the first does. */
const anotherLocale = 360_000;

/** `locale-gen`, `localedef`: one archive, written again in each layer; many locales share most of it. */
const locales: Handler = ({ words }, draft) => {
  const path = '/usr/lib/locale';
  const { world, state } = draft;
  const [program = ''] = words;
  const named = new Set(words.join(' ').match(/\b[a-z]{2,3}_[A-Z]{2}\b/g) ?? []);
  const written = new Set(
    (world.run.script ?? '').match(/\b[a-z]{2,3}_[A-Z]{2}\b(?=\S*UTF-8)/g) ?? [],
  );
  const names = [...(named.size > 0 ? named : written)];
  const alone = (names.length > 0 ? names : ['en_US']).map(
    (name) => localeBytes[name.replace(/_.*/, '')] ?? mostLocales,
  );
  const earlier = state.stored.find((one) => one.path === path)?.bytes ?? 0;
  const all = [...(earlier > 0 ? [earlier] : []), ...alone];
  const bytes = Math.max(...all) + anotherLocale * (all.length - 1);
  const what = alone.length === 1 ? 'One locale' : `${alone.length} locales`;
  const again = earlier > 0 ? ' with what earlier lines have put there' : '';
  const reason = `${what} in the archive of glibc${again}, as measured on Debian bookworm in November 2026; how much several share differs.`;
  const high = all.reduce((sum, one) => sum + one, 0);
  const size = about(bytes, Math.round(Math.max(...all) * 0.95), Math.round(high * 1.05), reason);
  draft.write({ path, size, label: program, kind: 'files' });
};

/** The database of debconf is written again, unless packages of the same RUN did that already. */
const reconfigure: Handler = ({ words }, draft) => {
  const [program = ''] = words;
  const hasPackages = draft.contributions.some(({ kind }) => kind === 'packages');
  const reason =
    'The database of debconf is stored again, about 1.6 MB as measured on Debian trixie.';
  const bytes = hasPackages ? 0 : 1_570_000;
  const size = about(bytes, 0, hasPackages ? 1_600_000 : 2_400_000, reason);
  draft.write({ path: '/var/cache/debconf', size, label: program, kind: 'files' });
};

function at(path: string, bytes: number, high: number): Handler {
  return ({ words, outputs, ...command }, draft) => {
    draft.write(tiny(path, bytes, high, words[0] ?? ''));
    if (outputs.length > 0) prints({ ...command, words, outputs }, draft);
  };
}

/** The bundle of certificates, unless a package of the same RUN made it already. */
const certificates: Handler = ({ words }, draft) => {
  const hasPackages = draft.contributions.some(({ kind }) => kind === 'packages');
  draft.write(tiny('/etc/ssl/certs', hasPackages ? 0 : 240_000, 600_000, words[0] ?? ''));
};

/** Scripts that only set variables, by their usual names. */
const sets =
  /(^|\/)(activate|os-release|lsb-release|profile|bashrc|\.bashrc|\.profile|nvm\.sh|setup\.bash|setvars\.sh|env|envvars|\.env|emsdk_env\.sh)$/;

const source: Handler = ({ words }, draft) => {
  const [program = '', script = ''] = words;
  if (sets.test(script)) return;
  const name = script.replaceAll('\0', '…') || 'a script';
  draft.write(
    unknownAt(null, `${program} ${name}`, `What ${name} does is known only when it runs.`),
  );
};

/** Keys and certificates. */
const openssl: Handler = (command, draft) => {
  const { words } = command;
  const out = words.findIndex((word) => word === '-out' || word === '-keyout');
  const place = out < 0 ? null : placeOf(words[out + 1] ?? '', command);
  draft.write(tiny(place ?? '/', 3000, 20_000, 'openssl'));
};

/** Only asked what it is: `node --version`. Those that fetch or set up something first are left out. */
export function asksVersion({ words }: { readonly words: readonly string[] }): boolean {
  const [program = '', ...rest] = words;
  if (
    /^(yarn|pnpm|corepack|dotnet|composer|gradle|gradlew|mvn|mvnw|sbt|rustup|sdk)$/.test(
      program.replace(/.*\//, ''),
    )
  ) {
    return false;
  }
  return rest.length === 1 && /^(--?version|-V|version|--help)$/.test(rest[0] ?? '');
}

/** What a program writes that was only asked what it is. */
export function versionContribution(program: string): Contribution {
  return tiny('/', 0, 20_000, program);
}

const each = (names: string, handler: Handler): readonly [string, Handler][] =>
  names.split(' ').map((name) => [name, handler]);

const keyring: Handler = (command: Parameters<Handler>[0], draft: Draft) => {
  const { values, options } = readOperands(
    command.words,
    '-o --output --keyserver --homedir --no-default-keyring --keyring --recv-keys --recv-key -u -r',
  );
  const output = values.get('-o') ?? values.get('--output');
  const place = output === undefined ? '/root/.gnupg' : placeOf(output, command);
  if (options.has('--verify') && output === undefined)
    return void draft.write(tiny('/root/.gnupg', 1200, 60_000, 'gpg'));
  draft.write(tiny(place ?? '/', 3000, 100_000, 'gpg'));
  if (command.outputs.length > 0)
    toOutputs(command, draft, { bytes: 3000, low: 0, high: 60_000 }, 'gpg');
};

/** By the name of the program. */
export const tinyHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ...each(printers, prints),
  ...each(brief, printsOneLine),
  ...each(silent, () => {}),
  ...each('. source', source),
  ['mkdir', makeFolders],
  ['useradd', userAdd],
  ['adduser', userAdd],
  ...each('groupadd addgroup groupmod gpasswd groupdel delgroup newgrp', account(1800, 12_000)),
  ...each('usermod userdel deluser', account(4000, 16_000)),
  ...each('chsh passwd chpasswd chage chfn vipw', account(1500, 12_000)),
  ['ldconfig', at('/etc/ld.so.cache', 12_000, 200_000)],
  ...each('update-alternatives alternatives', at('/var/lib/dpkg/alternatives', 1000, 60_000)),
  ['update-ca-certificates', certificates],
  ['update-ca-trust', at('/etc/pki', 900_000, 2_500_000)],
  ['update-locale', at('/etc/default/locale', 40, 1000)],
  ...each('locale-gen localedef', locales),
  ['dpkg-reconfigure', reconfigure],
  ...each(
    'a2enmod a2dismod a2ensite a2dissite a2enconf a2disconf phpenmod phpdismod',
    at('/etc', 300, 20_000),
  ),
  ['dpkg-divert', at('/var/lib/dpkg', 2000, 60_000)],
  ['debconf-set-selections', reconfigure],
  ['ssh-keyscan', printsOneLine],
  ['ssh-keygen', at('/root/.ssh', 3500, 20_000)],
  ['crontab', at('/var/spool/cron', 300, 20_000)],
  ['htpasswd', at('/etc', 100, 20_000)],
  ['openssl', openssl],
  ...each('gpg gpg2', keyring),
]);

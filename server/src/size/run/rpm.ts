/**
 * Package managers of the RPM family: dnf, yum, microdnf, tdnf and zypper. Their indexes declare the
 * bytes of each package's files; nothing of it was measured by us, so the band is wide. The package
 * database is stored again whenever packages change, and how big it is only the base image knows.
 */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import { readable, unknownPart } from '../../shell/shellTree.ts';
import { unknown } from '../size.ts';
import { unknownAt } from './contributions.ts';
import type { Draft, Handler } from './draft.ts';
import {
  begin,
  indexOf,
  install,
  installedNow,
  packagesPath,
  type Rules,
  reduce,
  unreadNames,
  writeUnknown,
} from './indexed.ts';
import { readOperands } from './operands.ts';

const withValue =
  '-c --config -x --exclude --setopt --enablerepo --disablerepo --repo --repoid --releasever --installroot --forcearch --comment -d -e --destdir --downloaddir --advisory --from -r --root -R --cache-dir -p --plus-repo --color -t --type';

const caches: Readonly<Record<string, readonly string[]>> = {
  dnf: ['/var/cache/dnf', '/var/cache/libdnf5'],
  dnf5: ['/var/cache/libdnf5'],
  yum: ['/var/cache/yum', '/var/cache/dnf'],
  microdnf: ['/var/cache/yum', '/var/cache/dnf', '/var/cache/libdnf5'],
  tdnf: ['/var/cache/tdnf'],
  zypper: ['/var/cache/zypp'],
};

/** By the name of the program. */
export const rpmHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>(
  Object.keys(caches).map((program) => [program, (command, draft) => rpm(program, command, draft)]),
);

const verbs: Readonly<Record<string, string>> = {
  install: 'install',
  in: 'install',
  'install-n': 'install',
  localinstall: 'install',
  remove: 'remove',
  rm: 'remove',
  erase: 'remove',
  autoremove: 'remove',
  clean: 'clean',
  cc: 'clean',
  makecache: 'refresh',
  refresh: 'refresh',
  ref: 'refresh',
  update: 'upgrade',
  up: 'upgrade',
  upgrade: 'upgrade',
  'upgrade-minimal': 'upgrade',
  'update-minimal': 'upgrade',
  'distro-sync': 'upgrade',
  'dist-upgrade': 'upgrade',
  dup: 'upgrade',
  patch: 'upgrade',
  downgrade: 'upgrade',
  reinstall: 'upgrade',
  swap: 'upgrade',
  group: 'group',
  groups: 'group',
  groupinstall: 'group',
  'config-manager': 'source',
  addrepo: 'source',
  ar: 'source',
  copr: 'source',
  module: 'module',
  builddep: 'group',
  'build-dep': 'group',
};

function rpm(program: string, command: Parameters<Handler>[0], draft: Draft): void {
  const { options, values, operands } = readOperands(command.words, withValue);
  const [written = '', ...names] = operands;
  const kind = Object.hasOwn(verbs, written) ? verbs[written] : undefined;
  const label = readable(`${program} ${written}`).trim();
  if (written.includes(unknownPart)) {
    draft.write(unknownAt(null, program, `What \`${label}\` does is known only after a build.`));
    return;
  }
  if (
    options.has('--downloadonly') ||
    options.has('--download-only') ||
    options.has('--installroot')
  ) {
    draft.write(unknownAt(null, label, `What \`${label}\` fetches is not known.`));
    return;
  }
  const type = values.get('-t') ?? values.get('--type') ?? 'package';
  switch (kind === 'install' && type !== 'package' ? 'group' : kind) {
    case 'install':
      add(program, command.words, names, draft);
      keepMetadata(program, draft);
      return;
    case 'remove':
      remove(names, draft);
      return;
    case 'upgrade':
      // Without names `yum update` replaces what is old; with names what of them is.
      draft.write(unknownAt(null, label, ofUpgrade));
      keepMetadata(program, draft);
      return;
    case 'group':
      draft.write(unknownAt(null, label, `Which packages \`${label}\` brings is not known.`));
      keepMetadata(program, draft);
      return;
    case 'module':
      if (names[0] === 'install') draft.write(unknownAt(null, label, ofModule));
      keepMetadata(program, draft);
      return;
    case 'refresh':
      keepMetadata(program, draft);
      return;
    case 'source':
      draft.state = { ...draft.state, foreignSources: true };
      return;
    case 'clean':
      for (const path of caches[program] ?? []) draft.remove(path);
      return;
    default:
    // The others only tell something: list, info, search, repolist, check-update …
  }
}

const ofUpgrade =
  'Which packages an upgrade replaces depends on the age of the base image, which is not known.';
const ofModule = 'Which packages a module brings is not known.';

/** Packages that bring another package source. */
const releases =
  /^(epel-release|.*-release-(el|latest|fc)?.*|centos-release-.*|remi-release.*|rpmfusion-.*)$/;

function add(
  program: string,
  words: readonly string[],
  names: readonly string[],
  draft: Draft,
): void {
  const wanted: string[] = [];
  for (const name of names) {
    const isForeign = name.includes('://') || /\.rpm$/.test(name);
    if (isForeign || releases.test(name)) draft.state = { ...draft.state, foreignSources: true };
    if (isForeign)
      write(draft, name, `\`${readable(name)}\` comes from outside the package index.`);
    else if (name.includes(unknownPart)) write(draft, name, unreadNames);
    else if (name.startsWith('@'))
      write(draft, name, `Which packages the group ${name} has is not known.`);
    else if (/[*?[]/.test(name))
      write(draft, name, `Which packages \`${name}\` stands for is not known.`);
    else if (/\.i[3-6]86$/.test(name))
      write(draft, name, 'Packages of another architecture are not known.');
    else wanted.push(name);
  }
  if (wanted.length === 0) return;
  const label = `packages: ${wanted.slice(0, 3).join(', ')}`;
  const fact = indexOf(draft, 'rpm');
  if (fact.state !== 'known') {
    writeUnknown(draft, packagesPath, label, fact);
    return;
  }
  const index = fact.value;
  const now = installedNow(index, draft.state);
  if (!now) {
    const reason = index.base === null ? ofBase : draft.state.packagesReason;
    writeUnknown(draft, packagesPath, label, { state: 'unavailable', reason });
    return;
  }
  begin(draft, now);
  const manual = new Set([...now.manual, ...wanted.map((name) => realName(name, index))]);
  install(draft, index, rulesFor(program, words), { manual, groups: now.groups });
  draft.write({
    path: '/usr/lib/sysimage/rpm',
    size: unknown('The package database is stored again; how big it is only the base image knows.'),
    label: 'package database',
    kind: 'other',
    isFile: true,
  });
}

const ofBase = 'Which packages images of this release begin with is not known.';

function write(draft: Draft, name: string, reason: string): void {
  draft.write(unknownAt(null, `package ${readable(name)}`, reason));
}

/** `name.x86_64`, `name-1.2`, `name-1.2-3.el9` and `name = 1.2` name a package as `name` does. */
function realName(written: string, index: PackageIndex): string {
  const plain = written.replace(/\s*[<>=].*$/, '');
  const has = (name: string) => index.package(name) ?? index.providers(name)[0];
  if (has(plain)) return plain;
  const noArch = plain.replace(/\.(x86_64|aarch64|noarch|ppc64le|s390x)$/, '');
  for (let name = noArch; ; ) {
    if (has(name)) return name;
    const dash = name.lastIndexOf('-');
    if (dash <= 0 || !/\d/.test(name[dash + 1] ?? '')) return plain;
    name = name.slice(0, dash);
  }
}

function remove(names: readonly string[], draft: Draft): void {
  const fact = indexOf(draft, 'rpm');
  const now = fact.state === 'known' ? installedNow(fact.value, draft.state) : null;
  if (fact.state !== 'known' || !now || names.some((name) => name.includes(unknownPart))) {
    draft.removeSome(packagesPath);
    return;
  }
  const gone = new Set(names.map((name) => realName(name, fact.value)));
  begin(draft, now);
  const manual = new Set([...now.manual].filter((name) => !gone.has(name)));
  reduce(draft, fact.value, rulesFor('dnf', []), { manual, groups: now.groups });
}

/** Weak dependencies come along unless they are switched off; zypper calls them recommended. */
function rulesFor(program: string, words: readonly string[]): Rules {
  const text = words.join(' ');
  const isOff =
    program === 'tdnf' ||
    /install_weak_deps=(0|false|no|off)\b/i.test(text) ||
    /(^| )--no-recommends( |$)/.test(text);
  return {
    recommended: isOff ? 'no' : 'yes',
    band: (bytes) => ({
      low: Math.max(0, Math.round(Math.min(bytes * 0.7, bytes - 500_000))),
      high: Math.round(Math.max(bytes * 1.2, bytes + 500_000)),
    }),
    doubt:
      ', not measured by us; that the base image has no more than usual is assumed, and documentation that its settings leave out is counted.',
  };
}

/** What a manager fetches of its repositories stays until it is cleaned. */
function keepMetadata(program: string, draft: Draft): void {
  const [path = '/var/cache'] = caches[program] ?? [];
  draft.write({
    path,
    size: unknown(
      `How big the metadata is that ${program} keeps in ${path} is not known. \`${program} clean ${program === 'zypper' ? '--all' : 'all'}\` in the same line removes it.`,
    ),
    label: 'metadata of repositories',
    kind: 'cache',
    isFile: true,
  });
}

/** Where the indexes of a release lie: addresses of public mirrors, and of those that settings name. */

import type { IndexKey, PackageFamily } from './packageIndex.ts';

/** Addresses by distribution, as settings give them; they stand in place of the public ones. */
export type Mirrors = ReadonlyMap<string, readonly string[]>;

/** A part of an apt archive: `InRelease` lies at `address`. */
export interface DebSource {
  readonly kind: 'deb';
  /** Places to try, the first that has it counts. */
  readonly addresses: readonly string[];
  readonly components: readonly string[];
  /** Debian's word for the architecture. */
  readonly arch: string;
  /** Where it is missing there is no index; the others are left out then. */
  readonly required: boolean;
  /** Only its size matters: apt takes nothing from it by itself. */
  readonly listsOnly: boolean;
}

/** A repository of Alpine: `APKINDEX.tar.gz` lies below one of the addresses. */
export interface ApkSource {
  readonly kind: 'apk';
  readonly addresses: readonly string[];
  readonly required: boolean;
}

/** A repository of RPM packages: `repodata/repomd.xml` lies below one of the addresses. */
export interface RpmSource {
  readonly kind: 'rpm';
  readonly addresses: readonly string[];
  /** The machine's word for the architecture: `x86_64`. */
  readonly arch: string;
  readonly required: boolean;
}

export type IndexSource = DebSource | ApkSource | RpmSource;

const families: Readonly<Record<string, PackageFamily>> = {
  debian: 'deb',
  ubuntu: 'deb',
  alpine: 'apk',
  fedora: 'rpm',
  almalinux: 'rpm',
  rocky: 'rpm',
  centos: 'rpm',
  rhel: 'rpm',
  ol: 'rpm',
  'opensuse-leap': 'rpm',
  'opensuse-tumbleweed': 'rpm',
  azurelinux: 'rpm',
  mariner: 'rpm',
};

/** Which packages a distribution has (`ID` of os-release); undefined for one that is not known here. */
export function familyOf(distribution: string): PackageFamily | undefined {
  return Object.hasOwn(families, distribution) ? families[distribution] : undefined;
}

/** Names of all distributions whose indexes can be fetched. */
export const updatable: readonly string[] = Object.keys(families);

/** `debian/trixie/arm64` as people write it and as it stands in messages. */
export function indexName({ distribution, suite, arch }: IndexKey): string {
  return `${distribution}/${suite}/${arch}`;
}

const keyForm = /^([a-z][a-z0-9._-]{0,40})\/([A-Za-z0-9][A-Za-z0-9._-]{0,40})\/([a-z0-9]{1,20})$/;

/** Reads `debian/trixie/arm64`; undefined where it is not of that form. */
export function readIndexName(text: string): IndexKey | undefined {
  const [, distribution, suite, arch] = keyForm.exec(text) ?? [];
  if (!distribution || !suite || !arch) return undefined;
  return { distribution, suite, arch };
}

/** Docker's words for architectures, and those of packages. */
const machines: Readonly<Record<string, { deb: string; apk: string; rpm: string }>> = {
  amd64: { deb: 'amd64', apk: 'x86_64', rpm: 'x86_64' },
  arm64: { deb: 'arm64', apk: 'aarch64', rpm: 'aarch64' },
  arm: { deb: 'armhf', apk: 'armv7', rpm: 'armv7hl' },
  '386': { deb: 'i386', apk: 'x86', rpm: 'i686' },
  ppc64le: { deb: 'ppc64el', apk: 'ppc64le', rpm: 'ppc64le' },
  s390x: { deb: 's390x', apk: 's390x', rpm: 's390x' },
  riscv64: { deb: 'riscv64', apk: 'riscv64', rpm: 'riscv64' },
};

/**
 * The parts that make up the index of a release; a sentence where that release cannot be fetched.
 * `dist` folders as the official images' own package sources name them.
 */
export function sourcesOf(key: IndexKey, mirrors: Mirrors): readonly IndexSource[] | string {
  const { distribution, suite, arch } = key;
  const family = familyOf(distribution);
  if (!family) {
    return `No mirror is known for the distribution ${distribution}; these are: ${updatable.join(', ')}.`;
  }
  const machine = Object.hasOwn(machines, arch) ? machines[arch] : undefined;
  if (!machine) return `Packages for the architecture ${arch} are not known.`;
  const given = (mirrors.get(distribution) ?? []).map((one) => one.replace(/\/+$/, ''));
  if (distribution === 'debian') return debian(suite, machine.deb, given);
  if (distribution === 'ubuntu') return ubuntu(suite, machine.deb, given);
  if (family === 'apk') return alpine(suite, machine.apk, given);
  return rpmRepositories(distribution, suite, machine.rpm, given);
}

function debian(suite: string, arch: string, given: readonly string[]): readonly DebSource[] {
  const archives = given.length > 0 ? given : ['https://deb.debian.org/debian'];
  const old = given.length > 0 ? [] : ['https://archive.debian.org/debian'];
  const source = (bases: readonly string[], suites: readonly string[], required: boolean) => ({
    kind: 'deb' as const,
    addresses: bases.flatMap((base) => suites.map((one) => `${base}/dists/${one}`)),
    components: ['main'],
    arch,
    required,
    listsOnly: false,
  });
  if (suite === 'sid' || suite === 'unstable') return [source(archives, ['sid'], true)];
  const security =
    given.length > 0
      ? given.flatMap((base) => [`${base}-security`, base])
      : ['https://deb.debian.org/debian-security', 'https://archive.debian.org/debian-security'];
  return [
    source([...archives, ...old], [suite], true),
    source(archives, [`${suite}-updates`], false),
    source(security, [`${suite}-security`, `${suite}/updates`], false),
  ];
}

function ubuntu(suite: string, arch: string, given: readonly string[]): readonly DebSource[] {
  const isMain = arch === 'amd64' || arch === 'i386';
  // These hosts promise no HTTPS; what they send is signed.
  const own = isMain
    ? ['http://archive.ubuntu.com/ubuntu', 'http://old-releases.ubuntu.com/ubuntu']
    : ['http://ports.ubuntu.com/ubuntu-ports', 'http://old-releases.ubuntu.com/ubuntu'];
  const bases = given.length > 0 ? given : own;
  return ['', '-updates', '-security', '-backports'].map((pocket) => ({
    kind: 'deb',
    addresses: bases.map((base) => `${base}/dists/${suite}${pocket}`),
    components: ['main', 'universe', 'restricted', 'multiverse'],
    arch,
    required: pocket === '',
    listsOnly: pocket === '-backports',
  }));
}

function alpine(suite: string, arch: string, given: readonly string[]): readonly ApkSource[] {
  const bases = given.length > 0 ? given : ['https://dl-cdn.alpinelinux.org/alpine'];
  const branch = /^\d/.test(suite) ? `v${suite}` : suite;
  return ['main', 'community'].map((repository) => ({
    kind: 'apk',
    addresses: bases.map((base) => `${base}/${branch}/${repository}/${arch}`),
    required: repository === 'main',
  }));
}

interface RpmLayout {
  readonly mirrors: readonly string[];
  /** Folders below a mirror; the first is required. */
  readonly folders: (suite: string, arch: string) => readonly string[];
}

const enterprise = (suite: string, arch: string) =>
  ['BaseOS', 'AppStream', 'extras'].map((name) => `${suite}/${name}/${arch}/os`);

const layouts: Readonly<Record<string, RpmLayout>> = {
  fedora: {
    mirrors: ['https://dl.fedoraproject.org/pub/fedora/linux'],
    folders: (suite, arch) =>
      suite === 'rawhide'
        ? [`development/rawhide/Everything/${arch}/os`]
        : [`releases/${suite}/Everything/${arch}/os`, `updates/${suite}/Everything/${arch}`],
  },
  almalinux: { mirrors: ['https://repo.almalinux.org/almalinux'], folders: enterprise },
  rocky: { mirrors: ['https://dl.rockylinux.org/pub/rocky'], folders: enterprise },
  centos: {
    // What is no CentOS Stream lies in the vault, in its last state.
    mirrors: ['https://mirror.stream.centos.org', 'https://vault.centos.org'],
    folders: (suite, arch) => {
      if (suite === '8') return enterprise('8.5.2111', arch);
      const last = suite === '7' ? '7.9.2009' : suite === '6' ? '6.10' : null;
      if (last) return ['os', 'updates', 'extras'].map((name) => `${last}/${name}/${arch}`);
      return ['BaseOS', 'AppStream'].map((name) => `${suite}-stream/${name}/${arch}/os`);
    },
  },
  rhel: {
    mirrors: ['https://cdn-ubi.redhat.com/content/public/ubi/dist'],
    folders: (suite, arch) => {
      const [major = ''] = suite.split('.');
      return ['baseos', 'appstream'].map((name) => `ubi${major}/${major}/${arch}/${name}/os`);
    },
  },
  ol: {
    mirrors: ['https://yum.oracle.com/repo/OracleLinux'],
    folders: (suite, arch) =>
      ['baseos/latest', 'appstream'].map((name) => `OL${suite}/${name}/${arch}`),
  },
  'opensuse-leap': {
    mirrors: ['https://download.opensuse.org'],
    folders: (suite) => [
      `distribution/leap/${suite}/repo/oss`,
      `update/leap/${suite}/oss`,
      `update/leap/${suite}/sle`,
    ],
  },
  'opensuse-tumbleweed': {
    mirrors: ['https://download.opensuse.org'],
    folders: (_suite, arch) => [
      arch === 'x86_64' ? 'tumbleweed/repo/oss' : `ports/${arch}/tumbleweed/repo/oss`,
    ],
  },
  azurelinux: {
    mirrors: ['https://packages.microsoft.com/azurelinux'],
    folders: (suite, arch) => [`${suite}/prod/base/${arch}`],
  },
  mariner: {
    mirrors: ['https://packages.microsoft.com/cbl-mariner'],
    folders: (suite, arch) => [`${suite}/prod/base/${arch}`],
  },
};

function rpmRepositories(
  distribution: string,
  suite: string,
  arch: string,
  given: readonly string[],
): readonly RpmSource[] | string {
  const layout = layouts[distribution];
  if (!layout) return `No mirror is known for the distribution ${distribution}.`;
  const bases = given.length > 0 ? given : layout.mirrors;
  return layout.folders(suite, arch).map((folder, index) => ({
    kind: 'rpm',
    addresses: bases.map((base) => `${base}/${folder}`),
    arch,
    required: index === 0,
  }));
}

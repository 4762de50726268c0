/** Releases of distributions by the words that stand for them in tags. */

import type { Distribution } from './baseFacts.ts';

export interface Release {
  readonly id: string;
  /** Null: the word names the distribution alone. */
  readonly suite: string | null;
}

/** Debian's code names with their versions, oldest first. */
const debian = 'wheezy=7 jessie=8 stretch=9 buster=10 bullseye=11 bookworm=12 trixie=13 forky=14';
const ubuntu =
  'precise=12.04 trusty=14.04 utopic=14.10 vivid=15.04 wily=15.10 xenial=16.04 yakkety=16.10 zesty=17.04 artful=17.10 bionic=18.04 cosmic=18.10 disco=19.04 eoan=19.10 focal=20.04 groovy=20.10 hirsute=21.04 impish=21.10 jammy=22.04 kinetic=22.10 lunar=23.04 mantic=23.10 noble=24.04 oracular=24.10 plucky=25.04 questing=25.10 resolute=26.04 stonking=26.10';

const debianNames = pairs(debian);
const ubuntuNames = pairs(ubuntu);
const debianVersions = new Map([...debianNames].map(([name, version]) => [version, name]));
const ubuntuVersions = new Map([...ubuntuNames].map(([name, version]) => [version, name]));

/** What Debian's moving names stand for since trixie was released (2025-08-09). */
const debianAliases: Readonly<Record<string, string>> = {
  stable: 'trixie',
  oldstable: 'bookworm',
  oldoldstable: 'bullseye',
  testing: 'forky',
  unstable: 'sid',
  sid: 'sid',
};

/** Words for distributions of the rpm family: the start of the word, and `ID` of os-release. */
const rpm: readonly (readonly [RegExp, string])[] = [
  [/^(?:ubi|rhel|el)(\d+(?:\.\d+)?)?$/, 'rhel'],
  [/^(?:oraclelinux|oracle|ol)(\d+)?$/, 'ol'],
  [/^(?:al|amzn|amazonlinux)(2023|2)$/, 'amzn'],
  [/^centos(\d+)$/, 'centos'],
  [/^rockylinux(\d+)$/, 'rocky'],
  [/^almalinux(\d+)$/, 'almalinux'],
  [/^fedora(\d+)$/, 'fedora'],
  [/^azurelinux(\d\.\d)?$/, 'azurelinux'],
  [/^(?:cbl-)?mariner(\d\.\d)?$/, 'mariner'],
];

/** The release that a word of a tag stands for; undefined when it stands for none. */
export function releaseOf(word: string): Release | undefined {
  const alpine = /^alpine(\d+\.\d+)?(?:\.\d+)?$/.exec(word);
  if (alpine) return { id: 'alpine', suite: alpine[1] ? `v${alpine[1]}` : null };
  if (debianNames.has(word) || word === 'sid') return { id: 'debian', suite: word };
  if (ubuntuNames.has(word)) return { id: 'ubuntu', suite: word };
  const numbered = /^(debian|ubuntu)(\d+(?:\.\d+)?)?$/.exec(word);
  if (numbered) {
    const [, id = '', version = ''] = numbered;
    const names = id === 'debian' ? debianVersions : ubuntuVersions;
    return { id, suite: names.get(version) ?? null };
  }
  for (const [pattern, id] of rpm) {
    const found = pattern.exec(word);
    if (found) return { id, suite: found[1] ?? null };
  }
  return undefined;
}

/** Debian's code name for a code name, a version (`12`, `12.5`) or a moving name. */
export function debianSuite(word: string): string | null {
  if (debianNames.has(word)) return word;
  return debianAliases[word] ?? debianVersions.get(word.split('.')[0] ?? '') ?? null;
}

/** Ubuntu's code name for a code name or a version (`24.04`). */
export function ubuntuSuite(word: string): string | null {
  if (ubuntuNames.has(word)) return word;
  return ubuntuVersions.get(word.split('.').slice(0, 2).join('.')) ?? null;
}

/** The number of a release, for comparing: `bookworm` is 12; empty where it has none. */
export function releaseNumber({ id, suite }: Release): readonly number[] {
  const names = id === 'debian' ? debianNames : id === 'ubuntu' ? ubuntuNames : null;
  const text = names?.get(suite ?? '') ?? suite?.replace(/^v/, '') ?? '';
  return /^\d+(?:\.\d+)*$/.test(text) ? text.split('.').map(Number) : [];
}

/** A release as a distribution. Images of Ubuntu leave documentation out, all of them. */
export function distribution({ id, suite }: Release, slim: boolean): Distribution {
  return { id, suite, slim: id === 'ubuntu' || (id === 'debian' && slim) };
}

function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(' ').map((pair) => pair.split('=') as [string, string]));
}

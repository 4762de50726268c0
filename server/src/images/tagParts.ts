/**
 * A tag such as `3.12.4-slim-bookworm` in parts. Official images name version, flavour and release
 * in this order, each may be missing, and some of the words have several spellings.
 */

import { type Release, releaseOf } from './releases.ts';

export interface TagParts {
  /** `3.12.4` as numbers; empty when the tag names none. */
  readonly version: readonly number[];
  /** A version that is not released yet: `rc`, `beta`, `nightly` … */
  readonly early: boolean;
  /** What is left: `fpm`, `jdk`, `jre`, `management`, `curl` … */
  readonly flavor: readonly string[];
  readonly slim: boolean;
  /** The release that the tag names; null: none. */
  readonly release: Release | null;
  /** A release for Windows. */
  readonly windows: boolean;
}

const windowsWords =
  /^(?:windows|windowsservercore|nanoserver|servercore|ltsc\d+|1809|1803|1709|sac2016)$/;
const earlyWords = /^(?:rc|alpha|beta|nightly|unstable|preview|pre|m|ea|dev|tip|next)[\d.]*$/;
const versionWord = /^[vn]?(\d+(?:\.\d+)*)(u\d+|(?:alpha|beta|rc|a|b)\d*|[._+][\w.]*)?$/i;
const buildWord = /^(?:b\d+|[0-9a-f]{7,}|\d{8}(?:\.\d+)?)$/;

/** Words of a repository that stand for a version: `lts` is `24`. */
export type VersionWords = ReadonlyMap<string, readonly number[]>;

/** The parts of a tag; a word that nobody knows is a flavour. */
export function tagParts(tag: string, versions: VersionWords = new Map()): TagParts {
  const [first = ''] = tag.split('-');
  const named = versions.get(first);
  const words = named || first === 'latest' ? tag.split('-').slice(1) : tag.split('-');
  let version: readonly number[] = named ?? [];
  let early = false;
  let slim = false;
  let release: Release | null = null;
  let windows = false;
  const flavor: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    const found = at === 0 && !named ? versionWord.exec(word) : null;
    if (found) {
      // Java's `8u302` and `17_35` go on counting behind another sign.
      const behind = /^[u_](\d+)$/.exec(found[2] ?? '')?.[1];
      version = [...(found[1] as string).split('.'), ...(behind ? [behind] : [])].map(Number);
      early = /^(?:alpha|beta|rc|a|b)\d*$/i.test(found[2] ?? '');
    } else if (word === 'slim') slim = true;
    else if (windowsWords.test(word)) windows = true;
    else if (earlyWords.test(word)) early = true;
    else if (version.length > 0 && buildWord.test(word)) continue;
    else {
      // `alpine-3.24` is written apart by some.
      const next = words[at + 1] ?? '';
      const joined = /^alpine$/.test(word) && /^\d+\.\d+$/.test(next) ? word + next : null;
      const found = releaseOf(joined ?? word);
      if (!found) flavor.push(word);
      else if (!release) {
        release = found;
        if (joined) at += 1;
      }
    }
  }
  return { version, early, flavor, slim, release, windows };
}

/** Compares versions part by part; a shorter one stands for the newest of its line. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const one = a[at] ?? Number.POSITIVE_INFINITY;
    const other = b[at] ?? Number.POSITIVE_INFINITY;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

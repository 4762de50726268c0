/**
 * What an image sets that BuildKit takes otherwise where an image says nothing. It stands in the
 * image's identity, so that records tell of it although the image is gone.
 */

import type { ImageConfig } from '../model/plan.ts';

export interface OwnSettings {
  /** Another working directory than `/`. */
  readonly directory: boolean;
  /** Another shell than `/bin/sh -c`. */
  readonly shell: boolean;
}

/** As words for the end of an identity. */
export function settingWords({
  workingDir = '',
  shell = null,
}: Partial<ImageConfig>): readonly string[] {
  const isUsual = shell === null || shell.length === 0 || shell.join(' ') === '/bin/sh -c';
  return [...((workingDir || '/') === '/' ? [] : ['directory']), ...(isUsual ? [] : ['shell'])];
}

/** Of the image with that identity; of none, null, nothing is known. */
export function settingsIn(identity: string | null): OwnSettings {
  const words = identity?.split(' ').slice(2) ?? [];
  return { directory: words.includes('directory'), shell: words.includes('shell') };
}

/** Which image of an index is meant for a platform, by the rules of `github.com/containerd/platforms`. */

import type { Platform } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { record, text } from './values.ts';

/** A platform as indexes and configurations write it, by its usual names; null: it is not said. */
export function readPlatform(value: unknown): Platform | null {
  const said = record(value);
  const os = text(said.os).toLowerCase();
  const arch = text(said.architecture).toLowerCase();
  if (![os, arch].every((part) => /^[a-z0-9_.-]{1,64}$/.test(part))) return null;
  const variant = text(said.variant).toLowerCase();
  return normal({ os, arch, variant: /^[a-z0-9_.-]{0,64}$/.test(variant) ? variant : '' });
}

/** Attestations stand in indexes under a platform that nobody has. */
export function isAttestation({ os, arch }: Platform): boolean {
  return os === 'unknown' || arch === 'unknown';
}

function normal({ os, arch, variant }: Platform): Platform {
  switch (arch) {
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { os, arch: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'i386':
      return { os, arch: '386', variant: '' };
    case 'aarch64':
    case 'arm64':
      return { os, arch: 'arm64', variant: ['8', 'v8', 'v8.0'].includes(variant) ? '' : variant };
    case 'armhf':
      return { os, arch: 'arm', variant: 'v7' };
    case 'armel':
      return { os, arch: 'arm', variant: 'v6' };
    case 'arm':
      return { os, arch, variant: variant === '' ? 'v7' : variant.replace(/^(?=[5-8]$)/, 'v') };
    default:
      return { os, arch, variant };
  }
}

/**
 * Platforms whose images run on the given one, the best first: older variants, and the 32-bit
 * architecture below. containerd's `platforms.Only`, by which BuildKit takes base images.
 */
export function fittingPlatforms(platform: Platform): readonly Platform[] {
  const own = normal(platform);
  const { os, variant } = own;
  if (own.arch === 'amd64') {
    return [...older(own, 2), { os, arch: 'amd64', variant: '' }, { os, arch: '386', variant: '' }];
  }
  if (own.arch === 'arm') return older(own, 5);
  if (own.arch !== 'arm64') return [own];
  const below = variant === '' ? [] : [{ os, arch: 'arm64', variant: '' }];
  return [own, ...below, ...older({ os, arch: 'arm', variant: 'v8' }, 5)];
}

/** The variant itself and those below it. */
function older(platform: Platform, lowest: number): readonly Platform[] {
  const number = Number(/^v(\d)$/.exec(platform.variant)?.[1] ?? Number.NaN);
  if (!(number >= lowest)) return platform.variant === '' ? [] : [platform];
  return Array.from({ length: number - lowest + 1 }, (_, step) => ({
    ...platform,
    variant: `v${number - step}`,
  }));
}

/** How well an image's platform fits: 0 is best; undefined: it does not. */
export function rankOf(
  image: Platform,
  fitting: ReturnType<typeof fittingPlatforms>,
): number | undefined {
  const name = formatPlatform(image);
  const at = fitting.findIndex((one) => formatPlatform(one) === name);
  return at < 0 ? undefined : at;
}

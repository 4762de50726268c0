/** Platform texts such as `linux/arm64/v8`, as `github.com/containerd/platforms` reads them. */

import { goQuote } from '../syntax/goText.ts';
import type { Platform } from './plan.ts';

const systems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const architectures = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);
const systemPattern = '^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$';
const partPattern = '^[A-Za-z0-9_.-]+$';

export type ParsedPlatform =
  | { readonly ok: true; readonly platform: Platform }
  | { readonly ok: false; readonly error: string };

/** `here` fills in what the text leaves out. A version behind the system's name is left out. */
export function parsePlatform(text: string, here: Platform): ParsedPlatform {
  const fail = (error: string): ParsedPlatform => ({
    ok: false,
    error: `${error}: invalid argument`,
  });
  if (text.includes('*')) return fail(`${goQuote(text)}: wildcards not yet supported`);
  const [system = '', ...rest] = text.split('/');
  const named = new RegExp(systemPattern).exec(system);
  if (!named) {
    return fail(
      `${goQuote(system)} is an invalid OS component of ${goQuote(text)}: OSAndVersion specifier component must match ${goQuote(systemPattern)}`,
    );
  }
  const bad = rest.find((part) => !new RegExp(partPattern).test(part));
  if (bad !== undefined) {
    return fail(
      `${goQuote(bad)} is an invalid component of ${goQuote(text)}: platform specifier component must match ${goQuote(partPattern)}`,
    );
  }
  const os = normalizeSystem(named[1] as string);
  if (rest.length === 0) {
    if (systems.has(os)) return { ok: true, platform: { ...here, os } };
    const [arch, variant] = normalizeArchitecture(system, '');
    if (!architectures.has(arch))
      return fail(`${goQuote(text)}: unknown operating system or architecture`);
    return {
      ok: true,
      platform: { os: here.os, arch, variant: arch === 'arm' && variant === 'v7' ? '' : variant },
    };
  }
  if (rest.length > 2) return fail(`${goQuote(text)}: cannot parse platform specifier`);
  const [arch, variant] = normalizeArchitecture(rest[0] as string, rest[1] ?? '');
  if (rest.length === 1) {
    return {
      ok: true,
      platform: { os, arch, variant: arch === 'arm' && variant === 'v7' ? '' : variant },
    };
  }
  return {
    ok: true,
    platform: { os, arch, variant: arch === 'arm64' && !variant ? 'v8' : variant },
  };
}

/** `linux/amd64`, `linux/arm/v6`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.arch, platform.variant].filter((part) => part).join('/');
}

/**
 * Whether a builder takes a local image of one platform where another is wanted: one of an older
 * variant, and what the processor runs besides (containerd `platforms.Only`; Engine 28 does so).
 */
export function standsFor(image: Platform, wanted: Platform): boolean {
  if (image.os !== wanted.os) return false;
  const has = level(image);
  const needs = level(wanted);
  if (image.arch === wanted.arch) {
    return has === null || needs === null ? image.variant === wanted.variant : has <= needs;
  }
  if (wanted.arch === 'amd64') return image.arch === '386';
  return wanted.arch === 'arm64' && image.arch === 'arm' && has !== null && has >= 5 && has <= 8;
}

const usualVariant: Readonly<Record<string, string>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' };

/** The number of the variant, of the usual one where none is named; null: it has no number. */
function level({ arch, variant }: Platform): number | null {
  const found = /^v(\d+(?:\.\d+)?)$/.exec(variant || (usualVariant[arch] ?? ''));
  return found ? Number(found[1]) : null;
}

function normalizeSystem(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

function normalizeArchitecture(written: string, version: string): readonly [string, string] {
  const arch = written.toLowerCase();
  const variant = version.toLowerCase();
  switch (arch) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return ['arm64', ''];
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '' || variant === '7') return ['arm', 'v7'];
      return ['arm', ['5', '6', '8'].includes(variant) ? `v${variant}` : variant];
    default:
      return [arch, variant];
  }
}

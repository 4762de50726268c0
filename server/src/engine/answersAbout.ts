/** What an engine says about itself: product, version, store, platform. */

import type { Platform } from '../model/plan.ts';
import { parsePlatform } from '../model/platform.ts';
import { listOf, objectOf, textOf } from './answersJson.ts';
import type { EngineInfo } from './engine.ts';

/** API versions whose answers are understood. Later ones of Docker's leave out what is read here. */
export const oldestApi = '1.24';
export const newestApi = '1.51';

export interface AboutAnswers {
  /** Of `GET /_ping`. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Of `GET /version`. */
  readonly version: unknown;
  /** Of `GET /info`. */
  readonly info: unknown;
}

/** The API version to speak, or a sentence's end on why there is none. */
export type Negotiated = { readonly api: string } | { readonly refused: string };

/**
 * The newest API version that both sides know (`NegotiateAPIVersion` in Docker's client). An engine's
 * oldest one may be above what is known here.
 */
export function negotiate({ headers, version }: Omit<AboutAnswers, 'info'>): Negotiated {
  const said = objectOf(version);
  const newest = apiOf(headers['api-version']) ?? apiOf(said.ApiVersion);
  if (!newest) return { refused: 'does not answer as a container engine does.' };
  if (compare(newest, oldestApi) < 0) {
    return {
      refused: `only speaks API versions up to ${newest}; ${oldestApi} is the oldest that is understood here.`,
    };
  }
  const oldest = apiOf(said.MinAPIVersion);
  if (oldest && compare(oldest, newestApi) > 0) {
    return {
      refused: `only speaks API versions from ${oldest} on; ${newestApi} is the newest that is understood here.`,
    };
  }
  return { api: compare(newest, newestApi) < 0 ? newest : newestApi };
}

/** Is the API version `api` at least `wanted`? */
export function isApiFrom(api: string, wanted: string): boolean {
  return compare(api, wanted) >= 0;
}

function apiOf(value: unknown): string | null {
  return typeof value === 'string' && /^\d{1,3}\.\d{1,4}$/.test(value) ? value : null;
}

function compare(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}

/** What is said of an engine beside where and how it was found. */
export type About = Omit<EngineInfo, 'endpoint' | 'foundBy' | 'api'>;

/** Null: the answers do not tell how it stores images, so no figure of it could be named. */
export function aboutEngine({ headers, version, info }: AboutAnswers): About | null {
  const said = objectOf(version);
  const facts = objectOf(info);
  const driver = textOf(facts.Driver);
  if (driver === '') return null;
  const parts = listOf(said.Components).map(objectOf);
  const podman =
    typeof headers['libpod-api-version'] === 'string' ||
    parts.some(({ Name }) => Name === 'Podman Engine');
  const system = textOf(facts.OperatingSystem);
  return {
    product: podman ? 'Podman' : 'Docker Engine',
    version: short(textOf(said.Version) || textOf(facts.ServerVersion)) || 'of unknown version',
    driver: short(driver),
    store: podman ? 'podman' : isContainerd(facts.DriverStatus) ? 'containerd' : 'classic',
    platform: platformOf(
      textOf(said.Os) || textOf(facts.OSType),
      textOf(said.Arch) || textOf(facts.Architecture),
      textOf(facts.Architecture),
    ),
    virtual: /docker desktop|orbstack|rancher|boot2docker|colima|lima/i.test(system),
    id: identity(facts, podman),
  };
}

/** `[["driver-type", "io.containerd.snapshotter.v1"]]`: images are containerd's (DOCKER-GROUND-TRUTH section 1). */
function isContainerd(status: unknown): boolean {
  return listOf(status).some((pair) => {
    const [name, value] = listOf(pair);
    return name === 'driver-type' && textOf(value).startsWith('io.containerd.snapshotter');
  });
}

/** Podman makes up another `ID` for every answer; its storage has a place. */
function identity(facts: Readonly<Record<string, unknown>>, podman: boolean): string | null {
  if (!podman) return short(textOf(facts.ID)) || null;
  const name = textOf(facts.Name);
  const root = textOf(facts.DockerRootDir);
  return name && root ? short(`${name}:${root}`) : null;
}

/** `amd64`, also where the system's own name `x86_64` is told; variants of arm by the machine's name. */
export function platformOf(os: string, arch: string, machine = arch): Platform {
  const here = { os: 'linux', arch: 'amd64', variant: '' };
  const variant = /^armv([5-8])/.exec(machine)?.[1];
  const named = /^arm(?:v\d.*)?$/.test(arch) ? `arm/v${variant ?? 7}` : arch || here.arch;
  const read = parsePlatform(`${os || here.os}/${named}`, here);
  return read.ok ? read.platform : here;
}

function short(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, '').slice(0, 300);
}

/** Which repository a reference names, and whether it holds an official image. */

import { parseReference } from '../model/reference.ts';

export interface ImageName {
  /** Host of the registry: `docker.io`, `mcr.microsoft.com`. */
  readonly registry: string;
  /** Path below it; of an official image its plain name: `node`. */
  readonly repository: string;
  readonly official: boolean;
  /** Docker's word for the architecture that the name itself asks for (`arm64v8/alpine`); null: none. */
  readonly arch: string | null;
  /** `latest` when the reference names none and no digest. */
  readonly tag: string;
  readonly digest: string;
}

/** Where official images live besides `docker.io/library`, as the start of their full names. */
const mirrors = [
  'docker.io/library/',
  'registry-1.docker.io/library/',
  'registry.hub.docker.com/library/',
  'public.ecr.aws/docker/library/',
  'mirror.gcr.io/library/',
  'mcr.microsoft.com/mirror/docker/library/',
];

/** Organisations on Docker Hub that hold the official images of one architecture each. */
const organisations: Readonly<Record<string, string>> = {
  amd64: 'amd64',
  arm64v8: 'arm64',
  arm32v5: 'arm/v5',
  arm32v6: 'arm/v6',
  arm32v7: 'arm',
  i386: '386',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  mips64le: 'mips64le',
};

/** Reads a reference as Docker does; undefined when it is none. */
export function imageName(reference: string): ImageName | undefined {
  const parsed = parseReference(reference);
  if (!parsed.ok) return undefined;
  const { domain, path, tag, digest } = parsed;
  const named = { registry: domain, tag: tag || (digest ? '' : 'latest'), digest };
  const full = `${domain}/${path}`;
  const mirror = mirrors.find((start) => full.startsWith(start));
  if (mirror) {
    const repository = full.slice(mirror.length);
    return { ...named, repository, official: !repository.includes('/'), arch: null };
  }
  const [organisation = '', repository = ''] = path.split('/', 2);
  const arch = domain === 'docker.io' ? organisations[organisation] : undefined;
  if (arch !== undefined) return { ...named, repository, official: true, arch };
  return { ...named, repository: path, official: false, arch: null };
}

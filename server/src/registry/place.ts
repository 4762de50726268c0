/** Where an image lies: the registry, the repository in it, and the name there. */

import { parseReference } from '../model/reference.ts';
import { readDigest } from './digest.ts';

export interface ImagePlace {
  /** As references name it, with its port: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `library/debian`. */
  readonly repository: string;
  /** Null: the reference has a digest alone. */
  readonly tag: string | null;
  /** What counts where there is one, whatever the tag. */
  readonly digest: string | null;
}

export type FoundPlace =
  | { readonly ok: true; readonly place: ImagePlace }
  /** `reason` is a full sentence. */
  | { readonly ok: false; readonly reason: string };

/** Reads a reference as the docker CLI does: `alpine` is `docker.io/library/alpine:latest`. */
export function placeOf(reference: string): FoundPlace {
  const parsed = parseReference(reference);
  if (!parsed.ok) {
    return { ok: false, reason: `${reference.slice(0, 300)} is no reference of an image.` };
  }
  const { domain, path, tag, digest } = parsed;
  if (digest && !readDigest(digest)) {
    return { ok: false, reason: `${reference} has a digest of a kind that is not supported.` };
  }
  const named = tag || (digest ? null : 'latest');
  return {
    ok: true,
    place: { host: domain, repository: path, tag: named, digest: digest || null },
  };
}

/** Where requests for a registry go: Docker Hub has a host of its own for them. */
export function requestHost(host: string): string {
  return host === 'docker.io' ? 'registry-1.docker.io' : host;
}

/** What stands behind `/manifests/`. */
export function manifestName({ tag, digest }: ImagePlace): string {
  return digest ?? tag ?? 'latest';
}

/** The short form that people write: `debian:bookworm`, `ghcr.io/owner/app@sha256:…`. */
export function shownPlace({ host, repository, tag, digest }: ImagePlace): string {
  const short =
    host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
  return `${short}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

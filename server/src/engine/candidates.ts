/** Which images of an engine may be those of a Dockerfile: by names, ids and age. Nobody is asked here. */

import type { ImageSummary } from './engine.ts';

/** How many images are looked at for their history, at most. */
const maxAsked = 2000;
/** Of these, so many may be without a name: the newest builds, and what older builds left behind. */
const maxNameless = 100;

/** The image that a name or id means; undefined: the engine has none. Ids may be shortened to 6 digits. */
export function findImage(images: readonly ImageSummary[], name: string): ImageSummary | undefined {
  const wanted = fullName(name);
  const named = images.find(
    ({ references, digests }) =>
      references.some((reference) => fullName(reference) === wanted) || digests.includes(name),
  );
  if (named) return named;
  const digits = /^(?:sha256:)?([\da-f]{6,64})$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const found = images.filter(({ id }) => id.replace('sha256:', '').startsWith(digits));
  return found.length === 1 ? found[0] : undefined;
}

/** Docker's short names written out: `app` is `docker.io/library/app:latest`; Podman's own are `localhost/…`. */
export function fullName(reference: string): string {
  const { repository, tag } = splitName(reference);
  const parts = repository.split('/');
  const first = parts[0] as string;
  const hasHost = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost');
  const plain = hasHost
    ? repository.replace(/^(?:docker\.io\/(?:library\/)?|localhost\/)/, '')
    : repository.replace(/^library\//, '');
  return `${plain}:${tag}`;
}

/** `host:5000/app:1` in its parts; a digest counts as the tag. */
function splitName(reference: string): { readonly repository: string; readonly tag: string } {
  const at = reference.indexOf('@');
  if (at > 0) return { repository: reference.slice(0, at), tag: reference.slice(at) };
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) return { repository: reference, tag: 'latest' };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

/** Names under which builds of one thing are kept: repositories, or the service of a Compose project. */
export function families({ references, labels }: ImageSummary): readonly string[] {
  const project = labels['com.docker.compose.project'];
  const service = labels['com.docker.compose.service'];
  const names = references.flatMap((reference) => {
    const { repository } = splitName(fullName(reference));
    return reference.includes('<none>') ? [] : [repository];
  });
  return project && service ? [...names, `compose ${project} ${service}`] : names;
}

/**
 * Those whose history is worth asking for, the newest first; of those without a name only the newest.
 * `passed`: ids that were looked at, and references of images that others are built on.
 */
export function worthAsking(
  images: readonly ImageSummary[],
  passed: { readonly ids: ReadonlySet<string>; readonly bases: readonly string[] },
): readonly ImageSummary[] {
  const bases = new Set(passed.bases.map(fullName));
  const chosen: ImageSummary[] = [];
  let nameless = 0;
  for (const image of newestFirst(images)) {
    if (chosen.length >= maxAsked) break;
    if (passed.ids.has(image.id)) continue;
    const named = families(image).length > 0;
    if (image.references.some((reference) => bases.has(fullName(reference)))) continue;
    if (!named && nameless++ >= maxNameless) continue;
    chosen.push(image);
  }
  return chosen;
}

/** Those whose age is not known come last. */
export function newestFirst<T extends ImageSummary>(images: readonly T[]): readonly T[] {
  return [...images].sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
}

/** Groups of images that share a name, so that they are builds of one thing; those without a name join any. */
export function groupCount(images: readonly ImageSummary[]): number {
  const groups: Set<string>[] = [];
  for (const image of images) {
    const names = families(image);
    if (names.length === 0) continue;
    const shared = groups.filter((group) => names.some((name) => group.has(name)));
    const joined = new Set([...names, ...shared.flatMap((group) => [...group])]);
    for (const group of shared) groups.splice(groups.indexOf(group), 1);
    groups.push(joined);
  }
  return groups.length;
}

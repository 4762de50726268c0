/** What is known of images and named contexts that stages start from or copy from. */

import type { Plan } from '../../model/plan.ts';
import { formatPlatform } from '../../model/platform.ts';
import { familiarName, parseReference } from '../../model/reference.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import type { BaseIdentities } from '../baseIdentity.ts';
import { imageOfContext } from '../baseKey.ts';
import type { Hash } from '../hash.ts';
import { hiddenDigest } from './digests.ts';
import { hiddenBy, type Making } from './making.ts';
import { certain, type Marks } from './marks.ts';
import type { HiddenNode, Node } from './nodes.ts';

/** Content that is not known at all, and why. */
export function unknownTree(making: Pick<Making, 'hash'>, reason: string, pending = false): Node {
  const marks: Marks = { ...certain, unknown: { reason, pending } };
  return hiddenBy(making.hash(`unknown ${reason}`), marks);
}

/** What a named context has: known where it is an image. */
export function namedTree(plan: Plan, name: string, making: Making, images: BaseIdentities): Node {
  const { namedContexts, platform } = plan.options;
  const value = namedContexts?.get(name) ?? '';
  const image = imageOfContext(value);
  if (image !== null) {
    return baseTree(making, image, formatPlatform(platform), images.identity(image, platform));
  }
  return unknownTree(making, `What is in the named context ${name} is not read.`);
}

/**
 * Where its identity is not known, a base image counts as unmoved: its reference stands for its
 * content, its digest where it has one.
 */
export function baseTree(
  making: Pick<Making, 'hash'>,
  reference: string,
  platform: string,
  identity: string | null,
): HiddenNode {
  const parsed = parseReference(reference);
  const name = parsed.ok && parsed.digest ? parsed.digest : (familiarName(reference) ?? reference);
  const known = identity === null ? ['image', name, platform] : ['image', identity];
  const id = making.hash(JSON.stringify(known));
  return {
    kind: 'hidden',
    maker: {
      id,
      marks: certain,
      isImage: true,
      isTame: isWellKnown(reference),
      ...(isPlain(reference) ? { lacks: lacksInPlain } : {}),
    },
    path: '/',
  };
}

/** Digest of what lies at a path of an image, as it is in a stage that starts from that image. */
export function imageContent(
  plan: Plan,
  reference: string,
  path: string,
  hash: Hash,
  identity: string | null,
): string {
  const tree = baseTree({ hash }, reference, formatPlatform(plan.options.platform), identity);
  return hiddenDigest(hash, { ...tree, path: absolutePath(path) });
}

const wellKnown =
  /^(alpine|almalinux|amazoncorretto|amazonlinux|archlinux|bash|buildpack-deps|busybox|caddy|clojure|composer|dart|debian|docker|eclipse-temurin|elixir|erlang|fedora|gcc|golang|gradle|haproxy|haskell|httpd|julia|mariadb|maven|memcached|mongo|mysql|nginx|node|openjdk|oraclelinux|perl|php|postgres|python|r-base|rabbitmq|redis|rockylinux|ruby|rust|sapmachine|swift|tomcat|traefik|ubuntu|mcr\.microsoft\.com\/dotnet\/[\w/-]+|gcr\.io\/distroless\/[\w-]+)(:|@|$)/;

/** Images of which it is known that no links lead between folders that are not the system's own. */
function isWellKnown(reference: string): boolean {
  return wellKnown.test(familiarName(reference) ?? reference);
}

/** Official images for programs, which have an application of their own at the top. */
const withOthers = /^(composer\b|gcr\.io\/|mcr\.microsoft\.com\/dotnet\/(?!sdk|aspnet|runtime))/;

/** Folders at the top of the official images, those of the system and those of some. */
const atTop =
  /^(bin|boot|dev|etc|home|lib|lib32|lib64|libx32|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|afs|busybox|certs|cmd|config|data|go|jre|java|local|nodejs|nonexistent|pkglist|plugins|version|_\w*|.*entrypoint.*|.*\..*)$/;

/** Has it nothing at the top but what is known of official images? */
function isPlain(reference: string): boolean {
  return isWellKnown(reference) && !withOthers.test(familiarName(reference) ?? reference);
}

function lacksInPlain(path: string): boolean {
  return path !== '/' && !atTop.test(path.split('/')[1] ?? '');
}

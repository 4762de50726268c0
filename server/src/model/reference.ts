/**
 * Image references as `github.com/distribution/reference` reads them; BuildKit checks every base
 * and every `--from` image with it, also in stages that are not built.
 */

import { digestError } from '../syntax/copyValues.ts';

const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const path = `${pathPart}(?:/${pathPart})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const whole = new RegExp(`^(?:(${domain})/)?(${path})(?::(${tag}))?(?:@(${digest}))?$`);

/** BuildKit takes any length; no registry does, and the patterns are not asked to read megabytes. */
const maxLength = 4096;

export type ParsedReference =
  | {
      readonly ok: true;
      readonly domain: string;
      readonly path: string;
      readonly tag: string;
      readonly digest: string;
    }
  | { readonly ok: false; readonly error: string };

/** Go's `reference.ParseNormalizedNamed`: `alpine` is `docker.io/library/alpine`. */
export function parseReference(text: string): ParsedReference {
  if (/^[a-f0-9]{64}$/.test(text)) {
    const error = `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`;
    return { ok: false, error };
  }
  const [host, rest] = splitDomain(text);
  const name = rest.split(':', 1)[0] as string;
  if (name.toLowerCase() !== name) {
    const error = `invalid reference format: repository name (${name}) must be lowercase`;
    return { ok: false, error };
  }
  const match = text.length > maxLength ? null : whole.exec(`${host}/${rest}`);
  if (!match) return { ok: false, error: 'invalid reference format' };
  const [, found = '', repository = '', foundTag = '', foundDigest = ''] = match;
  if (repository.length > 255) {
    return { ok: false, error: 'repository name must not be more than 255 characters' };
  }
  const error = foundDigest ? digestError(foundDigest) : null;
  if (error) return { ok: false, error };
  return { ok: true, domain: found, path: repository, tag: foundTag, digest: foundDigest };
}

/**
 * The name under which `--build-context` is looked up: the short form, without `:latest`.
 * Undefined when the text is no reference.
 */
export function familiarName(text: string): string | undefined {
  const parsed = parseReference(text);
  if (!parsed.ok) return undefined;
  const hub = parsed.domain === 'docker.io';
  const name = hub ? parsed.path.replace(/^library\//, '') : `${parsed.domain}/${parsed.path}`;
  const version = parsed.tag && parsed.tag !== 'latest' ? `:${parsed.tag}` : '';
  return name + version + (parsed.digest && `@${parsed.digest}`);
}

function splitDomain(name: string): readonly [string, string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain =
    slash >= 0 && (first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first);
  const isHub = !isDomain || first === 'index.docker.io' || first === 'docker.io';
  const rest = isDomain ? name.slice(slash + 1) : name;
  if (!isHub) return [first, rest];
  return ['docker.io', rest.includes('/') ? rest : `library/${rest}`];
}

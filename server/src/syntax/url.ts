/** As much of Go's `net/url` as shows in what BuildKit makes of an ADD source. */

export interface Url {
  /** Lower case. */
  readonly scheme: string;
  /** Decoded. */
  readonly path: string;
  /** Without query and fragment. */
  readonly plain: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Decoded. */
  readonly fragment: string;
}

/** Reads `scheme://…`; null where Go refuses it. */
export function parseUrl(text: string): Url | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses exactly these.
  if (/[\x00-\x1f\x7f]/.test(text)) return null;
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(?:#(.*))?$/.exec(text);
  if (!match) return null;
  const [, scheme = '', authority = '', rawPath = '', query = '', rawFragment = ''] = match;
  const at = authority.lastIndexOf('@');
  const user = authority.slice(0, Math.max(at, 0));
  const host = authority.slice(at + 1);
  const path = decode(rawPath);
  const fragment = decode(rawFragment);
  if (path === null || fragment === null || !isHost(host)) return null;
  if (!/^[\w.~:!$&'()*+,;=%@-]*$/.test(user) || decode(user) === null) return null;
  const bare = query === '?' ? '?' : '';
  return {
    scheme: scheme.toLowerCase(),
    path,
    plain: `${scheme.toLowerCase()}://${authority}${encodePath(rawPath)}${bare}`,
    query: readQuery(query.slice(1)).query,
    fragment,
  };
}

/** The pairs of a query, keys in order; `broken` when some could not be read (those are left out). */
export function readQuery(text: string): {
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly broken: boolean;
} {
  const query = new Map<string, string[]>();
  let broken = false;
  for (const pair of text.split('&')) {
    if (!pair) continue;
    const equals = pair.indexOf('=');
    const key = decode((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    const value = decode((equals < 0 ? '' : pair.slice(equals + 1)).replaceAll('+', ' '));
    if (key === null || value === null || pair.includes(';')) {
      broken = true;
      continue;
    }
    const values = query.get(key);
    if (values) values.push(value);
    else query.set(key, [value]);
  }
  return { query, broken };
}

/** Go's `path.Join("/", path)` without the leading slash. */
export function pathUnder(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[[^\]]*\](?::\d*)?$/.test(host);
  return /^[^ "<>[\]\\^`{|}:]*(?::\d*)?$/.test(host) && decode(host) !== null;
}

/** Percent signs decoded; null when one is not followed by two hex digits. */
function decode(text: string): string | null {
  if (!text.includes('%')) return text;
  if (/%(?![\da-f]{2})/i.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%[\da-f]{2}/gi, (code) => {
      return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    });
  }
}

/** A path as Go writes it back: what may not stand in a URL is percent-encoded. */
function encodePath(path: string): string {
  return path.replace(/[^\w.~!$&'()*+,;=:@/%[\]-]/gu, (char) => {
    try {
      return encodeURIComponent(char);
    } catch {
      return '%EF%BF%BD';
    }
  });
}

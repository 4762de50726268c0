/** Variables of Compose files: `.env` files, and `$NAME` in values as Compose replaces them. */

/** What a variable is; undefined: it is not known. */
export type Variables = (name: string) => string | undefined;

/** Longer texts, and deeper defaults in defaults, are not expanded. */
const longest = 10_000;
const deepest = 20;

/**
 * The text with its variables replaced: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:+other}`,
 * `${A+other}`, `${A:?error}`, `${A?error}`, and `$$` for a `$` (Compose specification,
 * "Interpolation"). Undefined where it hangs on a variable that is not known, or cannot be read.
 */
export function interpolated(text: string, variables: Variables): string | undefined {
  if (!text.includes('$')) return text;
  if (text.length > longest) return undefined;
  const read = expand(text, 0, variables, 0);
  return read?.value;
}

interface Read {
  /** Undefined: it hangs on a variable that is not known. */
  readonly value: string | undefined;
  readonly end: number;
}

/** Reads up to the end, or below the top to the `}` that closes. Undefined: it cannot be read. */
function expand(text: string, from: number, variables: Variables, depth: number): Read | undefined {
  if (depth > deepest) return undefined;
  let value: string | undefined = '';
  let at = from;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === '}' && depth > 0) return { value, end: at };
    if (char !== '$') {
      const next = nextSign(text, at);
      if (value !== undefined) value += text.slice(at, next);
      at = next;
      continue;
    }
    const read = variable(text, at, variables, depth);
    if (!read) return undefined;
    value = value === undefined || read.value === undefined ? undefined : value + read.value;
    at = read.end;
  }
  return depth > 0 ? undefined : { value, end: at };
}

function nextSign(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '$' && text[at] !== '}') at += 1;
  return at;
}

const named = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])|(\})))/y;

function variable(text: string, at: number, variables: Variables, depth: number): Read | undefined {
  named.lastIndex = at;
  const found = named.exec(text);
  if (!found) return undefined;
  const end = named.lastIndex;
  const [, dollar, plain, braced, how] = found;
  if (dollar) return { value: '$', end };
  const given = variables(plain ?? braced ?? '');
  if (how === undefined) return { value: given, end };
  const other = expand(text, end, variables, depth + 1);
  if (!other) return undefined;
  const isSet = given !== undefined && !(how.startsWith(':') && given === '');
  const value = choose(how.slice(-1), isSet, given, other.value);
  return { value, end: other.end + 1 };
}

function choose(
  how: string,
  isSet: boolean,
  given: string | undefined,
  other: string | undefined,
): string | undefined {
  if (how === '-') return isSet ? given : other;
  if (how === '+') return isSet ? other : '';
  return isSet ? given : undefined;
}

/**
 * The variables of a `.env` file: `NAME=value`, quoted or not, `export` in front, comments. Values in
 * single quotes stand as they are; others may use the variables above them.
 */
export function envFile(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lookup: Variables = (name) => found.get(name);
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:](.*)$/.exec(line);
    if (!match || line.length > longest) continue;
    const [, name = '', rest = ''] = match;
    const value = envValue(rest.trim(), lookup);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

function envValue(text: string, lookup: Variables): string | undefined {
  const quoted = /^'([^']*)'/.exec(text);
  if (quoted) return quoted[1];
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (double) {
    const plain = (double[1] as string).replace(/\\(["\\nrt])/g, (_, char: string) =>
      Object.hasOwn(escapes, char) ? (escapes[char] as string) : char,
    );
    return interpolated(plain, lookup);
  }
  return interpolated(text.replace(/(?:^|\s+)#.*$/, ''), lookup);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

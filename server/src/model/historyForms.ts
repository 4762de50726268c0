/**
 * One history entry, many spellings: what Engine 26, Engine 28 and the legacy builder write for the
 * same instruction, as seen on real engines. Used to find the row of an image that belongs
 * to a line; rows and lines also stand in the same order, so a near match is no danger.
 */

/**
 * Whether `observed` (a `created_by` of any of those) is the entry that `predicted` (the newest
 * BuildKit's text, as in `Step.createdBy`) announces.
 */
export function historyMatches(predicted: string, observed: string): boolean {
  if (predicted === observed) return true;
  const keyword = predicted.split(' ', 1)[0] as string;
  const legacy = /^[^#]* #\(nop\) {1,2}/.exec(observed);
  const seen = legacy ? observed.slice(legacy[0].length) : observed;
  if (keyword === 'RUN') return !legacy && matchesRun(predicted, observed);
  if (!seen.startsWith(`${keyword} `) && seen !== keyword) return false;
  if (seen === predicted) return true;
  const expected = predicted.slice(keyword.length + 1);
  const found = seen.slice(keyword.length + 1);
  switch (keyword) {
    case 'ARG':
      return matchesArg(expected, found);
    case 'EXPOSE':
      return matchesExpose(expected, found);
    case 'HEALTHCHECK':
      return healthcheckKey(expected) === healthcheckKey(found);
    case 'COPY':
    case 'ADD':
      return legacy !== null && matchesLegacyCopy(expected, found);
    default:
      return false;
  }
}

/** BuildKit's mark; the legacy builder has neither it nor the keyword. */
const buildkitMark = ' # buildkit';

/**
 * RUN. Engine 26 lists an ARG that is declared twice two times; the legacy builder lists only those
 * that have a value and no ENV of the same name.
 */
function matchesRun(predicted: string, observed: string): boolean {
  const isBuildkit = observed.startsWith('RUN ') && observed.endsWith(buildkitMark);
  const expected = predicted.slice('RUN '.length, -buildkitMark.length);
  const found = isBuildkit ? observed.slice('RUN '.length, -buildkitMark.length) : observed;
  if (expected === found) return true;
  const wanted = withoutCount(expected);
  const given = withoutCount(found);
  if (wanted.count === 0 && given.count === 0) return false;
  if (isBuildkit) return given.count > wanted.count && isRepeated(wanted.words, given.words);
  return given.count <= wanted.count && isThinned(wanted.words, given.words);
}

function withoutCount(text: string): { readonly count: number; readonly words: readonly string[] } {
  const match = /^\|(\d+) /.exec(text);
  const rest = match ? text.slice(match[0].length) : text;
  return { count: match ? Number(match[1]) : 0, words: rest.split(' ') };
}

/** `given` is `wanted` with words repeated that stood before. */
function isRepeated(wanted: readonly string[], given: readonly string[]): boolean {
  const before = new Set<string>();
  let at = 0;
  for (const word of given) {
    if (word === wanted[at]) at++;
    else if (!before.has(word)) return false;
    before.add(word);
  }
  return at === wanted.length;
}

/** `given` is `wanted` with some of the arguments at its start left out. */
function isThinned(wanted: readonly string[], given: readonly string[]): boolean {
  const extra = wanted.length - given.length;
  if (extra < 0) return false;
  let skipped = 0;
  for (const [at, word] of wanted.entries()) {
    if (skipped < extra && word !== given[at - skipped]) skipped++;
    else if (word !== given[at - skipped]) return false;
  }
  return skipped === extra;
}

/** Engine 26 and the legacy builder write an ARG as the Dockerfile does, without outside values. */
function matchesArg(expected: string, found: string): boolean {
  const names = (text: string) => text.split(' ').map((word) => word.split('=', 1)[0]);
  const wanted = names(expected);
  const given = names(found);
  // A value may contain blanks: then one side has more words than the other.
  const [short, long] = wanted.length < given.length ? [wanted, given] : [given, wanted];
  if (short[0] !== long[0]) return false;
  let at = 0;
  for (const name of long) if (name === short[at]) at++;
  return at === short.length;
}

/** `[443/udp 80/tcp]`, `map[443/udp:{} 80/tcp:{}]`, or as written: `443/udp 80`. */
function matchesExpose(expected: string, found: string): boolean {
  const ports = (text: string) => {
    const inner = text.replace(/^(?:map)?\[(.*)\]$/s, '$1').replaceAll(':{}', '');
    return new Set(inner.split(' ').filter((port) => port !== ''));
  };
  const wanted = ports(expected);
  if (/^(?:map)?\[/.test(found)) {
    const given = ports(found);
    return given.size === wanted.size && [...given].every((port) => wanted.has(port));
  }
  // As written: single ports and ranges, the protocol perhaps left out, in any case.
  const given = [...ports(found)].map((port) => port.toLowerCase());
  const isIn = (port: string) => wanted.has(port.includes('/') ? port : `${port}/tcp`);
  return given.every((port) => {
    const [, first = '', , protocol = ''] = /^(\d+)(-\d+)?(\/.*)?$/.exec(port) ?? [];
    return isIn(first + protocol);
  });
}

/**
 * HEALTHCHECK in one spelling: test words, durations, retries. Forms: `{Test:[a b] Interval:5s …}`,
 * `&{["a" "b"] "5s" … '\x03'}`, and `&{[a b] 5s … 3}`. Older ones lack the start interval.
 */
function healthcheckKey(text: string): string {
  const named =
    /^\{Test:\[(.*)\] Interval:(\S+) Timeout:(\S+) StartPeriod:(\S+) StartInterval:(\S+) Retries:(-?\d+)\}$/s.exec(
      text,
    );
  if (named) return named.slice(1).join('\0');
  const listed =
    /^&\{\[(.*)\] "?(\S+?)"? "?(\S+?)"? "?(\S+?)"?(?: "?([\dhmsnuµ.]+)"?)? (\S+)\}$/s.exec(text);
  if (!listed) return text;
  const [, test = '', interval, timeout, startPeriod, startInterval = '0s', retries = ''] = listed;
  const words = [interval, timeout, startPeriod, startInterval];
  return [plainWords(test), ...words, plainNumber(retries)].join('\0');
}

/** Go's `%q` words without their quotes; other text as it is. */
function plainWords(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.replace(/"((?:[^"\\]|\\.)*)"/gs, (_, inner: string) => unescapeGo(inner));
}

/** A number, or Go's `%q` of one, which is a character: `'\x03'` is 3. */
function plainNumber(text: string): string {
  const quoted = /^'(.*)'$/s.exec(text);
  return quoted ? String(unescapeGo(quoted[1] as string).codePointAt(0)) : text;
}

const goEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescapeGo(text: string): string {
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gs,
    (_, byte?: string, short?: string, long?: string, char = '') => {
      const hex = byte ?? short ?? long;
      if (hex === undefined)
        return Object.hasOwn(goEscapes, char) ? (goEscapes[char] as string) : char;
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}

/** `--chown=1:1 file:<sha256> in /dest `: flags and destination are the same, sources are not. */
function matchesLegacyCopy(expected: string, found: string): boolean {
  const seen = /^((?:--\S+ )*)\S+ in (.*?) ?$/s.exec(found);
  if (!seen) return false;
  const [, flags = '', dest = ''] = seen;
  const wanted = expected.slice(0, -buildkitMark.length);
  return wanted.startsWith(flags) && wanted.endsWith(` ${dest}`);
}

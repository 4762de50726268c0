/** Shell patterns and braces. A pattern has a backslash before each character that is meant as it is. */

/** Whether the whole text matches a shell pattern; undefined: not decided here (extended patterns). */
export function matches(text: string, pattern: string): boolean | undefined {
  const items = readPattern(pattern);
  return items ? itemsMatch(text, items) : undefined;
}

type Item = '*' | ((char: string) => boolean);

function readPattern(pattern: string): readonly Item[] | null {
  const items: Item[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (/[?*+@!]/.test(char) && pattern[at + 1] === '(') return null;
    if (char === '*') {
      if (items.at(-1) !== '*') items.push('*');
    } else if (char === '?') items.push(() => true);
    else if (char === '[') {
      const set = readSet(pattern, at);
      if (set) {
        items.push(set.holds);
        at = set.end;
      } else items.push(isChar(char));
    } else if (char === '\\' && at + 1 < pattern.length) items.push(isChar(pattern[++at] ?? ''));
    else items.push(isChar(char));
  }
  return items;
}

function isChar(wanted: string): (char: string) => boolean {
  return (char) => char === wanted;
}

const classes: Readonly<Record<string, RegExp>> = {
  digit: /\d/,
  alpha: /[A-Za-z]/,
  alnum: /[A-Za-z\d]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /\s/,
  xdigit: /[\da-fA-F]/,
};

function readSet(pattern: string, start: number) {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at++;
  const ranges: [string, string][] = [];
  const named: RegExp[] = [];
  for (let first = true; at < pattern.length; first = false, at++) {
    let char = pattern[at] ?? '';
    if (char === ']' && !first) {
      const holds = (it: string) =>
        negated !==
        (ranges.some(([low, high]) => low <= it && it <= high) || named.some((r) => r.test(it)));
      return { holds, end: at };
    }
    const name = /^\[:(\w+):\]/.exec(pattern.slice(at, at + 12))?.[1];
    if (name) {
      const known = classes[name];
      if (known) named.push(known);
      at += name.length + 3;
      continue;
    }
    if (char === '\\') char = pattern[++at] ?? '';
    if (pattern[at + 1] === '-' && (pattern[at + 2] ?? ']') !== ']') {
      ranges.push([char, pattern[at + 2] ?? '']);
      at += 2;
    } else ranges.push([char, char]);
  }
  return null;
}

/** Goes back to the last star only, so that time is at most text × pattern. */
function itemsMatch(text: string, items: readonly Item[]): boolean {
  let [at, item, star, from] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = items[item];
    if (wanted === '*') {
      star = item++;
      from = at;
    } else if (wanted?.(text[at] ?? '')) {
      at++;
      item++;
    } else if (star >= 0) {
      item = star + 1;
      at = ++from;
    } else return false;
  }
  while (items[item] === '*') item++;
  return item === items.length;
}

/** `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`; undefined: not decided here. */
export function removeMatch(text: string, operator: string, pattern: string): string | undefined {
  const items = readPattern(pattern);
  if (!items || text.length > 2_000) return undefined;
  const front = operator.startsWith('#');
  const longest = operator.length === 2;
  for (let step = 0; step <= text.length; step++) {
    const length = longest ? text.length - step : step;
    const part = front ? text.slice(0, length) : text.slice(text.length - length);
    if (itemsMatch(part, items)) {
      return front ? text.slice(length) : text.slice(0, text.length - length);
    }
  }
  return text;
}

/** `${X/p/r}` and its kin; undefined: not decided here. */
export function replaceMatch(
  text: string,
  operator: string,
  pattern: string,
  replacement: string,
): string | undefined {
  const items = readPattern(pattern);
  if (!items || text.length > 300 || items.length === 0) return items ? text : undefined;
  let out = '';
  let at = 0;
  while (at <= text.length) {
    const end = longestEnd(text, at, items, operator === '/%');
    if (end !== undefined && !(operator === '/#' && at > 0)) {
      out += replacement;
      if (operator !== '//') return out + text.slice(end);
      if (end > at) {
        at = end;
        continue;
      }
    }
    out += text[at] ?? '';
    at++;
  }
  return out;
}

function longestEnd(text: string, from: number, items: readonly Item[], toEnd: boolean) {
  for (let end = text.length; end > from; end--) {
    if (itemsMatch(text.slice(from, end), items)) return end;
    if (toEnd) return undefined;
  }
  return undefined;
}

/** A word's text with its braces written out as Bash does: `a{b,c}` is `ab` and `ac`. */
export function expandBraces(text: string, most = 500): readonly string[] {
  const open = text.length < 4_000 ? findBrace(text, 0) : null;
  if (!open) return [text];
  const before = text.slice(0, open.start);
  const rest = expandBraces(text.slice(open.end), most);
  const out: string[] = [];
  for (const choice of open.choices) {
    for (const middle of expandBraces(choice, most)) {
      for (const after of rest) {
        if (out.length >= most) return [text];
        out.push(before + middle + after);
      }
    }
  }
  return out;
}

/** The first brace that is one for Bash, with what stands in it. */
function findBrace(text: string, from: number) {
  for (let start = from; start < text.length; start = skip(text, start)) {
    if (text[start] !== '{') continue;
    const commas: number[] = [];
    let depth = 0;
    for (let at = start; at < text.length; at = skip(text, at)) {
      const char = text[at];
      if (char === '{') depth++;
      if (char === ',' && depth === 1) commas.push(at);
      if (char !== '}' || --depth > 0) continue;
      const inside = text.slice(start + 1, at);
      const choices =
        commas.length > 0
          ? [...commas, at].map((end, index) => text.slice((commas[index - 1] ?? start) + 1, end))
          : sequence(inside);
      if (choices) return { start, end: at + 1, choices };
      break;
    }
  }
  return null;
}

/** The place behind one character, a quoted part, an escape or an expansion. */
function skip(text: string, at: number): number {
  const char = text[at];
  if (char === '\\') return at + 2;
  if (char === "'" || char === '"') {
    const end = text.indexOf(char, at + 1);
    return end < 0 ? text.length : end + 1;
  }
  if (char === '$' && (text[at + 1] === '{' || text[at + 1] === '(')) {
    const close = text[at + 1] === '{' ? '}' : ')';
    const end = text.indexOf(close, at + 2);
    return end < 0 ? text.length : end + 1;
  }
  return at + 1;
}

function sequence(inside: string): readonly string[] | null {
  const numbers = /^(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.-?(\d{1,6}))?$/.exec(inside);
  const letters = /^([A-Za-z])\.\.([A-Za-z])$/.exec(inside);
  const [from, to] = numbers
    ? [Number(numbers[1]), Number(numbers[2])]
    : [letters?.[1]?.charCodeAt(0) ?? 0, letters?.[2]?.charCodeAt(0) ?? 0];
  if (!numbers && !letters) return null;
  const step = Math.max(1, Number(numbers?.[3] ?? 1));
  if (Math.abs(to - from) / step > 1_000) return null;
  const width = [numbers?.[1], numbers?.[2]].some((it) => /^-?0\d/.test(it ?? ''))
    ? Math.max(numbers?.[1]?.length ?? 0, numbers?.[2]?.length ?? 0)
    : 0;
  const out: string[] = [];
  for (let at = from; from <= to ? at <= to : at >= to; at += from <= to ? step : -step) {
    out.push(letters ? String.fromCharCode(at) : String(at).padStart(width, '0'));
  }
  return out;
}

/**
 * A strict scanner for the plain XML that repositories of RPM packages are described with. Written
 * by hand, as the indexes are large and hostile input: a library reads all of XML, and all that is
 * needed are elements, attributes and text. Document types, and so entities of one's own, are refused.
 */

import { IndexProblem } from './readLines.ts';

export interface XmlReader {
  open?(name: string, attributes: ReadonlyMap<string, string>): void;
  /** `text` is what stood directly in front of the end tag, with entities replaced. */
  close?(name: string, text: string): void;
}

/** Characters of one tag or text; descriptions and changelogs of real packages stay far below. */
const longest = 4_000_000;
/** Elements within elements; real ones have five. */
const deepest = 64;

/** Reads the pieces of one document; throws an `IndexProblem` where it is none, or is cut off. */
export async function scanXml(input: AsyncIterable<string>, reader: XmlReader): Promise<void> {
  let held = '';
  const path: string[] = [];
  let seen = false;
  for await (const piece of input) {
    held += piece;
    let at = 0;
    for (;;) {
      const start = held.indexOf('<', at);
      if (start < 0) break;
      const end = endOf(held, start);
      if (end < 0) break;
      const text = held.slice(at, start);
      at = end;
      const tag = held.slice(start + 1, end - 1);
      if (tag.startsWith('?') || tag.startsWith('!--')) continue;
      if (tag.startsWith('!')) {
        throw new IndexProblem('The index has an XML document type, which no real one has.');
      }
      if (tag.startsWith('/')) {
        const name = tag.slice(1).trim();
        if (path.pop() !== name) throw broken();
        reader.close?.(name, plain(text));
        continue;
      }
      const isEmpty = tag.endsWith('/');
      const name = /^[^\s/]+/.exec(tag)?.[0];
      if (name === undefined) throw broken();
      seen = true;
      reader.open?.(name, attributesOf(tag, name.length));
      if (isEmpty) reader.close?.(name, '');
      else if (path.push(name) > deepest) throw broken();
    }
    held = held.slice(at);
    if (held.length > longest)
      throw new IndexProblem('A part of the index is longer than any real one.');
  }
  if (path.length > 0 || !seen) throw new IndexProblem('The index is cut off.');
}

const broken = () => new IndexProblem('The index is no well-formed XML.');

/** Place behind the markup that begins at `start`; -1 when the rest of it is still to come. */
function endOf(text: string, start: number): number {
  if (text.startsWith('<!--', start)) {
    const end = text.indexOf('-->', start + 4);
    return end < 0 ? -1 : end + 3;
  }
  // A `>` may stand in an attribute, where it need not be escaped.
  let from = start + 1;
  for (;;) {
    const end = text.indexOf('>', from);
    if (end < 0) return -1;
    let quote = text.indexOf('"', from);
    const single = text.indexOf("'", from);
    if (single >= 0 && (quote < 0 || single < quote)) quote = single;
    if (quote < 0 || quote > end) return end + 1;
    const closing = text.indexOf(text[quote] ?? '"', quote + 1);
    if (closing < 0) return -1;
    from = closing + 1;
  }
}

const none: ReadonlyMap<string, string> = new Map();

function attributesOf(tag: string, from: number): ReadonlyMap<string, string> {
  if (!tag.includes('=', from)) return none;
  const found = new Map<string, string>();
  for (const match of tag.slice(from).matchAll(/\s([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    found.set(match[1] ?? '', plain(match[2] ?? match[3] ?? ''));
  }
  return found;
}

const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

/** The five entities of XML itself and characters by number; any other stays as it is written. */
function plain(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi,
    (whole, ten, sixteen, name) => {
      if (name !== undefined) return named[name] ?? whole;
      const code = ten !== undefined ? Number(ten) : Number.parseInt(sixteen, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

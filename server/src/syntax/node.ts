/** Splits a logical line into keyword, flags and arguments (BuildKit: newNodeFromLine). */

import {
  type Arguments,
  type ArgumentText,
  breakText,
  type Reader,
  readArguments,
  readers,
} from './arguments.ts';
import type { Escape, Flag, Instruction, JoinedText, Span } from './ast.ts';
import { isBlank, skipSpaces, trimSpaces } from './chars.ts';
import { readFlags, type ScannedFlag } from './flags.ts';
import { asSpan, locate, sliceJoined, sourceSpan } from './joined.ts';
import type { LogicalLine } from './lines.ts';

/** An instruction without what lies around it: lines, comments, heredocs. */
export interface Node extends Arguments {
  readonly keyword: string;
  readonly name: string;
  readonly keywordSpan: Span;
  readonly flags: readonly Flag[];
  readonly trigger: Instruction | null;
}

/**
 * BuildKit takes any depth of ONBUILD in ONBUILD and refuses all of it one phase later. Ours keeps
 * this many, so that a silly file costs no more than its length; errors are found at any depth.
 */
const maxTriggers = 16;

/** Reads a whole logical line. An error inside ONBUILD is the error of the whole. */
export function readNode(line: LogicalLine, token: Escape): Node {
  const { joined, text, from, to } = line;
  const place = from === 0 && text === joined.text ? locate(joined) : asSpan;
  const outer = readHead(text, from, to, token, place);
  return outer.reader === 'sub' ? readTriggers(outer, joined, token) : finish(outer, null);
}

/** Keyword and flags, and the place of the rest. */
interface Head extends ArgumentText {
  readonly keyword: string;
  readonly reader: Reader;
  readonly keywordSpan: Span;
  readonly flags: readonly Flag[];
}

type Place = ArgumentText['place'];

function readHead(text: string, from: number, to: number, token: Escape, place: Place): Head {
  const lineStart = skipSpaces(text, from, to);
  const end = trimSpaces(text, lineStart, to);
  let at = lineStart;
  while (at < end && !isBlank(text.charCodeAt(at))) at++;
  const keyword = text.slice(lineStart, at);
  const keywordSpan = place(lineStart, at);
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  const { name, reader } = classify(keyword);
  let flags = noFlags;
  let orphans = 0;
  if (at + 1 < end && text.charCodeAt(at) === 0x2d && text.charCodeAt(at + 1) === 0x2d) {
    const scan = readFlags(text, at, end, token);
    at = scan.rest;
    orphans = scan.orphans;
    flags = scan.flags.map((each) => asFlag(each, place));
  }
  const start = orphans ? at : skipSpaces(text, at, end);
  const head = {
    text,
    start,
    end,
    escape: token,
    name,
    place,
    keyword,
    reader,
    keywordSpan,
    flags,
  };
  return orphans ? breakText(head, at, orphans) : head;
}

function asFlag({ text, start, end }: ScannedFlag, place: Place): Flag {
  const equals = text.indexOf('=');
  const name = text.slice(2, equals < 0 ? undefined : equals);
  return { text, name, value: equals < 0 ? null : text.slice(equals + 1), span: place(start, end) };
}

const noFlags: readonly Flag[] = [];

/** Every instruction in its two usual spellings, which spares most keywords the conversion. */
const spellings = new Map<string, { readonly name: string; readonly reader: Reader }>();
for (const [lower, reader] of readers) {
  const entry = { name: lower.toUpperCase(), reader };
  spellings.set(lower, entry).set(entry.name, entry);
}

function classify(keyword: string): { readonly name: string; readonly reader: Reader } {
  const known = spellings.get(keyword);
  if (known) return known;
  // Go lowers the dotted capital I to one plain letter, JavaScript to two characters.
  const lowered = spellings.get(keyword.replaceAll('\u0130', 'i').toLowerCase());
  if (lowered) return lowered;
  const upper = keyword.toUpperCase();
  // Some letters have a capital that they are not the small form of: `exposſe`.
  return { name: spellings.has(upper) ? keyword : upper, reader: 'ignored' };
}

function finish(head: Head, trigger: Instruction | null): Node {
  const { keyword, name, keywordSpan, flags } = head;
  const { args, json, error } =
    head.reader === 'sub' ? noArguments : readArguments(head.reader, head);
  return { keyword, name, keywordSpan, flags, args, json, error, trigger };
}

const noArguments: Arguments = { args: [], json: false, error: null };

function readTriggers(outer: Head, joined: JoinedText, token: Escape): Node {
  const heads = [outer];
  let last = outer;
  while (last.reader === 'sub' && last.start < last.end) {
    last = readHead(last.text, last.start, last.end, token, last.place);
    if (heads.length <= maxTriggers) heads.push(last);
  }
  const innermost = finish(last, null);
  const refused = innermost.error !== null;
  let trigger: Instruction | null = null;
  for (let depth = heads.length - 1; depth > 0; depth--) {
    const head = heads[depth] as Head;
    const around = heads[depth - 1] as Head;
    const node = head === last ? innermost : finish(head, trigger);
    const length = around.end - around.start;
    const end = trimSpaces(joined.text, 0, joined.text.length);
    trigger = asTrigger(node, sliceJoined(joined, end - length, end), refused);
  }
  return { ...finish(outer, trigger), error: innermost.error };
}

function asTrigger(node: Node, joined: JoinedText, refused: boolean): Instruction {
  const { keyword, name, keywordSpan, flags, args, json, trigger } = node;
  const span = sourceSpan(joined, 0, joined.text.length);
  return {
    span,
    lines: { start: 0, end: 0 },
    keyword,
    name,
    keywordSpan,
    flags,
    args,
    json,
    joined,
    heredocs: [],
    comments: [],
    innerComments: [],
    trigger,
    refused,
  };
}

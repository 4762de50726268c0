/**
 * Figures and states → words. The only place that formats, so that hints, cards, trees and tables
 * say the same thing in the same form.
 *
 * A measured or computed size is plain, `~` marks an estimate, `≥` a sum of which a part is
 * unknown. An unknown size is never a number: it is the empty string here, and the reason stands
 * in the card.
 */

import type { CacheReport, SizeReport } from '../protocol.ts';

export type Units = 'decimal' | 'binary';

/** What can be said of a size in one breath; the shape of `SizeReport` and of the figures below it. */
export type Sized = Pick<SizeReport, 'basis' | 'bytes' | 'atLeast' | 'store'>;

/** What figures of other stores than Docker's classic one count, in a word and in a sentence. */
const otherStores: Readonly<Record<string, { readonly mark: string; readonly words: string }>> = {
  containerd: { mark: 'disk', words: 'on disk (containerd store)' },
  podman: { mark: 'tar', words: 'as a layer archive (Podman store)' },
};

const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `0 B`, `512 B`, `1.2 MB`, `117 MB`: one decimal below ten, none above; never `1000 kB`. */
export function bytes(count: number, units: Units): string {
  const names = units === 'binary' ? binary : decimal;
  const step = units === 'binary' ? 1024 : 1000;
  let value = count;
  let unit = 0;
  while (unit < names.length - 1 && Number(short(value, unit)) >= step) {
    value /= step;
    unit += 1;
  }
  return `${short(value, unit)} ${names[unit]}`;
}

function short(value: number, unit: number): string {
  if (unit === 0 || value >= 9.95) return String(Math.round(value));
  return String(Math.round(value * 10) / 10);
}

/** `1,234,567 bytes`. */
export function exactBytes(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'byte' : 'bytes'}`;
}

/** `1,234,567`. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * `1.2 MB`, `~84 MB`, `≥ 3 MB`; `''` when unknown. What an engine counted in another way than as file
 * contents says so: `13 MB disk`, `14 MB tar`.
 */
export function size(figure: Sized | null, units: Units): string {
  const words = bareSize(figure, units);
  const mark = otherStores[figure?.store ?? '']?.mark ?? '';
  return words && mark ? `${words} ${mark}` : words;
}

/** The same without what was counted, for where there is no room. */
export function bareSize(figure: Sized | null, units: Units): string {
  if (!figure || figure.basis === 'unknown' || figure.bytes === null) return '';
  const mark = `${figure.atLeast ? '≥ ' : ''}${figure.basis === 'estimated' ? '~' : ''}`;
  return `${mark}${bytes(figure.bytes, units)}`;
}

/** Bytes as a store counts them: `12 kB on disk (containerd store)`; file contents need no words. */
export function storedBytes(count: number, store: string | null | undefined, units: Units): string {
  const words = otherStores[store ?? '']?.words ?? '';
  return `${bytes(count, units)}${words && ` ${words}`}`;
}

/** What a figure grew or shrank by: `+4.1 MB`, `−12 kB`; `''` where it did not. */
export function growth(change: number, units: Units): string {
  return change === 0 ? '' : `${change > 0 ? '+' : '−'}${bytes(Math.abs(change), units)}`;
}

/** The same in a sentence: `4.1 MB more than`, `as much as`. */
export function comparedWith(change: number, units: Units): string {
  if (change === 0) return 'as much as';
  return `${bytes(Math.abs(change), units)} ${change > 0 ? 'more' : 'less'} than`;
}

/** From this share of the larger one on, two figures of one thing are worth telling apart. */
const notable = 0.05;

/**
 * What was estimated or computed beside a measured figure, where the two differ notably: `84 MB`;
 * `''` where they hardly do, where nothing was, and for figures of two stores, which nobody compares.
 */
export function estimatedBeside(
  { bytes: now, store, estimated }: Pick<SizeReport, 'bytes' | 'store' | 'estimated'>,
  units: Units,
): string {
  const before = estimated?.bytes ?? null;
  if (!estimated || now === null || before === null) return '';
  if ((store ?? 'classic') !== (estimated.store ?? 'classic')) return '';
  if (Math.abs(now - before) <= notable * Math.max(now, before)) return '';
  const words = `${estimated.atLeast ? 'at least ' : ''}${bytes(before, units)}`;
  return bytes(now, units) === words ? '' : words;
}

/** `sha256:1a2b3c4d5e6f`: as much of a digest as people compare. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(\w+:)?([0-9a-f]{12})[0-9a-f]*$/, '$1$2');
}

/** The same without its algorithm, as the docker CLI shows ids of images. */
export function shortId(id: string): string {
  return shortDigest(id).replace(/^\w+:/, '');
}

/** The size as part of a sentence: `at least 3 MB (3,141,592 bytes), counted from the build context`. */
export function sizePhrase(figure: SizeReport, units: Units): string {
  if (figure.basis === 'unknown' || figure.bytes === null) return 'unknown';
  const words = bytes(figure.bytes, units);
  const least = figure.atLeast ? 'at least ' : '';
  const counted = otherStores[figure.store ?? '']?.words ?? '';
  const tail = counted && ` ${counted}`;
  if (figure.basis === 'estimated') {
    const range =
      figure.low !== null && figure.high !== null && figure.low !== figure.high
        ? ` (${bytes(figure.low, units)} to ${bytes(figure.high, units)})`
        : '';
    return `${least}about ${words}${range}${tail}`;
  }
  const exact = figure.bytes < 1000 ? '' : ` (${exactBytes(figure.bytes)})`;
  return `${least}${words}${exact}${tail}`;
}

/** What a sum lacks: ` + 2 unknown lines`; `''` where it lacks nothing. */
export function besides({ unknownLines = 0 }: Pick<SizeReport, 'unknownLines'>): string {
  return unknownLines > 0 ? ` + ${count(unknownLines, 'unknown line')}` : '';
}

/** A sum with what it lacks: `≥ 312 MB + 2 unknown lines`; `''` when nothing of it is known. */
export function sumWords(figure: SizeReport, units: Units): string {
  const words = size(figure, units);
  return words && `${words}${besides(figure)}`;
}

/** `1 layer`, `3 layers`. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The word of a prediction in hints and rows; `''` when there is nothing to compare with. */
export function cacheWord(report: CacheReport | null): string {
  return report && report.prediction !== 'unknown' ? report.prediction : '';
}

/** `0.4 s`, `3.2 s`, `41 s`, `1 min 40 s`, `2 h 5 min`; takes milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 0.05) return 'under 0.1 s';
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [large, small, names] =
    whole < 3600
      ? [Math.floor(whole / 60), whole % 60, ['min', 's']]
      : [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), ['h', 'min']];
  return `${large} ${names[0]}${small > 0 ? ` ${small} ${names[1]}` : ''}`;
}

/** `41 s last time`; `''` when not known. */
export function lastTime(ms: number | null): string {
  return ms === null ? '' : `${duration(ms)} last time`;
}

/** What steps took, of which some times may not be known: `about 41 s`, `at least 41 s`, or `''`. */
export function again(times: { steps: number; ms: number; unknownTimes: number }): string {
  if (times.unknownTimes >= times.steps) return '';
  return `${times.unknownTimes > 0 ? 'at least' : 'about'} ${duration(times.ms)}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `14:02`, `14:02 on 20 Nov`, `14:02 on 20 Nov 2024`: no more of the date than is not that of now; `''` for what is no time. */
export function moment(iso: string, now: Date): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const clock = [at.getHours(), at.getMinutes()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const isThisYear = at.getFullYear() === now.getFullYear();
  const day = `${at.getDate()} ${months[at.getMonth()]}`;
  if (isThisYear && day === `${now.getDate()} ${months[now.getMonth()]}`) return clock;
  return `${clock} on ${day}${isThisYear ? '' : ` ${at.getFullYear()}`}`;
}

/** A sentence with its full times (`2026-11-20 14:02`) as `moment` has them. */
export function nearTimes(sentence: string, now: Date): string {
  return sentence.replace(/\b(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})\b/g, (full, day, clock) => {
    return moment(`${day}T${clock}`, now) || full;
  });
}

/** Parts of a hint or row with the separator that the product uses everywhere. */
export const separator = ' · ';

/** One line of at most `limit` characters: white space collapsed, the rest cut with `…`. */
export function oneLine(text: string, limit: number): string {
  // Cut first: a 5 MB instruction must not be collapsed as a whole for a row of 80 characters.
  const head = text
    .slice(0, limit * 8)
    .replace(/\s+/g, ' ')
    .trim();
  const cut = head.length > limit || text.length > limit * 8;
  return cut ? `${wholeCharacters(head, limit - 1)}…` : head;
}

function wholeCharacters(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length).trimEnd();
}

/** Text as plain Markdown on one line: nothing in it is a link, an emphasis or HTML. */
export function escapeMarkdown(text: string): string {
  // Addresses are escaped because GitHub's flavour makes links of bare ones. Marks that mean
  // something at the start of a line only are left alone, so that sentences stay readable as text.
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~$&@]|:(?=\/\/)|(?<=www)\./gi, '\\$&');
}

/** A sentence of ours as Markdown: what stands in backticks is code, all else is text. */
export function sentenceMarkdown(text: string): string {
  return text
    .split(/`([^`]+)`/)
    .map((part, at) => (at % 2 === 1 ? inlineCode(part) : escapeMarkdown(part)))
    .join('');
}

/** Text as inline code, whatever backticks it holds. */
export function inlineCode(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  const fence = '`'.repeat(longestRun(flat) + 1);
  const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
  return flat === '' ? '' : `${fence}${pad}${flat}${pad}${fence}`;
}

/** Text as a code block, whatever it holds; cut after `limit` characters. */
export function codeBlock(text: string, language: string, limit: number): string {
  const shown = text.length > limit ? `${wholeCharacters(text, limit)}…` : text;
  const fence = '`'.repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}${language}\n${shown.replace(/\n$/, '')}\n${fence}`;
}

/** Markdown as this file writes it → text, for editors that show no Markdown. */
export function plainText(markdown: string): string {
  const mark = /^(`{3,})\w*\n([\s\S]*?)\n\1$|(`+)( ?)(.+?)\4\3(?!`)|\\([!-/:-@[-`{-~])|\*\*/gm;
  // Tables as lists.
  const table = markdown.replace(
    /^\| (?:Part|Layer) \| \w+ \|\n.*\n((?:\|.*\|\n?)+)/gm,
    (_all, rows: string) =>
      rows.replace(/^\| (.+) \| (.*)\|$/gm, (_row, part: string, amount: string) =>
        `- ${part} ${amount}`.trimEnd(),
      ),
  );
  return table.replace(
    mark,
    (_all, _fence, block?: string, _marks?: string, _pad?: string, code?: string, char?: string) =>
      block ?? code ?? char ?? '',
  );
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

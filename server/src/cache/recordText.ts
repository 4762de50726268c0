/**
 * Build records as text: JSON, with the version in front, so that a later form is told from a damaged
 * one. What is read may be anything, and is checked piece by piece.
 */

import type { SentEntry } from '../context/contentFacts.ts';
import type { BuilderFacts, BuildRecord, RecordedStep } from './buildRecord.ts';
import type { KeyPart } from './keyedStep.ts';

export type DecodedRecord =
  | { readonly ok: true; readonly record: BuildRecord }
  | { readonly ok: false; readonly reason: string };

const format = 'dockerfile-layers build record';
/** Longer texts are not read, and longer lists neither. */
const mostChars = 256_000_000;
const mostSteps = 50_000;
/** Files in the table of a record. */
export const mostFiles = 500_000;
/** How many values a text may hold, and how deep: a short text can stand for more than memory has. */
const mostValues = 20_000_000;
const mostDepth = 16;
/** Texts below this length hold no more than memory has, whatever they say. */
const harmlessChars = 1_000_000;

const partKinds: readonly KeyPart['kind'][] = [
  ...(['base', 'instruction', 'command', 'variable', 'user', 'directory', 'mount'] as const),
  ...(['network', 'platform', 'destination', 'owner', 'mode', 'option', 'source'] as const),
  ...(['content', 'heredoc'] as const),
];
const stores: readonly NonNullable<BuilderFacts['store']>[] = ['classic', 'containerd', 'podman'];
const fileKinds: readonly SentEntry['kind'][] = ['file', 'directory', 'symlink', 'other'];
const sources: readonly BuildRecord['source'][] = [
  'build',
  'terminal',
  'noticed',
  'probe',
  'snapshot',
];
const outcomes: readonly RecordedStep['outcome'][] = ['cached', 'ran', 'assumed'];

/** A record as text, for `decodeRecord`. A table of too many files is left out. */
export function encodeRecord(record: BuildRecord): string {
  const { version, files, steps, unmerged, open, ...rest } = record;
  const isKept = files !== null && files.size <= mostFiles;
  return JSON.stringify({
    format,
    version,
    ...rest,
    steps: steps.map(stepValue),
    ...(unmerged && { unmerged: unmerged.map(stepValue) }),
    ...(open && { open: open.map(partRows) }),
    files: isKept ? [...files].map(fileRow) : null,
  });
}

function stepValue({ parts, ...step }: RecordedStep): object {
  return { ...step, parts: partRows(parts) };
}

function partRows(parts: readonly KeyPart[]): readonly (readonly string[])[] {
  return parts.map(({ kind, name, digest }) => [kind, name, digest]);
}

/** A row of the table of files. */
export function fileRow([path, entry]: readonly [string, SentEntry]): readonly unknown[] {
  const { kind, mode, bytes, mtimeNs, content, ctimeNs, link } = entry;
  const row = [path, kind, mode, bytes, mtimeNs, content];
  if (link !== undefined) return [...row, ctimeNs ?? null, link];
  return ctimeNs === undefined ? row : [...row, ctimeNs];
}

/** Any text in: a record, or why it is none (a full sentence). Never throws. */
export function decodeRecord(text: string): DecodedRecord {
  if (text.length > mostChars || (text.length > harmlessChars && holdsTooMuch(text))) {
    return refused('This build record is too large.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return refused('This is no build record: it is no JSON.');
  }
  if (!isObject(value) || value.format !== format) {
    return refused('This is no build record of Dockerfile Layers.');
  }
  if (value.version !== 1) {
    const version = typeof value.version === 'number' ? ` ${value.version}` : '';
    return refused(
      `This build record has the form${version} of another version of Dockerfile Layers; this one reads form 1.`,
    );
  }
  const record = readRecord(value);
  return record ? { ok: true, record } : refused('This build record is damaged.');
}

/** Counts the marks of JSON between its strings, without making anything of them. */
function holdsTooMuch(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        values += 1;
        if (depth > mostDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
      case 0x2c: // ,
        values += 1;
    }
    if (values > mostValues) return true;
  }
  return false;
}

/** Index of the quote that ends the string which begins here; the end of the text where there is none. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at += 1;
  }
  return text.length;
}

function refused(reason: string): DecodedRecord {
  return { ok: false, reason };
}

function readRecord(value: Readonly<Record<string, unknown>>): BuildRecord | null {
  const { dockerfile, context, target, platform, at } = value;
  if (typeof dockerfile !== 'string' || typeof platform !== 'string') return null;
  if (!isTextOrNull(context) || !isTextOrNull(target)) return null;
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return null;
  const source = sources.find((each) => each === value.source);
  const builder = readBuilder(value.builder);
  const given = readArguments(value.arguments);
  const steps = readList(value.steps, mostSteps, readStep);
  const unmerged = readList(value.unmerged ?? [], mostSteps, readStep);
  const files = value.files === null ? null : readFiles(value.files);
  const gone = readList(value.gone ?? [], mostSteps, (key) =>
    typeof key === 'string' ? key : null,
  );
  const open = readList(value.open ?? [], mostSteps, (parts) =>
    readList(parts, mostSteps, readPart),
  );
  if (!source || builder === undefined || !given || !steps || files === undefined) return null;
  if (!unmerged) return null;
  const bases = value.bases === undefined ? {} : readArguments(value.bases);
  const image = value.image ?? null;
  if (!gone || !open || !bases || !isTextOrNull(image)) return null;
  return {
    version: 1,
    dockerfile,
    context,
    target,
    platform,
    arguments: given,
    at,
    source,
    builder,
    steps,
    ...(unmerged.length > 0 && { unmerged }),
    ...(gone.length > 0 && { gone }),
    ...(open.length > 0 && { open }),
    ...(value.image !== undefined && { image }),
    ...(Object.keys(bases).length > 0 && { bases }),
    files,
  };
}

function readBuilder(value: unknown): BuilderFacts | null | undefined {
  if (value === null) return null;
  if (!isObject(value) || typeof value.name !== 'string') return undefined;
  const { name, mergesLayers } = value;
  if (mergesLayers !== null && typeof mergesLayers !== 'boolean') return undefined;
  const store = stores.find((each) => each === value.store);
  const hashesBelow = value.hashesBelow === true && { hashesBelow: true as const };
  const engine = typeof value.engine === 'string' && { engine: value.engine };
  return { name, mergesLayers, ...(store && { store }), ...hashesBelow, ...engine };
}

function readArguments(value: unknown): Readonly<Record<string, string>> | null {
  if (!isObject(value)) return null;
  const entries = Object.entries(value);
  if (entries.length > mostSteps) return null;
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === entries.length ? Object.fromEntries(texts) : null;
}

function readStep(value: unknown): RecordedStep | null {
  if (!isObject(value)) return null;
  const { key, parent, after, stage, line, text, ms, bytes } = value;
  if (typeof key !== 'string' || typeof parent !== 'string' || typeof after !== 'string')
    return null;
  if (!isCount(stage) || !isCount(line) || typeof text !== 'string') return null;
  if (!isAmount(ms) || !isAmount(bytes)) return null;
  const outcome = outcomes.find((each) => each === value.outcome);
  const parts = readList(value.parts, mostSteps, readPart);
  const took = readList(value.took, mostFiles, (path) => (typeof path === 'string' ? path : null));
  if (!outcome || !parts || !took) return null;
  const links = value.links === true && { links: true as const };
  return { key, parent, after, parts, stage, line, text, outcome, ms, bytes, took, ...links };
}

function readPart(value: unknown): KeyPart | null {
  if (!Array.isArray(value)) return null;
  const [given, name, digest] = value as readonly unknown[];
  const kind = partKinds.find((each) => each === given);
  if (!kind || typeof name !== 'string' || typeof digest !== 'string') return null;
  return { kind, name, digest };
}

/** Undefined: no table of files. */
function readFiles(value: unknown): ReadonlyMap<string, SentEntry> | undefined {
  const rows = readList(value, mostFiles, readFile);
  return rows ? new Map(rows) : undefined;
}

/** The reverse of `fileRow`; null: it is none. */
export function readFile(value: unknown): readonly [string, SentEntry] | null {
  if (!Array.isArray(value)) return null;
  const [path, given, mode, bytes, mtimeNs, content, ctimeNs, link] = value as readonly unknown[];
  const kind = fileKinds.find((each) => each === given);
  if (!kind || typeof path !== 'string' || !isCount(mode) || !isCount(bytes)) return null;
  if (typeof mtimeNs !== 'string' || typeof content !== 'string') return null;
  const entry = { kind, mode, bytes, mtimeNs, content };
  const times = typeof ctimeNs === 'string' ? { ctimeNs } : {};
  const names = typeof link === 'string' ? { link } : {};
  const isOdd = (cell: unknown) => cell != null && typeof cell !== 'string';
  return isOdd(ctimeNs) || isOdd(link) ? null : [path, { ...entry, ...times, ...names }];
}

/** Null where the list is none, is too long, or has one item that is none. */
function readList<T>(
  value: unknown,
  most: number,
  read: (item: unknown) => T | null,
): readonly T[] | null {
  if (!Array.isArray(value) || value.length > most) return null;
  const items: T[] = [];
  for (const each of value as readonly unknown[]) {
    const item = read(each);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isAmount(value: unknown): value is number | null {
  return value === null || isCount(value);
}

/**
 * Build records as text, written and read in pieces: the table of files of a large context is most of
 * a record, and others are to have their turn in between. The same text and the same records as those
 * of `recordText.ts`.
 */

import type { SentEntry } from '../context/contentFacts.ts';
import type { BuildRecord } from './buildRecord.ts';
import {
  type DecodedRecord,
  decodeRecord,
  encodeRecord,
  fileRow,
  mostFiles,
  readFile,
} from './recordText.ts';

/** Lets others have their turn where that is due. */
export type Pause = () => Promise<void> | undefined;

const rowsAtOnce = 500;
const charsAtOnce = 64_000;
/** Texts below this length are read at once. */
const short = 200_000;
/** The table stands last, and is null where there is none. */
const noTable = 'null}';
const tableMark = ',"files":[[';
/** No string has this inside: a quote in it is escaped. */
const rowMark = '],["';

/** The text of a record. */
export async function encodeInPieces(record: BuildRecord, pause: Pause): Promise<string> {
  const { files } = record;
  const head = encodeRecord({ ...record, files: null });
  if (!files || files.size === 0 || files.size > mostFiles) return encodeRecord(record);
  const pieces: string[] = [];
  let rows: (readonly unknown[])[] = [];
  for (const file of files) {
    rows.push(fileRow(file));
    if (rows.length < rowsAtOnce) continue;
    pieces.push(JSON.stringify(rows).slice(1, -1));
    rows = [];
    await pause();
  }
  if (rows.length > 0) pieces.push(JSON.stringify(rows).slice(1, -1));
  return `${head.slice(0, -noTable.length)}[${pieces.join(',')}]}`;
}

/** The record of any text, or why it is none. */
export async function decodeInPieces(text: string, pause: Pause): Promise<DecodedRecord> {
  const start = text.length < short ? -1 : text.indexOf(tableMark);
  if (start < 0 || !text.endsWith(']]}')) return decodeRecord(text);
  const head = decodeRecord(`${text.slice(0, start)},"files":${noTable}`);
  const files = head.ok ? await filesIn(text, start + tableMark.length - 1, pause) : null;
  // What is not as it was written here is read as a whole.
  return head.ok && files ? { ok: true, record: { ...head.record, files } } : decodeRecord(text);
}

/** The table whose first row begins at `from`; null: it is otherwise. */
async function filesIn(
  text: string,
  from: number,
  pause: Pause,
): Promise<ReadonlyMap<string, SentEntry> | null> {
  const files = new Map<string, SentEntry>();
  const last = text.length - ']}'.length;
  for (let at = from; at < last; ) {
    const mark = text.indexOf(rowMark, at + charsAtOnce);
    const end = mark < 0 ? last : mark + 1;
    // Rows are short, whatever they hold.
    if (end - at > 4 * charsAtOnce) return null;
    const rows = rowsOf(text.slice(at, end));
    if (!rows || files.size + rows.length > mostFiles) return null;
    for (const row of rows) {
      const file = readFile(row);
      if (!file) return null;
      files.set(...file);
    }
    at = end + 1;
    await pause();
  }
  return files;
}

function rowsOf(text: string): readonly unknown[] | null {
  try {
    const rows: unknown = JSON.parse(`[${text}]`);
    return Array.isArray(rows) ? rows : null;
  } catch {
    return null;
  }
}

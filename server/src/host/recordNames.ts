/** Names of the files in the record store, and which of them are kept. */

import type { BuildRecord } from '../cache/buildRecord.ts';

/** One file of the store; its content never changes under its name. */
export interface RecordFile {
  readonly name: string;
  /** Milliseconds since 1970, for the order; what is added later never has less. */
  readonly time: number;
  readonly random: string;
  readonly source: BuildRecord['source'];
  /** Its table of files was left out. */
  readonly slim: boolean;
}

/** Reads a name; undefined when it is none of a finished record. */
export function readRecordName(name: string): RecordFile | undefined {
  const match =
    /^(\d{15})-([0-9a-f]{12})\.(build|terminal|noticed|probe|snapshot)(\.slim)?\.json\.gz$/.exec(
      name,
    );
  if (!match) return undefined;
  const [, time, random = '', source, slim] = match;
  return {
    name,
    time: Number(time),
    random,
    source: source as BuildRecord['source'],
    slim: slim !== undefined,
  };
}

/** The name for a record; times are padded so that names sort by them. */
export function recordName(file: Omit<RecordFile, 'name'>): string {
  const { time, random, source, slim } = file;
  return `${String(time).padStart(15, '0')}-${random}.${source}${slim ? '.slim' : ''}.json.gz`;
}

/** The finished records among some names, the newest first, each once. */
export function recordFiles(names: readonly string[]): readonly RecordFile[] {
  const files = names
    .map(readRecordName)
    .filter((file) => file !== undefined)
    // The full one goes first: a process may have ended before it removed it.
    .sort((a, b) => b.time - a.time || compare(a.random, b.random) || +a.slim - +b.slim);
  return files.filter(({ random, time }, at) => {
    const before = files[at - 1];
    return before?.random !== random || before.time !== time;
  });
}

/**
 * The time under which a record is filed. A record whose build began earlier than another's stands
 * below it, unless the store has times that are still to come: then the clock was put back, and what
 * is added now is the newest.
 */
export function filedAt(at: string, now: number, existing: readonly RecordFile[]): number {
  const newest = Math.max(0, ...existing.map(({ time }) => time));
  if (newest > now) return newest + 1;
  const began = Date.parse(at);
  return Number.isFinite(began) && began >= 0 && began <= now ? began : now;
}

/** How many records are kept for one Dockerfile. */
export const keptRecords = 20;
/** Of one source that comes often and says little that is new. */
const keptOfSource: Partial<Record<BuildRecord['source'], number>> = { probe: 6, snapshot: 6 };
/** How many keep their table of files, which is nearly all of their bytes. */
export const keptTables = 4;

/** Of one Dockerfile's records, the newest first: which vanish, and which lose their tables. */
export function excess(files: readonly RecordFile[]): {
  readonly vanish: readonly RecordFile[];
  readonly slim: readonly RecordFile[];
} {
  const counts = new Map<string, number>();
  const kept: RecordFile[] = [];
  const vanish: RecordFile[] = [];
  for (const file of files) {
    const count = (counts.get(file.source) ?? 0) + 1;
    const isKept = kept.length < keptRecords && count <= (keptOfSource[file.source] ?? keptRecords);
    if (isKept) counts.set(file.source, count);
    (isKept ? kept : vanish).push(file);
  }
  return { vanish, slim: kept.slice(keptTables).filter(({ slim }) => !slim) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Which records of builds count while one engine answers. */

import type { BuildRecord } from '../cache/buildRecord.ts';
import type { EngineInfo } from '../engine/engine.ts';

type Answering = Pick<EngineInfo, 'id' | 'store'>;

/**
 * Another engine has nothing of what was built with this one, and neither has its other image store.
 * A record that does not say whose it is counts, and all do while no engine answers. The same list
 * where all of them count.
 */
export function recordsOfEngine(
  records: readonly BuildRecord[],
  engine: Answering | null,
): readonly BuildRecord[] {
  if (!engine || records.every((record) => isOf(record, engine))) return records;
  const known = lists.get(records);
  if (known && known.id === engine.id && known.store === engine.store) return known.left;
  const left = records.filter((record) => isOf(record, engine));
  lists.set(records, { id: engine.id, store: engine.store, left });
  return left;
}

/** What is made of a list is remembered by the list. */
const lists = new WeakMap<
  readonly BuildRecord[],
  Answering & { readonly left: readonly BuildRecord[] }
>();

function isOf({ builder }: BuildRecord, { id, store }: Answering): boolean {
  if (!builder?.engine || id === null) return true;
  return builder.engine === id && (builder.store === undefined || builder.store === store);
}

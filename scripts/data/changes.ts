/** What another state of the mirror changed in a bundled file, in words. */

import { decodeIndex } from '../../server/src/packages/indexText.ts';
import type { PackageIndex } from '../../server/src/packages/packageIndex.ts';

/** One line for each architecture; `before` is the text of the last run, null: there was none. */
export function changes(before: string | null, after: string, arches: readonly string[]): string {
  return arches.map((arch) => changesOf(before, after, arch)).join('\n');
}

/** Packages of all pages whose sizes were read from package files. */
export function measuredOf(text: string): number {
  let count = 0;
  for (const page of text.split('\f')) {
    const decoded = decodeIndex(page);
    if (!decoded.ok) continue;
    for (const name of decoded.index.names()) if (decoded.index.package(name)?.measured) count++;
  }
  return count;
}

function changesOf(before: string | null, after: string, arch: string): string {
  const next = decodeIndex(after, arch);
  if (!next.ok) throw new Error(`${arch}: ${next.reason}`);
  const names = [...next.index.names()];
  const facts = names.flatMap((name) => next.index.package(name) ?? []);
  const measured = facts.filter((one) => one.measured).length;
  const share = ((100 * measured) / names.length).toFixed(1);
  const now = `${arch}: ${names.length} packages of ${next.index.date}, ${share} % measured`;
  const last = before === null ? null : decodeIndex(before, arch);
  if (!last?.ok) return `  ${now}`;
  const added = names.filter((name) => !last.index.package(name));
  const removed = [...last.index.names()].filter((name) => !next.index.package(name));
  const { count, bytes } = moved(last.index, next.index);
  return `  ${now}; since ${last.index.date} ${listed('added', added)}, ${listed('removed', removed)}, ${count} of other size (${(bytes / 1e6).toFixed(1)} MB)`;
}

/** Packages whose files take other space, and the sum of the differences. */
function moved(last: PackageIndex, next: PackageIndex) {
  let count = 0;
  let bytes = 0;
  for (const name of next.names()) {
    const a = last.package(name);
    const b = next.package(name);
    if (!a || !b || a.files === b.files) continue;
    count++;
    bytes += Math.abs(b.files - a.files);
  }
  return { count, bytes };
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return `none ${what}`;
  const shown = names.slice(0, 5).join(' ');
  return `${names.length} ${what} (${shown}${names.length > 5 ? ' …' : ''})`;
}

/** Names of packages that the index does not have, and those that other sources have too. */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import { releaseName } from './aptBytes.ts';
import type { StageState } from './draft.ts';

/** Why a name is unknown, with the name that was perhaps meant. */
export function missingReason(name: string, index: PackageIndex, state: StageState): string {
  const release = releaseName(index);
  if (state.foreignSources) {
    return `There is no package \`${name}\` in ${release}; it may come from a package source that an earlier command added.`;
  }
  const near = nearestName(name, index);
  const meant = near ? ` Did you mean \`${near}\`?` : '';
  if (!index.partial) return `There is no package \`${name}\` in ${release}.${meant}`;
  const way = near ? '' : ' **Dockerfile Layers: Update Package Data** reads all of it.';
  return `There is no package \`${name}\` in ${release} as far as the bundled package data goes.${meant}${way}`;
}

/**
 * The name that was perhaps meant, at most two edits away: two letters that changed places count
 * less than any other, and of equally near ones the shortest comes first.
 */
export function nearestName(name: string, index: PackageIndex): string | null {
  if (name.length < 3 || name.length > 60) return null;
  let best: string | null = null;
  let least = 2.1;
  for (const one of index.names()) {
    if (Math.abs(one.length - name.length) > 2) continue;
    if (one[0] !== name[0] && one[1] !== name[1] && one[0] !== name[1]) continue;
    const edits = distance(name, one);
    const isNearer =
      edits < least || (edits === least && best !== null && one.length < best.length);
    if (!isNearer || edits > name.length / 3 + 0.5) continue;
    least = edits;
    best = one;
  }
  return best;
}

/** Edits between two names; neighbours that changed places count for a little less than one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + differs);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped && differs) least = Math.min(least, (before[j - 2] ?? 0) + 0.9);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Programs whose makers, and others, offer packages of the same names. */
const offeredElsewhere =
  /^(nodejs|npm|yarn(pkg)?|postgresql.*|libpq.*|nginx.*|php.*|docker.*|containerd.*|runc|mariadb.*|mysql.*|libmysql.*|libmariadb.*|redis.*|rabbitmq.*|erlang.*|clang.*|llvm.*|libllvm.*|lld.*|lldb.*|cmake.*|openjdk.*|mono.*|dotnet.*|aspnetcore.*|nvidia.*|cuda.*|r-(base|cran|recommended).*|ros-.*|varnish.*|haproxy.*|chromium.*|firefox.*|wine.*|kubectl|collectd.*|grafana.*|mongo.*|salt-.*|puppet.*|zabbix.*|icinga.*)$/;

/** A package source that was added may have a package of this name that apt prefers. */
export function overridden(name: string): boolean {
  return offeredElsewhere.test(name);
}

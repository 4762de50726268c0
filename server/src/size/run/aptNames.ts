/** Names of packages that the index does not have, and those that other sources have too. */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import { suggest } from '../../syntax/suggestions.ts';
import { releaseName } from './aptBytes.ts';
import type { StageState } from './draft.ts';

/** Why a name is unknown, with the name that was perhaps meant. */
export function missingReason(name: string, index: PackageIndex, state: StageState): string {
  const release = releaseName(index);
  if (state.foreignSources) {
    return `There is no package \`${name}\` in ${release}; it may come from a package source that an earlier command added.`;
  }
  const near = suggest(name, namesLike(name, index), true);
  const meant = near ? ` Did you mean \`${near}\`?` : '';
  if (!index.partial) return `There is no package \`${name}\` in ${release}.${meant}`;
  const way = near ? '' : ' **Dockerfile Layers: Update Package Data** reads all of it.';
  return `There is no package \`${name}\` in ${release} as far as the bundled package data goes.${meant}${way}`;
}

/** Comparing every name takes long: only those of about its length. */
function namesLike(name: string, index: PackageIndex): readonly string[] {
  const letters = new Set([name[0], name[1]]);
  return [...index.names()].filter(
    (one) => Math.abs(one.length - name.length) <= 2 && letters.has(one[0]),
  );
}

/** Programs whose makers, and others, offer packages of the same names. */
const offeredElsewhere =
  /^(nodejs|npm|yarn(pkg)?|postgresql.*|libpq.*|nginx.*|php.*|docker.*|containerd.*|runc|mariadb.*|mysql.*|libmysql.*|libmariadb.*|redis.*|rabbitmq.*|erlang.*|clang.*|llvm.*|libllvm.*|lld.*|lldb.*|cmake.*|gcc.*|g\+\+.*|cpp.*|python[23].*|openjdk.*|default-j.*|maven|gradle|mono.*|dotnet.*|aspnetcore.*|ruby.*|nvidia.*|cuda.*|libcud.*|r-(base|cran|recommended).*|ros-.*|apache2.*|varnish.*|haproxy.*|ffmpeg.*|libreoffice.*|chromium.*|firefox.*|golang.*|rustc|cargo|qemu.*|wine.*|elasticsearch|kubectl|ansible.*|git(-.*)?|collectd.*|grafana.*|mongo.*|salt-.*|puppet.*|zabbix.*|icinga.*|monit)$/;

/** A package source that was added may have a package of this name that apt prefers. */
export function overridden(name: string): boolean {
  return offeredElsewhere.test(name);
}

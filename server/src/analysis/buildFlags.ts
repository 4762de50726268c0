/** What in the arguments of the builder's command changes which steps are found in its cache. */

import type { BuildFlags } from '../model/plan.ts';

/**
 * Of these every RUN depends on the value, and no other step (seen on an engine, and `exec.go`):
 * network, names of hosts, limits, the parent of its control group, the size of its shared memory.
 */
const ofRuns = ['--network', '--add-host', '--ulimit', '--shm-size', '--cgroup-parent'];

/** The flags among arguments as they are written, `--name=value` or `--name value`. */
export function buildFlags(words: readonly string[]): BuildFlags | null {
  const run: (readonly [name: string, flag: string])[] = [];
  const stages: string[] = [];
  let isAll = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, name = word, given] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (name === '--no-cache') isAll = given === undefined || given === 'true' || given === '1';
    const isStage = name === '--no-cache-filter';
    if (!isStage && !ofRuns.includes(name)) continue;
    const value = given ?? words[at + 1] ?? '';
    if (given === undefined) at += 1;
    if (isStage) stages.push(...value.split(','));
    else if (name !== '--network' || value !== 'default') run.push([name, `${name}=${value}`]);
  }
  const noCache = isAll ? 'all' : stages.length > 0 ? stages : null;
  if (run.length === 0 && !noCache) return null;
  // Only among flags of one name their order may say something.
  const sorted = run.sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));
  return { run: sorted.map(([, flag]) => flag), noCache };
}

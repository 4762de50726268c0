/**
 * Compares estimates with what was measured: `npm run truth` for all that can be compared here,
 * `npm run truth -- apt FOLDER` for one kind with its arguments.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const kinds = readdirSync(import.meta.dirname).flatMap(
  (name) => /^(\w+)Truth\.ts$/.exec(name)?.[1] ?? [],
);
const [wanted, ...rest] = process.argv.slice(2);
if (wanted !== undefined && !kinds.includes(wanted)) {
  console.error(`There is nothing to compare for ${wanted}; there is ${kinds.join(', ')}.`);
  process.exit(2);
}
let failed = false;
for (const kind of wanted === undefined ? kinds : [wanted]) {
  console.log(`\n== ${kind}`);
  try {
    const script = join(import.meta.dirname, `${kind}Truth.ts`);
    execFileSync(process.execPath, ['--import', 'tsx', script, ...rest], { stdio: 'inherit' });
  } catch {
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;

/**
 * Cases recorded from BuildKit itself. Those written for this project stand in
 * `test/fixtures/conformance`. Those taken from other projects are not ours to ship: they are read
 * from `shared/conformance` beside the project where that folder exists, else skipped, saying so.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const own = join(import.meta.dirname, '../fixtures/conformance');
const beside = join(import.meta.dirname, '../../../shared/conformance');

/** All cases of one file, or null where that file cannot be had on this machine. */
export function cases<T>(name: string): readonly T[] | null {
  for (const folder of [own, beside]) {
    const file = join(folder, `${name}.json`);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { cases: T[] }).cases;
  }
  return null;
}

/** Declares one Mocha test per case, or one skipped test that says why. */
export function eachCase<T extends object>(
  name: string,
  title: (testCase: T, index: number) => string,
  run: (testCase: T) => void | Promise<void>,
): void {
  const all = cases<T>(name);
  describe(`conformance/${name}.json`, () => {
    if (!all) {
      it(`skipped: ${name}.json is not on this machine`, function () {
        this.skip();
      });
      return;
    }
    for (const [index, testCase] of all.entries()) {
      it(`${index}: ${title(testCase, index)}`, () => run(testCase));
    }
  });
}

/**
 * Loaded inside the extension host. Runs the suite named by `TEST_SUITE` and writes what came of it
 * to `TEST_RESULT_FILE`: the exit code alone can lie, as a killed extension host counts as success.
 */

import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import type { Result } from '../results.ts';

export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 30_000,
    forbidOnly: true,
    ...(process.env.MOCHA_GREP ? { grep: process.env.MOCHA_GREP } : {}),
  });
  // The suites are part of this bundle, so they are run here instead of being loaded as files.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  if (process.env.TEST_SUITE === 'restricted') await import('./restricted.test.ts');
  else if (process.env.TEST_SUITE === 'predictions') await import('./predictions.test.ts');
  else if (process.env.TEST_SUITE === 'engine') await import('./engine.test.ts');
  else if (process.env.TEST_SUITE === 'peer') await import('./peer.test.ts');
  else {
    await import('./features.test.ts');
    await import('./stack.test.ts');
  }
  const results: Result[] = [];
  const failures = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    runner.on('pass', (test) => {
      results.push({ title: test.fullTitle(), state: 'passed', ms: test.duration ?? 0 });
    });
    runner.on('pending', (test) => {
      results.push({ title: test.fullTitle(), state: 'skipped', ms: 0 });
    });
    runner.on('fail', (test, error: Error) => {
      const text = error.stack ?? String(error);
      results.push({ title: test.fullTitle(), state: 'failed', ms: 0, error: text });
    });
  });
  const file = process.env.TEST_RESULT_FILE;
  if (file) writeFileSync(file, JSON.stringify(results));
  if (failures > 0) throw new Error(`${failures} failed`);
}

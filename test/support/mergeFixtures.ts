/**
 * The hand-made cases of merging: `test/fixtures/merge/<name>.txt` has a line that says what is
 * shown, the style, the Dockerfile before, and either the Dockerfile after or the reason why not.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MergeOptions } from '../../server/src/merge/mergeRun.ts';

const folder = join(import.meta.dirname, '../fixtures/merge');

export interface MergeFixture {
  readonly name: string;
  readonly title: string;
  readonly style: MergeOptions['style'];
  readonly before: string;
  readonly expected: { readonly text: string } | { readonly reason: string };
}

export function mergeFixtures(): readonly MergeFixture[] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const whole = readFileSync(join(folder, file), 'utf8');
      const [head = '', rest = ''] = cut(whole, '-- before --\n');
      const [before, after] = cut(rest, '-- after --\n');
      const [onlyBefore, reason] = cut(rest, '-- reason --\n');
      const [title = '', style = ''] = head.split('\n').map((line) => line.replace(/^# /, ''));
      return {
        name: file.replace(/\.txt$/, ''),
        title,
        style: style.replace('style: ', '') as MergeOptions['style'],
        before: after === undefined ? (onlyBefore ?? rest) : (before ?? rest),
        expected: after === undefined ? { reason: (reason ?? '').trim() } : { text: after },
      };
    });
}

/** Writes what was given as the new expectation. */
export function updateFixture(fixture: MergeFixture, given: MergeFixture['expected']): void {
  const path = join(folder, `${fixture.name}.txt`);
  const head = `# ${fixture.title}\n# style: ${fixture.style}\n-- before --\n${fixture.before}`;
  const tail = 'text' in given ? `-- after --\n${given.text}` : `-- reason --\n${given.reason}\n`;
  writeFileSync(path, head + tail);
}

function cut(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

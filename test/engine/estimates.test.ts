/**
 * What the report says of RUN lines before a build, judged by real builds of Dockerfiles as people
 * write them. A figure may be missing; it may not be wrong.
 */

import assert from 'node:assert/strict';
import { ensureDebianBases, ensureNodeImage } from './debianBases.ts';
import { describeWithEngine } from './engine.ts';
import { type ComparedLine, caseNames, compareCase, pooled, startSite } from './estimateCases.ts';
import { summaryOf, wrongCounts } from './estimatePage.ts';

/** Shares of RUN lines: at least so many have a figure, at most so many figures miss their band. */
const leastFigures = 0.8;
const mostOutside = 0.05;

const describeLine = ({ name, line, text, size, measured }: ComparedLine) =>
  `${name}:${line} ${text}\n  said ${size.low} to ${size.high}, built ${measured}: ${size.reason}`;

describeWithEngine('estimates against a real build', () => {
  let cases: ReadonlyMap<string, Promise<readonly ComparedLine[]>> = new Map();
  let site: Awaited<ReturnType<typeof startSite>> | undefined;
  const compared: ComparedLine[] = [];

  before(async function () {
    this.timeout(900_000);
    try {
      await ensureDebianBases();
      await ensureNodeImage();
    } catch (error) {
      console.error(`skipped: no Debian images could be made here: ${(error as Error).message}`);
      this.skip();
    }
    const started = await startSite();
    site = started;
    const results = pooled(caseNames.map((name) => () => compareCase(name, started.address)));
    cases = new Map(caseNames.map((name, index) => [name, results[index] as never]));
  });
  after(() => site?.stop());

  for (const name of caseNames) {
    it(`${name}: no counted figure is wrong`, async function () {
      this.timeout(900_000);
      const lines = (await cases.get(name)) ?? [];
      assert.ok(lines.length > 0, 'no line was compared');
      compared.push(...lines);
      assert.deepEqual(wrongCounts(lines).map(describeLine), []);
    });
  }

  it('most RUN lines have a figure', () => {
    const { figures, lines } = summaryOf(compared);
    assert.ok(lines > 150, `${lines} lines`);
    assert.ok(figures / lines >= leastFigures, `${figures} of ${lines}`);
  });

  it('figures lie in their bands', () => {
    const { figures, outside } = summaryOf(compared);
    assert.ok(
      outside.length <= mostOutside * figures,
      `${outside.length} of ${figures}:\n${outside.map(describeLine).join('\n')}`,
    );
  });
});

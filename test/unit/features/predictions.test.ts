/** What the next build does, in hints, cards and reports. */

import assert from 'node:assert/strict';
import { cacheSection } from '../../../server/src/features/cacheCard.ts';
import { inlayHints } from '../../../server/src/features/inlayHints.ts';
import { duration, moment } from '../../../server/src/features/render.ts';
import { rowsOf } from '../../../server/src/features/rows.ts';
import { stack } from '../../../server/src/features/stack.ts';
import { analyzed } from '../../support/analyses.ts';
import { drawHints } from '../../support/marked.ts';
import { type Said, withPredictions } from '../../support/predictions.ts';

const text = `FROM node:22 AS build
ARG V=1
WORKDIR /app
COPY src /app/src
RUN npm run build
FROM debian
COPY --from=build /app /app
RUN ldconfig
CMD ["/app/run"]
`;

const edited: Readonly<Record<number, Said>> = {
  3: { word: 'cached', ms: 40 },
  4: { word: 'changed', reason: 'src/app.ts changed', ms: 300 },
  5: { word: 'rebuild', reason: 'src/app.ts changed', by: 4, ms: 99_700 },
  7: { word: 'unknown', reason: 'What `npm run build` writes is known only after a build.' },
  8: { word: 'unknown', reason: 'It follows line 7, of which it is not known.', ms: 1200 },
};

const now = new Date('2026-11-20T16:30:00');

async function card(
  line: number,
  said: Readonly<Record<number, Said>> = edited,
  { links = null as string | null, source = text } = {},
): Promise<string> {
  const { analysis } = await analyzed(source);
  const predicted = withPredictions(analysis, said);
  const row = rowsOf(predicted.plan).find(({ instruction }) => instruction.lines.start === line);
  return row ? (cacheSection(predicted, row, links, now) ?? '') : '';
}

describe('what the next build does', () => {
  it('stands in the hints, and leads to the line that causes it', async () => {
    const { analysis, document } = await analyzed(text);
    const everything = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const commands = { layer: 'layer', cause: 'cause' };
    const hints = inlayHints(withPredictions(analysis, edited), document, everything, commands);
    assert.match(drawHints(text, hints), /COPY src \/app\/src ⟦layer 2 · changed⟧/);
    assert.match(drawHints(text, hints), /RUN npm run build ⟦layer 3 · rebuild⟧/);
    assert.match(drawHints(text, hints), /WORKDIR \/app ⟦layer 1 · 0 B · cached⟧/);
    assert.match(drawHints(text, hints), /RUN ldconfig ⟦layer 2 · ~12 kB⟧/);
    const rebuild = hints.find(({ position }) => position.line === 4);
    assert.ok(Array.isArray(rebuild?.label));
    assert.deepEqual(rebuild.label.at(-1)?.command?.arguments, [document.uri, 3]);
    assert.equal(rebuild.label.at(-1)?.command?.command, 'cause');
    for (const { label } of hints) {
      const shown = typeof label === 'string' ? label : label.map(({ value }) => value).join('');
      assert.ok(shown.length <= 30, shown);
    }
  });

  it('shows misses only where that is set', async () => {
    const { analysis, document } = await analyzed(text, {
      inlayHints: { cache: { enable: 'misses' } },
    });
    assert.equal(analysis.settings.inlayHints.cache, 'misses');
    const everything = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const hints = inlayHints(withPredictions(analysis, edited), document, everything, null);
    assert.doesNotMatch(drawHints(text, hints), /cached/);
    assert.match(drawHints(text, hints), /changed/);
  });

  it('is explained at the first miss: what changed, since when, what follows, and how long that takes', async () => {
    assert.equal(
      (await card(4)).split(' The key depends')[0],
      '**Cache**: changed. `src/app.ts` changed since the build of 14:02; this COPY and the step after it run again, about 1 min 40 s last time. This COPY took 0.3 s last time.',
    );
  });

  it('names the line of the first miss where a step follows it', async () => {
    assert.equal(
      (await card(5)).split(' The key depends')[0],
      '**Cache**: rebuild. `src/app.ts` changed since the build of 14:02 (line 4); line 4 and the step after it run again, about 1 min 40 s last time. This RUN took 1 min 40 s last time.',
    );
  });

  it('says since when a step is in the cache, and what it took', async () => {
    assert.match(
      await card(3),
      /^\*\*Cache\*\*: cached, as in the build of 14:02\. This WORKDIR took under 0\.1 s last time\. The key/,
    );
  });

  it('says why it is not known', async () => {
    assert.match(
      await card(7),
      /^\*\*Cache\*\*: unknown\. What `npm run build` writes is known only after a build\. The key/,
    );
  });

  it('says that times are added up over stages of which none waits for the other', async () => {
    const first = 'FROM a AS one\nRUN a\nFROM a AS two\nRUN b\n';
    const after = 'COPY --from=one /a /\nCOPY --from=two /b /\n';
    const said = { 2: { word: 'changed', ms: 3000 }, 4: { word: 'changed', ms: 2000 } } as const;
    const next = async (text: string) => {
      const { analysis, document } = await analyzed(text);
      return stack(withPredictions(analysis, said), document);
    };
    const beside = await next(`${first}FROM a\n${after}`);
    assert.equal(beside.again?.sideBySide, true);
    assert.equal(beside.display.again, '2 steps again, about 5 s in all');
    assert.equal(
      beside.display.nextBuild,
      'The next build runs 2 steps again, about 5 s last time, added up over stages that run side by side.',
    );
    const chained = await next(
      `${first.replace('FROM a AS two', 'FROM one AS two')}FROM a\n${after}`,
    );
    assert.equal(chained.again?.sideBySide, false);
    assert.equal(chained.display.again, '2 steps again, about 5 s');
  });

  it('names the variable above that causes it, and counts all that run again for it', async () => {
    const said: Readonly<Record<number, Said>> = {
      3: { word: 'cached' },
      4: { word: 'cached' },
      5: { word: 'changed', reason: 'the value of V changed', by: 2, ms: 61_000 },
      7: { word: 'cached' },
      8: { word: 'cached' },
    };
    assert.match(
      await card(5, said),
      /changed\. The value of V changed since the build of 14:02 \(line 2\); this RUN runs again, about 1 min 1 s last time\. The key/,
    );
    const { analysis, document } = await analyzed(text);
    const { again } = stack(withPredictions(analysis, said), document);
    assert.deepEqual(
      again?.causes.map(({ text: words }) => words),
      ['line 2: the value of V changed; line 5 runs again, about 1 min 1 s last time'],
    );
  });

  it('names files and words of the instruction in code, and text between them as text', async () => {
    const said = async (reason: string) =>
      (await card(4, { 4: { word: 'changed', reason } })).split(' since the build')[0];
    assert.equal(
      await said('a.ts, src/b.ts and 2 more files changed'),
      '**Cache**: changed. `a.ts`, `src/b.ts` and 2 more files changed',
    );
    assert.equal(
      await said('"npm ci" became "npm *install*"'),
      '**Cache**: changed. `npm ci` became `npm *install*`',
    );
    assert.equal(
      await said('the base image changed to example.com/base:1.2'),
      '**Cache**: changed. The base image changed to `example.com/base:1.2`',
    );
    assert.equal(
      await said('my file *x* (1).ts changed'),
      '**Cache**: changed. my file \\*x\\* (1).ts changed',
    );
  });

  it('leads to the line that causes it, where links run commands', async () => {
    const words = await card(5, edited, { links: 'file:///a%20(b)/Dockerfile' });
    const [, line, address = ''] =
      /\(\[(line \d+)\]\(command:dockerfileLayers\.revealCause\?([^)\s]+)\)\); /.exec(words) ?? [];
    assert.equal(line, 'line 4');
    assert.deepEqual(JSON.parse(decodeURIComponent(address)), ['file:///a%20(b)/Dockerfile', 3]);
    assert.doesNotMatch(await card(4, edited, { links: 'file:///a' }), /revealCause/);
  });

  it('adds what counts as unmoved, and escapes what files are called', async () => {
    const said: Readonly<Record<number, Said>> = {
      4: {
        word: 'changed',
        reason: '[x](command:y) changed',
        notes: ['`node:22` counts as unmoved.'],
      },
    };
    const words = await card(4, said);
    assert.match(words, /\\\[x\\\]\(command:y\) changed/);
    assert.match(words, / `node:22` counts as unmoved\./);
    assert.match(words, /; this COPY runs again\./);
  });

  it('says how to get a build to compare with, with a link where links run commands', async () => {
    assert.match(
      await card(4, {}, { links: 'file:///app/Dockerfile' }),
      /unknown\. There is no earlier build to compare with\. \[Build and Record\]\(command:/,
    );
    assert.doesNotMatch(await card(4, {}), /command:/);
  });
});

describe('what the next build does as a whole', () => {
  async function report(said: Readonly<Record<number, Said>>) {
    const { analysis, document } = await analyzed(text);
    return stack(withPredictions(analysis, said), document);
  }

  it('is nothing without a build to compare with', async () => {
    const { again, display, stages } = await report({});
    assert.equal(again, null);
    assert.deepEqual([display.again, display.nextBuild], ['', '']);
    assert.equal(stages[1]?.instructions[1]?.display.cache, '');
  });

  it('is a sum with its causes, and what is not known is counted apart', async () => {
    const { again, display, stages } = await report(edited);
    assert.equal(display.again, '≥ 2 steps again, ≥ 1 min 40 s');
    assert.equal(
      display.nextBuild,
      'The next build runs 2 steps again, about 1 min 40 s last time; of 2 further steps it cannot be told.',
    );
    assert.deepEqual(again?.causes, [
      {
        line: 3,
        causeLine: 3,
        reason: 'src/app.ts changed',
        steps: 2,
        ms: 100_000,
        text: 'line 4: src/app.ts changed; this and the step after it run again, about 1 min 40 s last time',
      },
    ]);
    assert.deepEqual(again.since, { at: '2026-11-20T14:02:00', source: 'build' });
    const [, run] = stages[0]?.instructions.slice(3) ?? [];
    assert.deepEqual(run?.cache, {
      prediction: 'rebuild',
      cause: { line: 3, reason: 'src/app.ts changed' },
      notes: [],
      lastMs: 99_700,
    });
    assert.equal(run.display.time, '1 min 40 s last time');
    assert.equal(run.display.cause, 'src/app.ts changed (line 4).');
    assert.match(run.display.accessible, /, rebuild, 1 min 40 s last time\.$/);
  });

  it('says so where all is in the cache, and where some times are not known', async () => {
    const cached = await report({ 3: { word: 'cached' }, 4: { word: 'cached' } });
    assert.equal(cached.display.again, 'all cached');
    assert.equal(cached.display.nextBuild, 'The next build takes every step from cache.');
    const some = await report({
      4: { word: 'changed', ms: 2000 },
      5: { word: 'rebuild', by: 4 },
    });
    assert.equal(some.display.again, '2 steps again, at least 2 s');
    const none = await report({ 4: { word: 'changed' } });
    assert.equal(none.display.again, '1 step again');
    assert.equal(none.display.nextBuild, 'The next build runs 1 step again.');
    const open = await report({ 4: { word: 'unknown' } });
    assert.equal(open.display.again, '');
    assert.equal(
      open.display.nextBuild,
      'The next build is not known to run a step again; of 1 step it cannot be told.',
    );
  });
});

describe('times', () => {
  it('are as exact as anyone wants to know', () => {
    const shown = (ms: number) => duration(ms);
    assert.deepEqual(
      [0, 40, 60, 950, 3249, 9940, 9960, 41_000, 59_499, 59_600, 100_000, 120_000].map(shown),
      [
        ...['under 0.1 s', 'under 0.1 s', '0.1 s', '1 s', '3.2 s', '9.9 s', '10 s', '41 s'],
        ...['59 s', '1 min', '1 min 40 s', '2 min'],
      ],
    );
    assert.deepEqual([3_600_000, 7_500_000].map(shown), ['1 h', '2 h 5 min']);
  });

  it('are local, with as much of the date as differs from today', () => {
    assert.equal(moment('2026-11-20T09:05:00', now), '09:05');
    assert.equal(moment('2026-11-19T23:59:00', now), '23:59 on 19 Nov');
    assert.equal(moment('2025-11-20T14:02:00', now), '14:02 on 20 Nov 2025');
    assert.equal(moment('never', now), '');
  });
});

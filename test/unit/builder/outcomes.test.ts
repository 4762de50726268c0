import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomesOf } from '../../../server/src/builder/outcomes.ts';
import { createProgressReader } from '../../../server/src/builder/progress.ts';
import { stepText } from '../../../server/src/builder/vertexName.ts';
import type { Plan } from '../../../server/src/model/plan.ts';
import { planOf } from '../../support/plans.ts';
import { type ProgressCase, progressCases, progressFile } from '../../support/progressCases.ts';

const folder = join(import.meta.dirname, '../../fixtures/progress');

function planOfCase({ dockerfile, args, target }: ProgressCase): Plan {
  return planOf(dockerfile.replaceAll('%BASE%', 'dockerfile-layers-test/base:1'), {
    ...(target && { target }),
    buildArgs: new Map(Object.entries(args ?? {})),
  });
}

function read(name: string, build: 1 | 2) {
  const reader = createProgressReader();
  reader.write(readFileSync(join(folder, progressFile(name, build))));
  reader.end();
  return reader;
}

function words(plan: Plan, vertices: Parameters<typeof outcomesOf>[1]): string[] {
  return [...outcomesOf(plan, vertices).values()].map(({ outcome }) => outcome);
}

function check(one: ProgressCase, build: 1 | 2, expected: string): void {
  const found = words(planOfCase(one), read(one.name, build).vertices);
  const wanted = expected.split(' ');
  assert.equal(found.length, wanted.length);
  assert.deepEqual(
    found.map((word, index) => (wanted[index] === 'any' && word !== 'notReported' ? 'any' : word)),
    wanted,
  );
}

describe('what came of each step of a recorded build', () => {
  for (const one of progressCases) {
    it(`is known: ${one.name}`, () => check(one, 1, one.first));
    const { again } = one;
    if (again) it(`is known of the build after it: ${one.name}`, () => check(one, 2, again.second));
  }

  it('is found by texts that are the builder’s own', () => {
    const texts = new Set<string>();
    const ours = new Set<string>();
    for (const one of progressCases) {
      const plan = planOfCase(one);
      for (const { name } of read(one.name, 1).vertices.values()) {
        const text = /^\[[^\]]*\d\/\d+\] (?:ONBUILD )?(?!FROM)(.*)$/s.exec(name)?.[1];
        if (text) texts.add(`${one.name}: ${text}`);
      }
      for (const { triggers, steps, needed } of plan.stages) {
        for (const step of needed ? [...triggers, ...steps] : []) {
          if (step.effect === 'layer') ours.add(`${one.name}: ${stepText(step, '\\')}`);
        }
      }
    }
    assert.ok(texts.size > 40);
    assert.deepEqual(
      [...texts].filter((text) => !ours.has(text)),
      [],
    );
  });

  it('says how long a step ran, and why one failed', () => {
    const one = progressCases.find(({ name }) => name === 'run fails');
    assert.ok(one);
    const results = [...outcomesOf(planOfCase(one), read(one.name, 1).vertices).values()];
    assert.ok((results[1]?.ms ?? 0) > 1);
    assert.match(results[2]?.error ?? '', /did not complete successfully: exit code: 7$/);
    assert.equal(results[3]?.ms, null);
  });
});

describe('what came of a step', () => {
  const base = '2026-01-01T00:00:0';
  const vertex = (digest: string, name: string, more: object = {}) => ({
    digest,
    name,
    started: `${base}0.5Z`,
    completed: `${base}2Z`,
    ...more,
  });
  function outcomes(dockerfile: string, vertexes: readonly object[]) {
    const reader = createProgressReader();
    for (const one of vertexes) {
      reader.write(Buffer.from(`${JSON.stringify({ vertexes: [one] })}\n`));
    }
    return words(planOf(dockerfile), reader.vertices);
  }

  it('is cached where any of several reports says so', () => {
    const reports = [
      vertex('a', '[2/2] RUN x'),
      vertex('a', '[2/2] RUN x', { cached: true }),
      vertex('a', '[2/2] RUN x'),
    ];
    assert.deepEqual(outcomes('FROM a\nRUN x\n', reports), ['cached']);
  });

  it('is that of the copy where COPY --link has a second operation', () => {
    const group = { progressGroup: { id: 'g', name: '[3/4] COPY --link a /a', weak: true } };
    const stream = (copy: object, link: object) => [
      vertex('run', '[2/4] RUN x', { inputs: ['from'] }),
      vertex('copy', '[3/4] COPY --link a /a', { inputs: ['context'], ...group, ...copy }),
      vertex('link', '[3/4] LINK COPY --link a /a', { inputs: ['run', 'copy'], ...group, ...link }),
      vertex('end', '[4/4] RUN y', { inputs: ['link'] }),
    ];
    const text = 'FROM a\nRUN x\nCOPY --link a /a\nRUN y\n';
    assert.deepEqual(outcomes(text, stream({ cached: true }, {})), ['ran', 'cached', 'ran']);
    assert.deepEqual(outcomes(text, stream({}, {})), ['ran', 'ran', 'ran']);
  });

  it('is found behind triggers of an image that only the builder knows', () => {
    const stream = [
      vertex('1', '[1/6] FROM docker.io/library/a'),
      vertex('2', '[2/6] ONBUILD COPY . /app', { cached: true }),
      vertex('3', '[3/6] ONBUILD RUN RUN x', { cached: true }),
      vertex('4', '[4/6] RUN x'),
      vertex('5', '[5/6] RUN y', { cached: true }),
    ];
    assert.deepEqual(outcomes('FROM a\nRUN x\nRUN y\n', stream), ['ran', 'cached']);
  });

  it('is found by its place where the builder knows variables of the base', () => {
    const stream = [
      vertex('1', '[1/3] FROM docker.io/library/a'),
      vertex('2', '[2/3] RUN echo 3.12', { cached: true }),
      vertex('3', '[3/3] COPY a /usr/3.12'),
    ];
    assert.deepEqual(outcomes('FROM a\nRUN echo $V\nCOPY a /usr/$V\n', stream), ['cached', 'ran']);
  });

  it('is not told where two stages of one name have equal steps with different results', () => {
    const stream = [
      vertex('1', '[s 2/2] RUN x', { cached: true, inputs: ['0'] }),
      vertex('2', '[s 2/2] RUN x', { inputs: ['9'] }),
    ];
    const text =
      'FROM a AS s\nRUN x\nFROM b AS s\nRUN x\nFROM c\nCOPY --from=0 / /\nCOPY --from=1 / /\n';
    assert.deepEqual(outcomes(text, stream).slice(0, 2), ['notReported', 'notReported']);
  });

  it('is not told of a step that was stopped or did not end', () => {
    const stopped = vertex('2', '[2/3] RUN x', { error: 'process "/bin/sh" : context canceled' });
    assert.deepEqual(outcomes('FROM a\nRUN x\nRUN y\n', [stopped]), ['notReported', 'notReported']);
    const open = { digest: '2', name: '[2/2] RUN x', started: `${base}1Z` };
    assert.deepEqual(outcomes('FROM a\nRUN x\n', [open]), ['notReported']);
  });

  it('is found under a platform', () => {
    const stream = [vertex('2', '[linux/amd64->arm64 build 2/2] RUN x', { cached: true })];
    assert.deepEqual(outcomes('FROM a AS build\nRUN x\n', stream), ['cached']);
  });

  it('is found under the names of another build that runs at the same time', () => {
    const stream = [
      vertex('1', '[2/9] RUN x', { cached: true, inputs: ['0'] }),
      vertex('2', '[other 7/9] RUN y', { inputs: ['1'] }),
    ];
    assert.deepEqual(outcomes('FROM a AS s\nRUN x\nRUN y\nFROM b\n', stream), []);
    assert.deepEqual(outcomes('FROM b\nRUN x\nRUN y\n', stream), ['cached', 'ran']);
  });

  it('is not that of an equal step further down', () => {
    const stream = [
      vertex('3', '[3/4] RUN y', { inputs: ['2'], cached: true }),
      vertex('4', '[4/4] RUN x', { inputs: ['3'], cached: true }),
    ];
    const text = 'FROM a\nRUN x\nRUN y\nRUN x\n';
    assert.deepEqual(outcomes(text, stream), ['notReported', 'cached', 'cached']);
    const named = [...stream, vertex('2', '[other 2/2] RUN x', { inputs: ['1'] })];
    assert.deepEqual(outcomes(text, named), ['ran', 'cached', 'cached']);
  });

  it('is not reported where another instruction stands at its number', () => {
    assert.deepEqual(outcomes('FROM a\nRUN x\n', [vertex('2', '[2/2] COPY a b')]), ['notReported']);
  });
});

import assert from 'node:assert/strict';
import { isMiss, probed, silentStages } from '../../../server/src/builder/probed.ts';
import type { Vertex } from '../../../server/src/builder/progress.ts';
import { planOf } from '../../support/plans.ts';

type State = 'waiting' | 'started' | 'done' | 'cached' | 'stopped' | 'failed';

function vertex(name: string, state: State, inputs: readonly string[] = ['base']): Vertex {
  const isOver = state !== 'waiting' && state !== 'started';
  return {
    digest: name,
    name,
    inputs,
    started: state === 'waiting' ? null : 1000,
    completed: isOver ? 1010 : null,
    ms: isOver ? 10 : 0,
    cached: state === 'cached',
    error:
      state === 'stopped'
        ? 'process "/bin/sh -c x" did not complete successfully: exit code: 137: context canceled'
        : state === 'failed'
          ? 'process "/bin/sh -c x" did not complete successfully: exit code: 1'
          : '',
    group: null,
  };
}

const stream = (...all: readonly Vertex[]) => new Map(all.map((one) => [one.digest, one]));

describe('the step at which a probe stops', () => {
  it('is one that the builder began and had not', () => {
    assert.ok(isMiss(vertex('[2/3] RUN x', 'started')));
    assert.ok(isMiss(vertex('[build 2/3] COPY . .', 'started')));
    assert.ok(isMiss(vertex('[linux/amd64 build 2/3] WORKDIR /x', 'started', [])));
  });

  it('is none that is waiting, cached or done', () => {
    for (const state of ['waiting', 'cached', 'done'] as const) {
      assert.ok(!isMiss(vertex('[2/3] RUN x', state)), state);
    }
  });

  it('is no base, no download and nothing internal', () => {
    for (const name of [
      '[1/3] FROM docker.io/library/alpine',
      '[internal] load build context',
      '[internal] load metadata for docker.io/library/alpine',
      'docker-image://docker.io/docker/dockerfile:1',
      '[context two] load from client',
      'exporting to image',
      'resolve image config for docker-image://docker.io/docker/dockerfile:1',
    ]) {
      assert.ok(!isMiss(vertex(name, 'started')), name);
    }
    assert.ok(!isMiss(vertex('[2/3] ADD https://example.com/x /x', 'started', [])));
    assert.ok(isMiss(vertex('[2/3] ADD https://example.com/x /x', 'started', ['base', 'file'])));
  });
});

describe('what a probe says of steps', () => {
  const plan = planOf(
    'FROM a AS one\nRUN one\nRUN two\nFROM b\nCOPY --from=one /x /x\nRUN three\n',
  );
  const lines = (found: ReturnType<typeof probed>) => ({
    has: [...found.has.keys()].map(({ instruction }) => instruction.lines.start),
    misses: [...found.misses.keys()].map(({ instruction }) => instruction.lines.start),
  });

  it('names the step that was stopped, and takes what lies below it as cached', () => {
    const one = vertex('[one 2/3] RUN one', 'waiting');
    const two = vertex('[one 3/3] RUN two', 'stopped', [one.digest]);
    const found = probed(plan, [stream(one, two)]);
    assert.deepEqual(lines(found), { has: [2], misses: [3] });
    assert.equal([...found.misses.values()][0]?.error, null);
  });

  it('names it also where the stream ended before the builder said that it was stopped', () => {
    const two = vertex('[one 3/3] RUN two', 'started', ['[one 2/3] RUN one']);
    const one = vertex('[one 2/3] RUN one', 'cached');
    assert.deepEqual(lines(probed(plan, [stream(one, two)])), { has: [2], misses: [3] });
  });

  it('keeps the error of a step that failed by itself', () => {
    const found = probed(plan, [stream(vertex('[one 2/3] RUN one', 'failed'))]);
    assert.match([...found.misses.values()][0]?.error ?? '', /exit code: 1$/);
  });

  it('says nothing of what lies below a step that only waits', () => {
    const one = vertex('[one 2/3] RUN one', 'waiting');
    const two = vertex('[one 3/3] RUN two', 'waiting', [one.digest]);
    assert.deepEqual(lines(probed(plan, [stream(one, two)])), { has: [], misses: [] });
  });

  it('finds stages that have to be asked for by themselves', () => {
    const three = vertex('[stage-1 3/3] RUN three', 'stopped', ['[stage-1 2/3] COPY']);
    const silent = probed(plan, [stream(three)]);
    assert.deepEqual(silentStages(plan, silent), [0]);
    const one = vertex('[one 2/3] RUN one', 'cached');
    const asked = probed(plan, [stream(three), stream(one)]);
    assert.deepEqual(silentStages(plan, asked), []);
    assert.deepEqual(lines(asked), { has: [2], misses: [6] });
  });
});

import assert from 'node:assert/strict';
import { isBaseOpen, openStages } from '../../../server/src/cache/openStages.ts';
import { planOf } from '../../support/plans.ts';

function open(text: string, target?: string): readonly number[] {
  return [...openStages(planOf(text, target === undefined ? {} : { target }))];
}

describe('arguments that no image tells', () => {
  const last = 'FROM base\nARG V\nCOPY --from=a /x /x\n';

  it('are those of stages that files are only taken from', () => {
    assert.deepEqual(open(`FROM base AS a\nARG K=1\nRUN b $K\n${last}`), [0]);
    assert.deepEqual(open(`FROM base AS a\nRUN b\n${last}`), []);
  });

  it('are those of the base, where one names it', () => {
    assert.deepEqual(open(`ARG T=1\nFROM base:$T AS a\nRUN b\n${last}`), [0]);
    assert.deepEqual(open(`ARG T=1\nFROM base AS b\nFROM base:${'$'}{T} AS a\n${last}`), [1]);
  });

  it('are none where the platform gives their values', () => {
    const text = `FROM --platform=$BUILDPLATFORM base AS a\nARG TARGETOS TARGETARCH\nRUN b\n${last}`;
    assert.deepEqual(open(text), []);
  });

  it('are told of all stages that the image was made of, and count for what stands on the others', () => {
    const text = 'FROM base AS a\nARG K\nRUN b\nFROM a AS c\nRUN d\nFROM a\nCOPY --from=c / /\n';
    assert.deepEqual(open(text), []);
    const apart = text.replace('FROM a\nCOPY', 'FROM base\nCOPY');
    assert.deepEqual(open(apart), [0, 1]);
    assert.deepEqual(open(apart, 'c'), []);
  });

  it('may name the base of the image itself', () => {
    const [stage] = planOf('ARG T=1\nFROM base:$T\n').stages;
    assert.equal(stage && isBaseOpen(stage), true);
    const [plain] = planOf('ARG T=1\nFROM base:1\n').stages;
    assert.equal(plain && isBaseOpen(plain), false);
  });
});

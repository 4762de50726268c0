import assert from 'node:assert/strict';
import type { Laid, Recognized } from '../../../server/src/engine/laid.ts';
import {
  type FoundBytes,
  measuredOf,
  type Sources,
} from '../../../server/src/engine/measuredOf.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import { engineImage, engineInfo } from '../../support/memoryEngine.ts';
import { planOf } from '../../support/plans.ts';

const step = { effect: 'layer' } as Step;
const found: FoundBytes = { bytes: 7, sure: true, at: null };

type Found = Recognized & { readonly state: 'found' };

function inImage(bytes: number | null, some: Partial<Laid> = {}, sure = true): Found {
  const image = engineImage('sha256:0123456789abcdef', {
    references: ['app:1'],
    folders: ['/var/lib/a', '/var/lib/b'],
  });
  const row = { createdBy: 'RUN x', comment: '', createdAt: 5, bytes, emptyLayer: null };
  const laid: Laid = {
    image,
    rows: new Map([[step, { row, at: 1, diffId: 'sha256:d', layer: 1, match: 'same' }]]),
    changed: new Map(),
    gone: [],
    base: null,
    certain: true,
    reason: '',
    ...some,
  };
  return { state: 'found', laid, foundBy: 'record', sure, others: [], reason: '' };
}

function measure(sources: Partial<Sources>) {
  const none = () => undefined;
  return measuredOf({
    info: engineInfo,
    recognized: null,
    cached: none,
    recorded: none,
    comparison: null,
    ...sources,
  })(step);
}

describe('what was measured of a line', () => {
  it('is what the built image has, with its layer', () => {
    const measured = measure({ recognized: inImage(91), cached: () => found });
    assert.equal(measured?.bytes, 91);
    assert.equal(measured?.sure, true);
    assert.match(measured?.reason ?? '', /^Measured by Docker Engine 28\.5\.2 in app:1, built /);
    assert.deepEqual(measured?.layer, {
      diffId: 'sha256:d',
      image: 'sha256:0123456789abcdef',
      createdAt: 5,
      driver: 'overlay2',
      folder: '/var/lib/b',
    });
  });

  it('is what the build cache has, where the image is only likely the right one', () => {
    const recognized = inImage(91, {}, false);
    assert.equal(measure({ recognized, cached: () => found })?.source, 'cache');
    const same = measure({ recognized, cached: () => ({ ...found, bytes: 91 }) });
    assert.deepEqual([same?.source, same?.layer?.diffId], ['cache', 'sha256:d']);
    const likely = measure({ recognized, cached: () => ({ ...found, sure: false }) });
    assert.equal(likely?.source, 'image');
    assert.equal(likely?.sure, false);
    assert.match(likely?.reason ?? '', /only likely/);
  });

  it('is only likely where the image tells of other values, which the build cache does not', () => {
    const row = inImage(91).laid.rows.get(step);
    assert.ok(row);
    const rows = new Map([[step, { ...row, match: 'values' as const }]]);
    for (const sure of [true, false]) {
      const recognized = inImage(91, { rows }, sure);
      const measured = measure({ recognized, cached: () => ({ ...found, bytes: 91 }) });
      assert.equal(measured?.sure, false);
    }
  });

  it('is only likely where a command uses variables and no image shows with which values', () => {
    const cached = () => ({ ...found, variables: true });
    assert.equal(measure({ cached })?.sure, false);
    const hidden = inImage(91, { rows: new Map() });
    assert.equal(measure({ recognized: hidden, cached })?.sure, false);
    const shown = inImage(91, {}, false);
    assert.equal(measure({ recognized: shown, cached })?.sure, true);
  });

  it('is only likely where a heredoc with #! is run, of whose text nothing tells', () => {
    const [ran] = planOf('FROM base\nRUN <<EOF\n#!/bin/sh\nmake\nEOF\n').stages[0]?.steps ?? [];
    const row = inImage(91).laid.rows.get(step);
    assert.ok(ran && row);
    const of = measuredOf({
      info: engineInfo,
      recognized: inImage(91, { rows: new Map([[ran, row]]) }),
      cached: () => ({ ...found, bytes: 91 }),
      recorded: () => undefined,
      comparison: null,
    })(ran);
    assert.deepEqual([of?.bytes, of?.sure, of?.layer?.diffId], [91, false, 'sha256:d']);
    assert.match(of?.reason ?? '', /script is still the same is not told/);
  });

  it('is that of a remembered build, where no engine has it', () => {
    const measured = measure({ recorded: () => found, info: null });
    assert.deepEqual([measured?.source, measured?.bytes], ['record', 7]);
  });

  it('is nothing where lines and entries cannot be told apart, or the image has no figure', () => {
    assert.equal(measure({ recognized: inImage(91, { certain: false }) }), undefined);
    assert.equal(measure({ recognized: inImage(null) }), undefined);
    assert.equal(measure({}), undefined);
  });
});

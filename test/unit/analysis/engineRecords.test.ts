import assert from 'node:assert/strict';
import { recordsOfEngine } from '../../../server/src/analysis/engineRecords.ts';
import type { BuilderFacts, BuildRecord } from '../../../server/src/cache/buildRecord.ts';

function record(at: string, builder: Partial<BuilderFacts> | null): BuildRecord {
  const facts = builder && { name: 'default', mergesLayers: false, ...builder };
  return { at, builder: facts } as BuildRecord;
}

describe('records of builds', () => {
  const here = record('here', { engine: 'one', store: 'classic' });
  const there = record('there', { engine: 'two', store: 'classic' });
  const store = record('store', { engine: 'one', store: 'containerd' });
  const older = record('older', { store: 'classic' });
  const snapshot = record('snapshot', null);
  const all = [there, here, store, older, snapshot];
  const names = (records: readonly BuildRecord[]) => records.map(({ at }) => at).join(' ');

  it('of another engine, or of its other image store, say nothing of this one', () => {
    const engine = { id: 'one', store: 'classic' } as const;
    assert.equal(names(recordsOfEngine(all, engine)), 'here older snapshot');
    assert.equal(names(recordsOfEngine(all, { ...engine, id: 'two' })), 'there older snapshot');
  });

  it('all count where no engine answers, or it does not say which it is', () => {
    assert.equal(recordsOfEngine(all, null), all);
    assert.equal(recordsOfEngine(all, { id: null, store: 'classic' }), all);
  });

  it('are one list as long as nothing changes, so that nothing is compared again', () => {
    const engine = { id: 'one', store: 'classic' } as const;
    assert.equal(recordsOfEngine(all, engine), recordsOfEngine(all, engine));
    const own = [here, older];
    assert.equal(recordsOfEngine(own, engine), own);
  });
});

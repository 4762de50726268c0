import assert from 'node:assert/strict';
import { EngineSession } from '../../../server/src/analysis/engineSession.ts';
import { engineImage, engineInfo, memoryEngine } from '../../support/memoryEngine.ts';

function session(engine = memoryEngine(), crowdMs = 0) {
  let changes = 0;
  const changed = () => {
    changes += 1;
  };
  const made = new EngineSession(engine, { endpoint: null }, changed, crowdMs);
  return { engine, made, changes: () => changes };
}

/** Lets everything that is on its way come to its end. */
async function settle(made: EngineSession): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    await made.settled();
  }
}

describe('an engine that documents share', () => {
  it('is not contacted before someone asks or follows', async () => {
    const { engine, made } = session();
    assert.equal(made.images().state, 'unavailable');
    assert.equal(made.named('debian:bookworm', engineInfo.platform).state, 'unavailable');
    assert.equal(made.cacheEntries().state, 'unavailable');
    made.retry();
    await settle(made);
    assert.deepEqual(engine.asked, []);
    assert.equal(made.state.kind, 'idle');
  });

  it('is asked once for who wants an answer now', async () => {
    const { engine, made } = session();
    made.ask();
    made.ask();
    assert.equal(made.state.kind, 'connecting');
    await settle(made);
    assert.equal(made.state.kind, 'up');
    assert.match(made.state.reason, /Docker Engine 28\.5\.2 answers at unix/);
    assert.deepEqual(engine.asked, ['about']);
  });

  it('that does not answer is a state with the reason, and asked again when someone works', async () => {
    const { engine, made } = session();
    engine.info = null;
    made.follow();
    await settle(made);
    assert.deepEqual(made.state, {
      kind: 'down',
      info: null,
      reason: 'No engine answers at unix:///engine.sock.',
    });
    engine.info = engineInfo;
    made.retry();
    await settle(made);
    assert.equal(made.state.kind, 'up');
    // It is for the watch to say whether there is anything to look for.
    made.retry();
    assert.deepEqual(engine.asked, ['watch', 'retry', 'retry']);
  });

  it('keeps the same list as long as nothing changed, and tells when something did', async () => {
    const image = engineImage('sha256:a', { references: ['app:1'] });
    const { engine, made, changes } = session(memoryEngine([image]));
    made.follow();
    await settle(made);
    made.images();
    await settle(made);
    const before = made.images();
    assert.ok(before.state === 'known' && before.value.length === 1);
    const said = changes();
    engine.images_ = [{ ...image }];
    engine.tell({ kind: 'images', image: null });
    await settle(made);
    const same = made.images();
    assert.ok(same.state === 'known' && same.value === before.value);
    assert.equal(changes(), said);
    engine.images_ = [image, engineImage('sha256:b')];
    engine.tell({ kind: 'images', image: 'sha256:b' });
    await settle(made);
    const more = made.images();
    assert.ok(more.state === 'known' && more.value.length === 2);
    assert.ok(changes() > said);
  });

  it('is asked twice for the list, and not a hundred times, when a hundred images go at once', async () => {
    const { engine, made } = session(memoryEngine([engineImage('sha256:a')]), 60);
    made.follow();
    await settle(made);
    made.images();
    await settle(made);
    const lists = () => engine.asked.filter((one) => one === 'images').length;
    const before = lists();
    for (let at = 0; at < 100; at += 1) engine.tell({ kind: 'images', image: null });
    await settle(made);
    assert.equal(lists(), before + 1);
    engine.images_ = [];
    await new Promise((resolve) => setTimeout(resolve, 100));
    await settle(made);
    assert.equal(lists(), before + 2);
    assert.deepEqual(made.images(), { state: 'known', value: [] });
    made.stop();
  });

  it('asks again for names, as they may mean another image, and never again for ids', async () => {
    const image = engineImage('sha256:a', { references: ['debian:bookworm'] });
    const { engine, made } = session(memoryEngine([image]));
    made.follow();
    await settle(made);
    made.named('debian:bookworm', engineInfo.platform);
    await Promise.all([made.byId('sha256:a'), made.byId('sha256:a')]);
    await settle(made);
    const other = engineImage('sha256:b', { references: ['debian:bookworm'] });
    engine.images_ = [other, { ...image, references: [] }];
    engine.tell({ kind: 'images', image: null });
    await settle(made);
    await made.byId('sha256:a');
    const named = made.named('debian:bookworm', engineInfo.platform);
    assert.ok(named.state === 'known' && named.value?.id === 'sha256:b');
    assert.deepEqual(
      engine.asked.filter((what) => what.startsWith('image ')),
      ['image debian:bookworm', 'image sha256:a', 'image debian:bookworm'],
    );
  });

  it('that was replaced by another has none of the images of the first', async () => {
    const image = engineImage('sha256:a', { references: ['app:1'] });
    const { engine, made } = session(memoryEngine([image]));
    made.follow();
    await settle(made);
    made.images();
    await settle(made);
    engine.images_ = [];
    engine.info = { ...engineInfo, id: 'two', version: '26.1.5' };
    engine.tell({ kind: 'down', reason: 'The engine ended.' });
    // What was measured before stays until something else is known.
    assert.equal(made.images().state, 'known');
    engine.tell({ kind: 'up', info: engine.info });
    await settle(made);
    made.images();
    await settle(made);
    const now = made.images();
    assert.ok(now.state === 'known' && now.value.length === 0);
    assert.match(made.state.reason, /26\.1\.5/);
  });

  it('is not heard any more when nobody follows', async () => {
    const { engine, made, changes } = session();
    made.follow();
    made.follow();
    await settle(made);
    assert.equal(engine.watching, 1);
    made.unfollow();
    assert.equal(engine.watching, 0);
    const said = changes();
    engine.tell({ kind: 'down', reason: 'gone' });
    assert.equal(changes(), said);
    made.follow();
    assert.equal(engine.watching, 1);
    made.stop();
    made.follow();
    assert.equal(engine.watching, 0);
  });
});

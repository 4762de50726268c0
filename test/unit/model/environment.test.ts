import assert from 'node:assert/strict';
import { Environment, fromEnvList, toEnvList } from '../../../server/src/model/environment.ts';
import { emptyMap, entriesOf, find, put, putLast } from '../../../server/src/model/orderedMap.ts';
import { seeded } from '../../support/random.ts';

describe('ordered maps', () => {
  it('behave like a Map, and old versions stay as they were', () => {
    const { below: next } = seeded(7);
    const plain = new Map<string, number>();
    let map = emptyMap<number>();
    const versions: { map: typeof map; entries: [string, number][] }[] = [];
    for (let step = 0; step < 2000; step++) {
      const key = `k${next(300)}`;
      if (next(2)) {
        plain.set(key, step);
        map = put(map, key, step);
      } else {
        plain.delete(key);
        plain.set(key, step);
        map = putLast(map, key, step);
      }
      if (step % 100 === 0) versions.push({ map, entries: [...plain] });
    }
    versions.push({ map, entries: [...plain] });
    for (const { map, entries } of versions) {
      assert.deepEqual(
        entriesOf(map).map(({ key, value }) => [key, value]),
        entries,
      );
      assert.equal(map.size, entries.length);
      for (const [key, value] of entries) assert.equal(find(map, key)?.value, value);
      assert.equal(find(map, 'none'), undefined);
    }
  });

  it('stay shallow when keys come in sorted order', () => {
    let map = emptyMap<number>();
    for (let step = 0; step < 4096; step++) map = put(map, String(step).padStart(5, '0'), step);
    assert.ok((map.root?.height ?? 99) <= 18);
  });
});

describe('the environment of a stage', () => {
  const known = (value: string) => ({ value, exact: true });

  it('is that of BuildKit after any chain of stages, ARG and ENV', () => {
    const { below: next } = seeded(11);
    for (let round = 0; round < 50; round++) {
      let config = fromEnvList(['PATH=/bin', 'A=0']);
      let env = Environment.start(null, config, true);
      // BuildKit's own way: one list, an assignment deletes and appends.
      const plainConfig = new Map([
        ['PATH', '/bin'],
        ['A', '0'],
      ]);
      const plain = new Map(plainConfig);
      for (let step = 0; step < 60; step++) {
        const name = String.fromCharCode(65 + next(8));
        const value = String(step);
        const action = next(5);
        if (action === 0) {
          env = Environment.start(env, config, true);
          for (const [key, old] of plainConfig) {
            plain.delete(key);
            plain.set(key, old);
          }
          continue;
        }
        env = env.with(name, known(value));
        plain.delete(name);
        plain.set(name, value);
        if (action > 2) {
          config = put(config, name, known(value));
          plainConfig.set(name, value);
        }
      }
      assert.deepEqual([...env], [...plain]);
      assert.equal(env.size, plain.size);
      for (const [name, value] of plain) assert.equal(env.get(name), value);
      assert.deepEqual(
        toEnvList(config),
        [...plainConfig].map(([key, value]) => `${key}=${value}`),
      );
    }
  });
});

import assert from 'node:assert/strict';
import {
  cacheEntries,
  containerSizes,
  engineImage,
  imageSummary,
} from '../../../server/src/engine/answers.ts';
import { aboutEngine, negotiate } from '../../../server/src/engine/answersAbout.ts';
import { elementReader } from '../../../server/src/engine/answersElements.ts';
import { engineEvents } from '../../../server/src/engine/answersEvents.ts';
import { type Random, seeded } from '../../support/random.ts';

const keys = (
  'Id ID RepoTags RepoDigests Created Labels Config RootFS Layers GraphDriver Name Data UpperDir ' +
  'LowerDir CreatedBy Comment Size Env Cmd Healthcheck Test Interval BuildCache Parents Parent ' +
  'Type Action Actor Driver DriverStatus Version ApiVersion MinAPIVersion Os Arch Architecture ' +
  'Variant Components Names SizeRw SizeRootFs State ImageID __proto__ constructor toString'
).split(' ');

/** A value of any shape, as far as JSON goes. */
function anything(random: Random, depth: number): unknown {
  const simple = [null, true, false, 0, -1, 1e300, 2 ** 53, '', '<none>:<none>', 'x'.repeat(300)];
  if (depth === 0 || random.chance(0.3)) return random.pick(simple);
  const count = random.below(6);
  if (random.chance(0.4)) return Array.from({ length: count }, () => anything(random, depth - 1));
  const object: Record<string, unknown> = {};
  for (let at = 0; at < count; at++) {
    const value = anything(random, depth - 1);
    Object.defineProperty(object, random.pick(keys), {
      value,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

const isCount = (value: unknown) =>
  value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
const isTime = (value: unknown) => value === null || (Number.isFinite(value) && Number(value) > 0);

describe('answers of any shape', () => {
  it('give what is promised or nothing, and never an error', () => {
    const random = seeded(77);
    for (let round = 0; round < 20_000; round++) {
      const value = anything(random, 5);
      const other = anything(random, 4);
      const summary = imageSummary(value);
      assert.ok(summary === null || (summary.id !== '' && isTime(summary.createdAt)));
      const image = engineImage(value, other, { store: 'classic', driver: 'overlay2' });
      for (const row of image?.history ?? []) {
        assert.ok(isCount(row.bytes) && isTime(row.createdAt) && typeof row.createdBy === 'string');
      }
      for (const entry of cacheEntries(value)) assert.ok(isCount(entry.bytes) && entry.id !== '');
      for (const { writes } of containerSizes(value)) assert.ok(isCount(writes));
      negotiate({ headers: {}, version: value });
      const about = aboutEngine({ headers: {}, version: value, info: other });
      assert.ok(about === null || about.driver !== '');
      for (const event of engineEvents(JSON.stringify(value))) assert.ok(event.kind);
    }
  });
});

/** What a reader hands on and leaves, for a text that comes in these pieces; null: it throws. */
function read(text: string, depth: 1 | 2, cut: (rest: string) => number) {
  const found: unknown[] = [];
  const reader = elementReader(depth, (value) => found.push(value));
  try {
    for (let rest = text; rest !== ''; ) {
      const length = cut(rest);
      reader.add(rest.slice(0, length));
      rest = rest.slice(length);
    }
    return { found, rest: reader.end() };
  } catch {
    return null;
  }
}

describe('a list that is read as it comes', () => {
  it('has the objects that reading it whole has, wherever it is cut', () => {
    const random = seeded(78);
    let objects = 0;
    for (let round = 0; round < 3000; round++) {
      const list = Array.from({ length: random.below(5) }, () => anything(random, 3));
      const isDeep = random.chance(0.5);
      const text = JSON.stringify(isDeep ? { a: 'x"[{', BuildCache: list, b: [] } : list, null, 1);
      const seen = read(text, isDeep ? 2 : 1, () => 1 + random.below(20));
      const isObject = (one: unknown) =>
        typeof one === 'object' && one !== null && !Array.isArray(one);
      assert.deepEqual(seen?.found, list.filter(isObject));
      objects += seen?.found.length ?? 0;
      const left = list.map((one) => (isObject(one) ? 0 : one));
      assert.deepEqual(seen?.rest, isDeep ? { a: 'x"[{', BuildCache: left, b: [] } : left);
    }
    assert.ok(objects > 1000);
  });

  it('is refused where it is cut off or damaged', () => {
    const text = JSON.stringify([{ a: 'b"\\' }, { c: [{}] }, 3]);
    for (let end = 0; end < text.length; end++) {
      assert.equal(
        read(text.slice(0, end), 1, (rest) => rest.length),
        null,
        text.slice(0, end),
      );
    }
    const bad = ['[{]}', '[{},]', '[{}{}]', '[{}]]', '{"a":[{}}]', '[{}] x', ']', '}{', '[{"a":}]'];
    for (const one of bad) {
      assert.equal(
        read(one, 1, () => 1),
        null,
        one,
      );
      assert.equal(
        read(`{"a":${one}}`, 2, () => 1),
        null,
        one,
      );
    }
  });

  it('takes no objects of another depth for its own', () => {
    assert.deepEqual(read('{"message":{"a":1}}', 1, () => 3)?.found, []);
    assert.deepEqual(read('[[{"a":1}]]', 1, () => 3)?.found, []);
    assert.deepEqual(read('{"a":{"b":1},"c":[{"d":2}]}', 2, () => 3)?.found, [{ d: 2 }]);
  });
});

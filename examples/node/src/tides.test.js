import assert from 'node:assert/strict';
import test from 'node:test';
import { nextTides } from './tides.js';

const harbor = { highWater: Date.UTC(2025, 0, 1), mean: 3, range: 2 };

test('high and low water take turns', () => {
  const kinds = nextTides(harbor, Date.UTC(2025, 5, 1)).map((tide) => tide.kind);
  assert.deepEqual(kinds, ['high', 'low', 'high', 'low']);
});

test('the next tide is in the future', () => {
  const now = Date.UTC(2025, 5, 1);
  assert.ok(Date.parse(nextTides(harbor, now)[0].at) > now);
});

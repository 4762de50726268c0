import assert from 'node:assert/strict';
import type { BuildRecord } from '../../../server/src/cache/buildRecord.ts';
import { decodeInPieces, encodeInPieces } from '../../../server/src/cache/recordPieces.ts';
import { decodeRecord, encodeRecord } from '../../../server/src/cache/recordText.ts';
import type { SentEntry } from '../../../server/src/context/contentFacts.ts';
import { recordAt } from '../../support/cacheTrial.ts';
import { seeded } from '../../support/random.ts';

const names = ['a', 'src/app.ts', '],["', '","files":[[', '\\', 'é\u2028', '"', '[[', ''];

/** Of so many files, with names that look like what stands between rows. */
function recordOf(count: number, seed: number): BuildRecord {
  const random = seeded(seed);
  const files = new Map<string, SentEntry>();
  for (let at = 0; at < count; at++) {
    const entry = {
      kind: random.pick(['file', 'directory', 'symlink'] as const),
      mode: 0o644,
      bytes: random.below(9),
      mtimeNs: String(at),
      content: random.pick(names).repeat(1 + random.below(9)),
    };
    const times = random.chance(0.5) ? { ctimeNs: String(at) } : {};
    files.set(`${random.pick(names)}${at}`, { ...entry, ...times });
  }
  return { ...recordAt({ dockerfile: 'FROM base\nRUN make\n' }), files };
}

describe('records of large contexts', () => {
  it('are written and read as those of small ones, with pauses', async () => {
    for (const [seed, count] of [0, 1, 499, 500, 501, 12_000].entries()) {
      const record = recordOf(count, seed);
      let pauses = 0;
      const pause = async () => void pauses++;
      const text = await encodeInPieces(record, pause);
      assert.equal(text, encodeRecord(record));
      const decoded = await decodeInPieces(text, pause);
      assert.deepEqual(decoded, decodeRecord(text));
      assert.ok(decoded.ok && decoded.record.files?.size === count);
      if (count === 12_000) assert.ok(pauses > 30, `${pauses} pauses`);
    }
  });

  it('are as damaged as ever, wherever they are damaged', async () => {
    const text = encodeRecord(recordOf(8_000, 7));
    const random = seeded(8);
    let damaged = 0;
    for (let round = 0; round < 120; round++) {
      const at = random.below(text.length);
      const piece = random.pick(['', '"', ']', '[', ',', '],["', 'null', '{', '\\']);
      const other = text.slice(0, at) + piece + text.slice(at + random.below(3));
      const whole = decodeRecord(other);
      assert.deepEqual(await decodeInPieces(other, () => undefined), whole, `${at} ${piece}`);
      if (!whole.ok) damaged++;
    }
    assert.ok(damaged > 40, `only ${damaged} were damaged`);
  });
});

import assert from 'node:assert/strict';
import { byReference } from '../../../server/src/cache/baseIdentity.ts';
import { decodeRecord, encodeRecord } from '../../../server/src/cache/recordText.ts';
import { predictionsOf, recordAt, type Trial } from '../../support/cacheTrial.ts';
import { seeded } from '../../support/random.ts';

const trial: Trial = {
  dockerfile: 'FROM base AS b\nENV A=1\nRUN echo "a"\nFROM base\nCOPY src /src\nRUN make\n',
  files: { 'src/a': '1', 'src/b': '2' },
  options: { buildArgs: new Map([['TOKEN', 'secret words']]) },
};

describe('the text of a build record', () => {
  it('gives the same record back', () => {
    const record = recordAt(trial, { source: 'build', builder: { name: 'x', mergesLayers: true } });
    const decoded = decodeRecord(encodeRecord(record));
    assert.deepEqual(decoded, { ok: true, record });
    assert.ok(decoded.ok);
    assert.ok(predictionsOf([decoded.record], trial).every(({ word }) => word === 'cached'));
  });

  it('holds no value of a variable', () => {
    const record = recordAt({
      ...trial,
      dockerfile: 'FROM base\nARG TOKEN\nARG OTHER=$TOKEN\nRUN echo $TOKEN\nCOPY src /$OTHER/\n',
    });
    assert.doesNotMatch(encodeRecord(record), /secret words/);
  });

  it('gives back the image, what bases were and what sizes count', () => {
    const images = { ...byReference, identity: () => 'sha256:1 2' };
    const builder = { name: 'x', mergesLayers: false, store: 'classic' } as const;
    const meta = { source: 'build', builder, image: 'sha256:3' } as const;
    const made = recordAt({ ...trial, inputs: { images } }, meta);
    const [first, ...rest] = made.steps;
    assert.ok(first);
    const record = { ...made, steps: [{ ...first, bytes: 7, links: true as const }, ...rest] };
    assert.equal(Object.keys(record.bases ?? {}).length, 1);
    assert.deepEqual(decodeRecord(encodeRecord(record)), { ok: true, record });
    const old = { ...record, builder: { ...builder, hashesBelow: true as const }, unmerged: rest };
    assert.deepEqual(decodeRecord(encodeRecord(old)), { ok: true, record: old });
    const none = recordAt(trial, { ...meta, image: null });
    assert.deepEqual(decodeRecord(encodeRecord(none)), { ok: true, record: none });
    const odd = JSON.parse(encodeRecord(record)) as Record<string, unknown>;
    for (const change of [{ image: 7 }, { bases: [] }, { bases: { a: 1 } }, { unmerged: 1 }]) {
      assert.equal(decodeRecord(JSON.stringify({ ...odd, ...change })).ok, false);
    }
  });

  it('holds no reference that an argument is part of', () => {
    const images = { ...byReference, identity: () => 'sha256:1 2' };
    const options = { buildArgs: new Map([['TOKEN', 's3cret']]) };
    const dockerfile = 'ARG TOKEN\nFROM example.com/$TOKEN/x\nRUN x\n';
    const record = recordAt({ dockerfile, options, inputs: { images } });
    assert.ok(record.bases);
    assert.doesNotMatch(encodeRecord(record), /s3cret/);
  });

  it('holds no token of what is downloaded', () => {
    const written = encodeRecord(
      recordAt({
        ...trial,
        dockerfile:
          'FROM base\nARG TOKEN\nADD https://example.com/a?t=$TOKEN /a\nADD https://$TOKEN@example.com/b.git /b\n',
        options: { buildArgs: new Map([['TOKEN', 't0k3n']]) },
      }),
    );
    assert.match(written, /"url:".*"git:"/s);
    assert.doesNotMatch(written, /t0k3n/);
  });

  it('is refused in a form that is not known, saying so', () => {
    const text = encodeRecord(recordAt(trial)).replace('"version":1', '"version":2');
    const decoded = decodeRecord(text);
    assert.ok(!decoded.ok);
    assert.match(decoded.reason, /form 2 of another version/);
  });

  it('is refused with a full sentence where it is anything else', () => {
    for (const text of ['', '{', 'null', '[]', '{"format":1}', '\u0000', '"x"', '1e999']) {
      const decoded = decodeRecord(text);
      assert.ok(!decoded.ok, text);
      assert.match(decoded.reason, /^This .*\.$/);
    }
  });

  it('is refused before it takes more memory than a record can need', () => {
    const good = encodeRecord(recordAt(trial));
    const inBuilder = (text: string) => good.replace('"builder":null', `"builder":${text}`);
    const count = 4_000_000;
    for (const text of [
      '['.repeat(count),
      '{"a":'.repeat(count),
      inBuilder('['.repeat(count) + ']'.repeat(count)),
      inBuilder(`[${'{},'.repeat(6 * count)}0]`),
    ]) {
      assert.deepEqual(decodeRecord(text), {
        ok: false,
        reason: 'This build record is too large.',
      });
    }
    const brackets = '[{,\\"'.repeat(300_000);
    const long = good.replace('"dockerfile":"', `"dockerfile":"${brackets}`);
    assert.ok(decodeRecord(long).ok, 'what is in strings does not count');
  });

  it('never throws, and what is damaged never makes something that is no record', () => {
    const text = encodeRecord(recordAt(trial));
    const random = seeded(7);
    for (let round = 0; round < 3000; round++) {
      const at = random.below(text.length);
      const length = random.below(30);
      const put = random.pick(['', '"', '[', 'null', '-1', '{}', '\u2028']);
      const damaged = text.slice(0, at) + put + text.slice(at + length);
      const decoded = decodeRecord(damaged);
      if (decoded.ok) predictionsOf([decoded.record], trial);
      else assert.match(decoded.reason, /\.$/);
    }
  });
});

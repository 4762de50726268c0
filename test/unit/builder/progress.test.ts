import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgressReader, type Vertex } from '../../../server/src/builder/progress.ts';
import { seeded } from '../../support/random.ts';

const folder = join(import.meta.dirname, '../../fixtures/progress');
const files = readdirSync(folder).sort();
const encode = (text: string) => new TextEncoder().encode(text);

interface Read {
  readonly vertices: readonly Partial<Vertex>[];
  readonly text: readonly string[];
  readonly logs: string;
}

function read(pieces: readonly Uint8Array[]): Read {
  let logs = '';
  const reader = createProgressReader({
    onLog: (vertex, text) => {
      logs += `${vertex?.name}: ${text}\n`;
    },
  });
  for (const piece of pieces) reader.write(piece);
  reader.end();
  const vertices = [...reader.vertices.values()].map(
    ({ digest, name, inputs, started, completed, ms, cached, error, group }) => ({
      ...{ digest, name, inputs, started, completed, ms, cached, error, group },
    }),
  );
  return { vertices, text: reader.text, logs };
}

/** Cut into pieces of random lengths, often within a character or a value. */
function cut(bytes: Uint8Array, seed: number): Uint8Array[] {
  const random = seeded(seed);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random.chance(0.3) ? 1 + random.below(3) : 1 + random.below(5000);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** As buildx 0.13 writes it: every value over many lines. */
function pretty(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.startsWith('{') ? JSON.stringify(JSON.parse(line), null, 2) : line))
    .join('\n');
}

describe('the stream of a build', () => {
  it('is the same however it is cut', () => {
    for (const file of files) {
      const bytes = readFileSync(join(folder, file));
      const whole = read([bytes]);
      assert.ok(whole.vertices.length > 0 || whole.text.length > 0);
      for (let seed = 1; seed <= 8; seed += 1) assert.deepEqual(read(cut(bytes, seed)), whole);
    }
  });

  it('is the same when its values stand over many lines', () => {
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8');
      const whole = read([encode(text)]);
      const spread = encode(pretty(text));
      assert.ok(spread.length > text.length);
      assert.deepEqual(read([spread]), whole);
      assert.deepEqual(read(cut(spread, 3)), whole);
      assert.deepEqual(read([encode(pretty(text).replaceAll('\n', '\r\n'))]), whole);
    }
  });

  it('keeps what the builder says beside its values', () => {
    const { text } = read([readFileSync(join(folder, 'run-fails.1.txt'))]);
    assert.equal(text[0], 'Dockerfile:4');
    assert.match(text.at(-1) ?? '', /^ERROR: failed to build: .*exit code: 7$/);
  });

  it('has what programs print, also where a character is cut in two', () => {
    const log = (bytes: readonly number[]) =>
      `${JSON.stringify({ logs: [{ vertex: 'a', stream: 1, data: Buffer.from(bytes).toString('base64') }] })}\n`;
    const { logs } = read([encode(log([0x61, 0xc3]) + log([0xbc, 0x0a]))]);
    assert.equal(logs, 'undefined: a\nundefined: ü\n\n');
  });

  it('finds values behind text without a line end, and text behind values', () => {
    const one = '{"vertexes":[{"digest":"a","name":"x"}]}';
    const { vertices, text } = read([encode(`warning: ${one}${one}oops\n{"a":1}\n{not json}\n`)]);
    assert.deepEqual(
      vertices.map(({ name }) => name),
      ['x'],
    );
    assert.deepEqual(text, ['warning: ', 'oops', '{"a":1}', '{not json}']);
  });

  it('goes on behind a value that never ends', () => {
    const one = '{"vertexes":[{"digest":"a","name":"x"}]}\n';
    for (const torn of ['{"vertexes":[{"dig', '{\n  "vertexes": [\n', '{"a": "', '{{{[[[']) {
      const { vertices } = read([encode(`${torn}\n${one}`)]);
      assert.equal(vertices.length, 1, torn);
    }
  });

  it('adds up the time of several reports, and knows the first start and the last end', () => {
    const report = (started: string, completed?: string) =>
      `${JSON.stringify({ vertexes: [{ digest: 'a', name: 'x', started, completed }] })}\n`;
    const at = (time: string) => `2026-01-01T00:00:${time}Z`;
    const { vertices } = read([
      encode(
        report(at('01.000000001')) +
          report(at('01.000000001'), at('01.5')) +
          report(at('03'), at('04.25')) +
          report('0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'),
      ),
    ]);
    assert.equal(Math.round(vertices[0]?.ms ?? 0), 1750);
    assert.equal(vertices[0]?.started, Date.parse(at('01')) + 0.000001);
    assert.equal(vertices[0]?.completed, Date.parse(at('04.25')));
  });

  it('may be anything', () => {
    const random = seeded(7);
    const words = ['{', '}', '[', ']', '"', '\\', '\n', ':', ',', 'vertexes', 'logs', '"digest"'];
    const sample = readFileSync(join(folder, 'stages.1.txt'));
    for (let round = 0; round < 300; round += 1) {
      const noise = Array.from({ length: 200 }, () => random.pick(words));
      read([encode(noise.join(''))]);
      const damaged = Uint8Array.from(sample);
      for (let n = 0; n < 30; n += 1) {
        damaged[random.below(damaged.length)] = random.below(256);
      }
      read(cut(damaged, round + 1));
    }
    for (const value of ['7', 'null', '[]', '{"x":1}', '"a"', '[null,[],{"digest":{}}]']) {
      for (const name of ['vertexes', 'logs', 'warnings', 'statuses']) {
        read([encode(`{"${name}":${value}}\n`)]);
      }
    }
  });

  it('is read within memory and time, whatever it is', () => {
    const start = performance.now();
    const reader = createProgressReader();
    const braces = encode('{'.repeat(1 << 20));
    for (let n = 0; n < 40; n += 1) reader.write(braces);
    const lines = encode('{\n'.repeat(1 << 18) + 'error\n'.repeat(1 << 16));
    reader.write(lines);
    reader.end();
    assert.equal(reader.vertices.size, 0);
    assert.ok(reader.text.length <= 200);
    assert.ok(reader.text.join('').length <= 200 * 10_000);
    assert.ok(performance.now() - start < 10_000);
  });
});

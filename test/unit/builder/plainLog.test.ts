import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPlainLog } from '../../../server/src/builder/plainLog.ts';
import { createProgressReader } from '../../../server/src/builder/progress.ts';

function logOf(stream: string | Uint8Array): string {
  let written = '';
  const log = createPlainLog((text) => {
    written += text;
  });
  const reader = createProgressReader(log);
  reader.write(typeof stream === 'string' ? Buffer.from(stream) : stream);
  reader.end();
  log.end();
  return written;
}

const vertex = (more: object) =>
  `${JSON.stringify({ vertexes: [{ digest: 'a', name: '[2/2] RUN x', started: '2026-01-01T00:00:01Z', ...more }] })}\n`;
const print = (text: string) =>
  `${JSON.stringify({ logs: [{ vertex: 'a', stream: 1, data: Buffer.from(text).toString('base64') }] })}\n`;

describe('the output of a build', () => {
  it('names each operation once, with what it prints and how it ends', () => {
    const done = { completed: '2026-01-01T00:00:03.5Z' };
    assert.equal(
      logOf(vertex({}) + print('one\ntw') + print('o\nthree') + vertex(done) + vertex(done)),
      '#1 [2/2] RUN x\n#1 one\n#1 two\n#1 three\n#1 DONE 2.5s\n',
    );
    assert.equal(logOf(vertex({ cached: true, ...done })), '#1 [2/2] RUN x\n#1 CACHED\n');
    assert.equal(logOf(vertex({ error: 'no', ...done })), '#1 [2/2] RUN x\n#1 ERROR: no\n');
  });

  it('shows what a terminal would leave of a line, and never steers anything', () => {
    const raw = '\x1b[31mred\x1b[0m\r\n 10%\r 50%\r100%\n\x1b]0;title\x07a\x00\x08b\tc\n';
    assert.equal(logOf(vertex({}) + print(raw)), '#1 [2/2] RUN x\n#1 red\n#1 100%\n#1 ab\tc\n');
  });

  it('has the builder’s error, line by line', () => {
    const file = join(import.meta.dirname, '../../fixtures/progress/run-fails.1.txt');
    const lines = logOf(readFileSync(file)).split('\n');
    assert.ok(lines.some((line) => /^#\d+ this is why$/.test(line)));
    assert.ok(lines.some((line) => /^#\d+ ERROR: process .* exit code: 7$/.test(line)));
    assert.ok(lines.includes('Dockerfile:4'));
  });
});

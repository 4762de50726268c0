import assert from 'node:assert/strict';
import {
  bytes,
  codeBlock,
  count,
  escapeMarkdown,
  exactBytes,
  inlineCode,
  nearTimes,
  oneLine,
  plainText,
  size,
  sizePhrase,
} from '../../../server/src/features/render.ts';

const known = { bytes: 84_000_000, low: 80_000_000, high: 90_000_000, atLeast: false, reason: '' };

describe('figures in words', () => {
  it('have two digits at least, and never four before the unit', () => {
    const rows: readonly [number, string][] = [
      [0, '0 B'],
      [1, '1 B'],
      [999, '999 B'],
      [1000, '1 kB'],
      [1049, '1 kB'],
      [1250, '1.3 kB'],
      [9949, '9.9 kB'],
      [9950, '10 kB'],
      [999_499, '999 kB'],
      [999_500, '1 MB'],
      [1_234_567, '1.2 MB'],
      [117_000_000, '117 MB'],
      [999_999_999, '1 GB'],
      [5e18, '5000 PB'],
    ];
    for (const [number, words] of rows) assert.equal(bytes(number, 'decimal'), words);
    assert.equal(bytes(1023, 'binary'), '1023 B');
    assert.equal(bytes(1024, 'binary'), '1 KiB');
    assert.equal(bytes(1024 * 1024 - 1, 'binary'), '1 MiB');
    assert.equal(exactBytes(1_234_567), '1,234,567 bytes');
    assert.equal(exactBytes(1), '1 byte');
    assert.equal(count(1, 'layer'), '1 layer');
    assert.equal(count(1200, 'layer'), '1,200 layers');
  });

  it('say how they are known', () => {
    assert.equal(size({ ...known, basis: 'computed' }, 'decimal'), '84 MB');
    assert.equal(size({ ...known, basis: 'estimated' }, 'decimal'), '~84 MB');
    assert.equal(size({ ...known, basis: 'computed', atLeast: true }, 'decimal'), '≥ 84 MB');
    assert.equal(
      sizePhrase({ ...known, basis: 'estimated' }, 'decimal'),
      'about 84 MB (80 MB to 90 MB)',
    );
    assert.equal(
      sizePhrase({ ...known, basis: 'measured', atLeast: true }, 'decimal'),
      'at least 84 MB (84,000,000 bytes)',
    );
  });

  it('name no more of a time than is not of today', () => {
    const now = new Date(2026, 10, 21, 15, 0);
    const sentence = (time: string) => nearTimes(`Measured in app, built ${time}.`, now);
    assert.equal(sentence('2026-11-21 14:02'), 'Measured in app, built 14:02.');
    assert.equal(sentence('2026-11-20 14:02'), 'Measured in app, built 14:02 on 20 Nov.');
    assert.equal(sentence('2025-11-20 14:02'), 'Measured in app, built 14:02 on 20 Nov 2025.');
    assert.equal(sentence('2026-99-99 99:99'), 'Measured in app, built 2026-99-99 99:99.');
  });

  it('are no figure at all when unknown', () => {
    const unknown = { basis: 'unknown', bytes: null, low: null, high: null } as const;
    assert.equal(size({ ...unknown, atLeast: false }, 'decimal'), '');
    assert.equal(sizePhrase({ ...unknown, atLeast: false, reason: 'x' }, 'decimal'), 'unknown');
    assert.equal(size(null, 'decimal'), '');
  });
});

describe('text from files', () => {
  it('is plain text in Markdown', () => {
    assert.equal(
      escapeMarkdown('[x](http://a) <b> *c* `d` $(e)\n# f'),
      '\\[x\\](http\\://a) \\<b\\> \\*c\\* \\`d\\` \\$(e) # f',
    );
    assert.equal(escapeMarkdown('see www.a.b, me@x.y'), 'see www\\.a.b, me\\@x.y');
  });

  it('does not break out of code', () => {
    assert.equal(inlineCode('a'), '`a`');
    assert.equal(inlineCode('`a``b'), '``` `a``b ```');
    assert.equal(codeBlock('a\n```\nb\n', 'text', 100), '````text\na\n```\nb\n````');
  });

  it('is the same text again where Markdown is not shown', () => {
    const texts = ['a', '**a** [x](http://a) \\* `b`', '`a``b', '``', '_*`~<b>\\\\', '$&'];
    for (const text of texts) {
      assert.equal(plainText(escapeMarkdown(text)), text);
      assert.equal(plainText(`x ${inlineCode(text)}, ${inlineCode('**')}`), `x ${text}, **`);
      const block = [text, '```', text].join('\n');
      const around = `**A**\n\n${codeBlock(block, 'text', 100)}\n\nb`;
      assert.equal(plainText(around), `A\n\n${block}\n\nb`);
    }
  });

  it('is one short line in rows', () => {
    assert.equal(oneLine('a\n\t b', 10), 'a b');
    assert.equal(oneLine('0123456789ab', 10), '012345678…');
    assert.equal(oneLine(`${'x'.repeat(8)}\u{1F600}${'y'.repeat(9)}`, 10), `${'x'.repeat(8)}…`);
    assert.equal(oneLine(`${' '.repeat(1000)}x`, 10), '…');
  });
});

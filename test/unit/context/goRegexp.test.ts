import assert from 'node:assert/strict';
import { isValidPattern, matchName } from '../../../server/src/context/goPath.ts';
import { compileGoRegexp } from '../../../server/src/context/goRegexp.ts';
import { compilePatterns, matchPath } from '../../../server/src/context/patternMatcher.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/** Expression, texts that match, texts that do not. `null`: Go refuses the expression. */
const table: readonly (
  | readonly [string, readonly string[], readonly string[]]
  | readonly [string, null]
)[] = [
  ['^a|b[^/]*$', ['ax', 'xb', 'xbc'], ['xa', 'b/c']],
  ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{,2}$', ['a{,2}'], ['a', 'aa']],
  ['^{a,b}[^/]*$', ['{a,b}', '{a,b}x'], ['a']],
  ['^[[^/]*]$', ['[]', '^^]', ']'], ['x]']],
  ['^[[:digit:]x]+$', ['1x2'], ['y']],
  ['^\\d\\w$', ['1_'], ['a_']],
  ['^(.*/)?(.*/)?x$', ['x', 'a/x', 'a/b/c/x'], ['ax', 'a/b']],
  ['^\\x41\\x{1F600}$', ['A😀'], ['B']],
  ['^.$', ['é', '😀'], ['\n', 'ab']],
  ['^[^a]$', ['\n', '/'], ['a']],
  ['^\\Qa.b\\Ec$', ['a.bc'], ['axbc']],
  ['[^/]*{2}', null],
  ['^a{1001}$', null],
  ['^(.*/)?{3}$', null],
  ['^\\i$', null],
  ['^\\1$', null],
  ['^[b-a]$', null],
];

describe('regular expressions as Go reads them', () => {
  for (const [source, yes, no] of table) {
    it(yes ? `${source} matches what Go matches` : `${source} is refused`, () => {
      const matches = compileGoRegexp(source);
      if (!yes) return assert.equal(matches, undefined);
      assert.ok(matches);
      for (const text of yes) assert.equal(matches(text), true, `should match ${text}`);
      for (const text of no) assert.equal(matches(text), false, `should not match ${text}`);
    });
  }
});

describe('a group in a group in a group', () => {
  const nested = (depth: number) => compileGoRegexp(`${'('.repeat(depth)}a${')'.repeat(depth)}`);

  it('is read as deep as Go reads it', () => assert.equal(nested(999)?.('a'), true));

  it('is refused where Go refuses it, however deep it is', () => {
    assert.equal(nested(1000), undefined);
    assert.equal(nested(1_000_000), undefined);
  });
});

describe('ignore patterns', () => {
  it('treat a bar behind a wildcard as Go does: as an alternative', () => {
    const { matcher } = compilePatterns(['a|b*']);
    assert.equal(matchPath(matcher, 'ax', null).matched, true);
    assert.equal(matchPath(matcher, 'xb', null).matched, true);
    assert.equal(matchPath(matcher, 'x', null).matched, false);
  });

  it('take no longer for being hostile', () => {
    const hostile = [
      `${'**/'.repeat(200)}x`,
      `${'*a'.repeat(200)}b`,
      `${'[a-z]*'.repeat(100)}!`,
      '(a|a)*b{500}',
      `${'a*'.repeat(30_000)}b`,
    ];
    const path = `${'a'.repeat(100)}/`.repeat(20);
    const started = cpuMs();
    const { matcher } = compilePatterns(hostile);
    for (let round = 0; round < 5; round++) assert.ok(!matchPath(matcher, path, []).matched);
    assert.ok(cpuMs() - started < 5000);
  });
});

describe('matching of one name', () => {
  it('is anchored at both ends, and stars stop at a slash', () => {
    assert.equal(matchName('a*c', 'abbc'), true);
    assert.equal(matchName('a*c', 'ab/c'), false);
    assert.equal(matchName('*.txt', '.txt'), true);
    assert.equal(matchName('a?', 'a/'), false);
    assert.equal(matchName('[^a]x', 'bx'), true);
    assert.equal(matchName('\\*', '*'), true);
    assert.equal(matchName('a*b*c', 'aXbYbZc'), true);
  });

  it('knows malformed patterns wherever the fault stands', () => {
    for (const bad of ['[', 'a[', '[]a]', '[-]', 'x[a-]', '*x[', '\\', '[a', '[\\']) {
      assert.equal(isValidPattern(bad), false, bad);
    }
    for (const good of ['[a]', '[^a-c]', '[\\]]', '{a,b}', '\\[']) {
      assert.equal(isValidPattern(good), true, good);
    }
  });
});

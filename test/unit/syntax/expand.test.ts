import assert from 'node:assert/strict';
import type { Escape } from '../../../server/src/syntax/ast.ts';
import { expand } from '../../../server/src/syntax/expand.ts';
import type { ExpandOptions } from '../../../server/src/syntax/expandState.ts';
import { readPattern } from '../../../server/src/syntax/shellPattern.ts';
import { eachCase } from '../../support/conformance.ts';
import { cpuMs } from '../../support/cpuTime.ts';
import { seeded } from '../../support/random.ts';

const backslash: ExpandOptions = { escape: '\\' };

function envOf(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

function sorted(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort();
}

interface WordCase {
  readonly platform: string;
  readonly input: string;
  readonly expected?: string;
  readonly errorText?: string;
}
const windowsEnv = envOf(['PWD=/home', 'SHELL=bash', 'KOREAN=한국어', 'NULL=']);

eachCase<WordCase>(
  'env_expansion',
  ({ input, platform }) => `${input} (${platform})`,
  ({ platform, input, expected, errorText }) => {
    // A Windows daemon looks names up without regard to case.
    const env =
      platform === 'windows'
        ? { get: (name: string) => windowsEnv.get(name.toUpperCase()) }
        : windowsEnv;
    const result = expand(input, env, backslash);
    if (!result.ok) return assert.equal(result.error, errorText);
    assert.equal(result.value, expected);
  },
);

interface WordsCase {
  readonly input: string;
  readonly env: readonly string[];
  readonly words?: readonly string[];
  readonly error?: boolean;
}
eachCase<WordsCase>(
  'env_words',
  ({ input }) => input,
  ({ input, env, words, error }) => {
    const result = expand(input, envOf(env), backslash);
    assert.equal(!result.ok, Boolean(error));
    if (result.ok) assert.deepEqual(result.words, words);
  },
);

interface MatchCase {
  readonly input: string;
  readonly env: Readonly<Record<string, string>>;
  readonly expected: string;
  readonly error: boolean;
  readonly matched: readonly string[];
  readonly unmatched: readonly string[];
}
eachCase<MatchCase>(
  'env_matches',
  ({ input }) => input,
  ({ input, env, expected, error, matched, unmatched }) => {
    const result = expand(input, new Map(Object.entries(env)), backslash);
    assert.equal(!result.ok, error);
    if (!result.ok) return;
    assert.equal(result.value, expected);
    assert.deepEqual(sorted(result.matched), matched);
    assert.deepEqual(sorted(result.unmatched), unmatched);
  },
);

interface ModeCase extends Omit<ExpandOptions, 'escape'> {
  readonly input: string;
  readonly escape?: Escape;
  readonly env: readonly string[];
  readonly result?: string;
  readonly words?: readonly string[];
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
  readonly error?: string;
}
function checkMode(mode: ModeCase): void {
  const result = expand(mode.input, envOf(mode.env), { ...mode, escape: mode.escape ?? '\\' });
  assert.equal(result.ok ? undefined : result.error, mode.error);
  if (!result.ok) return;
  assert.equal(result.value, mode.result);
  assert.deepEqual(result.words, mode.words);
  assert.deepEqual(sorted(result.matched), mode.matched);
  assert.deepEqual(sorted(result.unmatched), mode.unmatched);
}
eachCase<ModeCase>('env_expansion_edge_cases', ({ input }) => input, checkMode);
eachCase<ModeCase>('env_expansion_modes', ({ input }) => input, checkMode);

interface PatternCase {
  readonly pattern: string;
  readonly regex?: string;
  readonly error?: boolean;
}
eachCase<PatternCase>(
  'shell_pattern_regex',
  ({ pattern }) => pattern,
  ({ pattern, regex, error }) => {
    const read = readPattern(pattern);
    assert.equal(!read.ok, Boolean(error));
    if (!read.ok) return;
    const parts = read.tokens.map((token) => {
      if ('char' in token) return token.char.replace(/[[\]{}.+()|^$*?\\]/g, '\\$&');
      return token.kind === '*' ? '.*' : '.';
    });
    assert.equal(`^${parts.join('')}`, regex);
  },
);

describe('expanding a word', () => {
  const value = (word: string, ...env: string[]) => {
    const result = expand(word, envOf(env), backslash);
    return result.ok ? result.value : result.error;
  };

  it('agrees with Go on replacing empty matches', () => {
    // An empty match directly behind another match is left out.
    assert.equal(value('${X///-}', 'X=abc'), '-a-b-c-');
    assert.equal(value('${X//*/-}', 'X=abc'), '-');
    assert.equal(value('${X//b*/-}', 'X=abc'), 'a-');
  });

  it('does not let a star cross a line end', () => {
    assert.equal(value('${X#*b}', 'X=a\nb'), 'a\nb');
    assert.equal(value('${X##a*}', 'X=ab\nc'), '\nc');
    assert.equal(value('${X%%*c}', 'X=ab\nc'), 'ab\n');
  });

  it('fills $0 of a replacement that comes from a variable', () => {
    assert.equal(value('${X//b/$R}', 'X=abc', 'R=<$0${0}$00$1$$>'), 'a<bb$>c');
    assert.equal(value('${X/b/$R}', 'X=abc', 'R=<$0>'), 'a<$0>c');
  });

  it('sees characters, not halves of them', () => {
    assert.equal(value('${X#?}', 'X=😀a'), 'a');
    assert.equal(value('$Xé', 'Xé=1'), '1');
  });

  it('uses the backtick where the file says so', () => {
    const result = expand('a`$b\\c', new Map(), { escape: '`' });
    assert.equal(result.ok && result.value, 'a$b\\c');
  });

  it('gives an error, not a crash, for very deep nesting', () => {
    const result = expand('${a:-'.repeat(20_000) + '}'.repeat(20_000), new Map(), backslash);
    assert.ok(!result.ok && result.error.endsWith(': substitutions are nested too deeply'));
  });

  it('gives an error for a value that doubles beyond all measure', () => {
    let env = new Map([['A', 'a']]);
    let last = expand('$A', env, backslash);
    for (let turn = 0; turn < 60 && last.ok; turn++) {
      env = new Map([['A', last.value]]);
      last = expand('$A$A', env, backslash);
    }
    assert.ok(!last.ok && last.error.endsWith('longer than 1048584 characters'));
  });

  it('gives up on patterns that are made to take for ever', () => {
    const started = cpuMs();
    const env = envOf([`X=${'a'.repeat(100_000)}`]);
    for (const word of [`\${X#${'*a'.repeat(50)}b}`, `\${X//${'a'.repeat(40_000)}b/c}`]) {
      expand(word, env, backslash);
    }
    assert.ok(cpuMs() - started < 2000);
  });

  it('takes time in proportion to the length of the word', () => {
    const started = cpuMs();
    for (const part of ['$A', "'x'", '"$A"', '${A:-b}', '\\', '<', ' ', 'é']) {
      expand(part.repeat(200_000), new Map([['A', 'x']]), backslash);
    }
    assert.ok(cpuMs() - started < 4000);
  });

  it('survives any mixture of its special characters', () => {
    const alphabet = [
      '$',
      '{',
      '}',
      ':',
      '-',
      '#',
      '%',
      '/',
      "'",
      '"',
      '\\',
      '<',
      ' ',
      'a',
      '?',
      '\ud800',
    ];
    const { below: next } = seeded(7);
    for (let turn = 0; turn < 20_000; turn++) {
      const word = Array.from({ length: next(14) }, () => alphabet[next(alphabet.length)]).join('');
      const result = expand(word, new Map([['a', 'x*y']]), {
        escape: '\\',
        rawEscapes: next(2) === 0,
        rawQuotes: next(2) === 0,
        skipUnsetEnv: next(2) === 0,
        skipProcessQuotes: next(2) === 0,
      });
      assert.ok(result.ok || result.error.startsWith('failed to process "'), word);
    }
  });
});

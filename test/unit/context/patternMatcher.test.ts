import assert from 'node:assert/strict';
import {
  compilePattern,
  compilePatterns,
  matchPath,
} from '../../../server/src/context/patternMatcher.ts';
import { eachCase } from '../../support/conformance.ts';

interface MatchCase {
  readonly patterns: readonly string[];
  readonly path: string;
  readonly match: boolean;
  readonly error?: string | null;
  readonly pathOnlyMatch?: boolean;
}

const title = (testCase: MatchCase) => `${testCase.patterns.join(' ')} against ${testCase.path}`;

function matches(patterns: readonly string[], path: string): boolean {
  return matchPath(compilePatterns(patterns).matcher, path, null).matched;
}

/** Folder by folder, as the client walks a context. */
function matchesWalking(patterns: readonly string[], path: string): boolean {
  const { matcher } = compilePatterns(patterns);
  const parts = path.split('/');
  let result = matchPath(matcher, parts[0] ?? '', null);
  for (let depth = 2; depth <= parts.length; depth++) {
    result = matchPath(matcher, parts.slice(0, depth).join('/'), result.info);
  }
  return result.matched;
}

function refused(testCase: MatchCase): boolean {
  const { problems } = compilePatterns(testCase.patterns);
  assert.deepEqual(problems[0]?.message, testCase.error ?? undefined);
  return problems.length > 0;
}

eachCase<MatchCase>('patternmatcher_match', title, (testCase) => {
  assert.equal(matches(testCase.patterns, testCase.path), testCase.match);
});

eachCase<MatchCase>('patternmatcher_filepath', title, (testCase) => {
  if (refused(testCase)) return;
  assert.equal(matches(testCase.patterns, testCase.path), testCase.match);
});

eachCase<MatchCase>('patternmatcher_edge_cases', title, (testCase) => {
  if (refused(testCase)) return;
  assert.equal(matchesWalking(testCase.patterns, testCase.path), testCase.match);
  if (!testCase.path.includes('/')) {
    assert.equal(matches(testCase.patterns, testCase.path), testCase.pathOnlyMatch);
  }
});

eachCase<{ pattern: string; matchType: string; regexpSlash: string }>(
  'patternmatcher_compile',
  (testCase) => testCase.pattern,
  (testCase) => {
    const pattern = compilePattern(testCase.pattern, false);
    assert.equal(`${pattern?.kind}Match`, testCase.matchType);
    assert.equal(pattern?.regexp, testCase.regexpSlash);
  },
);

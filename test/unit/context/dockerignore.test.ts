import assert from 'node:assert/strict';
import {
  type Filter,
  filterEntry,
  readIgnoreFile,
  rootFilter,
} from '../../../server/src/context/dockerignore.ts';
import { eachCase } from '../../support/conformance.ts';

eachCase<{ input: string; patterns: string[] | null; patternError?: string }>(
  'ignorefile_read',
  (testCase) => JSON.stringify(testCase.input).slice(0, 60),
  (testCase) => {
    const file = readIgnoreFile(testCase.input);
    assert.deepEqual(file.patterns, testCase.patterns ?? []);
    const message = file.problems[0]?.message;
    if (testCase.patternError) assert.ok(message?.endsWith(testCase.patternError));
    else assert.equal(message, undefined);
  },
);

interface WalkCase {
  readonly name?: string;
  readonly dockerignore: string;
  readonly files: readonly string[];
  readonly kept: readonly string[];
  readonly patterns: readonly string[];
  readonly error?: string;
  readonly followPaths?: readonly string[];
}

type Folder = Map<string, Folder | null>;

function treeOf(files: readonly string[]): Folder {
  const root: Folder = new Map();
  for (const file of files) {
    let at = root;
    const parts = file.split('/').filter(Boolean);
    for (const [index, part] of parts.entries()) {
      const leaf = index === parts.length - 1 && !file.endsWith('/');
      const next = at.get(part) ?? (leaf ? null : (new Map() as Folder));
      at.set(part, next);
      if (next) at = next;
    }
  }
  return root;
}

function keptOf(folder: Folder, filter: Filter): string[] {
  const kept: string[] = [];
  for (const [name, child] of folder) {
    const { verdict, below } = filterEntry(filter, name, child !== null);
    if (verdict === 'dropped') continue;
    if (!child) kept.push(...(verdict === 'kept' ? [below.path] : []));
    else {
      const inside = keptOf(child, below);
      if (verdict === 'kept' || inside.length > 0) kept.push(`${below.path}/`, ...inside);
    }
  }
  return kept;
}

eachCase<WalkCase>(
  'dockerignore_walk',
  (testCase) => testCase.name ?? testCase.dockerignore,
  function (this: void, testCase) {
    const file = readIgnoreFile(testCase.dockerignore);
    assert.deepEqual(file.patterns, testCase.patterns);
    assert.equal(file.problems[0]?.message, testCase.error);
    // Narrowing to the sources of one build is tested where sources are resolved.
    if (testCase.error || testCase.followPaths) return;
    const kept = keptOf(treeOf(testCase.files), rootFilter(file.matcher));
    assert.deepEqual(kept.sort(), [...testCase.kept].sort());
  },
);

describe('an ignore file with patterns that BuildKit refuses', () => {
  it('names the line, and the other patterns still count', () => {
    const file = readIgnoreFile('# c\n\na[\n*.log\n');
    assert.deepEqual(file.problems, [
      { message: 'invalid excludepatterns: [a[ *.log]: syntax error in pattern', line: 3 },
    ]);
    const { verdict } = filterEntry(rootFilter(file.matcher), 'x.log', false);
    assert.equal(verdict, 'dropped');
  });

  it('names the line that is too long to read', () => {
    assert.equal(readIgnoreFile(`a\n${'x'.repeat(70_000)}`).problems[0]?.line, 2);
  });
});

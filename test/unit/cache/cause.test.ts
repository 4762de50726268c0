import assert from 'node:assert/strict';
import {
  causeAfter,
  type Files,
  predictionsOf,
  recordAt,
  type Trial,
} from '../../support/cacheTrial.ts';

const files: Files = {
  'src/a.ts': 'a',
  'src/b.ts': 'b',
  'src/c.ts': 'c',
  'src/d/e.ts': 'e',
  f: 'f',
};
const base: Trial = { dockerfile: 'FROM base\nRUN echo a\nCOPY src /src\nRUN make\n', files };

function edited(change: Readonly<Record<string, string | null>>): Trial {
  const entries = Object.entries({ ...files, ...change });
  return {
    ...base,
    files: Object.fromEntries(entries.flatMap(([k, v]) => (v === null ? [] : [[k, v]]))),
  };
}

describe('the cause of a miss in files', () => {
  const cases: readonly (readonly [string, Trial, string])[] = [
    ['one file', edited({ 'src/a.ts': 'x' }), 'src/a.ts changed'],
    ['two files', edited({ 'src/a.ts': 'x', 'src/b.ts': 'y' }), 'src/a.ts and src/b.ts changed'],
    [
      'three files',
      edited({ 'src/a.ts': '1', 'src/b.ts': '2', 'src/c.ts': '3' }),
      'src/a.ts, src/b.ts and src/c.ts changed',
    ],
    [
      'four files',
      edited({ 'src/a.ts': '1', 'src/b.ts': '2', 'src/c.ts': '3', 'src/d/e.ts': '4' }),
      'src/a.ts, src/b.ts, src/c.ts and 1 more file changed',
    ],
    ['an added file', edited({ 'src/n.ts': 'n' }), 'src/n.ts was added'],
    ['an added folder', edited({ 'src/n/m.ts': 'n' }), 'src/n/m.ts was added'],
    ['a removed file', edited({ 'src/a.ts': null }), 'src/a.ts was removed'],
    ['a removed folder', edited({ 'src/d/e.ts': null }), 'src/d/e.ts was removed'],
    [
      'a renamed file',
      edited({ 'src/a.ts': null, 'src/z.ts': 'a' }),
      'src/a.ts was renamed to src/z.ts',
    ],
    [
      'a renamed folder',
      edited({ 'src/d/e.ts': null, 'src/x/e.ts': 'e' }),
      'src/d/e.ts was renamed to src/x/e.ts',
    ],
    [
      'another mode',
      edited({ 'src/a.ts': null, 'src/a.ts 755': 'a' }),
      'src/a.ts has another mode',
    ],
    [
      'several things',
      edited({ 'src/a.ts': 'x', 'src/n.ts': 'n' }),
      'src/a.ts changed and src/n.ts was added',
    ],
    [
      'several things at once',
      edited({ 'src/a.ts': 'x', 'src/b.ts': null, 'src/n.ts': 'n', 'src/o.ts': 'o' }),
      'src/a.ts changed, src/b.ts was removed, src/n.ts was added, and 1 more file differs',
    ],
  ];
  for (const [title, after, reason] of cases) {
    it(`names ${title}`, () => assert.equal(causeAfter(base, after), `3: ${reason}`));
  }

  it('does not name what is not copied', () => {
    assert.equal(causeAfter(base, edited({ f: 'x', 'src/a.ts': 'y' })), '3: src/a.ts changed');
  });
});

const many = (count: number) => Array.from({ length: count }, (_, at) => `ENV E${at}=1\n`).join('');

function cause(before: string, after: string, options: readonly [object?, object?] = []): string {
  const [one = {}, other = {}] = options;
  const wrap = (text: string) => (/^FROM/m.test(text) ? text : `FROM base\n${text}`);
  return causeAfter(
    { dockerfile: wrap(before), files, options: one },
    { dockerfile: wrap(after), files, options: other },
  );
}

describe('the cause of a miss in the text', () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['words', 'RUN npm ci', 'RUN npm install', '2: "ci" became "install"'],
    ['a new word', 'RUN npm ci', 'RUN npm ci --omit=dev', '2: "--omit=dev" was added'],
    ['a word that is gone', 'RUN npm ci --omit=dev', 'RUN npm ci', '2: "--omit=dev" was removed'],
    ['white space', 'RUN npm ci', 'RUN npm  ci', '2: white space in the instruction changed'],
    ['a flag', 'COPY src /a', 'COPY --chown=1 src /a', '2: "--chown=1" was added'],
    ['another instruction', 'COPY src /a', 'ADD src /a', '2: COPY became ADD'],
    ['a new line', 'RUN a\nRUN b', 'RUN a\nRUN x\nRUN b', '3: this line is new'],
    ['a new first line', 'RUN a\nRUN b', 'RUN x\nRUN a\nRUN b', '2: this line is new'],
    ['a new last line', 'RUN a\nRUN b', 'RUN a\nRUN b\nRUN c', '4: this line is new'],
    ['a moved line', 'RUN a\nRUN b', 'RUN b\nRUN a', '2: this line was moved'],
    [
      'a removed line',
      'RUN a\nRUN b\nRUN c',
      'RUN b\nRUN c',
      '2: the line "RUN a" above it was removed',
    ],
    [
      'a line with another instruction',
      'RUN a\nRUN b',
      'COPY src /a\nRUN b',
      '2: this line is new',
    ],
    ['an ENV', 'ENV A=1\nENV B=1\nRUN a', 'ENV A=1\nENV B=2\nRUN a', '3: ENV B changed'],
    ['a new ENV', 'RUN a', 'ENV B=2\nRUN a', '2: ENV B is new'],
    ['an ENV that is gone', 'ENV B=2\nRUN a', 'RUN a', '2: the variable B is no longer set'],
    [
      'the order of ENV',
      'ENV A=1\nENV B=2\nRUN a',
      'ENV B=2\nENV A=1\nRUN a',
      '3: the order of the variables above changed',
    ],
    [
      'several ENV in their order, at the first',
      'ENV A=1\nENV B=1\nENV C=1\nENV D=1\nRUN a',
      'ENV A=2\nENV B=2\nENV C=2\nENV D=2\nRUN a',
      '2: the variables A, B, C and 1 more changed',
    ],
    [
      'a renamed ENV',
      'ENV A=1\nRUN a',
      'ENV B=1\nRUN a',
      '2: the variable B is new and the variable A is no longer set',
    ],
    [
      'what is changed, new and gone',
      'ENV A=1 C=1 D=1\nRUN a',
      'ENV A=2 B=1\nRUN a',
      '2: the variable A changed, the variable B is new and the variables D and C are no longer set',
    ],
    [
      'a global ARG that a stage declares now',
      'ARG A=1\nFROM base\nRUN a',
      'ARG A=1\nFROM base\nARG A\nRUN a',
      '3: ARG A is new',
    ],
    [
      'words and variables',
      'ENV A=1\nRUN a 1',
      'ENV A=2\nRUN a 2',
      '3: "1" became "2", and ENV A changed',
    ],
    [
      'the user and a variable',
      'USER one\nENV A=1\nRUN a',
      'USER two\nENV A=2\nRUN a',
      '2: the user changed, and ENV A changed',
    ],
    [
      'a variable in a USER',
      'ENV A=1\nUSER $A\nRUN a',
      'ENV A=2\nUSER $A\nRUN a',
      '2: ENV A changed',
    ],
    [
      'one of very many ENV',
      `${many(150)}RUN a`,
      `${many(150).replace('E3=', 'E3=x')}RUN a`,
      '151: one of the variables above changed',
    ],
    ['a line twice', 'RUN a\nRUN b', 'RUN a\nRUN a\nRUN b', '3: this line is new'],
    [
      'a line that the stage below lost',
      'FROM base AS a\nRUN x\nRUN y\nFROM a\nRUN z',
      'FROM base AS a\nRUN x\nFROM a\nRUN z',
      '4: the line "RUN y" above it was removed',
    ],
    [
      'a new line at the end of the stage below',
      'FROM base AS a\nRUN x\nFROM a\nRUN z',
      'FROM base AS a\nRUN x\nRUN y\nFROM a\nRUN z',
      '3: this line is new',
    ],
    [
      'a new stage below',
      'FROM base\nRUN z',
      'FROM base AS a\nRUN x\nFROM a\nRUN z',
      '2: this line is new',
    ],
    [
      'a stage that starts from an image again',
      'FROM base AS a\nRUN x\nFROM a\nRUN z',
      'FROM base AS a\nRUN x\nFROM base\nRUN z',
      '3: the stage starts from something else',
    ],
    [
      'a stage that starts from another stage',
      'FROM base AS a\nRUN x\nFROM base AS b\nRUN y\nFROM a\nRUN z\nCOPY --from=b /y /y',
      'FROM base AS a\nRUN x\nFROM base AS b\nRUN y\nFROM b\nRUN z\nCOPY --from=b /y /y',
      '5: the stage starts from something else',
    ],
    [
      'a stage on another base that was not built',
      'FROM base:2 AS a\nRUN x\nFROM base:1\nRUN y',
      'FROM base:2 AS a\nRUN x\nFROM base:1\nCOPY --from=a /x /\nRUN y',
      '1: stage a was not built before',
    ],
    [
      'a line of words that other stages have too',
      'FROM base AS a\nRUN x\nRUN y\nFROM base\nRUN x\nCOPY --from=a /y /y',
      'FROM base AS a\nRUN y\nFROM base\nRUN x\nCOPY --from=a /y /y',
      '2: the line "RUN x" above it was removed',
    ],
    [
      'another image to copy from',
      'COPY --from=one:1 /a /b',
      'COPY --from=one:2 /a /b',
      '2: "--from=one:1" became "--from=one:2"',
    ],
    ['an ARG', 'ARG A=1\nRUN a', 'ARG A=2\nRUN a', '2: ARG A changed'],
    [
      'a global ARG',
      'ARG A=1\nFROM base\nARG A\nRUN a',
      'ARG A=2\nFROM base\nARG A\nRUN a',
      '1: ARG A changed',
    ],
    ['a variable in a COPY', 'ARG A=1\nCOPY src /$A', 'ARG A=2\nCOPY src /$A', '2: ARG A changed'],
    ['a variable in a WORKDIR', 'ENV A=1\nWORKDIR /$A', 'ENV A=2\nWORKDIR /$A', '2: ENV A changed'],
    ['the user', 'RUN a', 'USER me\nRUN a', '2: the user changed'],
    ['the shell', 'RUN a', 'SHELL ["sh", "-e"]\nRUN a', '2: the SHELL changed'],
    ['a base', 'FROM base:1\nRUN a', 'FROM base:2\nRUN a', '1: the base image changed to base:2'],
    [
      'a base by ARG',
      'ARG V=1\nFROM base:$V\nRUN a',
      'ARG V=2\nFROM base:$V\nRUN a',
      '1: ARG V changed',
    ],
    [
      'a platform',
      'FROM base\nRUN a',
      'FROM --platform=linux/arm64 base\nRUN a',
      '1: the platform changed',
    ],
    ['a heredoc', 'RUN <<E\necho a\nE', 'RUN <<E\necho b\nE', '2: "a" became "b"'],
    [
      'the lower of two stages',
      'FROM base AS a\nRUN x\nFROM a\nRUN y',
      'FROM base AS a\nRUN z\nFROM a\nRUN y',
      '2: "x" became "z"',
    ],
  ];
  for (const [title, before, after, expected] of rows) {
    it(`names ${title}`, () => assert.equal(cause(before, after), expected));
  }

  it('names a build argument', () => {
    const args = (value: string) => ({ buildArgs: new Map([['A', value]]) });
    const text = 'ARG A=0\nRUN a';
    assert.equal(cause(text, text, [args('1'), args('2')]), '2: the build argument A changed');
    assert.equal(cause(text, text, [{}, args('2')]), '2: the build argument A changed');
    const dropped = '2: the build argument A is no longer given';
    assert.equal(cause(text, text, [args('1'), {}]), dropped);
  });

  it('names a build argument that only the builder reads', () => {
    for (const [name, text] of [
      ['BUILDKIT_SANDBOX_HOSTNAME', 'RUN a'],
      ['SOURCE_DATE_EPOCH', 'WORKDIR /w'],
    ] as const) {
      const args = (value: string) => ({ buildArgs: new Map([[name, value]]) });
      const expected = `2: the build argument ${name} changed`;
      assert.equal(cause(text, text, [args('1'), args('2')]), expected);
      assert.equal(cause(text, text, [{}, args('2')]), expected);
    }
  });

  it('names a removed line of the own stage, not one of another on the same base', () => {
    const other = 'FROM base AS b\nCOPY f /f\nFROM base\n';
    const last = 'COPY --from=b /f /y\nCOPY src /y\n';
    assert.equal(
      cause(`${other}RUN echo same > /s\n${last}`, `${other}${last}`),
      '4: the line "RUN echo same > /s" above it was removed',
    );
  });

  it('names a stage that was not built', () => {
    const text = 'FROM base AS build\nRUN make\nFROM build AS one\nRUN x\nFROM build AS two\nRUN z';
    const target = (name: string) => ({ target: name });
    const expected = '5: stage two was not built before';
    assert.equal(cause(text, text, [target('one'), target('two')]), expected);
  });

  it('tells no value of a variable', () => {
    const text = 'ARG A\nRUN a\nCOPY src /$A';
    const args = (value: string) => ({ buildArgs: new Map([['A', value]]) });
    assert.doesNotMatch(cause(text, text, [args('old-secret'), args('new-secret')]), /secret/);
  });
});

describe('what follows a miss', () => {
  it('names the line that missed first', () => {
    const [, , last] = predictionsOf([recordAt(base)], edited({ 'src/a.ts': 'x' }));
    assert.equal(last?.word, 'rebuild');
    assert.equal(last?.cause?.reason, 'src/a.ts changed');
    assert.equal(base.dockerfile.slice(last?.cause?.span?.start).split('\n')[0], 'COPY src /src');
  });

  it('knows how long it took last time, and adds that up', () => {
    const record = recordAt(base);
    const timed = {
      ...record,
      steps: record.steps.map((step, at) => ({ ...step, ms: (at + 1) * 100 })),
    };
    const after = edited({ 'src/a.ts': 'x' });
    const predictions = predictionsOf([timed], after);
    assert.deepEqual(
      predictions.map(({ last }) => last?.ms),
      [100, 200, 300],
    );
  });
});

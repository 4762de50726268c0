import assert from 'node:assert/strict';
import type { Problem } from '../../../server/src/syntax/ast.ts';
import { firstRefusal, interpret } from '../../../server/src/syntax/instructions.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { tellOnce, trailingComment } from '../../../server/src/syntax/trailingComment.ts';

const opening = 'FROM a\n';

function found(text: string): readonly Problem[] {
  return interpret(parse(text)).problems;
}

function only(text: string): Problem {
  const problems = found(text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0] as Problem;
}

/** Moves the comment as a quick fix would. */
function fixed(text: string): string {
  const dockerfile = parse(text);
  for (const instruction of dockerfile.instructions) {
    const edit = trailingComment(dockerfile, instruction);
    if (!edit) continue;
    const { insertAt, indent, removal } = edit;
    const line = `${indent}${edit.text}\n${text.slice(insertAt, removal.start)}`;
    return text.slice(0, insertAt) + line + text.slice(removal.end);
  }
  return text;
}

describe('a comment behind an instruction', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['FROM ubuntu:20.04   # base image', 'FROM requires either one or three arguments'],
    ['FROM a AS b # x', 'FROM requires either one or three arguments'],
    ['FROM a #x', 'FROM requires either one or three arguments'],
    [
      'FROM a AS #x',
      'invalid name for build stage: "#x", name can\'t start with a number or contain symbols',
    ],
    ['ENV A=1 # c', 'Syntax error - can\'t find = in "#". Must be of the form: name=value'],
    ['LABEL a=b # c', 'Syntax error - can\'t find = in "#". Must be of the form: name=value'],
    ['SHELL ["bash", "-c"] # x', 'SHELL requires the arguments to be in JSON form'],
    ['HEALTHCHECK NONE # x', 'HEALTHCHECK NONE takes no arguments'],
    ['EXPOSE 80 # web', 'invalid containerPort: #'],
    ['EXPOSE 80 #', 'invalid containerPort: #'],
    ['EXPOSE 80 443/tcp #web', 'invalid containerPort: #web'],
    ['STOPSIGNAL SIGTERM # x', 'invalid signal: SIGTERM # x'],
    [
      "WORKDIR /app # don't",
      'failed to process "/app # don\'t": unexpected end of statement while looking for matching single-quote',
    ],
  ];
  for (const [line, error] of refused) {
    it(`is told with BuildKit's refusal: ${line}`, () => {
      const text = line.startsWith('FROM') ? `${line}\n` : `${opening}${line}\n`;
      const problem = only(text);
      assert.equal(problem.code, 'trailing-comment');
      assert.equal(problem.severity, 'error');
      assert.equal(problem.message.split('\n')[0], error);
      const { start, end } = problem.span;
      assert.equal(text.slice(start, end), line.slice(line.indexOf('#')));
      assert.match(problem.message, /A comment in a Dockerfile needs a line of its own/);
    });
  }

  const misread = [
    'COPY . /app # code',
    'ADD x.tar /app/ #code',
    'COPY a /b #copy it to /b',
    'COPY ["a", "/b"] # list',
    'WORKDIR /app # x',
    'USER me # x',
    'CMD ["x"] # run',
    'CMD [] # nothing',
    'ENTRYPOINT ["x", "y"]# run',
    'ENTRYPOINT ["a # b"]   # run',
    'RUN ["x"] # c',
    'RUN --network=none ["x"] # c',
    'VOLUME /data # x',
    'VOLUME ["/data"] # x',
    'ARG A=1 # x',
    'ARG A # x',
    'ENV A b # c',
    'ENV A=1 #c=d',
    'HEALTHCHECK --interval=5s CMD ["x"] # c',
    'ONBUILD COPY . /app # code',
    'ONBUILD EXPOSE 80 # web',
  ].filter((line) => !line.includes(']#'));
  for (const line of misread) {
    it(`is told as misread: ${line}`, () => {
      const text = `${opening}${line}\nRUN x\n`;
      const problem = only(text);
      assert.equal(problem.code, 'trailing-comment');
      assert.equal(problem.severity, 'warning');
      assert.equal(problem.buildkit, undefined);
      const { start, end } = problem.span;
      assert.equal(text.slice(start, end), line.slice(line.lastIndexOf('#')));
      assert.match(problem.message, /^(BuildKit|With text behind the bracket) .*\. A comment/);
    });
  }

  const innocent = [
    'RUN echo a # b',
    'RUN [ -f x ] # c',
    'CMD echo # b',
    'ENTRYPOINT exec x # y',
    'HEALTHCHECK CMD curl x # y',
    'LABEL url=http://x/#a',
    'LABEL a="b # c"',
    "LABEL a='b # c' d=e",
    'ENV A="# not"',
    'ENV A=\\# B=1',
    'ENV A=a\\ # B=1',
    'ENV COLOR #fff',
    'ENV COLORS #fff #000',
    'ENV A "b # c"',
    'COPY dir/#file# /x',
    'COPY #file# /x',
    'COPY a #b# /x/',
    'COPY a b #c# /x/',
    'COPY ["a # b", "/x"]',
    'WORKDIR "/a # b"',
    'USER a#b',
    'EXPOSE 80#1',
    'CMD ["echo", "# x"]',
    'MAINTAINER Me # 1',
    'SHELL ["a", "# b"]',
    'RUN <<E\n# c\nx # y\nE',
    'RUN a \\\n  # a comment line\n  b',
    'ENV A=1 \\\n  # a comment line\n  B=2',
  ];
  for (const line of innocent) {
    it(`is not seen where there is none: ${line.replaceAll('\n', '⏎')}`, () => {
      const codes = found(`${opening}${line}\n`).map((each) => each.code);
      assert.ok(!codes.includes('trailing-comment'), JSON.stringify(codes));
    });
  }

  it('leaves every other line its meaning, and FROM its image and name', () => {
    const { stages } = interpret(parse('FROM a AS b # x\nRUN y\nENV A=1 # c\nFROM c # z\nRUN w\n'));
    assert.deepEqual(
      stages.map(({ from, commands }) => [from.base, from.name, commands.map((each) => each.kind)]),
      [
        ['a', 'b', ['run', 'invalid']],
        ['c', null, ['run']],
      ],
    );
  });

  it('carries the refusal of BuildKit, so that the first one stays the first', () => {
    const refusal = firstRefusal(found('FROM a # x\nENV A=1 # c\n'))?.buildkit;
    assert.deepEqual(refusal, {
      phase: 'parser',
      message: 'Syntax error - can\'t find = in "#". Must be of the form: name=value',
      lines: { start: 2, end: 2 },
    });
  });

  it('does not hide a mistake that has nothing to do with it', () => {
    const codes = found(`${opening}COPY --foo=1 a b # c\nENV A=1 B # c\n`).map((each) => each.code);
    assert.deepEqual(codes, ['unknown-flag', 'trailing-comment', 'arguments', 'trailing-comment']);
  });

  it('is told once when the plan refuses the line for it', () => {
    const text = `${opening}EXPOSE 80 # web\n`;
    const message = 'invalid containerPort: #';
    const lines = { start: 2, end: 2 };
    const late: Problem = {
      code: 'instruction-value',
      severity: 'error',
      message,
      span: { start: 7, end: 22 },
      buildkit: { phase: 'plan', message, lines },
    };
    const other = { ...late, span: { start: 0, end: 6 } };
    const [first, second, ...more] = tellOnce([other, late, ...found(text)]);
    assert.deepEqual(first, other);
    assert.equal(second?.code, 'trailing-comment');
    assert.deepEqual(second?.buildkit, late.buildkit);
    assert.deepEqual(more, []);
  });
});

describe('moving a comment to a line of its own', () => {
  const moves: readonly (readonly [string, string])[] = [
    ['FROM a   # base image\nRUN x\n', '# base image\nFROM a\nRUN x\n'],
    ['FROM a\r\n  USER me # x  \r\nRUN y\r\n', 'FROM a\r\n  # x\n  USER me\r\nRUN y\r\n'],
    ['\ufeffFROM a # x\n', '\ufeff# x\nFROM a\n'],
    ['FROM a\nCMD ["x"] # run', 'FROM a\n# run\nCMD ["x"]'],
    [
      'FROM a\nENV A=1 \\\n    B=2 # two \\\n    C=3\n',
      'FROM a\nENV A=1 \\\n    # two\n    B=2 \\\n    C=3\n',
    ],
    ['FROM a\nONBUILD COPY a b # c\n', 'FROM a\n# c\nONBUILD COPY a b\n'],
    ['FROM a\nCOPY <<E /x # c\nhi\nE\n', 'FROM a\n# c\nCOPY <<E /x\nhi\nE\n'],
  ];
  for (const [before, after] of moves) {
    it(JSON.stringify(before), () => {
      assert.equal(fixed(before), after);
      assert.deepEqual(found(after), []);
    });
  }
});

/** What a person sees whose Dockerfile is broken, or half typed: the rest keeps its meaning. */

import assert from 'node:assert/strict';
import type { Dockerfile, Instruction, Span } from '../../../server/src/syntax/ast.ts';
import { sliceJoined, sourceOffset, sourceSpan } from '../../../server/src/syntax/joined.ts';
import { parse } from '../../../server/src/syntax/parser.ts';

function refusals(tree: Dockerfile): readonly string[] {
  return tree.problems.flatMap(({ buildkit, span }) =>
    buildkit
      ? [`${buildkit.lines?.start}-${buildkit.lines?.end} ${buildkit.message} @${at(tree, span)}`]
      : [],
  );
}

function at({ text }: Dockerfile, { start, end }: Span): string {
  return text.slice(start, end);
}

function names(tree: Dockerfile): string {
  return tree.instructions.map((each) => each.name).join(' ');
}

function only(tree: Dockerfile, name: string): Instruction {
  return tree.instructions.find((each) => each.name === name) ?? assert.fail();
}

describe('a file with errors', () => {
  it('is read to its end, and each error is told with the lines that BuildKit names', () => {
    const tree = parse('FROM a\nENV A\nCMD ["x", 1]\nLABEL a=b \\\n  c\nRUN y\n');
    assert.equal(names(tree), 'FROM ENV CMD LABEL RUN');
    assert.deepEqual(refusals(tree), [
      '2-2 ENV must have two arguments @A',
      '3-3 when using JSON array syntax, arrays must be comprised of strings only @1]',
      `4-5 Syntax error - can't find = in "c". Must be of the form: name=value @c`,
    ]);
    assert.deepEqual(
      tree.instructions.map((each) => each.refused),
      [false, true, true, true, false],
    );
  });

  it('keeps what is right of a refused instruction', () => {
    const tree = parse(
      'FROM a\nLABEL a=b c d=e\nSHELL ["x", 1]\nCOPY ["x", 1] /y\nVOLUME [1, "/v"]\n',
    );
    const values = (name: string) => only(tree, name).args.map((each) => each.value);
    assert.deepEqual(values('LABEL'), ['a', 'b', '=', 'd', 'e', '=']);
    assert.deepEqual(values('SHELL'), ['["x", 1]']);
    assert.deepEqual(values('COPY'), ['["x",', '1]', '/y']);
    assert.deepEqual(values('VOLUME'), ['[1,', '"/v"]']);
  });

  it('may have several errors in its directives', () => {
    const tree = parse('# escape=x\n# syntax=a\n# syntax=b\nFROM a\nRUN x \\\n y\n');
    assert.equal(tree.escape, '\\');
    assert.equal(names(tree), 'FROM RUN');
    assert.deepEqual(refusals(tree), [
      "0-0 invalid escape token 'x' does not match ` or \\ @x",
      '2-2 only one syntax parser directive can be used @# syntax=b',
    ]);
  });

  it('loses only the line that is too long', () => {
    const long = 'x'.repeat(65_536);
    const tree = parse(`FROM a\nRUN one\n# ${long}\nRUN two \\\n${long}\nRUN three\n`);
    assert.equal(names(tree), 'FROM RUN RUN RUN');
    assert.deepEqual(
      tree.problems.map(({ buildkit }) => buildkit?.lines),
      [
        { start: 2, end: 2 },
        { start: 4, end: 4 },
      ],
    );
    const [, , two] = tree.instructions;
    assert.deepEqual(two?.lines, { start: 4, end: 4 });
  });

  it('says about a first line that is too long what BuildKit says, and goes on', () => {
    const tree = parse(`FROM ${'a'.repeat(65_536)}\nRUN x\n`);
    assert.equal(names(tree), 'RUN');
    assert.deepEqual(
      tree.problems.map(({ code, buildkit }) => [code, buildkit?.message]),
      [['line-too-long', 'file with no instructions']],
    );
  });

  it('is told to be empty once', () => {
    for (const text of ['', '\n\n', '# c\n', `#${'x'.repeat(65_536)}\n`]) {
      const messages = parse(text).problems.map((each) => each.buildkit?.message);
      assert.deepEqual(messages, ['file with no instructions']);
    }
  });

  it('shows an empty continuation line where it is', () => {
    const tree = parse('FROM a\nRUN x \\\n  \n\n  y\n');
    const [problem] = tree.problems;
    assert.equal(problem?.severity, 'warning');
    assert.equal(problem?.buildkit, undefined);
    assert.deepEqual(problem?.span, { start: 15, end: 18 });
  });
});

describe('a heredoc that is being typed', () => {
  it('ends before the next instruction, which keeps its marks', () => {
    const tree = parse('FROM a\nRUN <<EOF\necho one\n  RUN two\n\n# about COPY\nCOPY . .\nRUN x\n');
    assert.equal(names(tree), 'FROM RUN COPY RUN');
    assert.deepEqual(refusals(tree), ['2-8 unterminated heredoc @<<EOF']);
    const run = only(tree, 'RUN');
    assert.deepEqual(run.lines, { start: 2, end: 4 });
    assert.equal(run.heredocs[0]?.content, 'echo one\n  RUN two');
    assert.equal(run.heredocs[0]?.terminatorSpan, null);
    assert.deepEqual(only(tree, 'COPY').comments, ['about COPY']);
  });

  it('takes an instruction for one only when it is written like those of the file', () => {
    const upper = parse('FROM a\nRUN <<E python\nfrom x import y\nrun()\nFROM b\n');
    assert.equal(names(upper), 'FROM RUN FROM');
    const lower = parse('from a\nrun <<E mysql\nSELECT 1\nFROM x\ncopy a b\n');
    assert.equal(names(lower), 'FROM RUN COPY');
  });

  it('leaves an instruction without a body alone', () => {
    const tree = parse('FROM a\nRUN echo $((1 << 2))\nCOPY <<A <<B /x\nRUN y\n');
    assert.equal(names(tree), 'FROM RUN COPY RUN');
    assert.deepEqual(refusals(tree), [
      '2-4 unterminated heredoc @<< 2))',
      '3-4 unterminated heredoc @<<A',
    ]);
    assert.deepEqual(
      only(tree, 'COPY').heredocs.map(({ name, content }) => [name, content]),
      [
        ['A', ''],
        ['B', ''],
      ],
    );
    assert.deepEqual(only(tree, 'COPY').lines, { start: 3, end: 3 });
  });

  it('keeps the first body when the second has no end', () => {
    const tree = parse('FROM a\nCOPY <<A <<B /x\n1\nA\n2\nRUN y\n');
    assert.equal(names(tree), 'FROM COPY RUN');
    assert.deepEqual(
      only(tree, 'COPY').heredocs.map(({ content }) => content),
      ['1\n', '2'],
    );
  });

  it('is read whole although a line in it is too long, which BuildKit calls unterminated', () => {
    const tree = parse(`FROM a\nRUN <<E\n${'x'.repeat(65_536)}\nE\nRUN y\n`);
    assert.equal(names(tree), 'FROM RUN RUN');
    assert.deepEqual(refusals(tree), ['2-2 unterminated heredoc @<<E']);
    assert.deepEqual(only(tree, 'RUN').lines, { start: 2, end: 4 });
  });

  it('is unterminated when its own line is cut off by one that is too long', () => {
    const tree = parse(`FROM a\nRUN <<E \\\n${'x'.repeat(65_536)}\nb\nE\nRUN y\n`);
    assert.equal(names(tree), 'FROM RUN RUN');
    assert.deepEqual(refusals(tree), ['2-2 unterminated heredoc @<<E']);
    assert.equal(only(tree, 'RUN').heredocs[0]?.content, 'b\n');
  });
});

describe('places in the source', () => {
  const text =
    '\ufeffFROM a\n  COPY --from=x \\\n    --chown="é 1" \\\n  # note\n  ["😀", \\\n "b"]\n';
  const tree = parse(text);
  const copy = only(tree, 'COPY');

  it('are those of keyword, flags, arguments and inner comments', () => {
    assert.equal(at(tree, copy.keywordSpan), 'COPY');
    assert.deepEqual(
      copy.flags.map(({ span }) => at(tree, span)),
      ['--from=x', '--chown="é 1"'],
    );
    assert.deepEqual(
      copy.args.map(({ value, span }) => [value, at(tree, span)]),
      [
        ['😀', '"😀"'],
        ['b', '"b"'],
      ],
    );
    assert.deepEqual(
      copy.innerComments.map((span) => at(tree, span)),
      ['# note'],
    );
  });

  it('can be found for every character of a joined line', () => {
    const { joined } = copy;
    for (const [index, char] of joined.text.split('').entries()) {
      assert.equal(text[sourceOffset(joined, index)], char);
    }
    const from = joined.text.indexOf('[');
    const part = sliceJoined(joined, from, joined.text.length);
    assert.equal(part.text, '["😀",  "b"]');
    assert.equal(at(tree, sourceSpan(part, 0, part.text.length)), '["😀", \\\n "b"]');
  });

  it('are kept inside ONBUILD', () => {
    const outer = parse('FROM a\nONBUILD --x \\\n COPY --from=y a \\\n b\n');
    const { trigger } = only(outer, 'ONBUILD');
    assert.equal(trigger?.name, 'COPY');
    assert.deepEqual(trigger?.lines, { start: 0, end: 0 });
    assert.equal(trigger && at(outer, trigger.span), 'COPY --from=y a \\\n b');
    assert.equal(trigger?.joined.text, 'COPY --from=y a  b');
    assert.deepEqual(
      trigger?.args.map(({ span }) => at(outer, span)),
      ['a', 'b'],
    );
  });
});

describe('directives', () => {
  it('are each read by the reader that BuildKit reads them with', () => {
    const values = (text: string) =>
      parse(text).directives.map(({ name, value }) => `${name}=${value}`);
    assert.deepEqual(values('# check=skip=A, B\n# escape=`\nFROM a\n'), [
      'check=skip=A,',
      'escape=`',
    ]);
    assert.deepEqual(values('  # syntax=x\n  # escape=`\nFROM a\n'), ['escape=`']);
    assert.deepEqual(values('#!/bin/sh\n# syntax=x\n# escape=`\nFROM a\n'), ['syntax=x']);
    assert.deepEqual(values('//syntax=x y\nFROM a\n'), ['syntax=x']);
    assert.deepEqual(values('\n# escape=`\nFROM a\n'), []);
  });

  it('are no comments', () => {
    const tree = parse('# syntax=x\n# note\nFROM a\n# end\n');
    assert.deepEqual(
      tree.comments.map((span) => at(tree, span)),
      ['# note', '# end'],
    );
    assert.deepEqual(tree.instructions[0]?.comments, ['note']);
  });
});

describe('letters beyond ASCII', () => {
  it('change a keyword only where BuildKit changes them', () => {
    const tree = parse('FROM a\nEXPOSE 1\nEXPOſE 1\nWOR\u212aDIR /a\nENTRYPO\u0130NT x\n');
    assert.equal(names(tree), 'FROM EXPOSE EXPOſE WORKDIR ENTRYPOINT');
  });

  it('are mangled in flags as BuildKit mangles them', () => {
    const tree = parse('FROM a\nCOPY --chown=à x y\nRUN --a=\u2150b c\n');
    assert.equal(only(tree, 'COPY').flags[0]?.value, 'Ã');
    assert.deepEqual(
      only(tree, 'RUN').args.map((each) => each.value),
      ['\ufffdb c'],
    );
  });
});

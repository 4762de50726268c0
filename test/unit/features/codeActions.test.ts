import assert from 'node:assert/strict';
import type { CodeAction, TextEdit } from 'vscode-languageserver-types';
import { codeActions } from '../../../server/src/features/codeActions.ts';
import { type Analyzed, analyzed } from '../../support/analyses.ts';
import { apply } from '../../support/marked.ts';

const versioned = { versionedEdits: true };

function offered({ analysis, document, cursor, selection }: Analyzed, only?: string[]) {
  const { start, end } = selection ?? { start: cursor ?? 0, end: cursor ?? 0 };
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  return codeActions(
    analysis,
    document,
    range,
    { diagnostics: [], ...(only && { only }) },
    versioned,
  );
}

function editsOf(action: CodeAction): TextEdit[] {
  const [change] = action.edit?.documentChanges ?? [];
  return change && 'edits' in change ? (change.edits as TextEdit[]) : [];
}

/** The Dockerfile after the action whose title matches. */
async function applied(drawing: string, title: RegExp, settings: unknown = {}): Promise<string> {
  const read = await analyzed(drawing, settings);
  const action = offered(read).find((each) => title.test(each.title));
  assert.ok(action, `no action ${title} for\n${drawing}`);
  return apply(read.text, editsOf(action));
}

describe('moving a comment to a line of its own', () => {
  it('puts it above the instruction', async () => {
    assert.equal(
      await applied('FROM debian:12   # ba<|>se\nRUN x\n', /^Move the comment/),
      '# base\nFROM debian:12\nRUN x\n',
    );
    assert.equal(
      await applied('FROM debian\r\n  EXPOSE 80 #<|>web\r\n', /^Move the comment/),
      'FROM debian\r\n  #web\r\n  EXPOSE 80\r\n',
    );
  });

  it('is offered for each comment that a selection touches, and for no other', async () => {
    const text = 'FROM debian # a\n[|COPY . /x # b\nENV A=b # c|]\nEXPOSE 80 # d\n';
    assert.equal(offered(await analyzed(text)).length, 2);
    assert.equal(offered(await analyzed('FROM debian\nRUN x # fi<|>ne\n')).length, 0);
  });

  it('leaves no problem of its own behind', async () => {
    for (const text of ['FROM debian # <|>a\n', 'FROM a\nCMD ["x"] # r<|>un\n']) {
      const { analysis } = await analyzed(await applied(text, /^Move the comment/));
      assert.deepEqual(analysis.problems, []);
    }
  });

  it('is a quick fix, not a refactoring', async () => {
    const read = await analyzed('FROM debian # <|>a\n');
    assert.equal(offered(read, ['quickfix']).length, 1);
    assert.equal(offered(read, ['refactor']).length, 0);
    assert.equal(offered(read, ['']).length, 1);
  });

  it('names the version that it is made for where the editor takes that', async () => {
    const { analysis, document } = await analyzed('FROM debian # a\n');
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 5 } };
    const context = { diagnostics: [] };
    const [newer] = codeActions(analysis, document, range, context, versioned);
    assert.deepEqual(
      newer?.edit?.documentChanges?.map((each) => 'textDocument' in each && each.textDocument),
      [{ uri: document.uri, version: 1 }],
    );
    const [older] = codeActions(analysis, document, range, context, { versionedEdits: false });
    assert.equal(older?.edit?.changes?.[document.uri]?.length, 2);
  });
});

describe('merging RUN lines', () => {
  const three = 'FROM debian\nRUN a\n# why\nRUN b\n\nRUN c\nENV A=b\nRUN d\n';

  it('makes one of those that a selection touches', async () => {
    assert.equal(
      await applied('FROM debian\n[|RUN a\n# why\nRUN b|]\n\nRUN c\n', /^Merge 2/),
      'FROM debian\nRUN a && \\\n    # why\n    b\n\nRUN c\n',
    );
  });

  it('takes the neighbours of the line that the cursor is on', async () => {
    const text = await applied(three.replace('RUN b', 'RU<|>N b'), /^Merge 3/);
    const { analysis } = await analyzed(text);
    assert.deepEqual(analysis.problems, []);
    assert.equal(analysis.plan.stages[0]?.layers, 2);
  });

  it('does not take a line that a selection only ends in front of', async () => {
    const titles = offered(await analyzed('FROM debian\n[|RUN a\nRUN b\n|]RUN c\n')).map(
      ({ title }) => title,
    );
    assert.match(titles[0] ?? '', /^Merge 2 RUN lines/);
  });

  it('offers to merge all in the stage where that is more', async () => {
    const drawing =
      'FROM debian\nRUN <|>a\nRUN b\nENV A=b\nRUN c\nRUN d\nFROM debian\nRUN e\nRUN f\n';
    const text = await applied(drawing, /^Merge all RUN lines/);
    const { analysis } = await analyzed(text);
    assert.deepEqual(
      analysis.plan.stages.map(({ layers }) => layers),
      [2, 2],
    );
    const one = offered(await analyzed('FROM debian\nRUN a\nRUN <|>b\n'));
    assert.equal(one.length, 1);
  });

  it('is offered as quick fix and as refactoring, and as nothing else', async () => {
    const read = await analyzed(three.replace('RUN b', 'RU<|>N b'));
    const kinds = (only?: string[]) => offered(read, only).map(({ kind }) => kind);
    assert.deepEqual(kinds(), ['quickfix']);
    assert.deepEqual(kinds(['quickfix']), ['quickfix']);
    assert.deepEqual(kinds(['refactor']), ['refactor.rewrite']);
    assert.deepEqual(kinds(['refactor.rewrite']), ['refactor.rewrite']);
    assert.deepEqual(kinds(['quickfix', 'refactor']), ['quickfix']);
    assert.deepEqual(kinds(['source']), []);
    // An editor that names no kind, in whichever way, wants all.
    assert.deepEqual(kinds([]), ['quickfix']);
  });

  it('is not offered where nothing is to merge or equality is not known', async () => {
    for (const drawing of [
      'FROM debian\nRUN <|>a\nENV A=b\nRUN b\n',
      'FROM de<|>bian\nRUN a\nRUN b\n',
      'FROM debian\nRUN ["a"]\nRUN <|>b\n',
      'FROM debian\nRUN exec a\nRUN "<|>\n',
    ]) {
      assert.deepEqual(offered(await analyzed(drawing)), [], drawing);
    }
  });

  it('is not offered for so many lines that proving it would keep the editor waiting', async () => {
    const long = `FROM debian\nRUN <|>a\n${'RUN echo a long line to print\n'.repeat(10_000)}`;
    assert.deepEqual(offered(await analyzed(long)), []);
    const next = await analyzed(`${long.replace('<|>', '')}FROM debian\nRUN <|>a\nRUN b\n`);
    assert.equal(offered(next).length, 1);
    const lines = 'LABEL a=b c=d\nRUN echo a long line to print\n'.repeat(10_000);
    assert.equal(offered(await analyzed(`FROM debian\n${lines}RUN <|>a\n`)).length, 1);
  });

  it('is written as the setting and the file want it', async () => {
    const drawing = 'FROM debian\nRUN x \\\n\t&& y\nENV A=b\nRUN <|>a\nRUN b\n';
    assert.match(await applied(drawing, /^Merge 2/), /RUN a && \\\n\tb\n$/);
    const heredoc = { merge: { style: 'heredoc' } };
    assert.match(await applied(drawing, /^Merge 2/, heredoc), /RUN <<\w+/);
    const crlf = drawing.replaceAll('\n', '\r\n');
    assert.doesNotMatch(await applied(crlf, /^Merge 2/), /[^\r]\n/);
  });
});

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

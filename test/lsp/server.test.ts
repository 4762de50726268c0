import assert from 'node:assert/strict';
import {
  CancellationTokenSource,
  CodeActionKind,
  DidChangeConfigurationNotification,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DocumentSymbolRequest,
  ErrorCodes,
  FoldingRangeRequest,
  HoverRequest,
  InlayHintRequest,
  InlayHintResolveRequest,
  LSPErrorCodes,
  PublishDiagnosticsNotification,
  ResponseError,
  ShutdownRequest,
} from 'vscode-languageserver-protocol/node';
import { choicesChanged, peersChanged } from '../../server/src/protocol.ts';
import { parse } from '../../server/src/syntax/parser.ts';
import { apply } from '../support/marked.ts';
import { Editor, type EditorOptions, until, vscode } from './editor.ts';

describe('the language server', () => {
  let editor: Editor;
  afterEach(() => editor.close());

  /** An editor with the drawing open. */
  async function opened(drawing: string, options: EditorOptions = {}): Promise<void> {
    editor = new Editor(options);
    await editor.initialize();
    await editor.open(drawing);
  }

  it('says what it can do', async () => {
    editor = new Editor();
    const { capabilities, serverInfo } = await editor.initialize();
    assert.equal(serverInfo?.name, 'dockerfile-layers');
    assert.deepEqual(capabilities.inlayHintProvider, { resolveProvider: true });
    assert.deepEqual(capabilities.codeActionProvider, {
      codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite],
    });
    await until(() => editor.registered.length === 2);
    assert.deepEqual(editor.registered.sort(), [
      'workspace/didChangeConfiguration',
      'workspace/didChangeWatchedFiles',
    ]);
  });

  it('draws hints that follow every edit', async () => {
    await opened('FROM scratch ⟦base · empty⟧\nWORKDIR /x ⟦layer 1 · 0 B⟧\n');
    await editor.edit('WORKDIR', 'ENV A=b\nWORKDIR');
    assert.deepEqual((await editor.drawn()).match(/⟦[^⟧ ]+/g), ['⟦base', '⟦metadata', '⟦layer']);
    for (const char of 'LABEL a=b') {
      await editor.edit('ENV A=b\n', `${char}ENV A=b\n`);
    }
    await editor.edit('WORKDIR', 'WORKDIRR');
    assert.deepEqual((await editor.drawn()).match(/⟦[^⟧ ]+/g), ['⟦base', '⟦metadata']);
  });

  it('follows an editor that gives every text the same version', async () => {
    await opened('FROM scratch\nWORKDIR /a\n');
    for (const text of ['FROM scratch\nWORKDIR /b\n', 'FROM scratch\nWORKDIR /c\n']) {
      await editor.client.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri: editor.uri, version: 1 },
        contentChanges: [{ text }],
      });
      const shown = await editor.hover({ line: 1, character: 0 });
      assert.ok(shown?.includes(text.slice(13).trim()), shown ?? '');
    }
  });

  it('resolves tooltips when they are asked for', async () => {
    await opened('FROM scratch\nRUN x\n');
    const [, hint] = await editor.hints();
    assert.ok(hint);
    const resolved = await editor.client.sendRequest(InlayHintResolveRequest.type, hint);
    assert.match(JSON.stringify(resolved.label), /Layer 1 of 1/);
  });

  it('gives commands to label parts of a client that has them', async () => {
    await opened('FROM scratch\nRUN x\n', { initializationOptions: { commands: true } });
    const [, hint] = await editor.hints();
    assert.match(JSON.stringify(hint?.label), /"command":"dockerfileLayers.revealLayer"/);
  });

  it('hovers', async () => {
    await opened('FROM scratch\nRUN echo a\n');
    assert.match((await editor.hover({ line: 1, character: 3 })) ?? '', /Layer 1 of 1/);
    assert.equal(await editor.hover({ line: 2, character: 0 }), null);
  });

  it('hovers in plain text for an editor that shows no Markdown', async () => {
    await opened('FROM scratch\nRUN echo "*a*"\n', {
      capabilities: { textDocument: { hover: { contentFormat: ['plaintext'] } } },
    });
    const { contents } =
      (await editor.client.sendRequest(HoverRequest.type, {
        textDocument: { uri: editor.uri },
        position: { line: 1, character: 0 },
      })) ?? assert.fail('there is no hover');
    assert.ok(typeof contents === 'object' && 'kind' in contents && contents.kind === 'plaintext');
    assert.match(contents.value, /^Layer 1 of 1\n/);
    assert.match(contents.value, /\n\nRUN \/bin\/sh -c echo "\*a\*" # buildkit$/);
  });

  it('moves a comment to its own line', async () => {
    await opened('FROM scratch # nothing\nRUN x\n');
    const [problem] = await editor.diagnostics();
    assert.equal(problem?.code, 'trailing-comment');
    const [action] = await editor.actions(problem.range, ['quickfix']);
    assert.ok(action);
    const text = apply(editor.text, editor.editsOf(action));
    assert.equal(text, '# nothing\nFROM scratch\nRUN x\n');
    assert.deepEqual(parse(text).problems, []);
  });

  it('outlines and folds unless another extension does', async () => {
    await opened('FROM scratch\nRUN x \\\n  y\n');
    const params = { textDocument: { uri: editor.uri } };
    const outline = () => editor.client.sendRequest(DocumentSymbolRequest.type, params);
    const folds = () => editor.client.sendRequest(FoldingRangeRequest.type, params);
    assert.equal((await outline())?.length, 1);
    assert.equal((await folds())?.length, 2);
    await editor.client.sendNotification(peersChanged, { otherDockerfileExtension: true });
    assert.equal(await outline(), null);
    assert.equal(await folds(), null);
    editor.settings = { outline: 'on' };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await until(async () => (await outline()) !== null);
    assert.equal((await outline())?.length, 1);
  });

  it('gives the stack, for another target too', async () => {
    await opened('FROM scratch AS a\nWORKDIR /x\nFROM a AS b\nWORKDIR /y\n');
    const report = await editor.stack();
    assert.equal(report?.target, 1);
    assert.equal(report.totals.layers, 2);
    assert.deepEqual(
      report.stages.map(({ needed }) => needed),
      [true, true],
    );
    const other = await editor.stack('a');
    assert.equal(other?.target, 0);
    assert.equal(other.stages[1]?.needed, false);
    assert.equal((await editor.stack())?.target, 1);
  });

  it('answers null for a document that it does not know', async () => {
    editor = new Editor();
    await editor.initialize();
    assert.equal(await editor.stack(), null);
    assert.deepEqual(await editor.hints(), []);
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('takes changed settings at once and asks the editor to draw again', async () => {
    await opened('FROM scratch\nENV A=b\n');
    assert.equal((await editor.hints()).length, 2);
    editor.settings = { inlayHints: { effect: { enable: 'layers' } } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await until(() => editor.hintRefreshes > 0);
    assert.equal((await editor.hints()).length, 1);
  });

  it('works for an editor without configuration, pulls or refreshes', async () => {
    await opened('FROM scratch\nENV A=b\nRUNN x\n', {
      capabilities: {},
      initializationOptions: { settings: { inlayHints: { effect: { enable: 'layers' } } } },
    });
    const pushed: number[] = [];
    editor.client.onNotification(PublishDiagnosticsNotification.type, ({ diagnostics }) => {
      pushed.push(diagnostics.length);
    });
    assert.equal((await editor.hints()).length, 1);
    await until(() => pushed.length > 0);
    assert.deepEqual(pushed, [1]);
    const settings = { dockerfileLayers: { inlayHints: { effect: { enable: 'all' } } } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, { settings });
    await until(async () => (await editor.hints()).length === 2);
    assert.equal((await editor.hints()).length, 2);
    const textDocument = { uri: editor.uri };
    await editor.client.sendNotification(DidCloseTextDocumentNotification.type, { textDocument });
    await until(() => pushed.at(-1) === 0);
    assert.equal(pushed.at(-1), 0);
  });

  it('builds what was picked for this Dockerfile', async () => {
    await opened('ARG V=1\nFROM scratch AS a\nFROM scratch AS b\nARG V\nLABEL v=$V\n');
    await editor.client.sendNotification(choicesChanged, {
      uri: editor.uri,
      choices: { target: 'a', platform: 'linux/arm64', buildArgs: { V: '2' } },
    });
    const report = await editor.stack();
    assert.equal(report?.target, 0);
    assert.equal(report.platform, 'linux/arm64');
    assert.deepEqual(report.arguments, [
      { name: 'V', default: '1', value: '2', line: 0, global: true },
    ]);
    await editor.client.sendNotification(choicesChanged, { uri: editor.uri, choices: {} });
    assert.equal((await editor.stack())?.target, 1);
  });

  it('says that the stack is new after an edit, a few times a second at most', async () => {
    await opened('FROM scratch\nRUN x\n');
    await until(() => editor.changed.length === 1);
    assert.deepEqual(editor.changed, [editor.uri]);
    for (let index = 0; index < 50; index += 1) await editor.edit('RUN x', 'RUN xx');
    await until(() => editor.changed.length === 2);
    assert.equal(editor.changed.length, 2);
    assert.equal(editor.hintRefreshes, 0);
  });

  it('does not answer what was cancelled', async () => {
    await opened('FROM scratch\n');
    const source = new CancellationTokenSource();
    const asked = editor.client.sendRequest(
      InlayHintRequest.type,
      { textDocument: { uri: editor.uri }, range: editor.whole() },
      source.token,
    );
    source.cancel();
    await assert.rejects(
      asked,
      (error) => error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled,
    );
    assert.equal((await editor.hints()).length, 1);
  });

  it('outlives a request that is malformed', async () => {
    await opened('FROM scratch\n');
    const result = await editor.client.sendRequest('textDocument/hover', { textDocument: null });
    assert.equal(result, null);
    assert.match(editor.logged.join('\n'), /textDocument\/hover/);
    assert.equal((await editor.hints()).length, 1);
  });

  it('takes any text', async () => {
    await opened('FROM scratch\n');
    for (const text of ['\0\uFFFF\uD800', 'FROM', '\r\r\n\r', 'RUN <<A <<B', '\\\n'.repeat(500)]) {
      await editor.edit(editor.text, `${text}\nFROM`);
      await editor.hints();
      await editor.stack();
      await editor.diagnostics();
      await editor.hover({ line: 0, character: 0 });
      await editor.actions(editor.whole());
    }
    assert.deepEqual(editor.logged, []);
  });

  it('shuts down', async () => {
    await opened('FROM scratch\n');
    assert.equal(await editor.client.sendRequest(ShutdownRequest.type), null);
    await assert.rejects(
      editor.hints(),
      (error) => error instanceof ResponseError && error.code === ErrorCodes.InvalidRequest,
    );
  });

  it('has no sizes and no context for a document that is not saved', async () => {
    editor = new Editor({ capabilities: vscode });
    await editor.initialize();
    await editor.open('FROM scratch\nCOPY a /\n', 'untitled:Untitled-1');
    const report = await editor.stack();
    assert.equal(report?.context, null);
    const size = report?.stages[0]?.instructions[1]?.size;
    assert.equal(size?.bytes, null);
    assert.match(size?.reason ?? '', /\.$/);
  });
});

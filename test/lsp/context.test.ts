import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  DidSaveTextDocumentNotification,
  FileChangeType,
} from 'vscode-languageserver-protocol/node';
import type { FileSystem } from '../../server/src/context/fileSystem.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { choicesChanged, focused } from '../../server/src/protocol.ts';
import { Editor, type EditorOptions, until } from './editor.ts';

describe('sizes of COPY', () => {
  let editor: Editor;
  afterEach(() => editor.close());

  async function opened(drawing: string, options: EditorOptions = {}, path = 'Dockerfile') {
    editor = new Editor(options);
    await editor.initialize();
    await editor.open(drawing, editor.uriOf(path));
  }

  /** Waits for the picture, then compares, so that a difference is shown as one. */
  async function draws(picture: string): Promise<void> {
    // A line end before the next file belongs to the drawing, not to the Dockerfile.
    const drawn = async () => `${(await editor.drawn()).trimEnd()}\n`;
    await until(async () => (await drawn()) === picture);
    assert.equal(await drawn(), picture);
  }

  it('are counted in the background and shown when they are known', async () => {
    await opened(`\
FROM scratch
COPY src /app/
COPY missing /
-- src/a.bin 12kB --
-- src/deep/b.bin 300B --
`);
    await editor.hints();
    await until(() => editor.hintRefreshes > 0);
    await draws(`\
FROM scratch ⟦base · empty⟧
COPY src /app/ ⟦layer 1 · 12 kB⟧
COPY missing / ⟦layer 2⟧
`);
    const report = await editor.stack();
    const size = report?.stages[0]?.instructions[1]?.size;
    assert.equal(size?.basis, 'computed');
    assert.equal(size.bytes, 12_300);
    assert.deepEqual(size.parts?.[0], { label: 'src/a.bin', bytes: 12_000 });
    assert.equal(report?.totals.own.atLeast, true);
    assert.match(
      (await editor.hover({ line: 1, character: 0 })) ?? '',
      /Largest: `src\/a\.bin` 12 kB, `src\/deep\/b\.bin` 300 B\./,
    );
  });

  it('follow files that change where no client watches them, as soon as something is asked', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'layers-outside-'));
    const alone: EditorOptions = { capabilities: { workspace: { configuration: true } } };
    try {
      writeFileSync(join(outside, 'a'), 'x'.repeat(100));
      const elsewhere = { settings: { context: { path: outside } } };
      for (const [options, folder] of [
        [alone, null],
        [elsewhere, outside],
      ] as const) {
        await opened('FROM scratch\nCOPY a /\n-- a 100B --\n', options);
        await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 100 B⟧\n');
        writeFileSync(join(folder ?? editor.folder, 'a'), 'x'.repeat(7));
        await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 7 B⟧\n');
        if (folder === null) editor.close();
      }
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('follow files that change, by event', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 100B --\n');
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 100 B⟧\n');
    const before = editor.hintRefreshes;
    editor.write('a', 'x'.repeat(7));
    await editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: editor.uriOf('a'), type: FileChangeType.Changed }],
    });
    await until(() => editor.hintRefreshes > before);
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 7 B⟧\n');
  });

  it('appear when a missing file or folder comes, and go with it', async () => {
    await opened('FROM scratch\nCOPY a/b /\nCOPY c /\n-- c 1B --\n');
    const event = (path: string, type: FileChangeType) =>
      editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
        changes: [{ uri: editor.uriOf(path), type }],
      });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a/b / ⟦layer 1⟧\nCOPY c / ⟦layer 2 · 1 B⟧\n');
    mkdirSync(join(editor.folder, 'a'));
    editor.write('a/b', '22');
    await event('a', FileChangeType.Created);
    await draws(
      'FROM scratch ⟦base · empty⟧\nCOPY a/b / ⟦layer 1 · 2 B⟧\nCOPY c / ⟦layer 2 · 1 B⟧\n',
    );
    rmSync(join(editor.folder, 'c'));
    await event('c', FileChangeType.Deleted);
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a/b / ⟦layer 1 · 2 B⟧\nCOPY c / ⟦layer 2⟧\n');
  });

  it('are not counted again for files that nothing copies', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 1B --\n-- other/deep/x 1B --\n');
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 1 B⟧\n');
    await editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: editor.uriOf('other/deep/x'), type: FileChangeType.Changed }],
    });
    const size = (await editor.stack())?.stages[0]?.instructions[1]?.size;
    assert.equal(size?.bytes, 1);
    assert.equal(size.pending, undefined);
  });

  it('follow files that change without an event, at the next save or focus', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 100B --\n');
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 100 B⟧\n');
    editor.write('a', '12345');
    const textDocument = { uri: editor.uri };
    await editor.client.sendNotification(DidSaveTextDocumentNotification.type, { textDocument });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 5 B⟧\n');
    rmSync(join(editor.folder, 'a'));
    await editor.client.sendNotification(focused, { uri: null });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1⟧\n');
    editor.write('a', '1');
    await editor.client.sendNotification(focused, { uri: editor.uri });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 1 B⟧\n');
  });

  it('stay while lines around them are edited', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 100B --\n');
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 100 B⟧\n');
    for (const char of 'ENV A=b') {
      await editor.edit('COPY', `${char}\nCOPY`);
      assert.match(await editor.drawn(), /COPY a \/ ⟦layer 1 · 100 B⟧/);
    }
  });

  it('stay, marked as pending, until a newer figure is there', async () => {
    let hold: Promise<void> = Promise.resolve();
    let release = () => {};
    // Where looking may take long, it leaves the thread.
    const { lookAtOnce: _fast, ...slow } = nodeFileSystem;
    const files: FileSystem = {
      ...slow,
      lstat: async (path) => {
        await hold;
        return nodeFileSystem.lstat(path);
      },
    };
    await opened('FROM scratch\nCOPY a /\n-- a 100B --\n', { ports: { files } });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 100 B⟧\n');
    hold = new Promise((resolve) => {
      release = resolve;
    });
    editor.write('a', '1');
    await editor.client.sendNotification(focused, { uri: null });
    const size = async () => (await editor.stack())?.stages[0]?.instructions[1]?.size;
    await until(async () => (await size())?.pending === true);
    assert.equal((await size())?.bytes, 100);
    assert.equal((await size())?.pending, true);
    release();
    await until(async () => (await size())?.pending === undefined);
    assert.equal((await size())?.bytes, 1);
  });

  it('are taken from the workspace folder when only there the sources exist', async () => {
    editor = new Editor();
    mkdirSync(join(editor.folder, 'docker'));
    writeFileSync(join(editor.folder, 'main.py'), '12345678');
    await editor.initialize();
    await editor.open('FROM scratch\nCOPY main.py /\n', editor.uriOf('docker/Dockerfile'));
    await draws('FROM scratch ⟦base · empty⟧\nCOPY main.py / ⟦layer 1 · 8 B⟧\n');
    const choice = (await editor.stack())?.contextChoice;
    assert.equal(choice?.path, editor.folder);
    assert.equal(choice?.inferred, true);
    assert.deepEqual(choice?.alternatives, [join(editor.folder, 'docker')]);
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('are taken from the folder that was set or picked', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 1B --\n-- one/a 10B --\n-- two/a 20B --\n');
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 1 B⟧\n');
    editor.settings = { context: { path: './one' } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 10 B⟧\n');
    await editor.client.sendNotification(choicesChanged, {
      uri: editor.uri,
      choices: { context: join(editor.folder, 'two') },
    });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 20 B⟧\n');
    assert.equal((await editor.stack())?.contextChoice.inferred, false);
  });

  it('miss nothing in a context that was guessed, and say so in one that was named', async () => {
    await opened('FROM scratch\nCOPY gone there /x/\n');
    const size = async () => (await editor.stack())?.stages[0]?.instructions[1]?.size;
    await until(async () => (await size())?.pending === undefined);
    assert.deepEqual(await editor.diagnostics(), []);
    editor.settings = { context: { path: '.' } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await until(async () => (await editor.diagnostics()).length === 2);
    const found = await editor.diagnostics();
    assert.deepEqual(
      found.map(({ code, range, severity }) => [code, range.start.character, severity]),
      [
        ['copy-source-missing', 5, 2],
        ['copy-source-missing', 10, 2],
      ],
    );
    await until(() => editor.diagnosticRefreshes > 0);
    assert.ok(editor.diagnosticRefreshes > 0);
  });

  it('say when the ignore file keeps a source out, unless that is silenced', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 1B --\n-- .dockerignore --\na\n');
    await until(async () => (await editor.diagnostics()).length > 0);
    const [problem] = await editor.diagnostics();
    assert.equal(problem?.code, 'copy-source-ignored');
    assert.deepEqual(problem.range.start, { line: 1, character: 5 });
    await editor.edit('COPY', '# dockerfile-layers ignore=copy-source-ignored\nCOPY');
    assert.deepEqual(await editor.diagnostics(), []);
    await editor.edit('# dockerfile-layers ignore=copy-source-ignored\n', '');
    editor.write('.dockerignore', 'b\n');
    await editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: editor.uriOf('.dockerignore'), type: FileChangeType.Changed }],
    });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 1 B⟧\n');
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('say which line of an ignore file BuildKit refuses', async () => {
    await opened('FROM scratch\nCOPY a /\n-- a 1B --\n-- .dockerignore --\nb\n[\n');
    await until(async () => (await editor.diagnostics()).length > 0);
    const [problem] = await editor.diagnostics();
    assert.equal(problem?.code, 'ignore-file');
    assert.equal(problem.range.start.line, 1);
    assert.match(JSON.stringify(problem.message), /line 2 of /);
    editor.write('.dockerignore', 'b\n');
    await editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: editor.uriOf('.dockerignore'), type: FileChangeType.Changed }],
    });
    await until(async () => (await editor.diagnostics()).length === 0);
    assert.deepEqual(await editor.diagnostics(), []);
  });

  it('are unknown, with the reason, where the context folder is missing', async () => {
    await opened('FROM scratch\nCOPY a /\n', { settings: { context: { path: 'gone' } } });
    const size = async () => (await editor.stack())?.stages[0]?.instructions[1]?.size;
    await until(async () => (await size())?.pending === undefined);
    assert.equal((await size())?.basis, 'unknown');
    assert.match((await size())?.reason ?? '', /\.$/);
    mkdirSync(join(editor.folder, 'gone'));
    editor.write('gone/a', '333');
    await editor.client.sendNotification(focused, { uri: null });
    await draws('FROM scratch ⟦base · empty⟧\nCOPY a / ⟦layer 1 · 3 B⟧\n');
  });

  it('are not looked for outside the workspace in Restricted Mode', async () => {
    await opened('FROM scratch\nCOPY etc /\n', {
      settings: { context: { path: '/' } },
      initializationOptions: { trusted: false },
    });
    const size = async () => (await editor.stack())?.stages[0]?.instructions[1]?.size;
    await until(async () => (await size())?.pending === undefined);
    assert.match((await size())?.reason ?? '', /Restricted Mode/);
    assert.equal((await editor.stack())?.context, null);
  });

  it('are not reached through symlinks in Restricted Mode', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'secret'), 'secret');
    writeFileSync(join(outside, '.dockerignore'), 'secret');
    editor = new Editor({ initializationOptions: { trusted: false }, ports: { files: watched() } });
    const seen: string[] = [];
    function watched(): FileSystem {
      const real = <T>(path: string, run: (path: string) => T): T => {
        // Where the access ends, all links but a last one resolved.
        seen.push(join(realpathSync(dirname(path)), basename(path)));
        return run(path);
      };
      const { lstat, readlink, list, read, stream } = nodeFileSystem;
      return {
        lstat: (path) => real(path, lstat),
        readlink: (path) => real(path, readlink),
        list: (path) => real(`${path}/.`, () => list(path)),
        read: (path, limit) => {
          seen.push(existsSync(path) ? realpathSync(path) : path);
          return read(path, limit);
        },
        stream: (path) => real(path, stream),
      };
    }
    await editor.initialize();
    mkdirSync(join(editor.folder, 'docker'));
    symlinkSync(outside, join(editor.folder, 'docker/link'));
    symlinkSync(join(outside, '.dockerignore'), join(editor.folder, 'docker/.dockerignore'));
    editor.write('docker/own', '123');
    const text = 'FROM scratch\nCOPY link/secret /\nCOPY link /x/\nCOPY own /\n';
    await editor.open(text, editor.uriOf('docker/Dockerfile'));
    const sizes = async () => (await editor.stack())?.stages[0]?.instructions.map((i) => i.size);
    const isDone = async () => !(await sizes())?.some((size) => size?.pending);
    await until(isDone);
    await editor.client.sendNotification(choicesChanged, {
      uri: editor.uri,
      choices: { context: join(editor.folder, 'docker/link') },
    });
    await editor.stack();
    await until(isDone);
    assert.ok(seen.length > 0);
    const out = seen.filter((path) => path.startsWith(outside));
    rmSync(outside, { recursive: true });
    assert.deepEqual(out, []);
    assert.deepEqual(
      (await sizes())?.slice(1).map((size) => size?.bytes),
      [null, null, null],
    );
  });
});

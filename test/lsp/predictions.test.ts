/** Words of the next build over a real server: they move with the text, the files and the settings. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
} from 'vscode-languageserver-protocol/node';
import type { BuildRecord } from '../../server/src/cache/buildRecord.ts';
import { decodeRecord } from '../../server/src/cache/recordText.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { cli } from '../support/cli.ts';
import { memoryEngine } from '../support/memoryEngine.ts';
import { Editor, until } from './editor.ts';

const dockerfile = `FROM debian
ARG V=1
COPY src /src
RUN make
COPY docs /docs
CMD ["x"]
`;

describe('what the next build does', () => {
  let editor: Editor;
  let records: BuildRecord[];

  beforeEach(() => {
    records = [];
    editor = new Editor({
      ports: { digests: nodeDigests, records: { read: async () => records, add: async () => {} } },
    });
  });
  afterEach(() => editor.close());

  function write(path: string, text: string, time = 1_700_000_000): void {
    editor.write(path, text);
    utimesSync(join(editor.folder, path), time, time);
  }

  /** A project as it was built at some time, and its Dockerfile opened. */
  async function opened(builder: BuildRecord['builder'] = null): Promise<void> {
    for (const folder of ['src', 'docs']) mkdirSync(join(editor.folder, folder));
    write('Dockerfile', dockerfile);
    write('src/app.ts', 'one\n');
    write('docs/a.md', 'a\n');
    write('.dockerignore', '*.log\n');
    const { out, err } = await cli(['snapshot', '-o', '-'], { cwd: editor.folder });
    const decoded = decodeRecord(out);
    assert.ok(decoded.ok, err);
    records = [{ ...decoded.record, source: 'build', at: '2026-11-20T14:02:00.000Z', builder }];
    await editor.initialize();
    await editor.open(dockerfile);
  }

  /** The last word of each hint that is a prediction, by line. */
  async function words(): Promise<string> {
    const hints = await editor.hints();
    return hints
      .map(({ label }) => (Array.isArray(label) ? label.at(-1)?.value : label))
      .filter((word) => /^(cached|changed|rebuild)$/.test(word ?? ''))
      .join(' ');
  }

  async function becomes(expected: string): Promise<void> {
    await until(async () => (await words()) === expected);
    assert.equal(await words(), expected);
  }

  async function fileEvent(path: string, type: FileChangeType = FileChangeType.Changed) {
    await editor.client.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: editor.uriOf(path), type }],
    });
  }

  it('is that all is cached, where nothing changed since the build', async () => {
    await opened();
    await becomes('cached cached cached');
    const report = await editor.stack();
    assert.equal(report?.display.nextBuild, 'The next build takes every step from cache.');
  });

  it('moves when a source file is saved: the editor is told, and the hover says why', async () => {
    await opened();
    await becomes('cached cached cached');
    const before = editor.changed.length;
    const refreshes = editor.hintRefreshes;
    write('src/app.ts', 'two, and longer\n', 1_700_000_100);
    await fileEvent('src/app.ts');
    await until(() => editor.changed.length > before && editor.hintRefreshes > refreshes);
    assert.ok(editor.changed.length > before);
    await becomes('changed rebuild rebuild');
    const card = await editor.hover({ line: 3, character: 1 });
    assert.match(
      card ?? '',
      /rebuild\. `src\/app\.ts` changed since the build of .*\(line 3\); line 3 and the 2 steps after it/,
    );
    assert.match(card ?? '', /; line 3 and the 2 steps after it run again\./);
    write('src/app.ts', 'one\n', 1_700_000_200);
    await fileEvent('src/app.ts');
    await becomes('cached cached cached');
  });

  it('moves when a file comes or goes', async () => {
    await opened();
    await becomes('cached cached cached');
    write('docs/b.md', 'b\n');
    await fileEvent('docs/b.md', FileChangeType.Created);
    await becomes('cached cached changed');
    rmSync(join(editor.folder, 'docs/b.md'));
    await fileEvent('docs/b.md', FileChangeType.Deleted);
    await becomes('cached cached cached');
  });

  it('moves with the text: not for a comment or a label, but for a command', async () => {
    await opened();
    await becomes('cached cached cached');
    await editor.edit('RUN make', '# why\nLABEL a=b\nRUN make');
    await becomes('cached cached cached');
    await editor.edit('RUN make', 'RUN make all');
    await becomes('cached changed rebuild');
    await editor.edit('make all', 'make');
    await becomes('cached cached cached');
  });

  it('moves with the ignore file, where that changes what is copied', async () => {
    await opened();
    await becomes('cached cached cached');
    write('.dockerignore', '*.log\n*.tmp\n', 1_700_000_300);
    await fileEvent('.dockerignore');
    await becomes('cached cached cached');
    write('.dockerignore', '*.log\ndocs/*.md\n', 1_700_000_400);
    await fileEvent('.dockerignore');
    await becomes('cached cached changed');
  });

  it('moves with a build argument of the settings', async () => {
    await opened();
    await becomes('cached cached cached');
    editor.settings = { buildArgs: { V: '2' } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await becomes('cached changed rebuild');
    const card = await editor.hover({ line: 3, character: 1 });
    assert.match(card ?? '', /changed\. .*\bV\b.* since the build/);
    editor.settings = { buildArgs: { V: '1' } };
    await editor.client.sendNotification(DidChangeConfigurationNotification.type, {
      settings: null,
    });
    await becomes('cached cached cached');
  });

  it('is nothing without a build, and the hover says how to get one', async () => {
    await editor.initialize();
    await editor.open(dockerfile);
    await editor.hints();
    assert.equal(await words(), '');
    const card = await editor.hover({ line: 3, character: 1 });
    assert.match(card ?? '', /There is no earlier build to compare with\./);
  });

  describe('with an engine', () => {
    const by = (engine: string) =>
      ({ name: 'default', mergesLayers: false, store: 'classic', engine }) as const;

    beforeEach(() => {
      editor.close();
      editor = new Editor({
        ports: {
          digests: nodeDigests,
          records: { read: async () => records, add: async () => {} },
          engine: memoryEngine(),
        },
      });
    });

    it('is said by what was built with that one', async () => {
      await opened(by('one'));
      await until(async () => (await editor.stack())?.engine.state === 'up');
      await becomes('cached cached cached');
    });

    it('is not known by what another one built', async () => {
      await opened(by('another'));
      await until(async () => (await editor.stack())?.engine.state === 'up');
      await becomes('');
      const report = await editor.stack();
      assert.equal(report?.engine.state, 'up');
      assert.equal(report?.stages[0]?.instructions[2]?.cache?.prediction, 'unknown');
    });
  });
});

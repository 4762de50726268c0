import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GitPort } from '../../server/src/churn/churn.ts';
import { createGit } from '../../server/src/host/git.ts';
import { focused } from '../../server/src/protocol.ts';
import { apply } from '../support/marked.ts';
import { Editor, type EditorOptions, until } from './editor.ts';

describe('what an edit costs, in the editor', () => {
  let editor: Editor;
  afterEach(() => editor.close());

  const drawing = `\
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
-- package.json --
{"name": "a"}
-- package-lock.json --
{"lockfileVersion": 3}
`;

  function git(...args: readonly string[]): void {
    const name = ['-c', 'user.name=n', '-c', 'user.email=n@e'];
    execFileSync('git', ['-C', editor.folder, ...name, ...args], { stdio: 'ignore' });
  }

  function commit(times: number): void {
    mkdirSync(join(editor.folder, 'src'), { recursive: true });
    for (let at = 0; at < times; at += 1) {
      editor.write('src/app.js', `${Math.random()}`);
      git('add', '--all');
      git('commit', '--quiet', '--message', 'x');
    }
  }

  async function opened(options: EditorOptions = {}): Promise<void> {
    editor = new Editor({ ...options, ports: { git: createGit(), ...options.ports } });
    await editor.initialize();
    git('init', '--quiet');
    await editor.open(drawing);
  }

  const advice = async () =>
    (await editor.diagnostics())
      .filter(({ code }) => code === 'volatile-copy')
      .map(({ message }) => String(message).split('.')[0]);

  it('is advised with the figures of git, which follow its HEAD, and fixed', async () => {
    await opened();
    commit(12);
    await editor.hover({ line: 0, character: 0 });
    await editor.client.sendNotification(focused, { uri: editor.uri });
    await until(async () => (await advice()).length > 0);
    assert.deepEqual(await advice(), [
      'This COPY changed in 12 of 12 commits and makes `npm ci` run again each time',
    ]);
    commit(1);
    await editor.client.sendNotification(focused, { uri: editor.uri });
    await until(async () => (await advice()).some((text) => text?.includes('13 of 13')));
    assert.match((await advice())[0] ?? '', /13 of 13/);
    assert.match(
      (await editor.hover({ line: 2, character: 0 })) ?? '',
      /13 of the last 13 commits changed what it takes/,
    );
    const actions = await editor.actions(editor.whole(), ['quickfix']);
    const action = actions.find(({ title }) => title.startsWith('Copy the manifest'));
    assert.ok(action);
    assert.equal(
      apply(editor.text, editor.editsOf(action)).trimEnd(),
      'FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .',
    );
  });

  it('asks git for nothing before someone hovers, edits or saves', async () => {
    let asked = 0;
    const port: GitPort = {
      history: async () => {
        asked += 1;
        return { state: 'unavailable', reason: 'Never.' };
      },
    };
    await opened({ ports: { git: port } });
    await until(async () => (await editor.stack())?.context != null);
    await advice();
    assert.equal(asked, 0);
    await editor.hover({ line: 0, character: 0 });
    await until(async () => {
      await editor.stack();
      return asked > 0;
    });
    assert.equal(asked, 1);
  });

  it('asks git for nothing in Restricted Mode, and still offers the fix', async () => {
    let asked = 0;
    const port: GitPort = {
      history: async () => {
        asked += 1;
        return { state: 'unavailable', reason: 'It was asked.' };
      },
    };
    await opened({ initializationOptions: { trusted: false }, ports: { git: port } });
    const offered = async () =>
      (await editor.actions(editor.whole(), ['quickfix'])).filter(({ title }) =>
        title.startsWith('Copy the manifest'),
      );
    await until(async () => (await offered()).length > 0);
    assert.equal((await offered()).length, 1);
    assert.deepEqual(await advice(), []);
    assert.equal(asked, 0);
  });
});

/** Predictions as a user has them, with builds of the real engine between them. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Api } from '../../../client/src/extension.ts';
import type { Row } from '../../../client/src/row.ts';
import { type BuildResult, buildRequest, type ProbeResult } from '../../../server/src/protocol.ts';
import { until } from '../results.ts';
import { api, folder, hints, open, set, setText } from './editor.ts';

/** A hint as the server sends it, as far as it is read here. */
interface ServerHint {
  readonly position: { readonly line: number };
  readonly label: readonly {
    readonly value: string;
    readonly command?: { readonly command: string; readonly arguments?: readonly unknown[] };
  }[];
}

const image = process.env.TEST_IMAGE ?? '';

describe('predictions, with builds of a real engine', function () {
  this.timeout(60_000);
  let document: vscode.TextDocument;
  let parts: Api;
  /** The Dockerfile as it was first built. */
  let built: string;

  /** Zero-based line of the first instruction that begins so. */
  const lineOf = (start: string) => {
    const line = document
      .getText()
      .split('\n')
      .findIndex((text) => text.startsWith(start));
    assert.ok(line >= 0, `a line begins with ${start}`);
    return line;
  };
  /** The cache words of the hints, in the order of the file; `-` for a layer without one. */
  const words = async () =>
    [...(await hints(document))]
      .sort(([a], [b]) => a - b)
      .filter(([, text]) => text.startsWith('layer '))
      .map(([, text]) => /cached|changed|rebuild/.exec(text)?.[0] ?? '-')
      .join(' ');
  const reads = async (expected: string | RegExp) => {
    let seen = '';
    await until(`the words ${expected}`, async () => {
      seen = await words();
      return typeof expected === 'string' ? seen === expected : expected.test(seen);
    }).catch((error: Error) => {
      throw new Error(`${error.message}; the words were: ${seen}`);
    });
  };
  const cardOf = async (start: string) => {
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(lineOf(start), 1),
    );
    return found
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
  };
  const build = () =>
    vscode.commands.executeCommand<BuildResult | undefined>('dockerfileLayers.buildAndRecord');
  const rowOf = (label: string): Row | undefined =>
    parts.view
      .getChildren()
      .flatMap((root) => root.children())
      .find((row) => row.label.startsWith(label));
  /** Writes a file behind the editor's back, and looks again as switching back to the window does. */
  const write = async (name: string, text: string) => {
    writeFileSync(join(folder(), name), text);
    await vscode.commands.executeCommand('dockerfileLayers.refresh');
  };
  /** With a file changed while `look` runs. */
  const changed = async (name: string, text: string, look: () => Promise<void>) => {
    const before = readFileSync(join(folder(), name), 'utf8');
    await write(name, text);
    try {
      await look();
    } finally {
      await write(name, before);
    }
    await reads(allCached);
  };
  /** With the Dockerfile changed while `look` runs; nothing is saved. */
  const edited = async (from: string, to: string, look: () => Promise<void>) => {
    assert.ok(built.includes(from));
    await setText(document, built.replace(from, to));
    await look();
    await setText(document, built);
    await reads(allCached);
  };
  /** Where a click on the cache word of a line puts the cursor, zero-based. */
  const clickedWord = async (start: string) => {
    // The editor's own command leaves the commands of hints out.
    const found = await parts.client.sendRequest<readonly ServerHint[]>('textDocument/inlayHint', {
      textDocument: { uri: document.uri.toString() },
      range: { start: { line: 0, character: 0 }, end: { line: document.lineCount, character: 0 } },
    });
    const hint = found.find(({ position }) => position.line === lineOf(start));
    const command = hint?.label.find(({ value }) => /^(changed|rebuild)$/.test(value))?.command;
    assert.ok(command, `the word behind ${start} has a command`);
    await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
    assert.equal(vscode.window.activeTextEditor?.document, document);
    return vscode.window.activeTextEditor.selection.active.line;
  };
  const allCached = 'cached cached cached cached cached cached cached';
  /** Of COPY --from it may be known what the RUN before it makes of the files: the same, or something else. */
  const sourceChanged = /^cached cached cached changed rebuild cached (?:cached|rebuild|-)$/;
  const bundleChanged = /^cached cached cached cached changed cached (?:cached|rebuild|-)$/;

  before(async () => {
    document = await open('Dockerfile');
    built = document.getText();
    parts = await api();
    await set('build.arguments', ['--tag', image]);
  });

  afterEach('the file on the disk is the one that was built', async () => {
    if (document.getText() !== built) await setText(document, built);
    if (document.isDirty) await document.save();
  });

  after(async () => {
    await set('build.arguments', undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('no word stands there before there is a build to compare with, and the hover offers one', async () => {
    await reads('- - - - - - -');
    const card = await cardOf('COPY src');
    assert.match(card, /unknown\. There is no earlier build to compare with\./);
    assert.match(card, /\[Build and Record\]\(command:dockerfileLayers\.buildAndRecord\)/);
  });

  it('after Build and Record every layer is cached', async () => {
    const result = await build();
    assert.equal(result?.outcome, 'built', result?.message);
    assert.ok(result.recorded);
    assert.match(result.message, /^Built in .+: \d of 7 steps came from cache\.$/);
    await reads(allCached);
    await until('the status bar', () =>
      /takes every step from cache/.test(parts.stack.report?.display.nextBuild ?? ''),
    );
  });

  it('a source file that changed on the disk: its COPY is changed, what follows is rebuilt, and going back is cached', () =>
    changed('src/a.js', '// something else\n', () => reads(sourceChanged)));

  it('a source file that was saved in the editor moves the words at once, and so does undoing it', async () => {
    const source = await open('src/b.js');
    const before = source.getText();
    await setText(source, '// saved in the editor\n');
    await source.save();
    await open('Dockerfile');
    await reads(sourceChanged);
    await setText(source, before);
    await source.save();
    await reads(allCached);
  });

  it('a file that was only touched changes nothing', async () => {
    utimesSync(join(folder(), 'src/a.js'), new Date(), new Date());
    await vscode.commands.executeCommand('dockerfileLayers.refresh');
    await until('no question left', () => parts.stack.report?.again?.unknown === 0);
    await reads(allCached);
  });

  it('the hover has the cause, the time of the build, and what it will take', () =>
    changed('src/a.js', '// something else\n', async () => {
      await reads(sourceChanged);
      assert.match(
        await cardOf('COPY src'),
        /\*\*Cache\*\*: changed\. `src\/a\.js` changed since the build of \d\d:\d\d; this COPY and the (?:2 steps|step) after it run again, about \d+(\.\d)? s last time\./,
      );
      // Git is asked by the first hover, and answers by one of the next.
      await until('what git says', async () =>
        /\*\*Changes\*\*: The one commit that there is changed what it takes; each time the (?:step|\d+ steps) after it runs? again/.test(
          await cardOf('COPY src'),
        ),
      );
      assert.match(
        await cardOf('RUN cat'),
        /\*\*Cache\*\*: rebuild\. `src\/a\.js` changed since the build of \d\d:\d\d \(\[line 5\]\(command:dockerfileLayers\.revealCause\?[^)]+\)\); line 5 and the (?:2 steps|step) after it run again, about \d+(\.\d)? s last time\. This RUN took \d+(\.\d)? s last time\./,
      );
    }));

  it('the tree and the status bar say it too', () =>
    changed('src/a.js', '// something else\n', async () => {
      await reads(sourceChanged);
      await until('the rows', () => rowOf('COPY src')?.details.includes('src/a.js changed.'));
      const copy = rowOf('COPY src');
      assert.match(copy?.description ?? '', /^\d+ B · changed/);
      assert.ok(copy?.details.includes('src/a.js changed.'), copy?.details.join('\n'));
      const run = rowOf('RUN cat');
      assert.match(run?.description ?? '', / · rebuild · \d+(\.\d)? s$/);
      assert.ok(run?.details.includes('src/a.js changed (line 5).'), run?.details.join('\n'));
      assert.match(run?.accessible ?? '', /rebuild/);
      const status = parts.stack.report?.display.nextBuild;
      assert.match(
        status ?? '',
        /^The next build runs [23] steps again, about \d+(\.\d)? s last time(?:; of 1 further step it cannot be told)?\.$/,
      );
      assert.match(
        parts.status.text ?? '',
        / · (?:≥ )?[23] steps again, (?:≥|about) \d+(\.\d)? s$/,
      );
      assert.match(parts.status.tooltip ?? '', /The next build runs [23] steps again/);
    }));

  it('a click on a cache word puts the cursor on the line that causes it', async () => {
    await changed('src/a.js', '// something else\n', async () => {
      await reads(sourceChanged);
      assert.equal(await clickedWord('RUN cat'), lineOf('COPY src'));
      assert.equal(await clickedWord('COPY src'), lineOf('COPY src'));
    });
    await edited('ENV GREETING=hello', 'ENV GREETING=hi', async () => {
      await reads('cached cached cached cached cached changed rebuild');
      assert.equal(await clickedWord('RUN echo "$MODE'), lineOf('ENV'));
    });
  });

  it('a RUN line, a variable and a comment that are edited', async () => {
    await edited('> bundle.js', '> bundle.js # more', async () => {
      await reads(bundleChanged);
    });
    await edited('ENV GREETING=hello', 'ENV GREETING=hi', async () => {
      await reads('cached cached cached cached cached changed rebuild');
      assert.match(
        await cardOf('RUN echo "$MODE'),
        /changed\. .*GREETING.*\(\[line 10\]\(command:/,
      );
    });
    await edited('COPY src', '# a comment\nCOPY src', () => reads(allCached));
    await edited('CMD ["cat"', 'CMD ["tail"', () => reads(allCached));
  });

  it('an ignore file decides what a COPY takes', () =>
    changed('.dockerignore', '*.md\nsrc/*.txt\n', async () => {
      await reads(sourceChanged);
      assert.match(await cardOf('COPY src'), /src\/notes\.txt/);
    }));

  it('a build argument that is picked', async () => {
    const uri = document.uri.toString();
    await parts.choices.pick(uri, { buildArgs: { MODE: 'test' } });
    await reads('cached cached cached cached cached changed rebuild');
    assert.match(await cardOf('RUN echo "$MODE'), /changed\. .*MODE/);
    await parts.choices.pick(uri, { buildArgs: null });
    await reads(allCached);
  });

  it('a build that fails marks its line, opens nothing and takes no word away', async () => {
    await setText(document, built.replace('RUN cat src/*.js', 'RUN cat src/*.ts'));
    const shown = () => vscode.window.visibleTextEditors.map((editor) => editor.document.fileName);
    const before = shown();
    const result = await build();
    assert.equal(result?.outcome, 'failed');
    assert.match(result.message, /^The build failed at line 6, RUN cat src\/\*\.ts > bundle\.js: /);
    assert.equal(result.line, 5);
    const problem = await until('the problem', () =>
      vscode.languages.getDiagnostics(document.uri).find(({ code }) => code === 'build-failed'),
    );
    assert.deepEqual([problem.range.start.line, problem.severity], [5, 0]);
    assert.match(problem.message, /It printed last:\n.*No such file/);
    assert.deepEqual(shown(), before);
    assert.equal(vscode.window.activeTextEditor?.document, document);
    await setText(document, built);
    await until('no problem', () =>
      vscode.languages.getDiagnostics(document.uri).every(({ code }) => code !== 'build-failed'),
    );
    await reads(allCached);
  });

  it('a build can be cancelled, and what it ran is gone', async () => {
    const seconds = 40 + (Date.now() % 1000) / 1000;
    await setText(document, built.replace('RUN cat', `RUN sleep ${seconds} && cat`));
    await document.save();
    const source = new vscode.CancellationTokenSource();
    const start = Date.now();
    const building = parts.client.sendRequest<BuildResult>(
      buildRequest.method,
      { textDocument: { uri: document.uri.toString() } },
      source.token,
    );
    await until('the command', () => runs(`sleep ${seconds}`));
    source.cancel();
    const result = await building.catch(() => undefined);
    assert.ok(!result || result.outcome === 'cancelled', result?.message);
    await until('the end of the command', () => !runs(`sleep ${seconds}`));
    assert.ok(Date.now() - start < 20_000);
  });

  it('asking the builder gives words too, and runs no step to its end', async () => {
    const seconds = 50 + (Date.now() % 1000) / 1000;
    const ask = () => vscode.commands.executeCommand<ProbeResult>('dockerfileLayers.askBuilder');
    const all = await ask();
    assert.equal(all.outcome, 'complete', all.message);
    assert.match(all.message, /^The builder has all that this build needs/);
    await setText(document, built.replace('RUN cat', `RUN sleep ${seconds} && cat`));
    const start = Date.now();
    const result = await ask();
    assert.equal(result.outcome, 'stopped', result.message);
    assert.equal(result.line, 5);
    assert.ok(Date.now() - start < 15_000);
    assert.ok(!runs(`sleep ${seconds}`));
    await reads(bundleChanged);
  });

  it('a build in a terminal is noticed, where the shell says what it ran', async () => {
    const run = `${Date.now()}`;
    built = built.replace('> deps.txt', `> deps.txt && echo ${run}`);
    await setText(document, built);
    await document.save();
    await until('a miss', async () => / changed /.test(await words()));
    await buildInTerminal(['docker', 'build', '--tag', `${image}-terminal`, '.']);
    await until('all cached', async () => !/changed|rebuild/.test(await words()));
    await reads(allCached);
  });
});

/** Runs a command in a terminal of ours that says what it runs as the shells with integration do. */
async function buildInTerminal(words: readonly string[]): Promise<void> {
  const [program = '', ...args] = words;
  const written = new vscode.EventEmitter<string>();
  const mark = (text: string) => written.fire(`\x1b]633;${text}\x07`);
  const terminal = await new Promise<vscode.Terminal>((opened) => {
    const made: vscode.Terminal = vscode.window.createTerminal({
      name: 'build',
      pty: { onDidWrite: written.event, open: () => opened(made), close: () => {} },
    });
    made.show(true);
  });
  let ended = false;
  const listening = vscode.window.onDidEndTerminalShellExecution(() => {
    ended = true;
  });
  try {
    mark(`P;Cwd=${folder()}`);
    mark('A');
    written.fire('$ ');
    mark('B');
    written.fire(`${words.join(' ')}\r\n`);
    mark(`E;${words.join(' ')}`);
    mark('C');
    const { stderr } = await promisify(execFile)(program, args, { cwd: folder() });
    written.fire(stderr.replaceAll('\n', '\r\n'));
    mark('D;0');
    mark('A');
    mark('B');
    await until('the end of the command', () => ended);
  } finally {
    listening.dispose();
    terminal.dispose();
  }
}

/** Does a process run whose command line has this? */
function runs(text: string): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(text);
    } catch {
      return false;
    }
  });
}

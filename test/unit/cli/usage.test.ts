/** What is said to wrong arguments and unreadable files; and the tool as a process. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

const root = join(import.meta.dirname, '../../..');

async function refused(argv: readonly string[], sentence: RegExp, cwd?: string): Promise<void> {
  const ran = await cli(argv, cwd === undefined ? {} : { cwd });
  assert.equal(ran.code, 2, argv.join(' '));
  assert.equal(ran.out, '');
  assert.match(ran.err, /^dockerfile-layers: .+\.\n$/);
  assert.match(ran.err, sentence);
}

describe('usage', () => {
  it('is printed without a command and with --help', async () => {
    for (const argv of [[], ['--help'], ['-h'], ['help'], ['report', '--help'], ['check', '-h']]) {
      const ran = await cli(argv);
      assert.equal(ran.code, 0);
      assert.match(ran.out, /^Usage: dockerfile-layers COMMAND/);
      for (const line of ran.out.split('\n')) assert.ok(line.length <= 100, line);
    }
  });

  it('names the version', async () => {
    assert.deepEqual(await cli(['--version']), { code: 0, out: '1.2.3\n', err: '' });
  });

  it('refuses what it does not know with a sentence', async () => {
    await refused(['frobnicate'], /no command frobnicate/);
    await refused(['snapshot'], /snapshot -o FILE/);
    await refused(['report', '--nope'], /Unknown option '--nope'/);
    await refused(['report', '--target'], /--target/);
    await refused(['report', '--target='], /--target has an empty value/);
    await refused(['report', 'a', 'b'], /One Dockerfile at a time/);
    await refused(['report', ''], /name of the Dockerfile is empty/);
    await refused(['report', '--platform', 'a/b/c/d'], /no platform/);
    await refused(['report', '--build-arg', '=x'], /has no name/);
    await refused(['lsp'], /lsp --stdio/);
    await refused(['lsp', '--stdio', 'x'], /lsp takes no file/);
  });

  it('starts the server for lsp --stdio', async () => {
    let started = 0;
    const serve = async () => {
      started++;
    };
    assert.equal((await cli(['lsp', '--stdio'], { serve })).code, 0);
    assert.equal(started, 1);
  });
});

describe('the Dockerfile', () => {
  afterEach(removeFolders);

  it('is ./Dockerfile when none is named, and dockerfile where that is missing', async () => {
    const both = folderWith({ Dockerfile: 'FROM upper\n' });
    assert.match((await cli(['syntax'], { cwd: both })).out, /upper/);
    const lower = folderWith({ 'sub/dockerfile': 'FROM lower\n' });
    assert.match((await cli(['syntax', 'sub/Dockerfile'], { cwd: lower })).out, /lower/);
    await refused(['syntax', 'sub/Other'], /no file sub\/Other/, lower);
  });

  it('that cannot be read is named in a sentence', async () => {
    const cwd = folderWith({ 'folder/x': '', file: 'FROM a\n', secret: 'FROM a\n' });
    symlinkSync('loop', join(cwd, 'loop'));
    await refused(['report', 'gone'], /There is no file gone/, cwd);
    await refused(['report'], /There is no file Dockerfile/, cwd);
    await refused(['report', 'folder'], /folder is a folder/, cwd);
    await refused(['report', 'file/x'], /no folder/, cwd);
    await refused(['report', 'loop'], /circle/, cwd);
    if (process.getuid?.() !== 0 && process.platform !== 'win32') {
      chmodSync(join(cwd, 'secret'), 0);
      await refused(['report', 'secret'], /permission denied/, cwd);
    }
  });

  it('may be empty or hold any bytes: that is for the problems to say', async () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) & 0xff);
    for (const input of ['', '\n', '\ufeff', '\0', bytes]) {
      const ran = await cli(['report', '-', '--json'], { input });
      assert.equal(ran.code, 0);
      assert.ok(JSON.parse(ran.out).problems.length > 0);
    }
  });
});

describe('the built tool', () => {
  let script = '';
  let folder = '';
  before(async () => {
    folder = folderWith({ 'package.json': '{"name":"dockerfile-layers","version":"9.8.7"}' });
    script = join(folder, 'dist/cli.cjs');
    await build({
      entryPoints: [join(root, 'server/src/cli.ts')],
      outfile: script,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      define: { 'import.meta.dirname': '__dirname' },
      logLevel: 'silent',
    });
  });

  after(removeFolders);

  // The options of this process (a loader for TypeScript) are not for the built tool.
  const options = () => ({ cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } });
  const run = (argv: readonly string[], input = '') =>
    spawnSync(process.execPath, [script, ...argv], { ...options(), input, encoding: 'utf8' });

  it('exits with the codes of its commands', () => {
    assert.equal(run(['syntax', '-'], 'FROM a\n').status, 0);
    assert.equal(run(['report', 'gone']).status, 2);
    assert.equal(run(['--version']).stdout, '9.8.7\n');
  });

  it('has no color where the output is no terminal', () => {
    assert.ok(!run(['report', '-', '--no-engine'], 'FROM a\n').stdout.includes('\u001b'));
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [script, 'syntax', '-'], options());
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.end(`FROM a\n${'RUN echo a rather long line of text\n'.repeat(50_000)}`);
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(errors, '');
    assert.equal(code, 0);
  });

  it('says so when its output cannot be written', function () {
    if (!existsSync('/dev/full')) return this.skip();
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [script, 'report', '-', '--no-engine'], {
      ...options(),
      input: 'FROM a\n',
      stdio: ['pipe', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal(status, 2);
    assert.match(stderr, /^dockerfile-layers: The output cannot be written: .+\.\n$/);
  });

  it('answers an editor over standard input and output', async () => {
    const child = spawn(process.execPath, [script, 'lsp', '--stdio'], options());
    const params = { processId: null, rootUri: null, capabilities: {} };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    child.stdin.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    let answer = '';
    for await (const data of child.stdout) {
      answer += data;
      if (answer.includes('inlayHintProvider')) break;
    }
    child.kill();
    assert.match(answer, /"id":1/);
    assert.match(answer, /inlayHintProvider/);
  });
});

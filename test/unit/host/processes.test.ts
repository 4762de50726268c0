import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../server/src/host/processes.ts';
import { programPath } from '../../../server/src/host/programPath.ts';

const node = process.execPath;
// How these tests themselves are run is nothing for the programs that they start.
const plain = { NODE_OPTIONS: undefined };

describe('a program that is started', function () {
  this.timeout(20_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'processes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const js = (text: string, options: Partial<Parameters<typeof run>[2]> = {}) =>
    run(node, ['-e', text], {
      cwd: folder,
      timeoutMs: 15_000,
      graceMs: 200,
      ...options,
      env: { ...plain, ...options.env },
    });

  it('gets its arguments as they are, whatever a shell would make of them', async () => {
    const words = ['a b', '$HOME', '"', "'", '; echo x', '&&', '*', '%PATH%', '', 'ü'];
    const { stdout, code } = await run(
      node,
      ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words],
      { cwd: folder, timeoutMs: 15_000, env: plain },
    );
    assert.deepEqual(JSON.parse(stdout), words);
    assert.equal(code, 0);
  });

  it('gives its exit code and both kinds of output', async () => {
    const found = await js('console.log("out"); console.error("err"); process.exitCode = 3');
    assert.deepEqual(found, {
      ended: 'exited',
      code: 3,
      signal: null,
      message: '',
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
    });
  });

  it('is not found where it is not, with a sentence', async () => {
    const found = await run('no-such-program', [], { cwd: folder, timeoutMs: 1000 });
    assert.equal(found.ended, 'notFound');
    assert.equal(found.message, 'The program no-such-program is not installed.');
  });

  it('cannot be started in a folder that is not there, nor with a zero byte', async () => {
    const gone = await js('0', { cwd: join(folder, 'gone') });
    assert.equal(gone.ended, 'failed');
    assert.match(gone.message, /could not be started: .+\.$/);
    const zero = await run(node, ['a\0b'], { cwd: folder, timeoutMs: 1000 });
    assert.equal(zero.ended, 'failed');
    assert.match(zero.message, /could not be started: .+\.$/);
  });

  it('keeps no more output than is wanted, and says that there was more', async () => {
    const { stdout, truncated } = await js('process.stdout.write("x".repeat(3e6))', {
      maxBytes: 1000,
    });
    assert.equal(stdout, 'x'.repeat(1000));
    assert.equal(truncated, true);
  });

  it('hands its output on piece by piece, and then keeps none', async () => {
    let bytes = 0;
    const { stdout, truncated } = await js('process.stdout.write("x".repeat(3e6))', {
      onStdout: (piece) => {
        bytes += piece.length;
      },
    });
    assert.equal(bytes, 3e6);
    assert.equal(stdout, '');
    assert.equal(truncated, false);
  });

  it('reads what it is given', async () => {
    const { stdout } = await js('process.stdin.pipe(process.stdout)', {
      input: Buffer.from('hello'),
    });
    assert.equal(stdout, 'hello');
  });

  it('sees variables that are set for it, and none that is taken away', async () => {
    process.env.LAYERS_TEST_GONE = 'here';
    const { stdout } = await js(
      'console.log(process.env.LAYERS_TEST, process.env.LAYERS_TEST_GONE)',
      { env: { LAYERS_TEST: 'one', LAYERS_TEST_GONE: undefined } },
    );
    delete process.env.LAYERS_TEST_GONE;
    assert.equal(stdout, 'one undefined\n');
  });

  it('is ended when its time is over', async () => {
    const found = await js('setInterval(() => {}, 1000)', { timeoutMs: 300 });
    assert.equal(found.ended, 'timedOut');
    assert.match(found.message, /was ended as it took longer than 300 ms\.$/);
  });

  it('is not started when it is cancelled before', async () => {
    const found = await js(`require('fs').writeFileSync('made', '')`, {
      signal: AbortSignal.abort(),
    });
    assert.equal(found.ended, 'cancelled');
    assert.equal(existsSync(join(folder, 'made')), false);
  });

  it('is not failed by a listener that throws, but ended with a reason', async () => {
    const found = await js('console.log("x"); setInterval(() => {}, 1000)', {
      onStdout: () => {
        throw new Error('no room');
      },
    });
    assert.equal(found.ended, 'failed');
    assert.match(found.message, /could not be read: no room\.$/);
  });

  it('does not hold the result when something it left behind keeps its output open', async function () {
    if (process.platform === 'win32') this.skip();
    const started = performance.now();
    const found = await js(
      `require('child_process').spawn('sleep', ['8'], { stdio: 'inherit', detached: true }).unref();
       console.log('done')`,
    );
    assert.equal(found.ended, 'exited');
    assert.equal(found.stdout, 'done\n');
    assert.ok(performance.now() - started < 6000);
  });

  for (const [title, kind] of [
    ['children of its own group', '{}'],
    ['children that lead a group or session of their own', '{ detached: true }'],
  ] as const) {
    it(`is cancelled with ${title}, however deaf they are`, async function () {
      if (process.platform === 'win32' || (kind !== '{}' && process.platform !== 'linux')) {
        this.skip();
      }
      const deaf = `for (const name of ['SIGINT','SIGTERM']) process.on(name, () => {});
        require('fs').writeFileSync(process.argv[1], String(process.pid));
        setInterval(() => {}, 1000);`;
      writeFileSync(join(folder, 'deaf.cjs'), deaf.replace('process.argv[1]', 'process.argv[2]'));
      const abort = new AbortController();
      const both = ['parent', 'child'].map((name) => join(folder, name));
      const running = js(
        `require('child_process').spawn(process.execPath, ['deaf.cjs', 'child'], ${kind});
         process.argv[1] = 'parent'; ${deaf}`,
        { signal: abort.signal },
      );
      const end = performance.now() + 10_000;
      while (!both.every((file) => existsSync(file) && readFileSync(file).length > 0)) {
        assert.ok(performance.now() < end, 'the children did not start');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      abort.abort();
      const found = await running;
      assert.equal(found.ended, 'cancelled');
      assert.equal(found.signal, 'SIGKILL');
      for (const file of both) {
        assert.equal(isRunning(readFileSync(file, 'utf8')), false);
      }
    });
  }

  it('is cancelled with what has left it by two forks and a session of its own', async function () {
    if (process.platform !== 'linux') this.skip();
    const daemon = `require('fs').writeFileSync('daemon', String(process.pid));
      process.on('SIGINT', () => {}); process.on('SIGTERM', () => {});
      setInterval(() => {}, 1000);`;
    const between = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(daemon)}],
      { detached: true, stdio: 'ignore' }).unref();`;
    const abort = new AbortController();
    const running = js(
      `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(between)}]);
       setInterval(() => {}, 1000)`,
      { signal: abort.signal },
    );
    const file = join(folder, 'daemon');
    const end = performance.now() + 10_000;
    while (!existsSync(file) || readFileSync(file).length === 0) {
      assert.ok(performance.now() < end, 'it did not start');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(isRunning(readFileSync(file, 'utf8')), true);
    abort.abort();
    assert.equal((await running).ended, 'cancelled');
    assert.equal(isRunning(readFileSync(file, 'utf8')), false);
  });

  it('ends when the one who started it is ended by a signal', async function () {
    if (process.platform !== 'linux') this.skip();
    const module = join(import.meta.dirname, '../../../server/src/host/processes.ts');
    const deaf = `require('fs').writeFileSync('deaf', String(process.pid));
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
      setInterval(() => {}, 1000);`;
    const starter = spawn(
      node,
      [
        ...['--import', 'tsx', '--input-type=module', '-e'],
        `import { run } from ${JSON.stringify(module)};
         await run(process.execPath, ['-e', ${JSON.stringify(deaf)}],
           { cwd: ${JSON.stringify(folder)}, timeoutMs: 60_000, env: { NODE_OPTIONS: undefined } });`,
      ],
      { stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: undefined } },
    );
    const file = join(folder, 'deaf');
    const end = performance.now() + 15_000;
    while (!existsSync(file) || readFileSync(file).length === 0) {
      assert.ok(performance.now() < end, 'it did not start');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    starter.kill('SIGTERM');
    const [, signal] = await once(starter, 'exit');
    assert.equal(signal, 'SIGTERM');
    while (isRunning(readFileSync(file, 'utf8'))) {
      assert.ok(performance.now() < end, 'it runs on');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it('never comes from the folder it runs in, nor from a relative folder of PATH', async function () {
    if (process.platform === 'win32') this.skip();
    for (const name of ['.', 'bin']) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'tool-of-the-project'), '#!/bin/sh\ntouch made\n');
      chmodSync(join(folder, name, 'tool-of-the-project'), 0o755);
    }
    for (const path of ['', '.', ':bin:', './bin']) {
      const found = await run('tool-of-the-project', [], {
        cwd: folder,
        timeoutMs: 1000,
        env: { PATH: path },
      });
      assert.equal(found.ended, 'notFound');
    }
    assert.equal(existsSync(join(folder, 'made')), false);
  });
});

/** What has ended may still be listed until its parent takes note. */
function isRunning(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('the place of a program on Windows', () => {
  const find = (name: string, files: readonly string[], path: string) =>
    programPath(name, {
      platform: 'win32',
      env: { Path: path },
      isProgram: async (file) => files.includes(file),
    });
  const folder = 'C:\\Docker\\bin';

  it('is a program of PATH, not a script that needs a shell', async () => {
    const files = [`${folder}\\docker.cmd`, `${folder}\\docker.bat`, 'D:\\b\\docker.exe'];
    assert.equal(await find('docker', files, `${folder};D:\\b`), 'D:\\b\\docker.exe');
    assert.equal(await find('docker', files.slice(0, 2), `${folder};D:\\b`), undefined);
    assert.equal(await find('docker', files, '"D:\\b"'), 'D:\\b\\docker.exe');
  });

  it('is never a relative folder', async () => {
    assert.equal(
      await find('docker', ['docker.exe', '.\\docker.exe', 'bin\\docker.exe'], '.;;bin'),
      undefined,
    );
    assert.equal(await find('..\\docker', ['C:\\Docker\\docker.exe'], folder), undefined);
  });
});

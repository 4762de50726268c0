import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { EngineEvent } from '../../../server/src/engine/engine.ts';
import { createEngine } from '../../../server/src/host/engine.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fakeEngine.ts';
import { shortLimits, until } from '../../support/patience.ts';

/** Stands for `ssh`: notes its arguments, then joins its streams with the engine's socket. */
const program = (node: string, socket: string, log: string) => `#!${node}
const { appendFileSync } = require('node:fs');
appendFileSync(${JSON.stringify(log)}, JSON.stringify([process.pid, ...process.argv.slice(2)]) + '\\n');
if (process.argv.includes('nowhere')) {
  process.stderr.write('Welcome to the gate!\\r\\nssh: Could not resolve hostname \\u001b[31mnowhere\\u001b[0m\\r\\n');
  process.exit(255);
}
if (process.argv.includes('deaf')) process.on('SIGTERM', () => {});
if (process.argv.includes('deaf') || process.argv.includes('silent')) {
  setInterval(() => {}, 1000);
} else {
  const link = require('node:net').connect(${JSON.stringify(socket)});
  link.on('error', () => process.exit(1)).on('close', () => process.exit(0));
  process.stdin.pipe(link).pipe(process.stdout);
}
`;

const isRunning = (pid: number) => existsSync(`/proc/${pid}/cmdline`);

describe('an engine behind ssh', function () {
  this.timeout(20_000);
  let folder: string;
  let fake: FakeEngine;
  let log: string;
  let env: Record<string, string>;
  let control: AbortController;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    log = join(folder, 'log');
    fake = await startFakeEngine();
    const text = program(process.execPath, fake.endpoint.replace('unix://', ''), log);
    writeFileSync(join(folder, 'ssh'), text, { mode: 0o755 });
    env = { PATH: `${folder}${delimiter}/usr/bin:/bin`, HOME: folder };
    control = new AbortController();
  });
  afterEach(async () => {
    control.abort();
    for (const [pid] of starts()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await fake.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const starts = (): [number, ...string[]][] =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const open = () => createEngine({ env, home: folder, limits: shortLimits });

  it('is asked through the docker CLI there, with a list of arguments', async () => {
    const choice = { endpoint: 'ssh://me@box:2222/run/user/1000/docker.sock' };
    const info = await open().about(choice, control.signal);
    assert.equal(info.endpoint, 'ssh://me@box:2222/run/user/1000/docker.sock');
    assert.equal(info.remote, true);
    const [, ...words] = starts()[0] ?? [0];
    assert.deepEqual(words.slice(words.indexOf('-l')), [
      ...['-l', 'me', '-p', '2222', '--', 'box', 'docker'],
      ...['--host', 'unix:///run/user/1000/docker.sock', 'system', 'dial-stdio'],
    ]);
  });

  it('keeps a connection for the next question, as each costs a greeting between the machines', async () => {
    const engine = open();
    const choice = { endpoint: 'ssh://box' };
    await engine.about(choice, control.signal);
    const before = starts().length;
    for (let at = 0; at < 5; at++) await engine.images(choice, control.signal);
    assert.ok(starts().length <= before + 1, `${starts().length - before} more`);
  });

  it('says what ssh says where there is no way', async () => {
    const asked = open().about({ endpoint: 'ssh://nowhere' }, control.signal);
    await assert.rejects(asked, {
      message:
        'There is no connection to the engine at ssh://nowhere. ssh: Could not resolve hostname nowhere.',
    });
  });

  it('is none where ssh is not installed', async () => {
    rmSync(join(folder, 'ssh'));
    env.PATH = folder;
    const asked = open().about({ endpoint: 'ssh://box' }, control.signal);
    await assert.rejects(asked, { message: 'The program ssh is not installed.' });
  });

  it('leaves no ssh behind that says nothing, and none that ignores a polite signal', async () => {
    const asked = open().about({ endpoint: 'ssh://deaf' }, control.signal);
    await assert.rejects(asked, { message: 'ssh://deaf did not answer in time.' });
    await until(() => starts().length > 0 && starts().every(([pid]) => !isRunning(pid)));
  });

  it('ends its ssh when nobody wants to know any more', async () => {
    const asked = open().about({ endpoint: 'ssh://silent' }, control.signal);
    await until(() => starts().length > 0);
    const began = performance.now();
    control.abort();
    await assert.rejects(asked, { name: 'AbortError' });
    assert.ok(performance.now() - began < 500);
    await until(() => starts().every(([pid]) => !isRunning(pid)));
  });

  it('is followed, told as gone and found again when somebody works', async () => {
    const events: EngineEvent[] = [];
    const choice = { endpoint: 'ssh://box' };
    const watch = open().watch(choice, (event) => events.push(event), control.signal);
    await until(() => events.length === 1 && fake.followers === 1);
    fake.emit({ Type: 'image', Action: 'tag', Actor: { ID: 'sha256:1' } });
    await until(() => events.length === 2);
    await fake.stop();
    await until(() => events.at(-1)?.kind === 'down');
    await fake.start();
    await until(() => {
      watch.retry();
      return events.at(-1)?.kind === 'up';
    });
    control.abort();
    await until(() => starts().every(([pid]) => !isRunning(pid)));
  });

  it('never starts ssh for a host that would be an option', async () => {
    for (const host of ['-oProxyCommand=touch%20x', '%2doX@host', '-l@host']) {
      await assert.rejects(open().about({ endpoint: `ssh://${host}` }, control.signal), /\.$/);
    }
    assert.deepEqual(starts(), []);
  });
});

/**
 * Restricted Mode and `--no-engine`: no socket, no process, and no file but those of the workspace and
 * of the product itself. Watched by the kernel's eyes, with an engine that answers and would be found;
 * and the watch is shown to see what is planted.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  InlayHintRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import {
  focused,
  type InitializationOptions,
  stackRequest,
  visibleChanged,
} from '../../server/src/protocol.ts';
import { builtImage, type FakeEngine, startFakeEngine } from '../support/fakeEngine.ts';
import {
  type Allowed,
  readTrace,
  startTraced,
  straceState,
  type Trace,
  wrongIn,
} from './traced.ts';

const root = join(import.meta.dirname, '../..');
const text =
  'FROM base AS one\nCOPY . /app\nRUN npm ci\nFROM base\nCOPY --from=one /app /app\nRUN make\n';
const lock = {
  lockfileVersion: 3,
  packages: {
    '': {},
    'node_modules/a': {
      version: '1.0.0',
      integrity: 'sha512-AAAA',
      resolved: 'https://r.test/a.tgz',
    },
  },
};

type Plant = 'socket' | 'process' | 'file';

describe('who is not to be contacted', function () {
  this.timeout(120_000);
  const reason = straceState();
  if (reason) {
    it(`skipped: ${reason}`, function () {
      this.skip();
    });
    return;
  }

  let folder: string;
  let engine: FakeEngine;
  let allowed: Allowed;
  /** Where the product lies: a folder for each variant of it. */
  const product = (plant: Plant | 'none') => join(folder, `product-${plant}`);
  const workspace = () => join(folder, 'workspace');
  const storage = () => join(folder, 'storage');

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'contacts-')));
    engine = await startFakeEngine([builtImage(text, [1, 2, 3])]);
    mkdirSync(join(folder, 'home/.docker'), { recursive: true });
    writeFileSync(join(folder, 'home/.docker/config.json'), '{}');
    mkdirSync(workspace());
    writeFileSync(join(workspace(), 'Dockerfile'), text);
    writeFileSync(join(workspace(), 'package.json'), '{}');
    writeFileSync(join(workspace(), 'package-lock.json'), JSON.stringify(lock));
    // With a history, git would have something to say.
    const git = (...args: string[]) => execFileSync('git', ['-C', workspace(), ...args]);
    git('init', '-q');
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@b.test', 'commit', '-q', '-m', 'all');
    execFileSync(process.execPath, ['esbuild.mjs', '--release', `--outdir=${product('none')}`], {
      cwd: root,
    });
    // Node looks for the manifest of what it loads, which the product has.
    cpSync(join(root, 'package.json'), join(product('none'), 'package.json'));
    // Node looks up the zone of the time when it is first asked for it.
    writeFileSync(join(product('none'), 'empty.cjs'), 'new Date().getHours();');
    const plants: Record<Plant, string> = {
      socket: `require('node:net').connect(${JSON.stringify(engine.endpoint.slice('unix://'.length))}).on('error', () => {}).unref();`,
      process: "require('node:child_process').spawn('true');",
      file: "require('node:fs').existsSync(require('node:path').join(require('node:os').homedir(), '.docker/config.json'));",
    };
    for (const [plant, code] of Object.entries(plants)) {
      cpSync(product('none'), product(plant as Plant), { recursive: true });
      for (const name of ['server.cjs', 'cli.cjs']) {
        appendFileSync(join(product(plant as Plant), name), `\n${code}\n`);
      }
    }
    const idle = join(folder, 'idle.log');
    const child = startTraced(idle, [join(product('none'), 'empty.cjs')], around());
    await once(child, 'exit');
    const folders = [workspace(), storage(), join(folder, 'home/.cache/dockerfile-layers')];
    for (const plant of ['none', ...Object.keys(plants)]) folders.push(product(plant as Plant));
    allowed = { folders, baseline: readTrace(idle, workspace()) };
  });
  after(async () => {
    await engine?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    engine.asked.length = 0;
  });

  const around = () => ({
    cwd: workspace(),
    env: { HOME: join(folder, 'home'), DOCKER_HOST: engine.endpoint },
  });

  async function tool(argv: readonly string[], plant: Plant | 'none' = 'none'): Promise<Trace> {
    const log = join(folder, 'cli.log');
    const child = startTraced(log, [join(product(plant), 'cli.cjs'), ...argv], around());
    child.stdout.resume();
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    return readTrace(log, workspace());
  }

  /** A session of an editor that opens the Dockerfile, works with it, and asks for all it can. */
  async function session(
    options: InitializationOptions,
    plant: Plant | 'none' = 'none',
    until = async (): Promise<boolean> => true,
    isSeen = true,
  ): Promise<Trace> {
    const log = join(folder, 'server.log');
    const child = startTraced(log, [join(product(plant), 'server.cjs'), '--stdio'], around());
    const client = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    client.listen();
    const uri = pathToFileURL(join(workspace(), 'Dockerfile')).href;
    const textDocument = { uri };
    await client.sendRequest(InitializeRequest.type, {
      processId: null,
      rootUri: null,
      capabilities: {},
      workspaceFolders: [{ uri: pathToFileURL(workspace()).href, name: 'workspace' }],
      initializationOptions: { visibility: true, storage: storage(), ...options },
    });
    await client.sendNotification(InitializedNotification.type, {});
    await client.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: 'dockerfile', version: 1, text },
    });
    if (isSeen) {
      await client.sendNotification(visibleChanged, { uris: [uri] });
      await client.sendNotification(focused, { uri });
    }
    const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
    const change = { range: { start: range.start, end: range.start }, text: '# edited\n' };
    await client.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: 2 },
      contentChanges: [change],
    });
    const end = performance.now() + 5000;
    for (let quiet = 0; quiet < 5 && performance.now() < end; ) {
      await client.sendRequest(InlayHintRequest.type, { textDocument, range });
      await client.sendRequest(HoverRequest.type, {
        textDocument,
        position: { line: 3, character: 1 },
      });
      const stack = await client.sendRequest(stackRequest, { textDocument });
      const isPending = JSON.stringify(stack).includes('"pending":true');
      quiet = isPending || !(await until()) ? 0 : quiet + 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.sendRequest(ShutdownRequest.type);
    await client.sendNotification(ExitNotification.type);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    return readTrace(log, workspace());
  }

  const restricted: InitializationOptions = { trusted: false };
  const plants: readonly Plant[] = ['socket', 'process', 'file'];
  const commands = [
    ['report', '--json', '--no-engine'],
    ['report', '--no-engine', '--image', 'app'],
    ['snapshot', '-o', '-', '--no-engine'],
  ];

  for (const argv of commands) {
    it(`is left alone by ${argv.join(' ')}`, async () => {
      assert.deepEqual(wrongIn(await tool(argv), allowed), []);
      assert.deepEqual(engine.asked, []);
    });
  }

  it('is asked by report without --no-engine, which the watch sees', async () => {
    const trace = await tool(['report', '--json']);
    assert.ok(engine.asked.length > 0);
    assert.match(trace.sockets.join('\n'), /connect\(.*docker\.sock/);
  });

  it('is left alone in Restricted Mode', async () => {
    assert.deepEqual(wrongIn(await session(restricted), allowed), []);
    assert.deepEqual(engine.asked, []);
  });

  it('is left alone in Restricted Mode whatever the settings of the workspace say', async () => {
    const settings = {
      engine: { enable: 'auto', endpoint: engine.endpoint },
      registry: { enable: true },
      image: 'app',
    };
    assert.deepEqual(wrongIn(await session({ ...restricted, settings }), allowed), []);
    assert.deepEqual(engine.asked, []);
  });

  it('is left alone where the engine is switched off', async () => {
    const trace = await session({ trusted: true, settings: { engine: { enable: 'off' } } });
    assert.deepEqual(engine.asked, []);
    assert.deepEqual(
      trace.sockets.filter((line) => /connect\(|AF_INET/.test(line)),
      [],
    );
    // What git knows of the files has nothing to do with engines.
    const programs = trace.processes.filter((line) => line.includes('execve('));
    assert.deepEqual(
      programs.filter((line) => !/execve\("[^"]*\/git"/.test(line)),
      [],
    );
  });

  it('is left alone as long as nobody sees the Dockerfile', async () => {
    const trace = await session({ trusted: true }, 'none', undefined, false);
    assert.deepEqual(engine.asked, []);
    assert.doesNotMatch(trace.sockets.join('\n'), /connect\(/);
  });

  it('is asked in a trusted workspace, which the watch sees', async () => {
    const trace = await session({ trusted: true }, 'none', async () => engine.asked.length > 3);
    assert.ok(engine.asked.length > 3);
    assert.match(trace.sockets.join('\n'), /connect\(.*docker\.sock/);
  });

  for (const plant of plants) {
    it(`is watched so that a planted ${plant} is seen in server and tool`, async () => {
      for (const trace of [
        await session(restricted, plant),
        await tool(['report', '--json', '--no-engine'], plant),
      ]) {
        const kinds = new Set(wrongIn(trace, allowed).map((one) => one.split(':', 1)[0]));
        assert.ok(kinds.has(plant), [...kinds].join());
      }
    });
  }
});

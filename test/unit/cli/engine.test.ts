import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { withinTime } from '../../../server/src/cli/engineTime.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import { createEngine } from '../../../server/src/host/engine.ts';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';
import {
  builtImage,
  type FakeEngine,
  fakeBase,
  startFakeEngine,
} from '../../support/fakeEngine.ts';
import { engineImage, engineInfo, memoryEngine } from '../../support/memoryEngine.ts';

const input = 'FROM a\nCOPY x /\nRUN make\n';

async function report(argv: readonly string[], engine?: Engine): Promise<StackReport> {
  const { code, out, err } = await cli(['report', '-', '--json', ...argv], {
    input,
    ...(engine && { engine }),
  });
  assert.equal(err, '');
  assert.equal(code, 0);
  return JSON.parse(out);
}

describe('the engine on the command line', () => {
  afterEach(removeFolders);

  it('is asked by report, check and snapshot', async () => {
    const folder = folderWith({ Dockerfile: input, x: '' });
    for (const argv of [['report'], ['check', '--max-image', '1MB'], ['snapshot', '-o', '-']]) {
      const engine = memoryEngine();
      await cli(argv, { cwd: folder, engine });
      assert.ok(engine.asked.includes('about'), argv[0]);
      assert.ok(!engine.asked.includes('watch'), argv[0]);
    }
    assert.equal((await report([], memoryEngine())).engine.state, 'up');
  });

  it('is not asked for anything with --no-engine', async () => {
    const engine = memoryEngine();
    const { state } = (await report(['--no-engine'], engine)).engine;
    assert.equal(state, 'off');
    const folder = folderWith({ Dockerfile: input, x: '' });
    await cli(['check', '--max-image', '1MB', '--no-engine'], { cwd: folder, engine });
    await cli(['snapshot', '-o', '-', '--no-engine'], { cwd: folder, engine });
    assert.deepEqual(engine.asked, []);
  });

  it('that does not answer is a state, and no error', async () => {
    const engine = memoryEngine();
    engine.info = null;
    const { state, text } = (await report([], engine)).engine;
    assert.equal(state, 'down');
    assert.match(text, /\.$/);
  });

  it('tells that a tag moved since the snapshot, and that an image has two names', async () => {
    const old = engineImage('sha256:1', { references: ['a:1', 'b:1'], diffIds: ['sha256:one'] });
    const other = engineImage('sha256:2', { references: ['a:1'], diffIds: ['sha256:two'] });
    const folder = folderWith({ Dockerfile: 'FROM a:1\nRUN x\n', Other: 'FROM b:1\nRUN x\n' });
    const write = ['snapshot', 'Dockerfile', '-o', 'since.json'];
    await cli(write, { cwd: folder, engine: memoryEngine([old]) });
    const said = async (dockerfile: string, engine: Engine | null) => {
      const argv = ['report', dockerfile, '--json', '--since', 'since.json'];
      const { out } = await cli(argv, { cwd: folder, ...(engine && { engine }) });
      const { stages } = JSON.parse(out) as StackReport;
      return stages[0]?.instructions[1]?.cache?.prediction;
    };
    assert.equal(await said('Dockerfile', memoryEngine([old])), 'cached');
    assert.equal(await said('Dockerfile', null), 'cached');
    assert.equal(await said('Dockerfile', memoryEngine([other])), 'changed');
    assert.equal(await said('Other', memoryEngine([old])), 'cached');
  });

  it('says by its store what becomes of a linked copy, whoever answered when the snapshot was made', async () => {
    const dockerfile = (run: string) =>
      `FROM a AS m\nRUN ${run}\nCOPY --link x /x\nRUN make\nFROM a\nCOPY --from=m /out /out\nCOPY --link x /\n`;
    const stores = { none: null, classic: memoryEngine(), containerd: memoryEngine() };
    stores.containerd.info = { ...engineInfo, driver: 'overlayfs', store: 'containerd' };
    const folder = folderWith({ Dockerfile: dockerfile('one'), x: 'x' });
    const said = async (since: string, engine: Engine | null) => {
      const argv = ['report', '--json', '--since', since];
      const { out } = await cli(argv, { cwd: folder, ...(engine && { engine }) });
      const { stages } = JSON.parse(out) as StackReport;
      return stages.flatMap(({ instructions }) =>
        instructions.flatMap(({ cache }) => cache?.prediction ?? []),
      );
    };
    for (const [name, engine] of Object.entries(stores)) {
      const argv = ['snapshot', '-o', `${name}.json`];
      await cli(argv, { cwd: folder, ...(engine && { engine }) });
    }
    for (const name of Object.keys(stores)) {
      writeFileSync(join(folder, 'Dockerfile'), dockerfile('one'));
      for (const engine of Object.values(stores)) {
        assert.deepEqual(new Set(await said(`${name}.json`, engine)), new Set(['cached']));
      }
      writeFileSync(join(folder, 'Dockerfile'), dockerfile('two'));
      const merged = await said(`${name}.json`, stores.containerd);
      assert.deepEqual(merged.slice(0, 3), ['changed', 'cached', 'rebuild']);
      assert.equal(merged.at(-1), 'cached');
      assert.deepEqual(await said(`${name}.json`, null), merged);
      const copied = await said(`${name}.json`, stores.classic);
      assert.deepEqual(copied.slice(0, 3), ['changed', 'rebuild', 'rebuild']);
      assert.equal(copied.at(-1), copied.at(-2) === 'unknown' ? 'unknown' : 'rebuild');
    }
  });

  describe('with images that were built from the Dockerfile', () => {
    const text = [
      'FROM base',
      'RUN make --directory /source/of/one install',
      'ARG TOKEN=top-secret',
      'RUN make two --silent PREFIX=/opt/two',
      '',
    ].join('\n');
    const first = builtImage(text, [5_000_000, 70_000], { createdAt: Date.UTC(2026, 0, 1) });
    const second = builtImage(text, [9_100_000, 70_000], { createdAt: Date.UTC(2026, 0, 2) });
    let fake: FakeEngine;
    let options: { readonly cwd: string; readonly env: Record<string, string>; engine: Engine };
    beforeEach(async () => {
      fake = await startFakeEngine([first, fakeBase()]);
      const cwd = folderWith({ Dockerfile: text });
      const engine = createEngine({ env: { DOCKER_HOST: fake.endpoint }, home: '/nowhere' });
      options = { cwd, env: { XDG_CACHE_HOME: folderWith({}) }, engine };
    });
    afterEach(() => fake.remove());
    const json = async (...argv: string[]): Promise<StackReport> =>
      JSON.parse((await cli(['report', '--json', ...argv], options)).out);

    it('shows measured sizes, who measured them, and what grew since the build before', async () => {
      const before = await json();
      assert.equal(before.totals.size.basis, 'measured');
      assert.equal(before.compare, null);
      fake.images = [second, fakeBase(), { ...first, references: [] }];
      const { out } = await cli(['report'], options);
      assert.match(out, / 2 {2}1 {6}9\.1 MB {2}\+4\.1 MB {2}RUN make --directory/);
      assert.match(
        out,
        /\nOwn layers take 4\.1 MB more than in the build before .*line 2 \+4\.1 MB\./,
      );
      assert.match(out, /\nDocker Engine 28\.5\.2 answers at unix:/);
      assert.match(out, /\nMeasured figures are those of app:latest/);
      const { compare } = await json();
      assert.deepEqual([compare?.own, compare?.lines.length], [4_100_000, 1]);
    });

    it('keeps no value of a build argument', async () => {
      await json();
      const kept = readdirSync(options.env.XDG_CACHE_HOME ?? '', {
        recursive: true,
        withFileTypes: true,
      }).filter((one) => one.name.endsWith('.json.gz'));
      assert.equal(kept.length, 1);
      for (const { parentPath, name } of kept) {
        const found = gunzipSync(readFileSync(join(parentPath, name))).toString();
        assert.match(found, /make two/);
        assert.doesNotMatch(found, /secret/);
      }
    });

    it('takes the figures of the image that --image names', async () => {
      const older = { ...first, references: ['app:old'] };
      fake.images = [second, fakeBase(), older];
      for (const name of ['app:old', first.id]) {
        const { engine, stages } = await json('--image', name);
        assert.equal(engine.image?.id, first.id);
        assert.equal(engine.image?.foundBy, 'choice');
        assert.equal(stages[0]?.instructions[1]?.size?.bytes, 5_000_000);
      }
    });

    it('judges budgets by what was measured', async () => {
      const budget = (most: string) => cli(['check', '--max-layer', most], options);
      assert.equal((await budget('5MB')).code, 0);
      const { code, out } = await budget('4999999');
      assert.equal(code, 1);
      assert.match(out, /adds 5 MB \(5,000,000 bytes\), as Docker Engine 28\.5\.2 measured, over/);
    });
  });

  it('refuses an empty name of an image', async () => {
    const { code, err } = await cli(['report', '-', '--image', ''], { input });
    assert.equal(code, 2);
    assert.equal(err, 'dockerfile-layers: --image has an empty value.\n');
  });
});

describe('the time that an engine is waited for', () => {
  const never = () => new Promise<never>(() => {});
  const choice = { endpoint: null };
  const { signal } = new AbortController();

  it('ends with a sentence, once, and ends the question too', async () => {
    const heard: string[] = [];
    const ended: boolean[] = [];
    const stalled: Engine = {
      ...memoryEngine(),
      about: (_, signal) => {
        signal.addEventListener('abort', () => ended.push(true));
        return never();
      },
      images: never,
    };
    const engine = withinTime(stalled, (sentence) => heard.push(sentence), {
      greetingMs: 20,
      oneMs: 30,
      allMs: 60,
    });
    await assert.rejects(engine.about(choice, signal), /did not answer within 0\.02 seconds/);
    await assert.rejects(engine.images(choice, signal), /within 0\.03 seconds/);
    await assert.rejects(engine.images(choice, signal), /within 0\.06 seconds/);
    assert.equal(heard.length, 1);
    assert.deepEqual(ended, [true]);
  });

  it('leaves answers in time as they are', async () => {
    const engine = withinTime(memoryEngine(), () => assert.fail('nothing is late'));
    assert.equal((await engine.about(choice, signal)).version, '28.5.2');
    assert.deepEqual(await engine.images(choice, signal), []);
  });
});

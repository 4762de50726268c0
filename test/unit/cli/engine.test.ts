import assert from 'node:assert/strict';
import { withinTime } from '../../../server/src/cli/engineTime.ts';
import type { Engine } from '../../../server/src/engine/engine.ts';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';
import { memoryEngine } from '../../support/memoryEngine.ts';

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

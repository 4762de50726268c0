import assert from 'node:assert/strict';
import type { Subject } from '../../../server/src/analysis/subject.ts';
import { type AnalysisPorts, analyze, createAnalyzer } from '../../../server/src/analysis.ts';
import type { ImageRegistry, RegistryImage } from '../../../server/src/registry/registry.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { engineImage, type MemoryEngine, memoryEngine } from '../../support/memoryEngine.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { linux } from '../../support/plans.ts';

const base = engineImage('sha256:base', {
  references: ['base:1'],
  diffIds: ['sha256:0'],
  history: [
    {
      createdBy: 'ADD rootfs / # buildkit',
      comment: '',
      createdAt: 1,
      bytes: 5000,
      emptyLayer: null,
    },
  ],
  config: {
    env: ['PATH=/opt/bin:/bin', 'HOME_OF=/srv'],
    workingDir: '/base',
    shell: null,
    onBuild: ['RUN prepare'],
  },
});

function subject(text: string, settings: unknown = {}, some: Partial<Subject> = {}): Subject {
  return {
    key: 'file:///p/Dockerfile',
    path: '/p/Dockerfile',
    folder: null,
    within: null,
    text,
    version: 1,
    settings: readSettings(settings),
    ...some,
  };
}

function ports(engine: MemoryEngine, more: Partial<AnalysisPorts> = {}): AnalysisPorts {
  return { files: memoryFileSystem({}), buildPlatform: linux, engine, ...more } as AnalysisPorts;
}

async function quiet(): Promise<void> {
  for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
}

describe('what an engine knows of base images', () => {
  it('makes texts exact, and brings the instructions that the base lets run', async () => {
    const text = 'FROM base:1\nWORKDIR $HOME_OF/sub\nCOPY <<E x\n1\nE\n';
    const analysis = await analyze(subject(text), ports(memoryEngine([base])));
    const [stage] = analysis.plan.stages;
    assert.equal(analysis.engine.state.kind, 'up');
    assert.deepEqual(
      [...(stage?.triggers ?? []), ...(stage?.steps ?? [])].map((step) => [
        step.createdBy,
        step.createdByExact,
      ]),
      [
        ['RUN /bin/sh -c prepare # buildkit', true],
        ['WORKDIR /srv/sub', true],
        ['COPY <<E x # buildkit', true],
      ],
    );
    const fact = analysis.sizes.base(0);
    assert.ok(fact?.state === 'known' && fact.value.told?.by === 'engine');
    assert.equal(analysis.totals.start(0)?.basis, 'measured');
    assert.equal(analysis.totals.start(0)?.bytes, 5000);
  });

  it('is not taken for another platform', async () => {
    const other = { ...base, platform: { os: 'linux', arch: 'riscv64', variant: '' } };
    const analysis = await analyze(subject('FROM base:1'), ports(memoryEngine([other])));
    assert.equal(analysis.plan.stages[0]?.base.image, null);
    assert.equal(analysis.totals.start(0)?.basis, 'unknown');
  });

  it('is never asked for in Restricted Mode or where the settings say off', async () => {
    const engine = memoryEngine([base]);
    const restricted = subject('FROM base:1', {}, { within: ['/p'] });
    const off = subject('FROM base:1', { 'engine.enable': 'off' });
    for (const one of [restricted, off]) {
      const { engine: reading } = await analyze(one, ports(engine));
      assert.equal(reading.state.kind, 'off');
    }
    const analyzer = createAnalyzer(ports(engine), () => {});
    analyzer.follow([off.key]);
    for (const one of [restricted, off]) analyzer.analysis(one);
    analyzer.retryEngines();
    await quiet();
    analyzer.stop();
    assert.deepEqual(engine.asked, []);
  });

  it('is asked for only while somebody sees the document, and heard no longer', async () => {
    const engine = memoryEngine([base]);
    const one = subject('FROM base:1\nRUN x\n');
    const analyzer = createAnalyzer(ports(engine), () => {});
    const layers = () => {
      const fact = analyzer.analysis(one).sizes.base(0);
      return fact?.state === 'known' ? fact.value.layers : undefined;
    };
    layers();
    await quiet();
    assert.deepEqual(engine.asked, []);
    analyzer.follow([one.key]);
    for (let round = 0; round < 4; round++) {
      layers();
      await quiet();
    }
    assert.equal(layers(), 1);
    assert.equal(engine.watching, 1);
    analyzer.follow([]);
    assert.equal(engine.watching, 0);
    assert.equal(layers(), 1);
    analyzer.follow([one.key]);
    layers();
    assert.equal(engine.watching, 1);
    analyzer.close(one.key);
    assert.equal(engine.watching, 0);
    analyzer.stop();
  });

  it('is heard no longer where the settings say off, or name another engine', async () => {
    const engine = memoryEngine([base]);
    const analyzer = createAnalyzer(ports(engine), () => {});
    const read = (settings: unknown) => analyzer.analysis(subject('FROM base:1', settings));
    analyzer.follow([subject('').key]);
    read({});
    assert.equal(engine.watching, 1);
    read({ 'engine.endpoint': 'unix:///other.sock' });
    assert.equal(engine.watching, 1);
    assert.equal(read({ 'engine.enable': 'off' }).engine.state.kind, 'off');
    assert.equal(engine.watching, 0);
    read({});
    assert.equal(engine.watching, 1);
    analyzer.stop();
    assert.equal(engine.watching, 0);
  });

  it('changes with the name in the text', async () => {
    const two = engineImage('sha256:two', {
      references: ['two:1'],
      diffIds: ['sha256:1', 'sha256:2'],
      config: { env: [], workingDir: '/two' },
    });
    const engine = memoryEngine([base, two]);
    const analyzer = createAnalyzer(ports(engine), () => {});
    const folder = async (text: string, version: number) => {
      const one = subject(`${text}\nWORKDIR x\n`, {}, { version });
      analyzer.follow([one.key]);
      for (let round = 0; round < 4; round++) {
        analyzer.analysis(one);
        await quiet();
      }
      return analyzer.analysis(one).plan.stages[0]?.steps[0]?.workdir;
    };
    assert.equal(await folder('FROM base:1', 1), '/base/x');
    assert.equal(await folder('FROM two:1', 2), '/two/x');
    assert.equal(await folder('FROM none:1', 3), '/x');
    assert.equal(await folder('FROM base:1', 4), '/base/x');
    analyzer.stop();
  });
});

describe('what a registry knows of base images', () => {
  const told: RegistryImage = {
    reference: 'far:1',
    digest: 'sha256:m',
    indexDigest: 'sha256:i',
    platform: linux,
    platforms: ['linux/amd64'],
    layers: [{ digest: 'sha256:l', compressed: 1000 }],
    diffIds: ['sha256:0'],
    history: [{ createdBy: 'ADD x /', comment: '', createdAt: 1, bytes: null, emptyLayer: false }],
    config: { env: [], workingDir: '/far' },
    createdAt: 1,
    askedAt: 2,
  };
  const registry = (isKnown: boolean) => {
    const asked: string[] = [];
    const port: ImageRegistry = {
      known: async () => (isKnown ? told : null),
      async ask(reference) {
        asked.push(reference);
        return told;
      },
    };
    return { asked, port };
  };
  const folderOf = async (
    settings: unknown,
    port: ImageRegistry,
    within: string[] | null = null,
  ) => {
    const one = subject('FROM far:1\nWORKDIR x\n', settings, { within });
    const analysis = await analyze(one, ports(memoryEngine(), { imageRegistry: port }));
    return analysis.plan.stages[0]?.steps[0]?.workdir;
  };

  it('is asked for only where the settings say so', async () => {
    const { asked, port } = registry(false);
    assert.equal(await folderOf({}, port), '/x');
    assert.deepEqual(asked, []);
    assert.equal(await folderOf({ 'registry.enable': true }, port), '/far/x');
    assert.deepEqual(asked, ['far:1']);
    assert.equal(await folderOf({ 'registry.enable': true }, port, ['/p']), '/x');
    assert.equal(asked.length, 1);
  });

  it('stays known without asking', async () => {
    const { asked, port } = registry(true);
    assert.equal(await folderOf({}, port), '/far/x');
    assert.deepEqual(asked, []);
  });

  it('does not count where the engine has the image', async () => {
    const { asked, port } = registry(false);
    const one = subject('FROM base:1\nWORKDIR x\n', { 'registry.enable': true });
    const analysis = await analyze(one, ports(memoryEngine([base]), { imageRegistry: port }));
    assert.equal(analysis.plan.stages[0]?.steps[0]?.workdir, '/base/x');
    assert.deepEqual(asked, []);
  });
});

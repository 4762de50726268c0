import assert from 'node:assert/strict';
import { createAnalyzer } from '../../../server/src/analysis.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { type MemoryFileSystem, memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { linux } from '../../support/plans.ts';
import { cached, runSize, runSizes } from '../../support/projects.ts';

/** A project whose packages lie in npm's cache: `a` has 1,000,000 bytes, `tool` 500,000. */
function project(folder = '/context', name = 'package-lock.json'): MemoryFileSystem {
  const files = memoryFileSystem({});
  files.write(`${folder}/${name}`, lockText(files));
  files.write(`${folder}/package.json`, '{}');
  return files;
}

function lockText(files: MemoryFileSystem, bytes = 1_000_000): string {
  const packages = {
    '': { name: 'p' },
    'node_modules/a': {
      version: '1.0.0',
      resolved: 'https://example.com/a.tgz',
      integrity: cached(files, 'a', bytes),
    },
    'node_modules/tool': {
      version: '1.0.0',
      resolved: 'https://example.com/tool.tgz',
      integrity: cached(files, 'tool', 500_000),
      dev: true,
    },
  };
  return JSON.stringify({ name: 'p', lockfileVersion: 3, packages });
}

const about = (bytes: number | null, expected: number) =>
  assert.ok(bytes !== null && Math.abs(bytes - expected) < 2000, `${bytes} is not ${expected}`);

const clean = 'npm ci && npm cache clean --force';

describe('dependencies of the project that a RUN installs', () => {
  for (const [what, text] of [
    ['COPY of the lock file', `FROM x\nWORKDIR /app\nCOPY package*.json ./\nRUN ${clean}`],
    [
      'COPY of two files by name',
      `FROM x\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN ${clean}`,
    ],
    ['COPY of all', `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`],
    ['ADD into a folder', `FROM x\nADD package-lock.json /app/\nWORKDIR /app\nRUN ${clean}`],
    [
      'a lock file under another name',
      `FROM x\nWORKDIR /app\nCOPY package-lock.json npm-shrinkwrap.json\nRUN ${clean}`,
    ],
    [
      'COPY in the stage below',
      `FROM x AS base\nWORKDIR /app\nCOPY package*.json ./\nFROM base\nRUN ${clean}`,
    ],
    [
      'COPY from another stage',
      `FROM x AS files\nCOPY . /src\nFROM x\nWORKDIR /app\nCOPY --from=files /src/package-lock.json .\nRUN ${clean}`,
    ],
    [
      'a bind mount',
      `FROM x\nWORKDIR /app\nRUN --mount=type=bind,source=package-lock.json,target=package-lock.json ${clean}`,
    ],
    [
      'a bind mount of the whole context',
      `FROM x\nRUN --mount=type=bind,target=/src cd /src && ${clean}`,
    ],
  ] as const) {
    it(`are found through ${what}`, async () => {
      const size = await runSize(project(), text);
      // npm's log alone.
      if (what === 'a bind mount of the whole context') about(size.bytes, 1400);
      else about(size.bytes, 1_500_000);
    });
  }

  it('are found in a folder further down', async () => {
    const text = `FROM x\nWORKDIR /app\nCOPY . .\nRUN cd client && ${clean}`;
    about((await runSize(project('/context/client'), text)).bytes, 1_500_000);
    const prefixed = `FROM x\nWORKDIR /app\nCOPY . .\nRUN npm --prefix client ci --omit=dev && npm cache clean --force`;
    about((await runSize(project('/context/client'), prefixed)).bytes, 1_000_000);
  });

  it('are not known where no lock file is copied, or the ignore file drops it', async () => {
    const none = await runSize(
      project(),
      `FROM x\nWORKDIR /app\nCOPY package.json .\nRUN ${clean}`,
    );
    assert.equal(none.bytes, null);
    assert.match(none.reason, /No package-lock\.json of the build context lies in \/app/);
    const files = project();
    files.write('/context/.dockerignore', 'package-lock.json\n');
    const ignored = await runSize(files, `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`);
    assert.equal(ignored.bytes, null);
    assert.match(ignored.reason, /The ignore file drops package-lock\.json/);
  });

  it('come from node_modules beside the lock file, links once, though the ignore file drops it', async () => {
    const files = project();
    files.write('/context/.dockerignore', 'node_modules\n');
    const at = '/context/node_modules';
    files.write(`${at}/a/index.js`, 'x'.repeat(2_000_000));
    files.link(`${at}/a/same.js`, `${at}/a/index.js`);
    files.write(`${at}/a/node_modules/bundled/index.js`, 'x'.repeat(30_000));
    files.write(`${at}/tool/index.js`, 'x'.repeat(700_000));
    const lock = JSON.parse(
      new TextDecoder().decode(await files.read('/context/package-lock.json', 1e9)),
    );
    const { '': _, ...packages } = lock.packages;
    files.write(`${at}/.package-lock.json`, JSON.stringify({ lockfileVersion: 3, packages }));
    const text = `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`;
    const size = await runSize(files, text);
    about(size.bytes, 2_730_000);
    assert.match(size.reason, /2 from node_modules/);
    packages['node_modules/a'].version = '0.9.0';
    files.write(`${at}/.package-lock.json`, JSON.stringify({ lockfileVersion: 3, packages }));
    about((await runSize(files, text)).bytes, 1_700_000);
  });

  it('are unknown where no size is at hand, with the way out', async () => {
    const size = await runSize(project(), `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`, {
      npmCache: null,
    });
    assert.equal(size.bytes, null);
    assert.match(size.reason, /2 packages .* not known here\. An install on this machine/);
  });

  it('are not looked up in caches of the machine in Restricted Mode', async () => {
    const files = project();
    const text = `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`;
    const size = await runSize(files, text, { npmCache: '/cache' }, ['/context']);
    assert.equal(size.bytes, null);
    assert.ok(!files.seen.some((path) => path.startsWith('/cache')));
  });

  it('with a lock file that leads out of the context through a link are not read', async () => {
    const files = memoryFileSystem({
      '/secret/package-lock.json': '{}',
      '/context/package.json': '{}',
    });
    files.symlink('/context/package-lock.json', '/secret/package-lock.json');
    const size = await runSize(files, `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`);
    assert.equal(size.bytes, null);
    assert.ok(!files.seen.includes('/secret/package-lock.json'));
  });

  it('are asked for once by lines that find the same lock file', async () => {
    const files = project();
    const text = `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}\nRUN ${clean}\nRUN npm ci --omit=dev`;
    await runSizes(files, text);
    assert.equal(files.seen.filter((path) => path === '/context/package-lock.json').length, 1);
  });

  it('change when the lock file does', async () => {
    const files = project();
    const path = '/context/Dockerfile';
    const text = `FROM x\nWORKDIR /app\nCOPY . .\nRUN ${clean}`;
    files.write(path, text);
    let changes = 0;
    const analyzer = createAnalyzer(
      { files, decompressors: nodeDecompressors, buildPlatform: linux, npmCache: '/cache' },
      () => changes++,
    );
    const subject = {
      key: path,
      path,
      folder: '/context',
      within: null,
      text,
      version: 1,
      settings: readSettings({}),
    };
    const size = async () => {
      for (;;) {
        const analysis = analyzer.analysis(subject);
        const step = analysis.plan.stages[0]?.steps.at(-1);
        const found = step && analysis.sizes.get(step);
        if (!analysis.pending) return found?.bytes ?? null;
        await analyzer.settled(path);
      }
    };
    about(await size(), 1_500_000);
    const before = changes;
    files.write('/context/package-lock.json', lockText(files, 3_000_000));
    analyzer.filesChanged(['/context/package-lock.json']);
    about(await size(), 3_500_000);
    assert.ok(changes > before);
    analyzer.stop();
  });
});

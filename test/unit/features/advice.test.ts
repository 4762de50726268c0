import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type AnalysisPorts, analyze } from '../../../server/src/analysis.ts';
import { advice } from '../../../server/src/features/advice.ts';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import { contentPaths } from '../../../server/src/projects/packageSize.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { tar } from '../../support/archives.ts';
import { debian } from '../../support/estimates.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { smallIndex } from '../../support/packages.ts';
import { linux } from '../../support/plans.ts';

const index = smallIndex({
  curl: { needs: 'libc6', likes: 'ca-certificates' },
  'ca-certificates': {},
  gcc: { files: 50_000_000, needs: 'cpp', likes: 'libc-dev, manual' },
  cpp: { files: 30_000_000 },
  'libc-dev': { files: 12_000_000 },
  manual: { files: 8_000_000 },
});

const ports: AnalysisPorts = {
  files: nodeFileSystem,
  decompressors: nodeDecompressors,
  buildPlatform: linux,
  base: async () => ({ state: 'known', value: debian }),
  packages: async () => ({ state: 'known', value: index }),
};

async function problems(lines: string, settings: unknown = {}, hadolint = false) {
  const analysis = await analyze(
    {
      key: 'untitled:Dockerfile',
      path: null,
      folder: null,
      within: null,
      text: lines.startsWith('FROM') ? lines : `FROM debian:bookworm-slim\n${lines}`,
      version: 1,
      settings: readSettings(settings),
    },
    ports,
  );
  return advice(analysis, hadolint).map(({ span, ...problem }) => {
    const line = analysis.dockerfile.text.slice(0, span.start).split('\n').length;
    return { line, ...problem };
  });
}

/** Severities and codes as an editor gets them. */
async function marks(lines: string, settings: unknown, peers: { readonly hadolint?: boolean }) {
  const text = `FROM debian\n${lines}`;
  const read = readSettings(settings);
  const base = { key: 'untitled:Dockerfile', path: null, folder: null, within: null };
  const analysis = await analyze({ ...base, text, version: 1, settings: read }, ports);
  const document = TextDocument.create('untitled:Dockerfile', 'dockerfile', 1, text);
  const all = diagnostics(analysis, document, { otherDockerfileExtension: false, ...peers });
  return all.map(({ severity, code }) => `${severity} ${code}`);
}

/** `2 lists-left-behind` for each. */
async function codes(lines: string, settings: unknown = {}): Promise<readonly string[]> {
  return (await problems(lines, settings)).map(({ line, code }) => `${line} ${code}`);
}

const clean = 'rm -rf /var/lib/apt/lists/*';

describe('advice on RUN lines', () => {
  it('says how many bytes of package lists stay, and how to end the line', async () => {
    assert.deepEqual(await problems('RUN apt-get update && apt-get install -y curl\n'), [
      {
        line: 2,
        code: 'lists-left-behind',
        severity: 'information',
        message:
          'About 20 MB of package lists stay in this layer. End this line with rm -rf /var/lib/apt/lists/*, or keep them in a cache mount.',
      },
    ]);
    assert.deepEqual(
      await codes(`RUN apt-get update && apt-get install -y curl && ${clean}\n`),
      [],
    );
    assert.deepEqual(
      await codes(
        'RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y curl\n',
      ),
      [],
    );
  });

  it('says that lines belong together where a line below needs the lists', async () => {
    const [first] = await problems('RUN apt-get update\nRUN apt-get install -y curl\n');
    assert.equal(
      first?.message,
      'About 20 MB of package lists stay in this layer. A line below installs packages with them: join both lines, and end with rm -rf /var/lib/apt/lists/*.',
    );
    const [own] = await problems(
      'RUN apt-get update\nRUN apt-get update && apt-get install -y curl\n',
    );
    assert.match(own?.message ?? '', /End this line/);
  });

  it('is silent where a command that may not run would remove them', async () => {
    assert.deepEqual(
      await codes(`RUN apt-get update && if [ -n "$(date)" ]; then ${clean}; fi\n`),
      [],
    );
    assert.deepEqual(await codes('RUN if [ -e /x ]; then apt-get update; fi\n'), []);
  });

  it('says which packages are only recommended, and what leaving them out saves', async () => {
    assert.deepEqual(await problems(`RUN apt-get update && apt-get install -y gcc && ${clean}\n`), [
      {
        line: 2,
        code: 'recommended-packages',
        severity: 'information',
        message:
          'About 20 MB of this layer are 2 packages that others only recommend (libc-dev 12 MB, manual 8 MB). --no-install-recommends leaves them out; name those of them that are needed.',
      },
    ]);
    for (const install of [
      'apt-get install -y --no-install-recommends gcc',
      'apt-get -o APT::Install-Recommends=0 install -y gcc',
      'apt-get install -y gcc && apt-get purge -y --auto-remove gcc',
      'apt-get install -y curl',
      'apt-get install -y gcc libc-dev manual',
    ]) {
      assert.deepEqual(await codes(`RUN apt-get update && ${install} && ${clean}\n`), [], install);
    }
  });

  it('says nothing of recommended packages beside one that nobody knows', async () => {
    assert.deepEqual(
      await codes(`RUN apt-get update && apt-get install gcc zzz && ${clean}\n`),
      [],
    );
  });

  it('says of each line what has the most bytes', async () => {
    assert.deepEqual(
      await codes(
        'RUN apt-get update && apt-get install -y gcc libc-dev\nRUN apt-get install -y curl\n',
      ),
      ['2 lists-left-behind'],
    );
  });

  it('says that a later removal of package lists frees nothing', async () => {
    const found = await problems(`RUN apt-get update\nRUN apt-get install -y curl && ${clean}\n`);
    assert.deepEqual(found.slice(1), [
      {
        line: 3,
        code: 'frees-nothing',
        severity: 'hint',
        message:
          'rm frees nothing: the 20 MB of line 2 (package lists) stay in the layer of that line. Join both lines, or delete them in line 2 if nothing in between needs them.',
      },
    ]);
  });

  it('says it once, of the line that removes them first', async () => {
    const lines = `RUN apt-get update\nRUN ${clean}\nRUN ${clean}\n`;
    assert.deepEqual(await codes(lines), ['2 lists-left-behind', '3 frees-nothing']);
  });

  it('says that packages of an earlier line stay when they are purged', async () => {
    const lines = `RUN apt-get update && apt-get install -y --no-install-recommends gcc && ${clean}\nRUN make\nRUN apt-get purge -y --auto-remove gcc\n`;
    assert.deepEqual(await problems(lines), [
      {
        line: 4,
        code: 'frees-nothing',
        severity: 'hint',
        message:
          'Removing packages frees nothing: the 80 MB of line 2 (2 packages) stay in the layer of that line. Remove them in line 2, or install them in a stage that the image is not built from.',
      },
    ]);
  });

  it('does not blame a line for packages of the base image', async () => {
    assert.deepEqual(await codes('RUN apt-get purge -y --allow-remove-essential libc6\n'), []);
  });

  it('follows what stages have of each other, and is silent in stages that are only copied from', async () => {
    const chained = `FROM debian AS a\nRUN apt-get update\nFROM a\nRUN ${clean}\n`;
    assert.deepEqual(await codes(chained), ['2 lists-left-behind', '4 frees-nothing']);
    const builder = `FROM debian AS a\nRUN apt-get update\nRUN ${clean}\nFROM debian\nCOPY --from=a /x /x\n`;
    assert.deepEqual(await codes(builder), []);
  });

  it('is not misled by a mount over what is removed', async () => {
    const lines = `RUN apt-get update\nRUN --mount=type=cache,target=/var/lib/apt ${clean}\n`;
    assert.deepEqual(await codes(lines), ['2 lists-left-behind']);
  });

  it('names archives that the image no longer throws away', async () => {
    const lines = `RUN rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y curl && ${clean}\n`;
    assert.deepEqual(await codes(lines), ['2 archives-left-behind']);
    assert.deepEqual(await codes(lines.replace('\n', ' && apt-get clean\n')), []);
  });

  it('has a switch for each code', async () => {
    const update = 'RUN apt-get update\n';
    assert.deepEqual(await codes(update, { advice: { listsLeftBehind: false } }), []);
    assert.deepEqual(await codes(update, { 'advice.freesNothing': false }), [
      '2 lists-left-behind',
    ]);
    const gcc = 'RUN apt-get update && apt-get install -y gcc\n';
    assert.deepEqual(await codes(gcc, { advice: { listsLeftBehind: false } }), [
      '2 recommended-packages',
    ]);
    const off = { advice: { listsLeftBehind: false, recommendedPackages: false } };
    assert.deepEqual(await codes(gcc, off), []);
  });

  it('is information in the editor, a hint beside hadolint, and silenced as all advice is', async () => {
    const update = 'RUN apt-get update\n';
    assert.deepEqual(await marks(update, {}, {}), ['3 lists-left-behind']);
    assert.deepEqual(await marks(update, {}, { hadolint: true }), ['4 lists-left-behind']);
    assert.deepEqual(await marks(update, { diagnostics: { advice: false } }, {}), []);
    const comment = '# dockerfile-layers ignore=lists-left-behind\n';
    assert.deepEqual(await marks(`${comment}${update}`, {}, {}), []);
  });

  it('is a hint where hadolint names the same lines', async () => {
    const found = await problems('RUN apt-get update\n', {}, true);
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ['hint'],
    );
  });
});

describe('advice on lines that install packages of a project', () => {
  const files = memoryFileSystem({});
  const content = gzipSync(
    tar({ name: 'package/a.js', content: randomBytes(2_000_000).toString('hex') }),
  );
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  for (const path of contentPaths(integrity)) files.write(`/cache/${path}`, content);
  const resolved = 'https://registry.example/a.tgz';
  const packages = { '': {}, 'node_modules/a': { version: '1.0.0', resolved, integrity } };
  const lock = JSON.stringify({ lockfileVersion: 3, packages });
  files.write('/context/package-lock.json', lock);

  const told = async (...lines: readonly string[]) => {
    const text = `FROM debian\nWORKDIR /app\nCOPY package-lock.json ./\n${lines.join('\n')}\n`;
    const path = '/context/Dockerfile';
    files.write(path, text);
    const settings = readSettings({});
    const analysis = await analyze(
      { key: path, path, folder: '/context', within: null, text, version: 1, settings },
      { ...ports, files, npmCache: '/cache' },
    );
    return advice(analysis).map(({ code, message }) => `${code}: ${message}`);
  };

  it('names the cache that stays, and both ways to keep it out', async () => {
    const [only = '', ...more] = await told('RUN npm ci');
    assert.deepEqual(more, []);
    assert.match(
      only,
      /^cache-left-behind: About 2\.\d MB of npm cache stay in this layer\. Keep it out: --mount=type=cache,target=\/root\/\.npm, or npm cache clean --force at the end of this line\.$/,
    );
    assert.deepEqual(await told('RUN npm ci && npm cache clean --force'), []);
    assert.deepEqual(await told('RUN --mount=type=cache,target=/root/.npm npm ci'), []);
  });

  it('says that cleaning the cache in a later line frees nothing', async () => {
    for (const command of ['npm cache clean --force', 'rm -rf /root/.npm', 'rm -rf ~/.npm']) {
      const [, second = ''] = await told('RUN npm ci', `RUN ${command}`);
      assert.match(
        second,
        /^frees-nothing: \w.* frees nothing: the 2\.\d MB of line 4 \(npm cache\)/,
      );
    }
    const [, modules = ''] = await told('RUN npm ci', 'RUN rm -rf node_modules');
    assert.match(modules, /^frees-nothing: rm frees nothing: the 4 MB of line 4 /);
  });
});

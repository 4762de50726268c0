/**
 * The quick fix that copies manifests first, judged by real builds: the image has the same files and
 * the same config after it, and once a source file changed the installation comes from the cache.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { TextEdit } from 'vscode-languageserver-types';
import { createAnalyzer } from '../../server/src/analysis.ts';
import { codeActions } from '../../server/src/features/codeActions.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../server/src/settings.ts';
import { readTree, writeTree } from '../support/files.ts';
import { apply } from '../support/marked.ts';
import { ensureBaseImage } from './baseImage.ts';
import { ensureDebianBases, ensureNodeImage, nodeImage, withStandIns } from './debianBases.ts';
import { describeWithEngine, docker, dockerOk, network } from './engine.ts';
import { imageFiles } from './imageFiles.ts';
import { platform } from './predicted.ts';

interface Case {
  readonly name: string;
  /** The Dockerfile and its files; `src/app.js` is what is edited. */
  readonly drawing: string;
  /** Makes the lock file, in a container with the network. */
  readonly lock?: string;
  /** The command that stays cached, where it is none of the text. */
  readonly cached?: string;
}

const node = 'FROM node:20-bookworm-slim\n';
const source = `-- src/app.js --
1
-- src/deep/x.sh mode=755 --
#!/bin/sh
-- .dockerignore --
Dockerfile
node_modules
`;
const odd = `-- package.json --
{"name": "app", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}
`;
const workspaces = `-- package.json --
{"name": "app", "version": "1.0.0", "private": true, "workspaces": ["packages/*"]}
-- packages/a/package.json mode=600 --
{"name": "a", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}
-- packages/a/index.js --
1
-- packages/b/package.json --
{"name": "b", "version": "1.0.0", "dependencies": {"a": "1.0.0", "is-number": "7.0.0"}}
`;

/** A stand-in for an installer where the real one is not at hand: its output is of what it reads. */
function standIn(name: string, reads: string, writes: string): string {
  return `FROM dockerfile-layers-test/base:1 AS base
COPY --chmod=755 <<END /usr/bin/${name}
#!/bin/sh
set -e
mkdir -p ${writes} && cat ${reads} | sha256sum > ${writes}/installed
END
`;
}

const cases: readonly Case[] = [
  {
    name: 'npm ci',
    drawing: `${node}WORKDIR /app
COPY . .
RUN npm ci
CMD ["node", "src/app.js"]
${odd}${source}`,
    lock: 'npm install --package-lock-only',
  },
  {
    name: 'npm install with an owner, in a folder that the COPY makes',
    drawing: `${node}COPY --chown=1000:1001 . /srv/app
WORKDIR /srv/app
RUN npm install --no-audit --no-fund
RUN node src/app.js
${odd}${source}`,
    lock: 'npm install --package-lock-only',
  },
  {
    name: 'npm ci and a build in one RUN',
    drawing: `${node}WORKDIR /app
COPY . .
RUN npm ci && \\
    node src/app.js && cp src/app.js built.js
${odd}${source}`,
    lock: 'npm install --package-lock-only',
  },
  {
    name: 'npm ci with workspaces',
    drawing: `${node}WORKDIR /app
COPY . .
RUN npm ci && npm cache clean --force
${workspaces}${source}`,
    lock: 'npm install --package-lock-only',
  },
  {
    name: 'npm ci in a folder, and a linked COPY',
    drawing: `${node}WORKDIR /app
COPY --link . ./
RUN cd web && npm ci
${odd.replace('package.json', 'web/package.json')}${source}`,
    lock: 'cd web && npm install --package-lock-only',
  },
  {
    name: 'yarn',
    drawing: `${node}WORKDIR /app
COPY . .
RUN yarn install --frozen-lockfile
${odd}${source}`,
    lock: 'yarn install --ignore-scripts && rm -rf node_modules',
  },
  {
    name: 'pnpm with workspaces',
    drawing: `${node}WORKDIR /app
COPY . .
RUN pnpm install --frozen-lockfile
${workspaces.replace('"a": "1.0.0"', '"a": "workspace:*"')}-- pnpm-workspace.yaml --
packages:
  - packages/*
${source}`,
    lock: 'pnpm install --lockfile-only && rm -rf .pnpm-store',
  },
  {
    name: 'pip, by a stand-in',
    drawing: `${standIn('pip', 'requirements/app.txt requirements/base.txt', '/site-packages')}WORKDIR /app
COPY . .
RUN pip install -r requirements/app.txt
-- requirements/app.txt --
-r base.txt
flask
-- requirements/base.txt --
click
${source}`,
  },
  {
    name: 'go mod download, by a stand-in, for another stage',
    drawing: `${standIn('go', 'go.mod go.sum', '/go/pkg')}WORKDIR /src
COPY . .
RUN go mod download
RUN cp src/app.js /app
FROM dockerfile-layers-test/base:1
COPY --from=base /app /go /all/
-- go.mod --
module a
-- go.sum --

${source}`,
  },
  {
    name: 'a build of Go that downloads, by a stand-in',
    drawing: `${standIn('go', 'go.mod go.sum', '/go/pkg')}WORKDIR /src
COPY --chown=1000:1001 . .
RUN CGO_ENABLED=0 go build ./... && cp src/app.js /app
-- go.mod --
module a
require b v1.0.0
-- go.sum --

${source}`,
    cached: 'go mod download',
  },
  {
    name: 'a build of Cargo that downloads, with an owner and packages of its own, by a stand-in',
    drawing: `${standIn('cargo', 'Cargo.toml Cargo.lock a/Cargo.toml', '/cargo')}WORKDIR /src
COPY --chown=1000:1001 --chmod=750 ["./", "./"]
RUN cargo build && cp src/main.rs /app
-- Cargo.toml --
[package]
name = "x"
[dependencies]
a = { path = "a" }
-- Cargo.lock --
source = "registry"
-- src/main.rs --
fn main() {}
-- a/Cargo.toml --
[package]
name = "a"
-- a/src/lib.rs --
1
${source}`,
    cached:
      'mkdir -p a/src src && touch a/src/lib.rs src/main.rs && cargo fetch && rm a/src/lib.rs src/main.rs',
  },
  {
    name: 'sources above the manifests, by a stand-in',
    drawing: `${standIn('pip', 'requirements.txt', '/site-packages')}WORKDIR /app
# The code.
COPY --chown=1000:1001 src ./src
COPY requirements*.txt ./
RUN pip install -r requirements.txt
-- requirements.txt --
flask
${source}`,
  },
  {
    name: 'composer, by a stand-in',
    drawing: `${standIn('composer', 'composer.json composer.lock', 'vendor')}COPY . /var/www
WORKDIR /var/www
RUN composer install --no-scripts
-- composer.json --
{}
-- composer.lock --
{}
${source}`,
  },
  {
    name: 'bundler, by a stand-in',
    drawing: `${standIn('bundle', 'Gemfile Gemfile.lock', '/usr/local/bundle')}WORKDIR /app
COPY ./ ./
RUN bundle install
-- Gemfile --
gem "rails"
-- Gemfile.lock --
GEM
${source}`,
  },
];

describeWithEngine('copying manifests first, in a real build', () => {
  let hasNode = true;

  before(async function () {
    this.timeout(900_000);
    await ensureBaseImage();
    try {
      const known = await docker(['image', 'inspect', nodeImage]);
      if (known.status !== 0) {
        await ensureDebianBases();
        await ensureNodeImage();
      }
    } catch (error) {
      console.error(`skipped: no image with Node here: ${(error as Error).message}`);
      hasNode = false;
    }
  });

  for (const { name, drawing, lock, cached } of cases) {
    it(`${name}: the same image, and the installation stays cached`, async function () {
      this.timeout(300_000);
      if (lock && !hasNode) this.skip();
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'layers-manifest-')));
      const images: string[] = [];
      const build = async (text: string) => {
        const image = `dockerfile-layers-test/manifest-${process.pid}-${images.length}:1`;
        images.push(image);
        writeFileSync(join(folder, 'Dockerfile'), withStandIns(text));
        const { status, stderr } = await docker(['build', ...network(), '--tag', image, folder], {
          timeoutMs: 200_000,
        });
        assert.equal(status, 0, `${text}\n${stderr}`);
        return { image, log: stderr };
      };
      try {
        writeTree(folder, readTree(drawing));
        const text = readTree(drawing).dockerfile;
        if (lock) await makeLock(folder, lock);
        const after = await fixed(folder, text);
        const one = await build(text);
        const other = await build(after);
        assert.deepEqual(await filesOf(other.image), await filesOf(one.image), after);
        assert.deepEqual(await configOf(other.image), await configOf(one.image));
        writeFileSync(join(folder, 'src/app.js'), '12345\n');
        const again = await build(after);
        assert.match(again.log, isCached(cached ?? installationOf(text)), again.log);
      } finally {
        if (images.length > 0) await docker(['image', 'rm', '--force', ...images]);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

async function makeLock(folder: string, command: string): Promise<void> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].filter((name) => process.env[name]);
  await dockerOk(
    [
      ...['run', '--rm', '--network=host', '--volume', `${folder}:/project`],
      ...proxies.flatMap((name) => ['--env', name]),
      ...['--workdir', '/project', nodeImage, 'sh', '-c', command],
    ],
    { timeoutMs: 120_000 },
  );
}

/** The text after the one fix that is offered. */
async function fixed(folder: string, text: string): Promise<string> {
  const path = join(folder, 'Dockerfile');
  const document = TextDocument.create(`file://${path}`, 'dockerfile', 1, text);
  const analyzer = createAnalyzer(
    { files: nodeFileSystem, decompressors: nodeDecompressors, buildPlatform: platform },
    () => {},
  );
  const subject = {
    ...{ key: document.uri, path, folder, within: null, text, version: 1 },
    settings: readSettings({}),
  };
  const range = { start: { line: 0, character: 0 }, end: document.positionAt(text.length) };
  try {
    for (;;) {
      const analysis = analyzer.analysis(subject);
      const found = codeActions(
        analysis,
        document,
        range,
        { diagnostics: [], only: ['quickfix'] },
        { versionedEdits: false },
      ).filter(({ title }) => title.startsWith('Copy '));
      if (analysis.pending) {
        await analyzer.settled(subject.key);
        continue;
      }
      assert.equal(found.length, 1, text);
      return apply(text, (found[0]?.edit?.changes?.[document.uri] ?? []) as TextEdit[]);
    }
  } finally {
    analyzer.stop();
  }
}

/** Without caches and logs, in which the time of the build stands. */
async function filesOf(image: string): Promise<readonly string[]> {
  const ofTime =
    /^(root\/\.(npm|cache|local)\/|usr\/local\/share\/\.cache\/|tmp\/|etc\/(hostname|hosts|resolv\.conf) |.*\/node_modules\/\.(modules\.yaml|pnpm-workspace-state\.json) )/;
  return (await imageFiles(image)).filter((line) => !ofTime.test(line));
}

async function configOf(image: string): Promise<unknown> {
  return JSON.parse(await dockerOk(['image', 'inspect', '--format', '{{json .Config}}', image]));
}

function installationOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('RUN '));
  const found = lines.find((line) => / (ci|install|mod)\b/.test(line)) ?? '';
  return found.slice(4).replace(/ && \\$/, '');
}

/** The step of that command says CACHED in the plain log. */
function isCached(command: string): RegExp {
  const escaped = command.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^#(\\d+) \\[[^\\]]*\\] RUN ${escaped}\\n#\\1 CACHED`, 'm');
}

/**
 * Quick fixes judged by real builds: the image after a fix has the same files but those that its title
 * names, and the layers shrink by the bytes that it says, within the band.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextEdit } from 'vscode-languageserver-types';
import type { AnalysisPorts } from '../../server/src/analysis.ts';
import { codeActions } from '../../server/src/features/codeActions.ts';
import { baseImages } from '../../server/src/host/baseImages.ts';
import { dataFolders, openData } from '../../server/src/host/dataFiles.ts';
import { openPackageData } from '../../server/src/host/packageData.ts';
import { type Analyzed, analyzed } from '../support/analyses.ts';
import { apply } from '../support/marked.ts';
import { ensureDebianBases, ensureNodeImage, withStandIns } from './debianBases.ts';
import { describeWithEngine, docker, dockerOk, imageHistory, network } from './engine.ts';
import { imageFiles } from './imageFiles.ts';
import { platform } from './predicted.ts';

interface Case {
  readonly name: string;
  /** With the cursor on the line to be fixed. */
  readonly drawing: string;
  readonly fix: string;
  /** Files that the title names, and what hangs on them; all others stay. */
  readonly goes: RegExp;
  /** How far the bytes may lie from those that are said, as a share; none where no bytes are said. */
  readonly band?: number;
}

const lists = /^var\/lib\/apt\/lists\//;
const cleanup = 'rm -rf /var/lib/apt/lists/*';

const cases: readonly Case[] = [
  {
    name: 'chain',
    drawing: `FROM debian:bookworm-slim
RUN<|> apt-get update \\
 && apt-get install -y --no-install-recommends \\
      # a small one
      tree
RUN tree --version
`,
    fix: 'Remove package lists',
    goes: lists,
    band: 0.03,
  },
  {
    name: 'sequence',
    drawing: `FROM debian:trixie-slim
RUN<|> set -eux; \\
    apt-get update; \\
    apt-get install -y --no-install-recommends less
`,
    fix: 'Remove package lists',
    goes: lists,
    band: 0.03,
  },
  {
    name: 'heredoc',
    drawing: `FROM debian:bookworm
RUN<|> <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends jq
EOF
`,
    fix: 'Remove package lists',
    goes: lists,
    band: 0.03,
  },
  {
    name: 'mount',
    drawing: `FROM debian:bookworm-slim
RUN<|> apt-get update && apt-get install -y --no-install-recommends tree
`,
    fix: 'Use a cache mount for /var/lib/apt/lists',
    goes: lists,
    band: 0.03,
  },
  {
    name: 'archives',
    drawing: `FROM debian:bookworm-slim
RUN<|> rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y --no-install-recommends tree && ${cleanup}
`,
    fix: 'Remove downloaded packages',
    goes: /^var\/cache\/apt\//,
    band: 0.06,
  },
  {
    name: 'recommended',
    drawing: `FROM debian:bookworm-slim
RUN<|> apt-get update \\
 && apt-get install -y gpg \\
 && ${cleanup}
`,
    fix: 'Install without recommended packages',
    goes: /^(usr|etc|var\/(lib|cache)|lib)\//,
    band: 0.06,
  },
  {
    name: 'move',
    drawing: `FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends tree
ENV A=b
RUN mkdir /app
RUN<|> ${cleanup}
RUN tree /app
`,
    fix: 'Move this cleanup to line 2',
    goes: /^$/,
    band: 0.03,
  },
  {
    name: 'move-two',
    drawing: `FROM debian:trixie
RUN apt-get update && \\
    apt-get install -y --no-install-recommends less
WORKDIR /app
RUN<|> apt-get clean && rm -rf /var/lib/apt/lists/*
`,
    fix: 'Move this cleanup to line 2',
    goes: /^$/,
    band: 0.03,
  },
  {
    name: 'npm',
    drawing: `FROM node:20-bookworm-slim
RUN<|> npm install --global --no-audit --no-fund is-odd@3.0.1
`,
    fix: 'Clean npm',
    goes: /^root\/\.npm\//,
  },
  {
    name: 'npm-mount',
    drawing: `FROM node:20-bookworm-slim
RUN<|> npm install --global --no-audit --no-fund is-odd@3.0.1
`,
    fix: 'Use a cache mount for /root/.npm',
    goes: /^root\/\.npm\//,
  },
];

const data = openData(dataFolders);
const packageData = openPackageData(data, () => '');
const ports: Partial<AnalysisPorts> = {
  packages: (key) => packageData.packages(key),
  base: baseImages(data),
  buildPlatform: platform,
};

describeWithEngine('quick fixes in a real build', () => {
  before(async function () {
    this.timeout(900_000);
    try {
      await ensureDebianBases();
      await ensureNodeImage();
    } catch (error) {
      console.error(`skipped: no Debian images could be made here: ${(error as Error).message}`);
      this.skip();
    }
  });

  for (const { name, drawing, fix, goes, band } of cases) {
    it(`${name}: ${fix}`, async function () {
      this.timeout(600_000);
      const read = await analyzed(drawing, {}, { ports });
      const { title, text } = fixed(read, fix);
      const before = await build(`${name}-before`, read.text);
      const after = await build(`${name}-after`, text);
      const changes = differences(before.files, after.files);
      assert.deepEqual(
        changes.filter((path) => !goes.test(path) && !isOfTime(path)),
        [],
        text,
      );
      const saved = before.bytes - after.bytes;
      assert.ok(saved > 0, `${saved} bytes`);
      if (band === undefined) return;
      const said = saidBytes(title);
      // What is said is rounded to its last digit.
      const doubt = Math.max(said * band, 500_000);
      assert.ok(Math.abs(saved - said) <= doubt, `${title}: ${saved}`);
    });
  }
});

/** The text after the fix whose title begins so. */
function fixed(read: Analyzed, fix: string): { readonly title: string; readonly text: string } {
  const at = read.document.positionAt(read.cursor ?? 0);
  const actions = codeActions(
    read.analysis,
    read.document,
    { start: at, end: at },
    { diagnostics: [] },
    { versionedEdits: true },
  );
  const action = actions.find(({ title }) => title.startsWith(fix));
  assert.ok(action, `${fix}: ${JSON.stringify(actions.map(({ title }) => title))}`);
  const [change] = action.edit?.documentChanges ?? [];
  const edits = change && 'edits' in change ? (change.edits as TextEdit[]) : [];
  return { title: action.title, text: apply(read.text, edits) };
}

function saidBytes(title: string): number {
  const [, number = '0', unit = ''] = /−([\d.]+) (kB|MB|GB)/.exec(title) ?? [];
  return Number(number) * ({ kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? 0);
}

/** Paths of files that only one of the images has, or that differ. */
function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  const one = new Set(before);
  const other = new Set(after);
  const changed = [
    ...before.filter((line) => !other.has(line)),
    ...after.filter((line) => !one.has(line)),
  ];
  return [...new Set(changed.map((line) => line.split(' ')[0] ?? ''))].sort();
}

/** Logs and caches that hold the time of the build. */
function isOfTime(path: string): boolean {
  return /^(var\/log\/|var\/cache\/ldconfig\/|etc\/hostname|etc\/hosts|etc\/resolv|tmp\/|root\/\.npm\/_logs)/.test(
    path,
  );
}

interface Built {
  readonly files: readonly string[];
  /** Bytes of all layers. */
  readonly bytes: number;
}

async function build(name: string, dockerfile: string): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-fix-'));
  const image = `dockerfile-layers-test/fix-${name}:1`;
  try {
    writeFileSync(join(folder, 'Dockerfile'), withStandIns(dockerfile));
    await dockerOk(['build', '--quiet', ...network(), '--tag', image, folder], {
      timeoutMs: 300_000,
    });
    const files = await imageFiles(image);
    const bytes = (await imageHistory(image)).reduce((all, row) => all + row.bytes, 0);
    return { files, bytes };
  } finally {
    await docker(['image', 'rm', '--force', image]);
    rmSync(folder, { recursive: true, force: true });
  }
}

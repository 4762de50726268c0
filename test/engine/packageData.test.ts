/**
 * Update Package Data against a real mirror of Debian: what is downloaded is checked, stored, and
 * gives nearly the figures of the bundled data, whose packages were measured one by one.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyze } from '../../server/src/analysis.ts';
import { baseImages } from '../../server/src/host/baseImages.ts';
import { type DataFiles, dataFolders, openData } from '../../server/src/host/dataFiles.ts';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { download } from '../../server/src/host/download.ts';
import { openPackageData, type PackageData } from '../../server/src/host/packageData.ts';
import { readSettings } from '../../server/src/settings.ts';
import { memoryFileSystem } from '../support/memoryFileSystem.ts';
import { linux } from '../support/plans.ts';

/** The mirror of the machine's own package sources answers over HTTP in any case. */
const mirror = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
const signal = () => AbortSignal.timeout(120_000);

const sets = [
  'curl',
  'ca-certificates curl gnupg',
  'git',
  'python3',
  'build-essential',
  'nginx',
  'postgresql-client',
  'imagemagick',
  'default-jre-headless',
  'ffmpeg',
];

const bundled = openData(dataFolders);
/** The table of images alone. */
const imagesOnly: DataFiles = {
  list: async () => [],
  read: async (name) => (name === 'images' ? bundled.read(name) : null),
};

/** Bytes of the layers of installs on an image. */
async function bytesOf(image: string, { packages }: PackageData): Promise<readonly number[]> {
  const lines = sets.map(
    (names) =>
      `FROM --platform=linux/amd64 ${image}\nRUN apt-get update && apt-get install -y --no-install-recommends ${names} && rm -rf /var/lib/apt/lists/*\n`,
  );
  const results: number[] = [];
  for (const text of lines) {
    const subject = { key: 'x', path: null, folder: null, within: null, version: 1 };
    const analysis = await analyze(
      { ...subject, text, settings: readSettings({}) },
      {
        files: memoryFileSystem(),
        decompressors: nodeDecompressors,
        buildPlatform: linux,
        base: baseImages(bundled),
        packages,
      },
    );
    const step = analysis.plan.stages[0]?.steps[0];
    const size = step && analysis.sizes.get(step);
    assert.ok(size?.bytes, `${image} ${text}: ${size?.reason}`);
    results.push(size.bytes);
  }
  return results;
}

describe('package data from a real mirror', function () {
  this.timeout(240_000);
  let folder: string;
  let missing: Error | null = null;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'packages-'));
    try {
      const found = await download(`${mirror}/dists/trixie/InRelease`, AbortSignal.timeout(20_000));
      for await (const _ of found.body);
    } catch (error) {
      missing = error as Error;
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const suite of ['trixie', 'bookworm']) {
    it(`of Debian ${suite} gives nearly the figures of measured packages`, async function () {
      if (missing) {
        console.log(`      skipped: ${missing.message}`);
        this.skip();
      }
      const alone = openPackageData(imagesOnly, () => '');
      alone.useFolder(folder);
      const outcome = await alone.update({
        names: [`debian/${suite}/amd64`],
        mirrors: new Map([['debian', [mirror]]]),
        signal: signal(),
        onProgress: () => {},
      });
      assert.deepEqual(outcome.failed, []);
      assert.ok((outcome.updated[0]?.packages ?? 0) > 50_000);

      const both = openPackageData(bundled, () => '');
      both.useFolder(folder);
      const measuredOnly = openPackageData(bundled, () => '');
      const measured = await bytesOf(`debian:${suite}`, measuredOnly);
      const errorsOf = async (data: PackageData) =>
        (await bytesOf(`debian:${suite}`, data)).map((bytes, at) =>
          Math.abs(bytes / (measured[at] ?? 0) - 1),
        );
      const declared = await errorsOf(alone);
      const merged = await errorsOf(both);
      const shown = (all: readonly number[]) => all.map((one) => (100 * one).toFixed(1)).join(' ');
      console.log(`      ${suite}: declared sizes are off by ${shown(declared)} %`);
      console.log(`      ${suite}: joined with measured ones by ${shown(merged)} %`);
      // By declared sizes nine in ten real installs on plain images were within 4.6 % (bookworm) and 9 % (trixie).
      assert.ok(declared.filter((one) => one > 0.1).length <= 1, shown(declared));
      assert.ok(Math.max(...merged) < 0.05, shown(merged));
    });
  }
});

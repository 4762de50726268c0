/** What buildx notes of builds on this machine. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notedStarts } from '../../../server/src/host/buildxFolder.ts';

describe('builds that buildx noted', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'noted-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function note(ref: string, second: number, state: unknown): Promise<void> {
    const path = join(folder, 'refs', 'default', 'default');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, ref), typeof state === 'string' ? state : JSON.stringify(state));
    await utimes(join(path, ref), second, second);
  }

  it('have their Dockerfile and the time at which they began, the newest first', async () => {
    const context = join(folder, 'app');
    const file = join(context, 'Dockerfile');
    await mkdir(context);
    await writeFile(file, 'FROM scratch\n');
    const noted = notedStarts(folder);
    assert.deepEqual(await noted(), []);

    await note('a1', 100, { Target: 'default', LocalPath: context, DockerfilePath: file });
    await note('a2', 300, { LocalPath: context, DockerfilePath: 'deploy/gone' });
    await note('a3', 200, { LocalPath: context });
    await note('a4', 400, '{ broken');
    const found = await noted();
    assert.deepEqual(
      found.map(({ dockerfile, startedAt }) => [dockerfile, startedAt]),
      [
        [join(context, 'deploy/gone'), 300_000],
        [file, 200_000],
        [file, 100_000],
      ],
    );
    assert.deepEqual(await Promise.all(found.map(({ text }) => text())), [
      null,
      'FROM scratch\n',
      'FROM scratch\n',
    ]);
  });

  it('are none where buildx was never used', async () => {
    assert.deepEqual(await notedStarts(join(folder, 'none'))(), []);
  });
});

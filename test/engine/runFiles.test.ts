/**
 * What is said of RUN lines that work on files, beside what a real build stores: each figure holds
 * its band, and an exact one is exact.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { readTree, writeTree } from '../support/files.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, dockerOk, imageHistory } from './engine.ts';
import { analysisOf } from './predicted.ts';

const context = '-- dir/a 300kB --\n-- dir/b 70kB --\n-- one.bin 300001B --\n';

/** One layer each, in this order; `?` in front: its size is not known beforehand. */
const lines = `
COPY dir /app/
COPY one.bin /one.bin
RUN chown -R root:root /app
RUN chown root:root /one.bin
RUN chown -R 1000:1000 /app
RUN chmod -R u+r /app
RUN chmod +x /one.bin
RUN touch /one.bin
RUN touch /new
RUN mkdir -p /x/y && chmod 700 /x
RUN ln -s /app /srv
RUN ln /one.bin /hard.bin
RUN cp /one.bin /two.bin
RUN cp -r /app /app2
RUN mv /one.bin /moved.bin
RUN mv /app /appm
RUN rm /moved.bin
RUN echo hello > /hello
RUN printf 'hi\\n' > /hi
RUN echo hello >> /hello
RUN echo -n hi > /n
RUN cat /hello > /cat
RUN echo a > /z && echo bb > /z
RUN echo 1 > /e1 && echo 22 >> /e1
RUN dd if=/dev/zero of=/dd bs=1M count=2
RUN dd if=/dev/zero of=/dd bs=1M count=2 seek=10
RUN dd if=/dev/zero of=/dd2 bs=1k count=3 && rm /dd2
RUN sed -i s/hello/hi/ /hello
RUN sed -i s/nothing/hi/ /two.bin
RUN echo x > /etc/hostname
RUN echo x > /dev/shm/x
RUN cp /two.bin /p && rm /p
RUN cp -r /app2 /app4 && rm -rf /app4/*
RUN mv /hi /hi2 && mv /hi2 /hi
RUN --mount=type=cache,target=/cache cp /two.bin /cache/f
RUN find /app2 -type d -exec chmod 700 {} +
RUN chmod 777 /tmp
RUN chmod -R 700 /app2 && chown -R 1:1 /app2
RUN rm -rf /app2/a && chmod -R 777 /app2
?RUN chmod 755 /bin/busybox
?RUN tar cf /t.tar /app2
`
  .trim()
  .split('\n');

describeWithEngine('the sizes of RUN lines that work on files', () => {
  before(() => ensureBaseImage());

  it('hold their bands in a real build', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layers-run-files-'));
    const image = 'dockerfile-layers-test/run-files:1';
    try {
      const known = lines.map((line) => !line.startsWith('?'));
      const text = lines.map((line) => line.replace(/^\?/, '')).join('\n');
      writeTree(folder, readTree(`FROM ${baseImage}\n${text}\n${context}`));
      const analysis = await analysisOf(nodeFileSystem, folder);
      const steps = analysis.plan.stages[0]?.steps ?? [];
      await dockerOk(['build', '--quiet', '--tag', image, folder]);
      const layers = (await imageHistory(image)).slice(-lines.length);
      const wrong: string[] = [];
      for (const [index, step] of steps.entries()) {
        const { low, high, bytes = null } = analysis.sizes.get(step) ?? { low: null, high: null };
        const real = layers[index]?.bytes ?? -1;
        const isInside = low !== null && high !== null && low <= real && real <= high;
        if (bytes === null ? known[index] : !isInside || !known[index]) {
          wrong.push(`${lines[index]}: said ${bytes} (${low} to ${high}), built ${real}`);
        }
      }
      assert.equal(steps.length, lines.length);
      assert.deepEqual(wrong, []);
    } finally {
      await dockerOk(['image', 'rm', '--force', image]).catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

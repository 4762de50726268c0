/** Measured figures as a person sees them, by what is painted: an engine that tells, goes and comes back. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../scripts/installVscode.ts';
import { builtImage, startFakeEngine } from '../support/fakeEngine.ts';
import { openBrowser, startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { check, type Result, skipped, until } from './results.ts';
import {
  choose,
  editorLine,
  goToLine,
  hoverLine,
  layerRows,
  openFile,
  painted,
  runCommand,
  textOf,
} from './workbench.ts';
import { makeWorkspace } from './workspace.ts';

const pictures = join(projectRoot, '.cache/test-vscode');

const text = 'FROM base\nRUN make one\nRUN make two\nRUN make three\nCMD ["x"]\n';
const createdAt = Date.UTC(2026, 0, 1);
/** Two images of different names whose histories are the file's: neither is surely meant. */
const images = [
  builtImage(text, [5_000_000, 6_000, 70_000], { name: 'shop:1', createdAt, seed: 'a' }),
  builtImage(text, [5_000_000, 9_000, 70_000], {
    ...{ name: 'store:1', createdAt: createdAt + 60_000, seed: 'b' },
  }),
];
const base = {
  ...builtImage('FROM scratch\n', []),
  references: ['base:latest'],
  history: images[0]?.history.slice(0, 1) ?? [],
  diffIds: images[0]?.diffIds.slice(0, 1) ?? [],
};

/** Drives the workbench beside an engine of the tests' own. */
export async function runEngineUi(host: Host): Promise<readonly Result[]> {
  const opened = await openBrowser();
  if (!opened) return [skipped('an engine: there is no Chromium')];
  const { browser, page } = opened;
  page.setDefaultTimeout(20_000);
  const { root, folder } = makeWorkspace({ Dockerfile: text });
  const engine = await startFakeEngine([base, ...images]);
  const server = await startServer({
    host,
    settings: { 'dockerfileLayers.engine.endpoint': engine.endpoint },
  });
  const results: Result[] = [];
  const step = async (title: string, act: () => Promise<unknown>) => {
    const picture = async () => {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `engine-${results.length}.png`) });
    };
    results.push(await check(`an engine: ${title}`, act, picture));
  };
  const away = async () => {
    await page.mouse.move(1300, 20);
    await page.keyboard.press('Escape');
  };
  const toasts = () => page.locator('.notification-toast:visible').count();
  try {
    await page.goto(workbenchUrl(server.port, { folder, extension: projectRoot }));
    await openFile(page, 'Dockerfile');
    await painted(page, 'RUN make two', /layer 2$/);
    const rows = await layerRows(page);
    await step('it is asked only when somebody works in the file', async () => {
      assert.deepEqual(engine.asked, []);
      await goToLine(page, 3);
      await painted(page, 'RUN make two', /layer 2 · ~9 kB$/);
      assert.ok(engine.asked.length > 0);
    });
    await step('figures of an image that is only likely are marked and called so', async () => {
      await until('the row', async () => /probably store:1/.test(await textOf(rows.first())));
      await hoverLine(page, editorLine(page, 'RUN make two'), /probably 9 kB/);
    });
    await step('a link in the card opens the choice, which makes them sure', async () => {
      await page.locator('.monaco-hover:visible a', { hasText: 'Choose the image' }).click();
      await choose(page, 'shop:1');
      await painted(page, 'RUN make two', /layer 2 · 6 kB$/);
      await until('the row', async () => / shop:1/.test(await textOf(rows.first())));
      assert.doesNotMatch(await textOf(rows.first()), /probably/);
      await away();
      // What was offered before still is, to change one's mind.
      await runCommand(page, 'Dockerfile Layers: Choose the Built Image');
      await choose(page, 'store:1');
      await painted(page, 'RUN make two', /layer 2 · 9 kB$/);
      await runCommand(page, 'Dockerfile Layers: Choose the Built Image');
      await choose(page, 'shop:1');
      await painted(page, 'RUN make two', /layer 2 · 6 kB$/);
    });
    await step('FROM opens into the layers of the base, with a menu to copy from', async () => {
      const from = rows.filter({ hasText: /^\s*FROM base/ });
      await from.locator('.monaco-tl-twistie').click();
      const layer = rows.filter({ hasText: /COPY \/ \// });
      await layer.waitFor();
      assert.match(await textOf(layer), /1 kB$/);
      await layer.click({ button: 'right' });
      const copy = page.getByRole('menuitem', { name: 'Copy Diff ID' });
      await copy.waitFor();
      await until('the clipboard', async () => {
        // A menu takes no click in its first moment.
        if (await copy.isVisible()) await copy.click();
        const read = 'navigator.clipboard.readText()';
        return (await page.evaluate(read)) === base.diffIds[0];
      });
    });
    await step('without it its figures stay as they were told, and nothing pops up', async () => {
      await engine.stop();
      await runCommand(page, 'Dockerfile Layers: Choose What Is Built');
      const menu = page.locator('.quick-input-widget:visible');
      await menu.filter({ hasText: 'Engine' }).waitFor();
      await away();
      assert.equal(await toasts(), 0);
    });
    await step('when it is back a new build is shown, without a restart', async () => {
      const [first] = images;
      assert.ok(first);
      const next = builtImage(text, [5_000_000, 16_000, 70_000], {
        ...{ name: 'shop:1', createdAt: createdAt + 600_000, seed: 'c' },
      });
      engine.images = [base, { ...first, references: [] }, next];
      await engine.start();
      await runCommand(page, 'Dockerfile Layers: Refresh');
      await painted(page, 'RUN make two', /layer 2 · 16 kB$/);
      await until('the growth', async () => /\+7 kB/.test(await textOf(rows.first())));
      assert.equal(await toasts(), 0);
    });
  } catch (error) {
    results.push(await check('an engine: the workbench opens', () => Promise.reject(error)));
  } finally {
    await browser.close();
    server.stop();
    await engine.remove();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  return results;
}

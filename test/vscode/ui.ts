/** What a person sees and does, in the painted workbench; from the source folder or the package. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Host } from '../../scripts/installVscode.ts';
import { installPackage, openBrowser, startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { check, type Result, skipped, until } from './results.ts';
import {
  choose,
  editorLine,
  editorLines,
  focusEditor,
  goToLine,
  hoverLine,
  layerRows,
  openFile,
  openFixes,
  painted,
  runCommand,
  textOf,
} from './workbench.ts';
import { makeWorkspace } from './workspace.ts';

/** Where a failed check leaves a picture of what it saw. */
const failures = join(projectRoot, '.cache/test-vscode');

/** Drives the workbench; with a package that is installed first, else with the source folder. */
export async function runUi(host: Host, vsix?: string): Promise<readonly Result[]> {
  const mode = vsix ? 'packaged' : 'source';
  const opened = await openBrowser();
  if (!opened) return [skipped(`${mode}: there is no Chromium`)];
  const { browser, page } = opened;
  page.setDefaultTimeout(20_000);
  const { root, folder } = makeWorkspace();
  const extensionsDir = join(root, 'extensions');
  if (vsix) installPackage(host, vsix, extensionsDir);
  const server = await startServer({ host, extensionsDir, driver: !vsix });
  const results: Result[] = [];
  const step = async (title: string, run: () => Promise<unknown>) => {
    const picture = async () => {
      mkdirSync(failures, { recursive: true });
      await page.screenshot({ path: join(failures, `${mode}-${results.length}.png`) });
    };
    results.push(await check(`${mode}: ${title}`, run, picture));
  };
  try {
    await page.goto(
      workbenchUrl(server.port, vsix ? { folder } : { folder, extension: projectRoot }),
    );
    await step('hints are painted when a Dockerfile is opened', async () => {
      await openFile(page, 'Dockerfile');
      await painted(page, 'COPY big.bin /big.bin', /^\s*layer 5 · 2\.5 MB$/);
      await painted(page, 'CMD ["sh"]', /^\s*metadata$/);
    });
    // Without a Dockerfile in front every other check would wait in vain.
    if (results[0]?.state === 'passed') await features(page, step);
    if (vsix) {
      await step('nothing pops up', async () => {
        assert.equal(await page.locator('.notification-toast:visible').count(), 0);
      });
    }
  } catch (error) {
    results.push(await check(`${mode}: the workbench opens`, () => Promise.reject(error)));
  } finally {
    await browser.close();
    server.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  return results;
}

type Step = (title: string, run: () => Promise<unknown>) => Promise<void>;

async function features(page: Page, step: Step): Promise<void> {
  await step('resting on a line shows its card', async () => {
    const line = editorLine(page, 'COPY src');
    const card = await hoverLine(page, line, /layer 4/i);
    assert.match(await textOf(card), /COPY src \.\/src # buildkit/);
    await page.mouse.move(5, 5);
    await page.keyboard.press('Escape');
  });

  await step('the tree shows the stack', async () => {
    const rows = await layerRows(page);
    await until('rows', async () => (await rows.count()) >= 10);
    assert.match(await textOf(rows.first()), /app[\s\S]*target · 5 layers/);
    const big = rows.filter({ hasText: 'COPY big.bin' });
    assert.match((await big.getAttribute('aria-label')) ?? '', /layer 5/i);
  });

  await step('the row of the cursor is selected, and a click goes to the line', async () => {
    const rows = await layerRows(page);
    await goToLine(page, 8);
    const selected = rows.and(page.locator('.selected'));
    await until('the row of COPY src', async () => /COPY src/.test(await textOf(selected)));
    await rows.filter({ hasText: 'RUN apt-get update' }).click();
    await until('line 5', async () =>
      /Ln 5,/.test(await textOf(page.locator('.statusbar-item[id="status.editor.selection"]'))),
    );
  });

  await step('two RUN lines become one by Ctrl+.', async () => {
    await goToLine(page, 5);
    await page.keyboard.press('Shift+ArrowDown');
    await openFixes(page, /Merge/);
    await pressUntilFocused(page, /Merge/);
    await page.keyboard.press('Enter');
    await painted(page, 'COPY big.bin /big.bin', /^\s*layer 4 · 2\.5 MB$/);
    assert.ok((await editorLines(page)).some((line) => /^RUN apt-get update && \\/.test(line)));
    const rows = await layerRows(page);
    await until('the tree follows', async () =>
      /target · 4 layers/.test(await textOf(rows.first())),
    );
    await focusEditor(page);
    await page.keyboard.press('Control+z');
    await painted(page, 'COPY big.bin /big.bin', /^\s*layer 5 · /);
  });

  await step('a command turns the hints off and on', async () => {
    await runCommand(page, 'Dockerfile Layers: Toggle Inlay Hints');
    await painted(page, 'CMD ["sh"]', /^$/);
    await runCommand(page, 'Dockerfile Layers: Toggle Inlay Hints');
    await painted(page, 'CMD ["sh"]', /^\s*metadata$/);
  });

  await step('the status bar opens the menu, and another target can be picked', async () => {
    const item = page.locator('.statusbar-item').filter({ hasText: /5 layers/ });
    await item.click();
    await choose(page, 'Target stage');
    await choose(page, 'unused');
    await painted(page, 'COPY big.bin /big.bin', /^\s*not built$/);
    await page
      .locator('.statusbar-item')
      .filter({ hasText: /1 layer\b/ })
      .click();
    await choose(page, 'Back to the settings');
    await painted(page, 'COPY big.bin /big.bin', /^\s*layer 5 · /);
  });
}

/** Moves through the menu of fixes by keyboard until the wanted one has the focus. */
async function pressUntilFocused(page: Page, title: RegExp): Promise<void> {
  const focused = page.locator('.action-widget .monaco-list-row.focused');
  for (let i = 0; i < 10; i++) {
    if ((await focused.count()) > 0 && title.test(await textOf(focused))) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`no fix ${title} in the menu`);
}

/** A build as a person sees it, in the packaged extension: progress, cancel, what came of it. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../scripts/installVscode.ts';
import { baseImage } from '../engine/baseImage.ts';
import { installPackage, openBrowser, startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { check, type Result, skipped, until } from './results.ts';
import {
  choose,
  editorLine,
  goToLine,
  hoverLine,
  openFile,
  painted,
  runCommand,
  textOf,
} from './workbench.ts';
import { builtProject, makeWorkspace } from './workspace.ts';

const pictures = join(projectRoot, '.cache/test-vscode');

/** Builds, cancels and fails with the real engine; its images have the given name. */
export async function runBuildUi(
  host: Host,
  vsix: string,
  image: string,
): Promise<readonly Result[]> {
  const opened = await openBrowser();
  if (!opened) return [skipped('a build: there is no Chromium')];
  const { browser, page } = opened;
  page.setDefaultTimeout(20_000);
  const run = `${process.pid}-${Date.now()}`;
  const files = builtProject(baseImage, run);
  const good = files.Dockerfile ?? '';
  const { root, folder } = makeWorkspace({
    ...files,
    Dockerfile: good.replace('RUN cat', 'RUN sleep 60 && cat'),
  });
  const extensionsDir = join(root, 'extensions');
  installPackage(host, vsix, extensionsDir);
  const server = await startServer({
    host,
    extensionsDir,
    driver: false,
    settings: {
      'dockerfileLayers.build.arguments': ['--tag', `${image}:${run}`],
      'terminal.integrated.defaultProfile.linux': 'bash',
      'terminal.integrated.initialHint': false,
    },
  });
  const results: Result[] = [];
  const step = async (title: string, act: () => Promise<unknown>) => {
    const picture = async () => {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `build-${results.length}.png`) });
    };
    results.push(await check(`a build: ${title}`, act, picture));
  };
  const toast = (text: RegExp) => page.locator('.notification-toast:visible', { hasText: text });
  const write = (text: string) => writeFileSync(join(folder, 'Dockerfile'), text);
  const build = () => runCommand(page, 'Dockerfile Layers: Build and Record');
  const cursorIn = (line: number) =>
    until(`line ${line}`, async () => {
      const place = page.locator('.statusbar-item[id="status.editor.selection"]');
      return new RegExp(`Ln ${line},`).test(await textOf(place));
    });
  try {
    await page.goto(workbenchUrl(server.port, { folder }));
    await openFile(page, 'Dockerfile');
    await painted(page, 'COPY src', /layer 4 · /);
    await step('its progress names the step, and Cancel ends it without a word more', async () => {
      await build();
      const progress = toast(/Building Dockerfile \(show output\): step \d of 7: RUN sleep 60/);
      await progress.waitFor();
      await progress.getByText('show output', { exact: true }).click();
      await page.locator('.part.panel .view-line', { hasText: 'sleep' }).first().waitFor();
      // A command by its title would begin with Escape, which hides the toast.
      await page.keyboard.press('Control+j');
      await progress.hover();
      await progress.getByRole('button', { name: 'Cancel' }).click();
      await until('no toast', async () => (await toast(/./).count()) === 0);
      await painted(page, 'COPY src', /layer 4 · .*cached$/);
      await painted(page, 'RUN sleep', /layer 5$|changed$/);
    });
    await step(
      'a message says what came from cache, and the words stand behind the lines',
      async () => {
        write(good);
        await painted(page, 'RUN cat', /layer 5/);
        await build();
        await toast(/Built in .+: \d of 7 steps came from cache\./).waitFor();
        await painted(page, 'COPY --from', /cached$/);
        await page.keyboard.press('Escape');
        await runCommand(page, 'Notifications: Clear All Notifications');
      },
    );
    await step('a click on the cache word goes to the line that causes it', async () => {
      writeFileSync(join(folder, 'src/a.js'), '// another\n');
      await painted(page, 'RUN cat', /rebuild$/);
      const word = editorLine(page, 'RUN cat').getByText('rebuild');
      await until('line 5', async () => {
        const box = await word.boundingBox();
        if (!box) return false;
        await page.keyboard.press('Escape');
        await page.mouse.move(box.x + 5, box.y + 30);
        await page.keyboard.down('Control');
        // The word becomes a link when the mouse moves over it.
        await page.mouse.move(box.x + 15, box.y + box.height / 2, { steps: 5 });
        await page.waitForTimeout(300);
        await page.mouse.down();
        await page.mouse.up();
        await page.keyboard.up('Control');
        const place = page.locator('.statusbar-item[id="status.editor.selection"]');
        return /Ln 5,/.test(await textOf(place));
      });
    });
    await step('so do the menu of the status bar and the line that a hover names', async () => {
      await goToLine(page, 1);
      const status = page.locator('.statusbar-item', { hasText: /\d steps again/ });
      await status.click();
      await choose(page, 'Next build');
      await cursorIn(5);
      await goToLine(page, 1);
      const card = await hoverLine(
        page,
        editorLine(page, 'RUN cat'),
        /rebuild\. src\/a\.js changed/,
      );
      await card.getByText('line 5', { exact: true }).click();
      await cursorIn(5);
      await page.mouse.move(1200, 20);
    });
    await step(
      'a build that is typed in a terminal is noticed by what its shell says',
      async () => {
        await runCommand(page, 'Terminal: Create New Terminal');
        const prompt = page.locator('.terminal-command-decoration').first();
        await prompt.waitFor({ state: 'attached' });
        await page.locator('.terminal-wrapper').first().click();
        await page.keyboard.type(`docker build --tag ${image}:${run}-terminal .\n`);
        await painted(page, 'RUN cat', /layer 5 · .*cached$/);
        await runCommand(page, 'Terminal: Kill the Active Terminal Instance');
        await until(
          'no panel',
          async () => (await page.locator('.part.panel:visible').count()) === 0,
        );
      },
    );
    await step('a failure says its line, and Go to Line shows it', async () => {
      write(good.replace('cat src/*.js', 'cat src/*.ts'));
      await painted(page, 'RUN cat src/*.ts', /layer 5/);
      await build();
      const failed = toast(/The build failed at line 6, RUN cat/);
      await failed.waitFor();
      assert.equal(await page.locator('.part.panel:visible').count(), 0);
      await failed.getByRole('button', { name: 'Go to Line' }).click();
      await cursorIn(6);
    });
  } catch (error) {
    results.push(await check('a build: the workbench opens', () => Promise.reject(error)));
  } finally {
    await browser.close();
    server.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  return results;
}

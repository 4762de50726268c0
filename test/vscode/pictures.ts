/**
 * Takes the README's pictures from the examples in a real VS Code: `npm run pictures`. The same in
 * a dark theme go to `.cache/pictures`, to be looked at.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { installHost } from '../../scripts/installVscode.ts';
import { buildExample, copyExamples } from './builtExample.ts';
import { bundleExtension } from './bundle.ts';
import { openBrowser, startServer, workbenchUrl } from './host.ts';
import { startExampleEngine } from './measuredExample.ts';
import { projectRoot } from './project.ts';
import { until } from './results.ts';
import {
  choose,
  editorLine,
  editorLines,
  findFile,
  goToLine,
  hoverLine,
  layerRows,
  openFixes,
  painted,
  runCommand,
  textOf,
  widenSideBar,
} from './workbench.ts';

/** Pictures that the README does not show. */
const toLookAt = join(projectRoot, '.cache/pictures');

await bundleExtension();
const host = installHost();
await take('Default Light Modern', join(projectRoot, 'media'));
await take('Default Dark Modern', toLookAt);
process.exit();

async function take(theme: string, pictures: string): Promise<void> {
  for (const path of [pictures, toLookAt]) mkdirSync(path, { recursive: true });
  const shoot = (name: string, part: Page | Locator) =>
    part.screenshot({ path: join(pictures, `${name}.png`) });
  const shootToLook = (name: string, part: Page) =>
    part.screenshot({ path: join(toLookAt, `${name}-${theme.split(' ')[1]}.png`) });
  const opened = await openBrowser({ width: 1280, height: 720, scale: 1.5 });
  if (!opened) throw new Error('there is no Chromium');
  const { browser, page } = opened;
  const server = await startServer({
    host,
    settings: {
      'workbench.colorTheme': theme,
      'breadcrumbs.enabled': false,
      'window.commandCenter': false,
      'workbench.layoutControl.enabled': false,
      'editor.lightbulb.enabled': 'off',
      'editor.occurrencesHighlight': 'off',
      'editor.hover.above': false,
      'explorer.compactFolders': false,
      'outline.collapseItems': 'alwaysCollapse',
      // The machine's engine has other images each time.
      'dockerfileLayers.engine.enable': 'off',
    },
  });
  try {
    const folder = copyExamples(join(projectRoot, 'examples'));
    await buildExample(join(folder, 'python'), server.data);
    await page.goto(workbenchUrl(server.port, { folder, extension: projectRoot }));
    await findFile(page, 'node/Dockerfile');
    await hintsArePainted(page, 'node/Dockerfile');
    await widenSideBar(page, 90);
    const rows = await layerRows(page);
    await goToLine(page, await lineOf(page, /^COPY src/));
    await until('the selected row', async () =>
      /^\s*COPY src/.test(await textOf(rows.and(page.locator('.selected')))),
    );
    await shoot('hints', page);

    await hoverLine(page, editorLine(page, 'RUN apt-get install'), /package/i);
    await shoot('hover', page);

    await page.mouse.move(1220, 20);
    await goToLine(page, await lineOf(page, /^RUN apt-get update/));
    await openFixes(page, /Merge/);
    await shoot('fix', page);
    await page.keyboard.press('Escape');

    await findFile(page, 'go/Dockerfile');
    await hintsArePainted(page, 'go/Dockerfile');
    await goToLine(page, await lineOf(page, /^COPY --from=build --chmod/));
    await until('the selected row', async () =>
      /^\s*COPY --from=build --c/.test(await textOf(rows.and(page.locator('.selected')))),
    );
    const build = rows.filter({ hasText: /^\s*build/ });
    await build.locator('.monaco-tl-twistie').click();
    await until('the rows of the stage', () => rows.filter({ hasText: 'FROM --platform' }).count());
    await page.mouse.move(1220, 20);
    await shoot('tree', page);

    await findFile(page, 'python/Dockerfile');
    await painted(page, 'COPY app app', /changed$/);
    const copy = editorLine(page, 'COPY app app');
    // Git is asked by the first hover.
    await hoverLine(page, copy, /changed since/);
    await page.mouse.move(1220, 20);
    await page.keyboard.press('Escape');
    await goToLine(page, await lineOf(page, /^RUN useradd/));
    await until('the selected row', async () =>
      /^\s*RUN useradd/.test(await textOf(rows.and(page.locator('.selected')))),
    );
    // The card needs room below its line.
    await page.mouse.move(900, 300);
    await page.mouse.wheel(0, 240);
    await hoverLine(page, copy, /commits changed/);
    await shoot('cache', page);

    await page.mouse.move(1220, 20);
    await page.keyboard.press('Escape');
    await measured(page, join(folder, 'node'), shoot, shootToLook);

    await page.mouse.move(1220, 20);
    await page.keyboard.press('Escape');
    await findFile(page, 'python/Dockerfile');
    await painted(page, 'COPY app app', /changed$/);
    await page.locator('.statusbar-item', { hasText: /layers/ }).hover();
    await page.locator('.monaco-hover:visible', { hasText: /next build/ }).waitFor();
    await shootToLook('status', page);
    await hoverRow(page, rows.filter({ hasText: 'RUN chown' }), /rebuild/);
    await shootToLook('row', page);
    rmSync(dirname(folder), { recursive: true });
  } finally {
    await browser.close();
    server.stop();
  }
}

type Shoot = (name: string, part: Page) => Promise<unknown>;

/** The node example as an engine has it, with its base opened and a card of a layer. */
async function measured(
  page: Page,
  folder: string,
  shoot: Shoot,
  shootToLook: Shoot,
): Promise<void> {
  const { engine, buildAgain } = await startExampleEngine(folder);
  const settings = join(dirname(folder), '.vscode/settings.json');
  try {
    mkdirSync(dirname(settings), { recursive: true });
    writeFileSync(
      settings,
      JSON.stringify({
        'dockerfileLayers.engine.enable': 'auto',
        'dockerfileLayers.engine.endpoint': engine.endpoint,
      }),
    );
    const rows = await layerRows(page);
    await findFile(page, 'node/Dockerfile');
    await runCommand(page, 'Dockerfile Layers: Hide Metadata Instructions');
    // The cursor's way is work in the file.
    await goToLine(page, await lineOf(page, /^RUN apt-get install/));
    await painted(page, 'RUN --mount', /layer 5 · 2\.9 MB/);
    buildAgain();
    await painted(page, 'RUN --mount', /layer 5 · 4\.1 MB/);
    await until('the growth', async () => /\+1\.2 MB/.test(await textOf(rows.first())));
    const from = rows.filter({ hasText: /^\s*FROM node/ });
    await from.locator('.monaco-tl-twistie').click();
    await until('the layers of the base', () => rows.filter({ hasText: 'debian.sh' }).count());
    await page.mouse.move(1220, 20);
    await goToLine(page, await lineOf(page, /^RUN --mount/));
    await hoverLine(page, editorLine(page, 'RUN --mount'), /measured by/);
    await shoot('engine', page);
    await page.mouse.move(1220, 20);
    await page.keyboard.press('Escape');
    await hoverLine(page, editorLine(page, 'FROM node'), /measured by/);
    await shootToLook('base', page);
    await page.mouse.move(1220, 20);
    await page.keyboard.press('Escape');
    await hoverRow(page, rows.first(), /Measured figures/);
    await shootToLook('target', page);
    await page.mouse.move(1220, 20);
    await page.locator('.statusbar-item', { hasText: /layers/ }).click();
    await page.locator('.quick-input-widget:visible', { hasText: /Built image/ }).waitFor();
    await shootToLook('menu', page);
    await choose(page, 'Built image');
    await page.locator('.quick-input-widget:visible', { hasText: /Another image/ }).waitFor();
    await shootToLook('choose', page);
    await page.keyboard.press('Escape');
    await runCommand(page, 'Dockerfile Layers: Show Metadata Instructions');
  } finally {
    rmSync(settings, { force: true });
    await engine.remove();
  }
}

/** A row whose tree is filled anew at that moment loses its tooltip. */
async function hoverRow(page: Page, row: Locator, text: RegExp): Promise<void> {
  const tooltip = page.locator('.monaco-hover:visible', { hasText: text });
  await until(`a tooltip with ${text}`, async () => {
    await page.mouse.move(1220, 20);
    await row.hover();
    return await tooltip.waitFor({ timeout: 4000 }).then(
      () => true,
      () => false,
    );
  });
}

async function hintsArePainted(page: Page, path: string): Promise<void> {
  await page.locator('.pane-header', { hasText: path }).waitFor();
  // COPY has its figure when the files are counted, which is a moment after the layers.
  await until('hints', async () =>
    (await editorLines(page)).some((text) => /^COPY .*layer \d+ · \d/.test(text)),
  );
}

async function lineOf(page: Page, text: RegExp): Promise<number> {
  return (await editorLines(page)).findIndex((line) => text.test(line)) + 1;
}

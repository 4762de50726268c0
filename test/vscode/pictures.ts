/**
 * Takes the README's pictures from the examples in a real VS Code: `npm run pictures`. The same in
 * a dark theme go to `.cache/pictures`, to be looked at.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { installHost } from '../../scripts/installVscode.ts';
import { bundleExtension } from './bundle.ts';
import { openBrowser, startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { until } from './results.ts';
import {
  editorLine,
  editorLines,
  goToLine,
  hoverLine,
  layerRows,
  openFile,
  openFixes,
} from './workbench.ts';

await bundleExtension();
const host = installHost();
await take('Default Light Modern', join(projectRoot, 'media'));
await take('Default Dark Modern', join(projectRoot, '.cache/pictures'));
process.exit();

async function take(theme: string, pictures: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const shoot = (name: string, part: Page | Locator) =>
    part.screenshot({ path: join(pictures, `${name}.png`) });
  const opened = await openBrowser({ width: 1120, height: 640, scale: 1.5 });
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
    },
  });
  try {
    const folder = join(projectRoot, 'examples');
    await page.goto(workbenchUrl(server.port, { folder, extension: projectRoot }));
    await openFile(page, 'node/Dockerfile');
    await hintsArePainted(page);
    const rows = await layerRows(page);
    await until('rows', async () => (await rows.count()) > 3);
    await goToLine(page, 1);
    await shoot('hints', page);

    const line = editorLine(page, 'COPY ');
    await hoverLine(page, line, /layer/i);
    await shoot('hover', page);

    await page.mouse.move(5, 630);
    await goToLine(page, await lineOf(page, /^RUN /));
    await openFixes(page, /Merge/);
    await shoot('fix', page);
    await page.keyboard.press('Escape');

    await openFile(page, 'go/Dockerfile');
    await hintsArePainted(page);
    await until('rows', async () => (await rows.count()) > 3);
    await shoot('tree', page.locator('.part.sidebar'));
  } finally {
    await browser.close();
    server.stop();
  }
}

async function hintsArePainted(page: Page): Promise<void> {
  await until('hints', async () =>
    (await editorLines(page)).some((text) => /layer \d+ · |metadata$/.test(text)),
  );
}

async function lineOf(page: Page, text: RegExp): Promise<number> {
  return (await editorLines(page)).findIndex((line) => text.test(line)) + 1;
}

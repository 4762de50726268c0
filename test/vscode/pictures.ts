/** Takes the README's pictures from the examples in a real VS Code: `npm run pictures`. */

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

const media = join(projectRoot, 'media');
mkdirSync(media, { recursive: true });
await bundleExtension();
const host = installHost();
for (const [theme, suffix] of [
  ['Default Light Modern', ''],
  ['Default Dark Modern', '-dark'],
] as const) {
  await take(theme, suffix);
}
process.exit();

async function take(theme: string, suffix: string): Promise<void> {
  const opened = await openBrowser({ width: 1120, height: 640, scale: 2 });
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
    await shoot(page, `hints${suffix}`);

    const line = editorLine(page, 'COPY ');
    await hoverLine(page, line, /layer/i);
    await shoot(page, `hover${suffix}`);

    await page.mouse.move(5, 630);
    await goToLine(page, await lineOf(page, /^RUN /));
    await openFixes(page, /Merge/);
    await shoot(page, `fix${suffix}`);
    await page.keyboard.press('Escape');

    await openFile(page, 'go/Dockerfile');
    await hintsArePainted(page);
    await until('rows', async () => (await rows.count()) > 3);
    await shoot(page, `tree${suffix}`, page.locator('.part.sidebar'));
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

async function shoot(page: Page, name: string, part?: Locator): Promise<void> {
  await (part ?? page).screenshot({ path: join(media, `${name}.png`) });
}

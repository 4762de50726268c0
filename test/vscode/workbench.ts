/** Drives the workbench as a person does: by what is painted, with mouse and keyboard. */

import type { Locator, Page } from 'playwright-core';
import { until } from './results.ts';

/** Opens a file of the Explorer's first level. */
export async function openFile(page: Page, name: string): Promise<void> {
  await page
    .locator('.explorer-folders-view .monaco-list-row[aria-level="1"]')
    .filter({ hasText: new RegExp(`^\\s*${name}\\s*$`) })
    .dblclick();
  await page.locator('.editor-instance .view-line').first().waitFor();
}

/** Opens a file of a folder (`node/Dockerfile`) by the search for files. */
export async function findFile(page: Page, path: string): Promise<void> {
  const [folder = '', name = ''] = path.split('/');
  await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
  await page.keyboard.press('Control+p');
  await page.locator('.quick-input-widget:visible input').first().fill(path);
  await page
    .locator('.quick-input-widget .monaco-list-row.focused')
    .filter({ hasText: name })
    .filter({ hasText: folder })
    .waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.tab.active', { hasText: name }).waitFor();
}

/** What the page knows of a painted line; this project has no types of the browser. */
interface PaintedLine {
  readonly style: { readonly top: string };
  readonly textContent: string;
}

/** The painted lines from top to bottom, hints included. */
export async function editorLines(page: Page): Promise<readonly string[]> {
  return await page
    .locator('.editor-instance .view-lines')
    .first()
    .locator('.view-line')
    .evaluateAll((elements) =>
      (elements as unknown as PaintedLine[])
        .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
        // Monaco paints spaces as no-break spaces and fences hints with zero-width ones.
        .map((line) =>
          line.textContent
            .replace(/\u00a0/g, ' ')
            .replace(/[\u200b-\u200d]/g, '')
            .trimEnd(),
        ),
    );
}

/** The text of an element; `''` while it is not there. */
export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

/** Waits until the painted line that begins so fits. */
export async function painted(page: Page, start: string, expected: RegExp): Promise<void> {
  let seen: readonly string[] = [];
  await until(`${expected} behind "${start}"`, async () => {
    seen = await editorLines(page);
    return seen.some((line) => line.startsWith(start) && expected.test(line.slice(start.length)));
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${seen.join('\n')}`);
  });
}

/** A line of the editor by a part of its text. */
export function editorLine(page: Page, text: string): Locator {
  return page
    .locator('.editor-instance .view-line')
    .filter({ hasText: new RegExp(text.replaceAll(' ', '\\s').replaceAll('.', '\\.')) })
    .first();
}

/** Puts the cursor on a line (1-based) with the keyboard: the mouse would open hovers. */
export async function goToLine(page: Page, line: number): Promise<void> {
  await focusEditor(page);
  await page.keyboard.press('Control+Home');
  for (let i = 1; i < line; i++) await page.keyboard.press('ArrowDown');
}

export async function focusEditor(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+1');
  await page
    .locator('.editor-instance .native-edit-context:focus, .editor-instance textarea:focus')
    .first()
    .waitFor({ state: 'attached' });
}

/** Rests the mouse on the first word of a line until a card with this text shows. */
export async function hoverLine(page: Page, line: Locator, text: RegExp): Promise<Locator> {
  const card = page.locator('.monaco-hover:visible').filter({ hasText: text }).first();
  await until(`a hover with ${text}`, async () => {
    const box = await line.boundingBox();
    if (!box) return false;
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.move(box.x + 12, box.y + box.height / 2, { steps: 4 });
    return await card.waitFor({ timeout: 1500 }).then(
      () => true,
      () => false,
    );
  });
  return card;
}

/** Opens the menu of fixes at the cursor; asked too early the editor says that there are none. */
export async function openFixes(page: Page, title: RegExp): Promise<Locator> {
  const item = page.locator('.action-widget .monaco-list-row').filter({ hasText: title }).first();
  await until(`a fix ${title}`, async () => {
    await page.keyboard.press('Control+.');
    const shown = await item.waitFor({ timeout: 2000 }).then(
      () => true,
      () => false,
    );
    if (!shown) await page.keyboard.press('Escape');
    return shown;
  });
  return item;
}

/** Runs a command by its title in the command palette, which lists only what can be run when it opens. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const row = page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: title });
  await until(`the command ${title}`, async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    const input = page.locator('.quick-input-widget:visible input').first();
    await input.waitFor();
    await input.fill(`>${title}`);
    return await row
      .first()
      .waitFor({ timeout: 3000 })
      .then(
        () => true,
        () => false,
      );
  });
  await page.keyboard.press('Enter');
}

/** Chooses an item of the quick pick that is open. */
export async function choose(page: Page, text: string): Promise<void> {
  const item = page
    .locator('.quick-input-widget .monaco-list-row')
    .filter({ hasText: text })
    .first();
  await item.waitFor();
  await item.click();
}

/** The rows of the view "Layers", opened if it is closed. */
export async function layerRows(page: Page): Promise<Locator> {
  const header = page.locator('.pane-header[aria-label^="Layers"]');
  await header.waitFor();
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  await grow(page, header);
  return page.locator('.pane', { has: header }).locator('.monaco-list-row');
}

/** Drags the upper edge of a view up, so that all of its rows are painted. */
async function grow(page: Page, header: Locator): Promise<void> {
  const top = 280;
  const box = await header.boundingBox();
  if (box && box.y > top + 50) await drag(page, box.x + 60, box.y, box.x + 60, top);
}

/** Makes the side bar so many pixels wider. */
export async function widenSideBar(page: Page, pixels: number): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (!box) return;
  const [edge, middle] = [box.x + box.width + 2, box.y + box.height / 2];
  await drag(page, edge, middle, edge + pixels, middle);
}

async function drag(
  page: Page,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): Promise<void> {
  await page.mouse.move(fromX, fromY);
  await page.mouse.down();
  await page.mouse.move(toX, toY, { steps: 5 });
  await page.mouse.up();
  // Away from the edge, which would stay lit, and from rows, which would show their cards.
  await page.mouse.move((page.viewportSize()?.width ?? 800) - 60, 20);
}

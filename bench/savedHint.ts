/**
 * A language server over stdio in a large build context that was built once: how long questions take
 * while it looks at all files for the first time, and the time from saving a file to the hint that says
 * so, with all that an editor does in between.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Spread, spread } from './figures.ts';
import { type Candidate, type LanguageServer, startServer } from './languageServer.ts';

export interface SavedHint {
  /** From opening the Dockerfile to the first word on its COPY, in milliseconds. */
  readonly firstMs: number;
  /** Of each question that was asked until then. */
  readonly meanwhile: Spread;
  /** From the end of writing a file to the answer with the other word. */
  readonly saved: Spread;
}

const fileChanged = 2;

/** `files` are in the context of the Dockerfile in `root`, which was recorded as built. */
export async function measureSavedHint(
  candidate: Candidate,
  root: string,
  files: readonly string[],
): Promise<SavedHint> {
  const server = await startServer(candidate, pathToFileURL(root).href);
  const path = join(root, 'Dockerfile');
  const uri = pathToFileURL(path).href;
  const text = readFileSync(path, 'utf8');
  const opened = performance.now();
  server.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'dockerfile', version: 1, text },
  });
  const questions: number[] = [];
  while ((await wordOf(server, uri, questions)) !== 'cached') {
    if (performance.now() - opened > 120_000) throw new Error('the hint never said: cached');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const firstMs = performance.now() - opened;
  const saved: number[] = [];
  for (const file of files) {
    const before = readFileSync(file);
    saved.push(await save(server, uri, file, 'another text\n', 'changed'));
    saved.push(await save(server, uri, file, before, 'cached'));
  }
  await server.stop();
  return { firstMs, meanwhile: some(questions), saved: some(saved) };
}

/** As an editor does it: the file watcher tells, the server asks to be asked again, the hint comes. */
async function save(
  server: LanguageServer,
  uri: string,
  file: string,
  content: string | Uint8Array,
  word: string,
): Promise<number> {
  // The server asks to be asked again at most a few times a second; nobody saves as often.
  await new Promise((resolve) => setTimeout(resolve, 400));
  writeFileSync(file, content);
  const started = performance.now();
  const asked = server.nextHintRefresh();
  const changes = [{ uri: pathToFileURL(file).href, type: fileChanged }];
  server.notify('workspace/didChangeWatchedFiles', { changes });
  await asked;
  while ((await wordOf(server, uri, [])) !== word) await server.nextHintRefresh();
  return performance.now() - started;
}

/** What the hint on the second line says of the next build. */
async function wordOf(
  server: LanguageServer,
  uri: string,
  times: number[],
): Promise<string | undefined> {
  const range = { start: { line: 0, character: 0 }, end: { line: 5, character: 0 } };
  const started = performance.now();
  const answer = await server.request('textDocument/inlayHint', { textDocument: { uri }, range });
  times.push(performance.now() - started);
  const hints = (answer ?? []) as readonly { position: { line: number }; label: unknown }[];
  const label = JSON.stringify(hints.find(({ position }) => position.line === 1)?.label ?? '');
  return /\b(cached|changed|rebuild)\b/.exec(label)?.[1];
}

function some(values: readonly number[]): Spread {
  const found = spread(values);
  if (!found) throw new Error('nothing was measured');
  return found;
}

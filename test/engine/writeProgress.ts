/**
 * Records the builder's streams of `test/support/progressCases.ts` anew: `npx tsx
 * test/engine/writeProgress.ts [name …]`. Needs an engine; no image is kept.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { progressCases, progressFile } from '../support/progressCases.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { docker } from './engine.ts';

const out = join(import.meta.dirname, '../fixtures/progress');
const salt = `salt${Date.now().toString(36)}`;
const wanted = process.argv.slice(2);

await ensureBaseImage();
const server = createServer((request, response) => {
  const found = request.url !== '/missing';
  response.writeHead(found ? 200 : 404, { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' });
  response.end(found ? `${request.url} ${salt}` : undefined);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

mkdirSync(out, { recursive: true });
for (const one of progressCases) {
  if (wanted.length > 0 && !wanted.includes(one.name)) continue;
  const fill = (text: string) =>
    text.replaceAll('%BASE%', baseImage).replaceAll('%SALT%', salt).replaceAll('%URL%', url);
  const folder = mkdtempSync(join(tmpdir(), 'progress-'));
  const build = async (files: Readonly<Record<string, string>>, number: 1 | 2) => {
    for (const [path, text] of Object.entries({ Dockerfile: one.dockerfile, ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), fill(text));
    }
    const args = Object.entries(one.args ?? {}).flatMap(([k, v]) => ['--build-arg', `${k}=${v}`]);
    const target = one.target ? ['--target', one.target] : [];
    const command = ['buildx', 'build', '--progress=rawjson', '-o', 'type=cacheonly'];
    const { stderr } = await docker([...command, ...args, ...target, '.'], { cwd: folder });
    const text = stderr.replaceAll(baseImage, '%BASE%').replaceAll(salt, '%SALT%');
    writeFileSync(join(out, progressFile(one.name, number)), text.replaceAll(url, '%URL%'));
  };
  await build(one.files, 1);
  if (one.again) await build(one.again.files, 2);
  rmSync(folder, { recursive: true });
  console.log(one.name);
}
server.close();

/**
 * The extension in a real VS Code: `npm run test:vscode`.
 *
 *   --only=suite,predictions,engine,restricted,peer,ui,package,manners   some of the parts
 *   --floor                                      on the oldest VS Code that the manifest allows
 *
 * The suite runs in a desktop VS Code where one is given (`VSCODE_EXECUTABLE`) or can be
 * downloaded; all else, and the suite elsewhere, in VS Code's server with a headless Chromium.
 */

import assert from 'node:assert/strict';
import {
  floor,
  type Host,
  installChromium,
  installHost,
  newest,
} from '../../scripts/installVscode.ts';
import { ensureBaseImage } from '../engine/baseImage.ts';
import { docker, engineState } from '../engine/engine.ts';
import { runBuildUi } from './buildUi.ts';
import { bundleExtension, bundleSuites } from './bundle.ts';
import { runEngineUi } from './engineUi.ts';
import { type Plant, watchActivation, withPlant } from './manners.ts';
import { packageExtension } from './package.ts';
import { projectRoot } from './project.ts';
import { check, type Result, skipped } from './results.ts';
import { editorImage, findDesktop, runInDesktop, runInServer } from './suites.ts';
import { runUi } from './ui.ts';

const start = Date.now();
const only = process.argv
  .find((argument) => argument.startsWith('--only='))
  ?.slice(7)
  .split(',');
const wanted = (part: string) => only?.includes(part) ?? true;
const results: Result[] = [];

await bundleExtension();
await bundleSuites();
const desktop = process.argv.includes('--floor') ? undefined : await findDesktop();
const host = findHost(process.argv.includes('--floor') ? floor : newest);

if (wanted('suite')) {
  if (desktop) results.push(...(await runInDesktop(desktop)));
  if (host) results.push(...(await runInServer(host, 'main')));
  if (!desktop && !host) results.push(skipped('suite: there is no VS Code'));
}
if (host) {
  if (wanted('predictions')) results.push(...(await withEngine(host, predictions)));
  if (wanted('engine')) results.push(...(await withEngine(host, engine)));
  if (wanted('restricted')) results.push(...(await runInServer(host, 'restricted')));
  if (wanted('peer')) results.push(...(await runInServer(host, 'peer')));
  if (wanted('ui')) results.push(...(await runUi(host)), ...(await runEngineUi(host)));
  if (wanted('package')) results.push(...(await runUi(host, await packageExtension())));
  if (wanted('manners')) results.push(...(await manners(host)));
} else {
  const parts = ['predictions', 'engine', 'restricted', 'peer', 'ui', 'package', 'manners'];
  for (const part of parts.filter(wanted)) {
    results.push(skipped(`${part}: VS Code's server or Chromium cannot be had here`));
  }
}

const count = (state: Result['state']) => results.filter((one) => one.state === state).length;
const [passed, failed] = [count('passed'), count('failed')];
console.log(`${((Date.now() - start) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed, ${count('skipped')} skipped`);
// A run in which nothing passed proves nothing.
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function findHost(version: string): Host | undefined {
  try {
    return installChromium() ? installHost(version) : undefined;
  } catch (error) {
    console.error(`VS Code's server could not be installed: ${String(error)}`);
    return undefined;
  }
}

/** With the real engine; what was built in it is removed. */
async function withEngine(
  host: Host,
  run: (host: Host) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const reason = engineState();
  if (reason) return [skipped(`${run.name}: skipped. ${reason}`)];
  await ensureBaseImage();
  try {
    return await run(host);
  } finally {
    const made = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', editorImage]);
    const names = made.stdout.split('\n').filter(Boolean);
    if (names.length > 0) await docker(['image', 'rm', '--force', ...names]);
  }
}

/** Builds through the same command that a user has. */
async function predictions(host: Host): Promise<readonly Result[]> {
  return [
    ...(await runInServer(host, 'predictions')),
    ...(await runBuildUi(host, await packageExtension(), editorImage)),
  ];
}

/** What an engine tells of images that were built in it. */
async function engine(host: Host): Promise<readonly Result[]> {
  return await runInServer(host, 'engine');
}

async function manners(host: Host): Promise<readonly Result[]> {
  if (process.platform !== 'linux') return [skipped('manners: only Linux has /proc')];
  const caught = (plant: Plant, sign: RegExp) =>
    check(`the watch sees a planted ${plant}`, () =>
      withPlant(plant, async (extension) => {
        const wrong = await watchActivation(host, extension);
        assert.ok(
          wrong.some((one) => sign.test(one)),
          `it saw only: ${wrong.join('; ')}`,
        );
      }),
    );
  return [
    await check('activation starts the language server and contacts nothing', async () => {
      assert.deepEqual(await watchActivation(host, projectRoot), []);
    }),
    await caught('process', /^process: the extension host had a child/),
    await caught('address', /^socket: .*tcp/),
    await caught('socket', /^socket: .* to other processes/),
  ];
}

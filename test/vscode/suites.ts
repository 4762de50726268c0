/** Runs a Mocha suite inside a real extension host: of VS Code's server, or of a desktop VS Code. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import type { Host } from '../../scripts/installVscode.ts';
import { baseImage } from '../engine/baseImage.ts';
import { suiteBundle } from './bundle.ts';
import { openBrowser, startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { print, type Result, skipped } from './results.ts';
import {
  builtProject,
  commitAll,
  makeWorkspace,
  measuredProject,
  watchedPrograms,
} from './workspace.ts';

export type SuiteName = 'main' | 'restricted' | 'peer' | 'predictions' | 'engine';

/** What the suites of predictions and engines build; the runner removes it. */
export const editorImage = 'dockerfile-layers-test/editor';

const timeoutMs = 180_000;

/** Settings that a folder of doubtful origin brings with it; Restricted Mode must not follow them. */
const hostile = {
  '.vscode/settings.json': JSON.stringify({ 'dockerfileLayers.context.path': '../outside' }),
};

/** Stands in for Docker DX: an extension by that name is all that ours looks for. */
function addPeer(extensionsDir: string): void {
  const folder = join(extensionsDir, 'docker.docker-1.0.0');
  mkdirSync(folder, { recursive: true });
  const manifest = {
    publisher: 'docker',
    name: 'docker',
    version: '1.0.0',
    engines: { vscode: '*' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}

/** What the suites have in their workspace and around them beside the usual. */
function prepared(suite: SuiteName) {
  if (suite === 'predictions') {
    const run = `${process.pid}-${Date.now()}`;
    const made = makeWorkspace(builtProject(baseImage, run));
    commitAll(made.folder);
    return { ...made, env: { TEST_IMAGE: `${editorImage}:${run}` } };
  }
  if (suite === 'engine') {
    const run = `${process.pid}-${Date.now()}`;
    const made = makeWorkspace(measuredProject(baseImage, run));
    return { ...made, env: { TEST_IMAGE: `${editorImage}:${run}` } };
  }
  const made = makeWorkspace(suite === 'restricted' ? hostile : {});
  if (suite !== 'restricted') return { ...made, env: {} };
  commitAll(made.folder);
  const { path, log } = watchedPrograms(made.root);
  return { ...made, env: { TEST_PROGRAMS: path, TEST_STARTED: log } };
}

/** Runs a suite in VS Code's server with the workbench in Chromium. */
export async function runInServer(
  host: Host,
  suite: SuiteName,
  extension: string = projectRoot,
): Promise<readonly Result[]> {
  const { root, folder, env } = prepared(suite);
  const resultFile = join(root, 'result.json');
  const opened = await openBrowser();
  if (!opened) return [skipped(`${suite} suite: there is no Chromium`)];
  const { browser, page } = opened;
  const extensionsDir = join(root, 'extensions');
  if (suite === 'peer') addPeer(extensionsDir);
  const server = await startServer({
    host,
    extensionsDir,
    trusted: suite !== 'restricted',
    env: { ...env, TEST_SUITE: suite, TEST_RESULT_FILE: resultFile },
  });
  const log: string[] = [];
  try {
    const end = new Promise<string>((done) => {
      const timer = setTimeout(() => done(`no end after ${timeoutMs} ms`), timeoutMs);
      timer.unref();
      page.on('crash', () => done('the page crashed'));
      server.process.on('exit', (code) => done(`the server ended with ${code}`));
      // The workbench calls these two, if they are there before it loads.
      void page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) =>
        log.push(`[${type}] ${format(...args)}`),
      );
      void page.exposeFunction('codeAutomationExit', (code: number) => done(`exit code ${code}`));
    });
    await page.goto(workbenchUrl(server.port, { folder, extension, suite: suiteBundle }));
    return read(resultFile, await end, [...log.slice(-60), server.log().slice(-2000)].join('\n'));
  } finally {
    await browser.close();
    server.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Runs the main suite in a desktop VS Code. */
export async function runInDesktop(vscodeExecutablePath: string): Promise<readonly Result[]> {
  const { root, folder } = makeWorkspace();
  const resultFile = join(root, 'result.json');
  try {
    const end = await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: projectRoot,
      extensionTestsPath: suiteBundle,
      extensionTestsEnv: { TEST_SUITE: 'main', TEST_RESULT_FILE: resultFile },
      launchArgs: [folder, '--disable-extensions', `--user-data-dir=${join(root, 'user')}`],
    }).then(
      (code) => `exit code ${code}`,
      (error: unknown) => String(error),
    );
    return read(resultFile, end, '');
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/**
 * The executable of a desktop VS Code: `VSCODE_EXECUTABLE`, or a downloaded one. Undefined where
 * there is no display, no download, or `VSCODE_HOST=server` asks for the server.
 */
export async function findDesktop(): Promise<string | undefined> {
  if (process.env.VSCODE_HOST === 'server') return undefined;
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return undefined;
  }
  if (process.env.VSCODE_EXECUTABLE) return process.env.VSCODE_EXECUTABLE;
  try {
    return await downloadAndUnzipVSCode({ version: 'stable', timeout: 10_000 });
  } catch {
    return undefined;
  }
}

/** Both must be good: the result file, written at the end of the run only, and how the host ended. */
function read(resultFile: string, end: string, log: string): readonly Result[] {
  if (!existsSync(resultFile)) {
    const error = `the suite wrote no result (${end})\n${log}`;
    return [print({ title: 'the suite runs to its end', state: 'failed', ms: 0, error })];
  }
  const results = JSON.parse(readFileSync(resultFile, 'utf8')) as readonly Result[];
  for (const result of results) print(result);
  const failed = results.some((result) => result.state === 'failed');
  if (end === 'exit code 0' || failed) return results;
  return [
    ...results,
    print({ title: 'the extension host ends well', state: 'failed', ms: 0, error: end }),
  ];
}

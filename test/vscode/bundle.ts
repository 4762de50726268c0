/** Builds what the editor tests load: the extension as developers have it, and the suites. */

import { join } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from './project.ts';

/** The bundled suites; `TEST_SUITE` says which of them runs. */
export const suiteBundle = join(projectRoot, '.cache/test-vscode/suite.cjs');

/** Bundles extension, server and command line tool into `dist`. */
export async function bundleExtension(): Promise<void> {
  await import(join(projectRoot, 'esbuild.mjs'));
}

export async function bundleSuites(): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'suite/index.ts')],
    outfile: suiteBundle,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

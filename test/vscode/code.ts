/**
 * Opens the examples, or the folder that is named, in a real VS Code with the extension loaded: the
 * one on the PATH, else one that can be downloaded, else VS Code's server with the address to open.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { installHost } from '../../scripts/installVscode.ts';
import { bundleExtension } from './bundle.ts';
import { startServer, workbenchUrl } from './host.ts';
import { projectRoot } from './project.ts';
import { findDesktop } from './suites.ts';

const folder = resolve(process.argv[2] ?? join(projectRoot, 'examples'));
if (!existsSync(folder)) {
  console.error(`There is no folder ${folder}.`);
  process.exit(2);
}
await bundleExtension();
const desktop = codeOnPath() ?? (await findDesktop());
if (desktop) openDesktop(desktop);
else await openServer();

function openDesktop(executable: string): void {
  const args = ['--new-window', `--extensionDevelopmentPath=${projectRoot}`, folder];
  // On Windows `code` is a script, which needs a shell.
  const shell = /\.cmd$/i.test(executable);
  const quoted = shell ? args.map((argument) => `"${argument}"`) : args;
  console.log(`Opening ${folder} in ${executable}.`);
  const { status } = spawnSync(shell ? `"${executable}"` : executable, quoted, {
    stdio: 'inherit',
    shell,
  });
  process.exitCode = status ?? 1;
}

async function openServer(): Promise<void> {
  const server = await startServer({
    host: installHost(),
    settings: { 'workbench.colorTheme': 'Default Dark Modern' },
  });
  console.log('There is no desktop VS Code here, so its server runs. Open this address:');
  console.log(`\n  ${workbenchUrl(server.port, { folder, extension: projectRoot })}\n`);
  console.log('Ctrl+C ends it.');
  server.process.on('exit', (code) => process.exit(code ?? 1));
}

/** The `code` command; it cannot open a window where there is no display. */
function codeOnPath(): string | undefined {
  if (process.env.VSCODE_HOST === 'server') return undefined;
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return undefined;
  }
  const names = process.platform === 'win32' ? ['code.cmd'] : ['code', 'codium'];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((path) => names.map((name) => join(path, name)))
    .find(existsSync);
}

/** Drives the command line tool in this process, with streams of the test's own. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CliIo } from '../../server/src/cli/io.ts';
import { runCli } from '../../server/src/cli/run.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the tool; `input` is what standard input holds. */
export async function cli(
  argv: readonly string[],
  options: Partial<Omit<CliIo, 'input'>> & { readonly input?: string | Uint8Array } = {},
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const { input = '', ...given } = options;
  const code = await runCli(argv, {
    async *input() {
      yield Buffer.from(input);
    },
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    columns: null,
    color: false,
    env: {},
    cwd: process.cwd(),
    version: '1.2.3',
    serve: async () => {},
    ...given,
  });
  return { code, out: out.join(''), err: err.join('') };
}

const folders: string[] = [];

/** A folder with these files (names with `/` make folders); `removeFolders` takes it away. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dockerfile-layers-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Removes what `folderWith` made; for `afterEach`. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

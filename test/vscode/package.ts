/** The packaged extension, made afresh. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project.ts';

/** Packages the extension and gives the path of the .vsix. */
export async function packageExtension(): Promise<string> {
  execFileSync(process.execPath, [join(projectRoot, 'scripts/package.mjs')], {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { name, version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return join(projectRoot, `${name}-${version}.vsix`);
}

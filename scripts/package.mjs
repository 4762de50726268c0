// Packages the extension: `npm run package` makes dockerfile-layers-<version>.vsix.
// The README's pictures and links have relative addresses, which only a repository's address could
// make whole for the gallery. The packaged README goes without those pictures, and its links are text.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, ready } from './ready.mjs';

ready();
const cache = join(projectRoot, '.cache');
mkdirSync(cache, { recursive: true });
const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
writeFileSync(
  join(cache, 'README.md'),
  readme
    .replace(/^!\[[^\]]*\]\((?!https:)[^)]*\)\n+/gm, '')
    .replace(/\[([^\]]+)\]\((?!https:|#)[^)]*\)/g, '$1'),
);

const { name, version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const file = `${name}-${version}.vsix`;
const vsce = join(projectRoot, 'node_modules/@vscode/vsce/vsce');
const result = spawnSync(
  process.execPath,
  [
    vsce,
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    ...['--readme-path', '.cache/README.md', '--out', file],
  ],
  { cwd: projectRoot, stdio: 'inherit' },
);
if (result.status !== 0) process.exit(result.status ?? 1);

// More is to be noticed, and to be worth it: most of it is the data on packages.
const limit = 1_100_000;
const { size } = statSync(join(projectRoot, file));
console.log(`${file}: ${size} bytes`);
if (size >= limit) {
  console.error(`The package may have at most ${limit} bytes.`);
  process.exit(1);
}

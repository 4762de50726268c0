// Bundles the extension, the language server and the command line tool to CommonJS; the first two
// share the library that they speak by.
// VS Code's loader treats .cjs as CommonJS even though the package is an ES module.
import { cpSync, rmSync } from 'node:fs';
import { argv } from 'node:process';
import { build, context } from 'esbuild';

const release = argv.includes('--release');
const elsewhere = argv.find((arg) => arg.startsWith('--outdir='))?.slice('--outdir='.length);
const options = {
  outdir: elsewhere ?? 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['vscode'],
  // What finds its data by the folder of its source finds it beside the bundle.
  define: { 'import.meta.dirname': '__dirname' },
  minify: release,
  sourcemap: release ? false : 'linked',
  logLevel: 'warning',
};

/** What client and server speak by; it would be in the package twice. */
const spoken = [
  'vscode-languageserver-protocol',
  'vscode-languageserver-protocol/node',
  'vscode-languageserver-types',
];
const protocol = {
  ...options,
  stdin: {
    contents: spoken.map((name) => `exports['${name}'] = require('${name}');`).join('\n'),
    resolveDir: import.meta.dirname,
  },
  entryNames: 'protocol',
};
const shared = {
  name: 'shared protocol',
  setup(bundle) {
    const names = new RegExp(`^(${spoken.join('|')})$`);
    bundle.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'shared' }));
    bundle.onResolve({ filter: /^\.\/protocol\.cjs$/, namespace: 'shared' }, ({ path }) => ({
      path,
      external: true,
    }));
    bundle.onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
      contents: `module.exports = require('./protocol.cjs')['${path}'];`,
    }));
  },
};
const extension = {
  ...options,
  entryPoints: { extension: 'client/src/extension.ts', server: 'server/src/main.ts' },
  plugins: [shared],
};
// One file, to be put anywhere.
const tool = { ...options, entryPoints: { cli: 'server/src/cli.ts' } };

rmSync(`${options.outdir}/data`, { recursive: true, force: true });
cpSync('server/data', `${options.outdir}/data`, { recursive: true });

const bundles = [protocol, extension, tool];
if (argv.includes('--watch')) {
  for (const one of bundles) await (await context({ ...one, logLevel: 'info' })).watch();
} else {
  await Promise.all(bundles.map((one) => build(one)));
}

// Bundles the extension, the language server and the command line tool to CommonJS.
// VS Code's loader treats .cjs as CommonJS even though the package is an ES module.
import { cpSync, rmSync } from 'node:fs';
import { argv } from 'node:process';
import { build, context } from 'esbuild';

const release = argv.includes('--release');
const elsewhere = argv.find((arg) => arg.startsWith('--outdir='))?.slice('--outdir='.length);
const options = {
  entryPoints: {
    extension: 'client/src/extension.ts',
    server: 'server/src/main.ts',
    cli: 'server/src/cli.ts',
  },
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

rmSync(`${options.outdir}/data`, { recursive: true, force: true });
cpSync('server/data', `${options.outdir}/data`, { recursive: true });

if (argv.includes('--watch')) {
  await (await context({ ...options, logLevel: 'info' })).watch();
} else {
  await build(options);
}

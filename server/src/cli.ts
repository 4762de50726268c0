/** Entry of the command line tool: the process, and nothing else. */

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { CliIo } from './cli/io.ts';
import { runCli } from './cli/run.ts';
import { createEngine } from './host/engine.ts';

// `dockerfile-layers report | head` closes the pipe: the rest has no reader, which is no failure.
let hasReader = true;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (stream === process.stdout) hasReader = false;
    if (error.code === 'EPIPE') return;
    process.stderr.write(`dockerfile-layers: The output cannot be written: ${error.message}.\n`);
    process.exit(2);
  });
}

// A write for each row is slow, and one of all is longer than a string can be.
const written: string[] = [];
let waiting = 0;

function flush(): void {
  if (hasReader && waiting > 0) process.stdout.write(written.join(''));
  written.length = 0;
  waiting = 0;
}

const io: CliIo = {
  input: () => process.stdin,
  out: (text) => {
    written.push(text);
    waiting += text.length;
    if (waiting > 65_536) flush();
  },
  err: (text) => {
    process.stderr.write(text);
  },
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  // https://no-color.org: any value but the empty one.
  color: process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  env: process.env,
  cwd: process.cwd(),
  get version() {
    return versionOf(process.argv[1] ?? '');
  },
  engine: createEngine({ env: process.env }),
  serve: async () => {
    await import('./main.ts');
  },
};

/** The version in the manifest of the package that this file belongs to. */
function versionOf(script: string): string {
  let folder = dirname(realpathSync(script));
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (manifest.name === 'dockerfile-layers') return String(manifest.version);
    } catch {
      // Not in this folder: look in the one above.
    }
    const above = dirname(folder);
    if (above === folder) return 'unknown';
    folder = above;
  }
}

runCli(process.argv.slice(2), io).then(
  (code) => {
    flush();
    process.exitCode = code;
  },
  (error: unknown) => {
    // A mistake of ours: say so with all that helps to mend it.
    process.stderr.write(`dockerfile-layers: ${error instanceof Error ? error.stack : error}\n`);
    process.exitCode = 70;
  },
);

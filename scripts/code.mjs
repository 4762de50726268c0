// Opens the examples, or a folder, in a real VS Code with the extension loaded: `npm run code [folder]`.
// Works on a fresh clone. See test/vscode/code.ts for which VS Code it takes.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot, ready } from './ready.mjs';

ready();
const child = spawn(
  process.execPath,
  ['--import', 'tsx', join(projectRoot, 'test/vscode/code.ts'), ...process.argv.slice(2)],
  { cwd: projectRoot, stdio: 'inherit' },
);
child.on('exit', (code) => process.exit(code ?? 1));
// The child hears the same signal and cleans up; this process then ends with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));

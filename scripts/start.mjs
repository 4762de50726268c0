// `npm start [-- DOCKERFILE] [options of report]`: installs what is missing, builds, and prints the
// stack of a Dockerfile in the terminal; without one, of the first example.
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { argv, cwd, env, execPath, exit } from 'node:process';
import { projectRoot, ready } from './ready.mjs';

ready();

function run(script, args, options) {
  const { status, signal, error } = spawnSync(execPath, [script, ...args], {
    stdio: 'inherit',
    ...options,
  });
  if (error) throw error;
  return signal ? 1 : (status ?? 1);
}

if (run('esbuild.mjs', [], { cwd: projectRoot }) !== 0) {
  console.error('The build failed; the messages above say why.');
  exit(1);
}

const given = argv.slice(2);
// npm runs scripts in the project's folder; names are meant from where npm was started.
const started = env.INIT_CWD ?? cwd();
const example = join(projectRoot, 'examples', 'node', 'Dockerfile');
const args = given.length > 0 ? given : [relative(started, example) || example];
exit(run(join(projectRoot, 'dist', 'cli.cjs'), ['report', ...args], { cwd: started }));

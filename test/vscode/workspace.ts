/** The folder that the editor tests open: a Dockerfile with sources of known sizes. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const dockerfile = `FROM alpine:3.20 AS unused
RUN echo never

FROM debian:bookworm-slim AS app
RUN apt-get update
RUN apt-get install -y curl
WORKDIR /app
COPY src ./src
COPY big.bin /big.bin
ENV MODE=production
CMD ["sh"]
`;

const files: Readonly<Record<string, string>> = {
  Dockerfile: dockerfile,
  'src/a.js': `//${'a'.repeat(1231)}\n`,
  'src/b.js': `//${'b'.repeat(963)}\n`,
  'big.bin': 'x'.repeat(2_500_000),
  'other/Dockerfile': 'FROM scratch\nCOPY only.txt /\n',
  'other/only.txt': 'x'.repeat(300),
};

/** A fresh copy, as tests edit files; the caller removes the folder. */
export function makeWorkspace(extra: Readonly<Record<string, string>> = {}): {
  readonly root: string;
  readonly folder: string;
} {
  const root = mkdtempSync(join(tmpdir(), 'dockerfile-layers-'));
  const folder = join(root, 'project');
  for (const [name, text] of Object.entries({ ...files, ...extra })) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return { root, folder };
}

/** A project of two stages that the engine builds in a few seconds; `run` makes its steps unlike all others. */
export function builtProject(base: string, run: string): Readonly<Record<string, string>> {
  const lines = [
    `FROM ${base} AS build`,
    'WORKDIR /src',
    'COPY package.json ./',
    `RUN echo ${run} > deps.txt`,
    'COPY src ./src',
    'RUN cat src/*.js > bundle.js',
    '',
    `FROM ${base} AS app`,
    'ARG MODE=production',
    'ENV GREETING=hello',
    'RUN echo "$MODE $GREETING" > /mode',
    'COPY --from=build /src/bundle.js /app/',
    'CMD ["cat", "/app/bundle.js"]',
  ];
  return {
    Dockerfile: `${lines.join('\n')}\n`,
    'package.json': '{ "name": "app" }\n',
    '.dockerignore': '*.md\n',
    'src/a.js': `// ${run} a\n`,
    'src/b.js': `// ${run} b\n`,
    'src/notes.txt': 'notes\n',
  };
}

/** A project whose lines store what no estimate knows; `run` makes its steps unlike all others. */
export function measuredProject(base: string, run: string): Readonly<Record<string, string>> {
  const lines = [
    `FROM ${base}`,
    'WORKDIR /app',
    `RUN echo ${run} > run.txt`,
    'COPY src ./src',
    'RUN tar -cf /src.tar src && head -c 5000000 /dev/zero | sed s/x/y/ > /data',
    'CMD ["cat", "/app/run.txt"]',
  ];
  return {
    Dockerfile: `${lines.join('\n')}\n`,
    'src/a.js': `// ${run} a\n`,
  };
}

/** Makes a git repository of a folder with all of its files in one commit; false where there is no git. */
export function commitAll(folder: string): boolean {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@localhost', ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
  try {
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--no-verify', '--message', 'All');
    return true;
  } catch {
    return false;
  }
}

/**
 * A folder for the front of PATH in which `docker` and `git` write to a file that they were started,
 * and end as if all were well.
 */
export function watchedPrograms(root: string): { readonly path: string; readonly log: string } {
  const path = join(root, 'watched');
  const log = join(root, 'started.txt');
  mkdirSync(path);
  for (const name of ['docker', 'git']) {
    writeFileSync(join(path, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n`);
    chmodSync(join(path, name), 0o755);
  }
  return { path, log };
}

/** The folder that the editor tests open: a Dockerfile with sources of known sizes. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
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

/**
 * Stand-ins for official images, made from the Debian mirror and this machine's Node, so that
 * estimates can be compared with builds where no image registry is in reach.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { dockerOk, network } from './engine.ts';

const script = join(import.meta.dirname, '../../scripts/debianBases.sh');

/** What fixtures name, and the tests' own images that are built from instead. */
const images = 'dockerfile-layers-test';
const debian = /\bdebian:(\$\{DEBIAN_RELEASE\}|(?:bookworm|trixie|bullseye)(?:-slim)?)(?![\w.-])/g;
const node = /\bnode:20-bookworm-slim\b/g;

/** The image that stands in for `node:20-bookworm-slim`, with npm, yarn and pnpm. */
export const nodeImage = `${images}/node:20-bookworm-slim`;

/** The Dockerfile with the tests' own images in place of the official ones, and a name for every stage. */
export function withStandIns(dockerfile: string): string {
  let stage = 0;
  return dockerfile.replace(/^FROM .*$/gm, (line) => {
    const own = line.replace(debian, `${images}/debian:$1`).replace(node, nodeImage);
    const name = stageName(stage++);
    return / AS /i.test(own) ? own : `${own} AS ${name}`;
  });
}

/** What `withStandIns` calls a stage that has no name: the builder finds stages by name only. */
export function stageName(index: number): string {
  return `unnamed-${index}`;
}

/** Makes the Debian images that the engine lacks or that are behind the mirror; minutes at most. */
export async function ensureDebianBases(): Promise<void> {
  const printed: string[] = [];
  const status = await new Promise<number>((resolve) => {
    const child = spawn('bash', [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data) => printed.push(String(data)));
    child.stderr.on('data', (data) => printed.push(String(data)));
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
  if (status !== 0) throw new Error(`debianBases.sh ended with ${status}:\n${printed.join('')}`);
}

/** Makes `nodeImage` of this machine's Node and npm; yarn and pnpm come from npm's registry. */
export async function ensureNodeImage(): Promise<void> {
  const modules = spawnSync('npm', ['root', '--global'], { encoding: 'utf8' }).stdout.trim();
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  const folder = mkdtempSync(join(tmpdir(), 'layers-node-'));
  const text = [
    `FROM ${images}/debian:bookworm-slim`,
    'COPY --from=programs node /usr/local/bin/node',
    'COPY --from=modules npm /usr/local/lib/node_modules/npm',
    // Registries behind a proxy of this machine are trusted as this machine trusts them.
    ...(certificates
      ? [
          `COPY --from=certificates ${basename(certificates)} /usr/local/share/certificates.pem`,
          'ENV NODE_EXTRA_CA_CERTS=/usr/local/share/certificates.pem',
        ]
      : []),
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\',
    ' && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\',
    ' && npm install --global --no-audit --no-fund yarn@1.22.22 pnpm@9.15.9 \\',
    ' && rm -rf /root/.npm',
    '',
  ];
  try {
    writeFileSync(join(folder, 'Dockerfile'), text.join('\n'));
    await dockerOk(
      [
        ...['build', '--quiet', ...network(), '--tag', nodeImage],
        ...['--build-context', `programs=${dirname(process.execPath)}`],
        ...['--build-context', `modules=${modules}`],
        ...(certificates ? ['--build-context', `certificates=${dirname(certificates)}`] : []),
        folder,
      ],
      { timeoutMs: 300_000 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Dockerfiles to measure on, the same for the same seed.
 *
 * Their mix of instructions is that of 7,939 public Dockerfiles: a quarter RUN, an eighth each ENV,
 * FROM, COPY and ARG, then the rest. Every text has one line that the measurement types in.
 */

import { type Random, seeded } from '../test/support/random.ts';

export interface BenchText {
  readonly name: string;
  readonly text: string;
  /** Zero-based line that is typed in: `probeBefore`, then `probeAfter`, as one RUN's first line. */
  readonly line: number;
  /** Where the one character is typed, and taken away again. */
  readonly character: number;
  /** UTF-16 length of that line before it is typed in. */
  readonly length: number;
  readonly lines: number;
  readonly bytes: number;
}

/** What is typed makes one variable of another: a hover on it then shows another value. */
export const typed = '1';
export const probe = {
  before: { reference: '${P}', value: 'first-value' },
  after: { reference: '${P1}', value: 'second-value' },
} as const;

const declared = [`ARG P=${probe.before.value}`, `ARG P1=${probe.after.value}`];
const opening = `RUN echo "${probe.before.reference}"`;

/** A file of about `lines` lines with many stages, each of which the last one needs. */
export function realistic(lines: number): BenchText {
  const random = seeded(lines);
  const written = ['# syntax=docker/dockerfile:1', 'ARG DEBIAN=bookworm', ''];
  let stage = 0;
  let inStage = 0;
  let probed: number | null = null;
  while (written.length < lines) {
    if (inStage === 0) {
      written.push(...stageStart(stage, random));
      stage += 1;
      inStage = 3 + random.below(10);
    } else {
      inStage -= 1;
    }
    if (probed === null && written.length >= lines / 2) {
      written.push(...declared);
      probed = written.length;
      written.push(`${opening} && true`);
    }
    written.push(...instruction(random));
  }
  return benchText(`${figure(lines)} realistic lines`, written, probed ?? 0);
}

/** One RUN of about `bytes` bytes, in lines as long as BuildKit lets them be. */
export function singleRun(bytes: number): BenchText {
  const long = 60_000;
  const piece = 'printf "%s" 0123456789abcdef >> /data && ';
  const line = piece.repeat(Math.floor(long / piece.length));
  const count = Math.max(1, Math.round(bytes / line.length));
  const written = [
    'FROM debian:bookworm',
    ...declared,
    `${opening} && \\`,
    ...Array.from({ length: count }, () => `${line}\\`),
    'true',
  ];
  return benchText(`one RUN of ${figure(bytes / 1e6)} MB`, written, 3);
}

/** One RUN of `lines` continuation lines. */
export function continuation(lines: number): BenchText {
  const random = seeded(lines);
  const written = [
    'FROM debian:bookworm',
    ...declared,
    `${opening} && \\`,
    ...Array.from({ length: lines }, () => `    ${random.pick(commands)} && \\`),
    '    true',
  ];
  return benchText(`one RUN of ${figure(lines)} continuation lines`, written, 3);
}

function benchText(name: string, written: readonly string[], line: number): BenchText {
  const text = `${written.join('\n')}\n`;
  const probed = written[line] ?? '';
  return {
    name,
    text,
    line,
    character: probed.indexOf(probe.before.reference) + probe.before.reference.length - 1,
    length: probed.length,
    lines: written.length,
    bytes: Buffer.byteLength(text),
  };
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

function stageStart(index: number, random: Random): string[] {
  if (index === 0) return ['FROM debian:${DEBIAN}-slim AS stage0'];
  const before = `stage${index - 1}`;
  if (random.below(3) === 0) return ['', `FROM ${before} AS stage${index}`];
  const base = random.pick(['node:22-slim', 'python:3.12', 'golang:1.23-alpine', 'alpine:3.20']);
  const owner = random.below(5) === 0 ? ' --chown=1000:1000' : '';
  return [
    '',
    `FROM ${base} AS stage${index}`,
    `COPY --from=${before}${owner} /usr/local/bin/tool${index} /usr/local/bin/`,
  ];
}

const packages = ['curl', 'git', 'ca-certificates', 'build-essential', 'libpq-dev', 'unzip', 'jq'];
const commands = [
  'mkdir -p /opt/app/data',
  'curl -fsSL https://example.com/archive.tar.gz | tar -xz -C /opt',
  'npm ci --omit=dev',
  'pip install --no-cache-dir -r requirements.txt',
  'chown -R app:app /opt/app',
  'go build -o /out/app ./cmd/app',
  'sed -i "s/^#Port 22/Port 2222/" /etc/ssh/sshd_config',
  'if [ -n "$HTTP_PROXY" ]; then echo "proxy $HTTP_PROXY"; fi',
] as const;

type Maker = (random: Random) => string[];

/** Weights are the counts of the public files, in hundreds; FROM is set by the length of stages. */
const mix: readonly (readonly [number, Maker])[] = [
  [235, run],
  [120, (random) => [env(random)]],
  [110, (random) => [copy(random)]],
  [104, (random) => [`ARG VERSION_${random.below(50)}=1.${random.below(30)}.${random.below(10)}`]],
  [33, (random) => [random.pick(['CMD ["node", "server.js"]', 'CMD npm start'])]],
  [32, (random) => [`WORKDIR ${random.pick(['/app', '/srv/www', 'src', '/opt/$NAME_1'])}`]],
  [
    29,
    (random) => [`LABEL org.example.part${random.below(9)}="a label" version=${random.below(9)}`],
  ],
  [
    21,
    (random) => [`EXPOSE ${8000 + random.below(1000)}${random.pick(['', '/udp', ' 9000/tcp'])}`],
  ],
  [21, () => ['ENTRYPOINT ["/usr/bin/tini", "--", "/entry.sh"]']],
  [18, (random) => [`USER ${random.pick(['app', '1000:1000', 'root'])}`]],
  [9, () => ['ADD https://example.com/tool.tar.gz /opt/']],
  [5, () => ['VOLUME ["/data", "/cache"]']],
  [4, () => ['SHELL ["/bin/bash", "-euo", "pipefail", "-c"]']],
  [1, () => ['STOPSIGNAL SIGTERM']],
  [1, () => ['HEALTHCHECK --interval=30s CMD curl -f http://localhost/ || exit 1']],
  [1, () => ['ONBUILD COPY . /app']],
  [60, (random) => [random.pick(['', '# what follows is for the build only'])]],
];
const total = mix.reduce((sum, [weight]) => sum + weight, 0);

function instruction(random: Random): string[] {
  let left = random.below(total);
  for (const [weight, make] of mix) {
    left -= weight;
    if (left < 0) return make(random);
  }
  return [];
}

function run(random: Random): string[] {
  const kind = random.below(20);
  if (kind === 0) return ['RUN <<EOF', `  ${random.pick(commands)}`, '  echo done', 'EOF'];
  if (kind === 1) return ['RUN --mount=type=cache,target=/root/.cache \\', '    make build'];
  if (kind < 8) return [`RUN ${random.pick(commands)}`];
  if (kind < 13) {
    const names = Array.from({ length: 1 + random.below(5) }, () => random.pick(packages));
    return [
      'RUN apt-get update && apt-get install -y --no-install-recommends \\',
      ...(random.below(4) === 0 ? ['    # needed at run time'] : []),
      ...names.map((name) => `    ${name} \\`),
      '    && rm -rf /var/lib/apt/lists/*',
    ];
  }
  const steps = Array.from({ length: 1 + random.below(4) }, () => random.pick(commands));
  return [
    `RUN ${random.pick(commands)} \\`,
    ...steps.map((step, index) => `    && ${step}${index < steps.length - 1 ? ' \\' : ''}`),
  ];
}

function env(random: Random): string {
  const name = `NAME_${random.below(40)}`;
  const value = random.pick(['/usr/local/bin:$PATH', '"two words"', 'production', '${NAME_1:-x}']);
  return `ENV ${name}${random.below(8) === 0 ? ' ' : '='}${value}`;
}

function copy(random: Random): string {
  return random.pick([
    'COPY . /app',
    'COPY package.json package-lock.json ./',
    'COPY --chown=app:app src/ /app/src/',
    'COPY ["with space.txt", "/app/"]',
  ]);
}

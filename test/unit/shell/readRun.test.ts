import assert from 'node:assert/strict';
import type { RunReading } from '../../../server/src/shell/commands.ts';
import { readRun } from '../../../server/src/shell/readRun.ts';
import { linux, planOf } from '../../support/plans.ts';

/** The reading of the last RUN of a Dockerfile's text. */
function read(text: string, platform = linux as { os: string; arch: string; variant: string }) {
  const plan = planOf(text.includes('FROM ') ? text : `FROM debian:12\n${text}`);
  const run = plan.stages.flatMap(({ steps }) => steps.flatMap((step) => step.run ?? [])).at(-1);
  assert.ok(run, text.slice(0, 200));
  return readRun(run, platform);
}

/** One line per command: `?` for one that may run, unknown parts as `…`. */
function lines({ commands }: RunReading): readonly string[] {
  return commands.map(({ runs, words }) =>
    `${runs === 'maybe' ? '? ' : ''}${words.join(' ')}`.replaceAll('\0', '…'),
  );
}

const tables: Readonly<Record<string, readonly (readonly [string, ...string[]])[]>> = {
  'words and variables': [
    ['ARG P="a b"\nRUN apt-get install -y $P', 'apt-get install -y a b'],
    ['ENV V=1.2\nRUN get x-${V}.tgz', 'get x-1.2.tgz'],
    ['ARG X\nRUN get ${X:-given}', 'get given'],
    ['ARG X\nRUN if [ -n "$X" ]; then a; fi; b', 'b'],
    ['RUN get $JAVA_HOME/x', 'get …/x'],
    ['RUN get ${NODE_VERSION:-22}', 'get …'],
    ['RUN X=$(curl https://host/latest) && get $X', 'curl https://host/latest', 'get …'],
    ['SHELL ["/bin/bash", "-c"]\nRUN rm -rf /a/{b,c}', 'rm -rf /a/b /a/c'],
    ['RUN yum install -y httpd{,-devel}', 'yum install -y httpd httpd-devel'],
    ['RUN mkdir /a/{b,c}', 'mkdir /a/{b,c}'],
    ['USER node\nRUN rm -rf ~/.npm', 'rm -rf /home/node/.npm'],
    ['RUN rm -rf ~/.npm $HOME/.cache', 'rm -rf /root/.npm /root/.cache'],
    ['RUN rm -rf /var/lib/apt/lists/* /tmp/*.deb', 'rm -rf /var/lib/apt/lists/* /tmp/*.deb'],
  ],
  conditions: [
    ['RUN [ -f a ] && b; c', '? b', 'c'],
    ['RUN a && [ -f x ] && b', 'a', 'b'],
    ['RUN if [ "$U" = x ]; then a; else b; fi; c', '? a', '? b', 'c'],
    ['RUN if [ -f x ]; then echo no; exit 1; fi; a', '? echo no', 'a'],
    ['RUN if [ -f x ]; then exit 0; fi; a', '? a'],
    ['RUN id u || useradd u; a', 'id u', '? useradd u', 'a'],
    ['RUN apt-get update || apt-get update', 'apt-get update'],
    ['RUN case "$U" in a) x;; *) y;; esac; z', '? x', '? y', 'z'],
    ['RUN case "$U" in a) x; V=1;; *) y; V=2;; esac; get $V', '? x', '? y', 'get …'],
    ['RUN V=$(cat /v); [ -z "$V" ] || get $V', 'cat /v', '? get …'],
  ],
  'loops and functions': [
    ['RUN for f in *.whl; do pip install $f; done', '? pip install …'],
    ['RUN for f in $(cat list); do get $f; done; a', 'cat list', '? get …', 'a'],
    ['RUN for d in /a /b; do (cd $d && make); done', 'make', 'make'],
    ['RUN while read l; do get $l; done < list; a', '? get …', 'a'],
    ['RUN i=0; while ! ping x; do i=$((i+1)); sleep 1; done; a', 'ping x', '? sleep 1', 'a'],
    ['RUN f() { f; }; f', ''],
  ],
  wrappers: [
    ['RUN sudo -u app HOME=/x npm ci', 'npm ci'],
    ['RUN su - app -c "npm ci && npm run build"', 'npm ci', 'npm run build'],
    ['RUN su app -s /bin/bash -c "cd /x; npm ci"', 'npm ci'],
    ['RUN gosu app npm ci && su-exec app npm test', 'npm ci', 'npm test'],
    ['RUN runuser -u app -- npm ci', 'npm ci'],
    ['RUN bash -lc "npm ci"', 'npm ci'],
    ['RUN ["bash", "-c", "npm ci && a"]', 'npm ci', 'a'],
    ['RUN ["npm", "ci"]', 'npm ci'],
    ['SHELL ["conda", "run", "-n", "env", "/bin/bash", "-c"]\nRUN pip install x', 'pip install x'],
    ['SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]\nRUN a | b', 'a', 'b'],
    ['RUN cat pkgs.txt | xargs apt-get install -y', 'cat pkgs.txt', 'apt-get install -y …'],
    ['RUN xargs -a pkgs.txt apt-get install -y', 'apt-get install -y …'],
    ['RUN grep -v "#" pkgs | xargs -r apk add', 'grep -v # pkgs', 'apk add …'],
    ['RUN find . -name x -print0 | xargs -0 rm', 'find . -name x -print0', 'rm …'],
    ['RUN curl https://host/x.sh | bash', 'curl https://host/x.sh', 'bash'],
    ['RUN bash ./install.sh', 'bash ./install.sh'],
    ['RUN time -p make && timeout -s KILL 60 make', 'make', 'make'],
    ['RUN scl enable devtoolset-9 -- make', 'make'],
  ],
  heredocs: [
    ['RUN <<EOF\na\nb $X\nEOF', 'a', 'b …'],
    ['RUN <<EOF\n#!/bin/bash -e\na {b,c}\nEOF', 'a b c'],
    ['RUN bash <<EOF\na\nEOF', 'a'],
    ['RUN python3 <<EOF\nprint(1)\nEOF', 'python3'],
    ['RUN <<A cat && <<B cat\nx\nA\ny\nB', 'cat', 'cat'],
  ],
  'files that are read': [
    ['RUN . /etc/os-release && get $VERSION_CODENAME', 'get …'],
    ['RUN . /venv/bin/activate && pip install x', 'pip install x'],
    ['RUN eval "$(ssh-agent -s)" && a', 'ssh-agent -s', 'a'],
    ['RUN trap "rm -rf /t" EXIT; make', 'make', 'rm -rf /t'],
  ],
};

describe('commands of a RUN', () => {
  for (const [name, rows] of Object.entries(tables)) {
    describe(name, () => {
      for (const [text, ...expected] of rows) {
        it(`are listed for ${text.replaceAll('\n', '⏎')}`, () => {
          assert.deepEqual(lines(read(text)), expected.filter(Boolean));
        });
      }
    });
  }

  const unread: readonly (readonly [string, RegExp])[] = [
    ['RUN eval "$(cat x)"', /eval/],
    ['RUN . ./build.sh', /What \.\/build\.sh does/],
    ['RUN if x; then', /no shell syntax/],
    ['SHELL ["pwsh", "-Command"]\nRUN Get-Item x', /"pwsh"/],
    ['SHELL ["/bin/bash", "-e"]\nRUN a', /without? -c|not started with -c/],
    ['SHELL ["/bin/fancy", "-c"]\nRUN a', /"\/bin\/fancy" is not one/],
    ['RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF', /"\/usr\/bin\/env python3"/],
    ['RUN f() { f; }; f', /too deeply/],
    [
      `RUN for a in ${'1 '.repeat(150)}; do for b in ${'1 '.repeat(150)}; do x; done; done`,
      /more commands/,
    ],
  ];
  for (const [text, reason] of unread) {
    it(`say why not all is there for ${text.slice(0, 60).replaceAll('\n', '⏎')}`, () => {
      const said = read(text).unread ?? '';
      assert.match(said, reason);
      assert.match(said, /^[A-Z].*\.$/);
    });
  }

  it('know their folder, user, variables, files and input', () => {
    const { commands, unread } = read(
      'WORKDIR /w\nUSER app\nENV A=1\nRUN B=2 make >log 2>&1; cd sub; export C=3; sudo cp <<X x\ny\nX',
    );
    assert.equal(unread, null);
    const [make, copy] = commands;
    assert.equal(make?.cwd, '/w');
    assert.equal(make?.user, 'app');
    assert.deepEqual(make?.outputs, [{ path: '/w/log', append: false, from: '&' }]);
    assert.equal(make?.env.get('A'), '1');
    assert.equal(make?.env.get('B'), '2');
    assert.equal(copy?.cwd, '/w/sub');
    assert.equal(copy?.user, 'root');
    assert.equal(copy?.input, 'y\n');
    assert.equal(copy?.env.get('B'), undefined);
  });

  it('know what they read through a pipe', () => {
    const { commands } = read(
      'RUN curl x | tar xz -C /opt && echo "deb x" | tee /etc/l && x=$(pwd)',
    );
    const [curl, tar, echo, tee] = commands;
    assert.deepEqual([curl?.piped, tar?.pipedFrom, tar?.piped], [true, 0, false]);
    assert.deepEqual([echo?.piped, tee?.pipedFrom, tee?.input], [true, 2, 'deb x\n']);
    assert.equal(commands[4]?.piped, true);
  });

  it('name the architecture that is built for', () => {
    const script = 'RUN get $(uname -m) $(dpkg --print-architecture) $(apk --print-arch) $(arch)';
    const words = (arch: string, variant = '') =>
      read(script, { os: 'linux', arch, variant }).commands.at(-1)?.words.slice(1);
    assert.deepEqual(words('amd64'), ['x86_64', 'amd64', 'x86_64', 'x86_64']);
    assert.deepEqual(words('arm64'), ['aarch64', 'arm64', 'aarch64', 'aarch64']);
    assert.deepEqual(words('arm', 'v7'), ['armv7l', 'armhf', 'armv7', 'armv7l']);
    assert.deepEqual(words('sparc'), ['\0', '\0', '\0', '\0']);
  });

  it('are not read for Windows', () => {
    const { commands, unread } = read('RUN a', { os: 'windows', arch: 'amd64', variant: '' });
    assert.deepEqual(commands, []);
    assert.match(unread ?? '', /Windows/);
  });

  it('are read once for a RUN', () => {
    const [run] = planOf('FROM debian:12\nRUN a && b').stages.flatMap(({ steps }) =>
      steps.flatMap((step) => step.run ?? []),
    );
    assert.ok(run);
    assert.equal(readRun(run, linux), readRun(run, linux));
    const arm = { os: 'linux', arch: 'arm64', variant: '' };
    assert.notEqual(readRun(run, linux), readRun(run, arm));
  });

  it('end for hostile scripts', () => {
    const many = [
      `RUN X=x; ${'X=$X$X; '.repeat(200)} run $X`,
      `RUN ${'('.repeat(200)}a${')'.repeat(200)}`,
      'SHELL ["bash", "-c"]\nRUN x {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}',
      'RUN while true; do x; done; y',
      'RUN f() { g; g; }; g() { h; h; }; h() { f; f; }; f',
      `RUN X=${'a'.repeat(5_000)}; run \${X%%*b*b*b*b*c}`,
      `RUN ${'if [ -f x ]; then a; '.repeat(60)}${'fi; '.repeat(60)}`,
      `RUN ${'[ -f x ] || '.repeat(500)} y`,
      `RUN if [ -f x ]; then a; ${'elif [ -f x ]; then b; '.repeat(2_500)} fi`,
      `SHELL ["bash", "-c"]\nRUN case x in ${'x) ;;& '.repeat(8_000)} esac`,
      `SHELL ["bash", "-c"]\nRUN x ${'{a,b}'.repeat(5_000)}`,
      `RUN x ${'$(('.repeat(100)}1${'))'.repeat(100)} ${'\\\\'.repeat(10_000)}`,
    ];
    const start = performance.now();
    for (const text of many) read(text);
    assert.ok(performance.now() - start < 5_000);
  });
});

import assert from 'node:assert/strict';
import { readBuildCommand, shellWords } from '../../../server/src/builder/commandLine.ts';

function build(line: string) {
  const reading = readBuildCommand(line);
  assert.equal(reading.kind, 'build', `${line}: ${'reason' in reading ? reading.reason : ''}`);
  return reading.kind === 'build' ? reading.build : assert.fail();
}

describe('builds typed into a terminal', () => {
  it('are told by each spelling of the command', () => {
    for (const line of [
      'docker build .',
      'docker buildx build .',
      'docker buildx b .  # build',
      'docker image build .',
      'docker builder build .',
      'docker-buildx build .',
      'time docker build .',
      'DOCKER_BUILDKIT=1 docker build .',
      '  docker   build\t. # of today',
      'docker build \\\n  .',
    ]) {
      assert.equal(build(line).context, '.', line);
    }
  });

  it('have a context, a Dockerfile, a target, a platform and arguments', () => {
    const found = build(
      `docker build -t app:1 --file=docker/app.Dockerfile --target "prod" --platform linux/arm64 --build-arg A=1 --build-arg 'B=two words' --build-arg=C= --builder mine ./sub`,
    );
    assert.deepEqual(found, {
      context: './sub',
      dockerfile: 'docker/app.Dockerfile',
      target: 'prod',
      platform: 'linux/arm64',
      buildArgs: new Map([
        ['A', '1'],
        ['B', 'two words'],
        ['C', ''],
      ]),
      more: ['--builder=mine'],
      tags: ['app:1'],
    });
    assert.deepEqual(build('docker build -ta --tag b --tag=c .').tags, ['a', 'b', 'c']);
    assert.equal(build('docker build -t app -o type=local,dest=out .').tags, undefined);
    assert.equal(build('docker build . -fother').dockerfile, 'other');
    assert.equal(build('docker build . -tapp -q --load --no-cache').dockerfile, null);
  });

  it('are left alone where another command is meant', () => {
    for (const line of [
      'npm run build',
      'docker run app build',
      'docker compose up',
      'docker ps',
      'echo docker build .',
      'npm run build && docker ps',
      '',
    ]) {
      assert.equal(readBuildCommand(line).kind, 'other', line);
    }
  });

  it('are not guessed at where a word of them is not known', () => {
    for (const line of [
      'docker build $CONTEXT',
      'docker build "$(pwd)"',
      'cd "$DIR" && docker build .',
      'cd && docker build .',
      'cd - && docker build .',
      'cd sub || docker build .',
      'cd sub; docker build .',
      'make && docker build .',
      'export A=1 && docker build .',
      'docker build . &&',
      'docker build . && docker build b',
      'docker build . && docker builder prune -af',
      'docker build . && docker system prune',
      'docker build . | tee log',
      'docker build . &',
      'docker build - < Dockerfile',
      'docker build -f - .',
      'docker build ~/app',
      'docker build --build-arg VERSION .',
      'docker build --isolation hyperv .',
      'docker build --build-context x=../x .',
      'docker build --platform linux/amd64,linux/arm64 .',
      'docker build --whatever .',
      'docker build',
      'docker build . --target',
      'docker build https://github.com/a/b.git',
      'docker build git@github.com:a/b.git',
      'DOCKER_HOST=ssh://x docker build .',
      'DOCKER_BUILDKIT=0 docker build .',
      'sudo docker build .',
      "docker build 'sub",
    ]) {
      const reading = readBuildCommand(line);
      assert.equal(reading.kind, 'unclear', line);
      assert.match('reason' in reading ? reading.reason : '', /^[A-Z].*\.$/, line);
    }
  });

  it('may come after a change of folder, and before other commands', () => {
    const { folders, context, dockerfile } = build(
      `cd sub/'the app' && cd .. && time docker build -f x.Dockerfile . && docker run --rm app`,
    );
    assert.deepEqual(
      { folders, context, dockerfile },
      {
        folders: ['sub/the app', '..'],
        context: '.',
        dockerfile: 'x.Dockerfile',
      },
    );
    assert.equal(build('docker build -t app . && docker push app').folders, undefined);
  });

  it('have flags that change no result', () => {
    build('docker build --allow network.host --allow=security.insecure .');
    build('docker build --security-opt seccomp=x --compress -m 1g .');
    build('docker build --secret id=a,src=b --ssh default --cache-from x --pull --no-cache .');
  });

  it('tell whether images are taken from registries first', () => {
    assert.equal(build('docker build --pull .').pulls, true);
    assert.equal(build('docker build .').pulls, undefined);
  });

  it('keep the flags that RUN depends on', () => {
    assert.deepEqual(build('docker build --network host --add-host=a:1 --ulimit nofile=9 .').more, [
      ...['--network=host', '--add-host=a:1', '--ulimit=nofile=9'],
    ]);
  });

  it('of other programs are refused by their name', () => {
    for (const [line, name] of [
      ['docker compose build web', 'Compose'],
      ['cd x && docker compose up --build', 'Compose'],
      ['docker-compose build', 'Compose'],
      ['docker buildx bake', 'bake'],
      ['podman build .', 'podman'],
      ['buildah bud .', 'buildah'],
    ] as const) {
      const reading = readBuildCommand(line);
      assert.equal(reading.kind, 'unclear', line);
      const reason = 'reason' in reading ? reading.reason : '';
      assert.ok(reason.includes(name), reason);
      assert.match(reason, /Use Build and Record, or docker build\.$/);
    }
  });

  it('are read in linear time', () => {
    const start = performance.now();
    readBuildCommand(`docker build ${'"a" \\a '.repeat(100_000)}`);
    readBuildCommand(`docker build ${"'".repeat(200_001)}`);
    readBuildCommand(`docker build ${'a && '.repeat(100_000)} b`);
    assert.ok(performance.now() - start < 2000);
  });
});

describe('the words of a command line', () => {
  it('have no quotes any more', () => {
    assert.deepEqual(shellWords(`a "b c"'d' e\\ f "" "\\"" '\\'`), [
      'a',
      'b cd',
      'e f',
      '',
      '"',
      '\\',
    ]);
  });

  it('are not known where the shell does more', () => {
    for (const line of ['a;b', 'a $b', 'a "$b"', 'a `b`', 'a > b', 'a *', 'a {b,c}', '"a', 'a\\']) {
      assert.equal(shellWords(line), null, line);
    }
  });
});

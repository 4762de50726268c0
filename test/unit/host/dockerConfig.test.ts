/** Whose credentials a registry gets: files and helpers of the docker CLI and of Podman. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configuredMirrors, createFindCredentials } from '../../../server/src/host/dockerConfig.ts';
import type { RunResult, run } from '../../../server/src/host/processes.ts';

const { signal } = new AbortController();
const auth = (user: string, password: string) =>
  Buffer.from(`${user}:${password}`).toString('base64');
const member = { kind: 'password', user: 'me', password: 'geheim' } as const;

describe('credentials for a registry', () => {
  let home: string;
  let started: {
    readonly program: string;
    readonly args: readonly string[];
    readonly input: string;
  }[];
  let helpers: Map<string, Partial<RunResult>>;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'credentials-'));
    started = [];
    helpers = new Map();
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const start: typeof run = async (program, args, { input }) => {
    started.push({ program, args, input: Buffer.from(input ?? '').toString() });
    return {
      ended: helpers.has(program) ? 'exited' : 'notFound',
      code: 0,
      signal: null,
      message: '',
      stdout: '',
      stderr: '',
      truncated: false,
      ...helpers.get(program),
    };
  };
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(
      join(home, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
    return join(home, path);
  };
  const find = (host: string, repository = 'team/app', env: Record<string, string> = {}) =>
    createFindCredentials({ env, home, start })(host, repository, signal);
  const found = async (config: unknown, host: string, repository?: string) => {
    write('.docker/config.json', config);
    return (await find(host, repository)).credentials;
  };

  for (const key of [
    'example.com',
    'https://example.com',
    'http://example.com/',
    'https://example.com/v1/',
    'https://example.com/v2/',
  ]) {
    it(`are found under ${key}`, async () => {
      const config = { auths: { [key]: { auth: auth('me', 'geheim') } } };
      assert.deepEqual(await found(config, 'example.com'), member);
      for (const other of [
        'example.com:443',
        'www.example.com',
        'xample.com',
        'example.co',
        'docker.io',
      ]) {
        assert.equal(await found(config, other), null, other);
      }
    });
  }

  it('of Docker Hub are found under all its names', async () => {
    for (const key of [
      'https://index.docker.io/v1/',
      'docker.io',
      'index.docker.io',
      'https://registry-1.docker.io',
    ]) {
      assert.deepEqual(
        await found({ auths: { [key]: { auth: auth('me', 'geheim') } } }, 'docker.io'),
        member,
      );
    }
  });

  it('of a part of a registry are for that part alone', async () => {
    const config = {
      auths: {
        'example.com': { auth: auth('all', 'a') },
        'example.com/team': { auth: auth('team', 'b') },
        'example.com/team/app': { auth: auth('app', 'c') },
        'example.com/teammate': { auth: auth('mate', 'd') },
      },
    };
    const userOf = async (repository: string) => {
      const credentials = await found(config, 'example.com', repository);
      return credentials?.kind === 'password' ? credentials.user : null;
    };
    assert.equal(await userOf('team/app'), 'app');
    assert.equal(await userOf('team/other'), 'team');
    assert.equal(await userOf('teammate'), 'mate');
    assert.equal(await userOf('teams'), 'all');
    assert.equal(
      await found({ auths: { 'example.com/team': { auth: auth('a', 'b') } } }, 'example.com', 'x'),
      null,
    );
  });

  it('are taken in every form that the docker CLI writes', async () => {
    const one = (entry: unknown) => found({ auths: { 'example.com': entry } }, 'example.com');
    assert.deepEqual(await one({ username: 'me', password: 'geheim' }), member);
    assert.deepEqual(await one({ auth: auth('me', 'geheim\0\0') }), member);
    assert.deepEqual(await one({ auth: auth('me', 'a:b:c') }), { ...member, password: 'a:b:c' });
    assert.deepEqual(await one({ identitytoken: 't' }), { kind: 'identity', token: 't' });
    assert.deepEqual(await one({ auth: auth('<token>', 't') }), { kind: 'identity', token: 't' });
    assert.deepEqual(await one({ registrytoken: 't', auth: auth('a', 'b') }), {
      kind: 'access',
      token: 't',
    });
    for (const nothing of [
      null,
      5,
      'x',
      [],
      {},
      { auth: '' },
      { auth: '!!!' },
      { auth: 5 },
      { auth: auth('', 'x') },
      { auth: auth('me', '') },
    ]) {
      assert.equal(await one(nothing), null);
    }
  });

  it('are none where the configuration is damaged, a pipe or without end', async () => {
    for (const config of [
      '',
      'x',
      '[]',
      'null',
      '{"auths":[]}',
      '{"auths":{"example.com":[1]}}',
      '{"credsStore":5,"credHelpers":"x"}',
    ]) {
      assert.equal(await found(config, 'example.com'), null);
    }
    write('.docker/config.json', ' '.repeat(2_000_000));
    assert.equal((await find('example.com')).credentials, null);
    rmSync(join(home, '.docker/config.json'));
    assert.deepEqual(await find('example.com'), { credentials: null, problem: null });
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(home, '.docker/config.json')]);
    assert.equal((await find('example.com')).credentials, null);
  });

  it('of a helper are asked for with the name of the registry on standard input', async () => {
    const secret = JSON.stringify({ ServerURL: 'x', Username: 'me', Secret: 'geheim' });
    helpers.set('docker-credential-desktop', { stdout: secret });
    assert.deepEqual(await found({ credsStore: 'desktop' }, 'example.com'), member);
    assert.deepEqual(await found({ credsStore: 'desktop' }, 'docker.io'), member);
    assert.deepEqual(started, [
      { program: 'docker-credential-desktop', args: ['get'], input: 'example.com' },
      { program: 'docker-credential-desktop', args: ['get'], input: 'https://index.docker.io/v1/' },
    ]);
  });

  it('of a helper for one registry are not asked for others', async () => {
    helpers.set('docker-credential-ecr-login', { stdout: '{"Username":"me","Secret":"geheim"}' });
    const config = {
      credHelpers: { 'example.com': 'ecr-login', 'https://index.docker.io/v1/': 'ecr-login' },
    };
    assert.deepEqual(await found(config, 'example.com'), member);
    assert.deepEqual(await found(config, 'docker.io'), member);
    assert.equal(await found(config, 'other.example.com'), null);
    assert.equal(started.length, 2);
  });

  it('of a helper may be a token', async () => {
    helpers.set('docker-credential-x', { stdout: '{"Username":"<token>","Secret":"t"}' });
    assert.deepEqual(await found({ credsStore: 'x' }, 'example.com'), {
      kind: 'identity',
      token: 't',
    });
  });

  it('are those of the file where the helper has none, and of Podman where the docker CLI has none', async () => {
    helpers.set('docker-credential-x', {
      stdout: 'credentials not found in native keychain',
      code: 1,
    });
    const config = {
      credsStore: 'x',
      auths: { 'example.com': { auth: auth('me', 'geheim') }, 'other.com': {} },
    };
    assert.deepEqual(await found(config, 'example.com'), member);
    const podman = write('auth.json', { auths: { 'other.com': { auth: auth('me', 'geheim') } } });
    assert.deepEqual(await find('other.com', 'x', { REGISTRY_AUTH_FILE: podman }), {
      credentials: member,
      problem: null,
    });
    write('run/containers/auth.json', { auths: { 'other.com': { auth: auth('me', 'geheim') } } });
    assert.deepEqual(
      (await find('other.com', 'x', { XDG_RUNTIME_DIR: join(home, 'run') })).credentials,
      member,
    );
  });

  it('of the environment come first, and start no helper', async () => {
    write('.docker/config.json', { auths: { 'example.com': { auth: auth('other', 'x') } } });
    const entry = { auths: { 'example.com': { auth: auth('me', 'geheim') } }, credsStore: 'x' };
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify(entry) };
    assert.deepEqual((await find('example.com', 'x', env)).credentials, member);
    const { credentials } = await find('example.com', 'x', { DOCKER_AUTH_CONFIG: '{"auths":5' });
    assert.deepEqual(credentials, { kind: 'password', user: 'other', password: 'x' });
    assert.deepEqual(started, []);
  });

  it('of a configuration elsewhere are taken from there alone', async () => {
    write('.docker/config.json', { auths: { 'example.com': { auth: auth('other', 'x') } } });
    write('else/config.json', { auths: { 'example.com': { auth: auth('me', 'geheim') } } });
    const env = { DOCKER_CONFIG: join(home, 'else') };
    assert.deepEqual((await find('example.com', 'x', env)).credentials, member);
    assert.equal((await find('example.com', 'x', { DOCKER_CONFIG: 'relative' })).credentials, null);
  });

  for (const name of [
    '../evil',
    'a/b',
    'a b',
    '',
    '-x',
    'x'.repeat(65),
    'a\0b',
    '$(id)',
    'C:\\x',
  ]) {
    it(`start no program for a helper with the name ${JSON.stringify(name).slice(0, 20)}`, async () => {
      write('.docker/config.json', { credsStore: name });
      const { credentials } = await find('example.com');
      assert.deepEqual([credentials, started], [null, []]);
    });
  }

  it('say why there are none, and never what a helper printed', async () => {
    const problem = async (result: Partial<RunResult> | null) => {
      if (result)
        helpers.set('docker-credential-x', {
          stdout: 'geheim',
          stderr: 'geheim',
          message: 'geheim',
          ...result,
        });
      write('.docker/config.json', { credsStore: 'x' });
      const { credentials, problem } = await find('example.com');
      assert.equal(credentials, null);
      assert.ok(!problem?.includes('geheim'));
      return problem;
    };
    assert.equal(
      await problem(null),
      'The credential helper docker-credential-x is not installed.',
    );
    assert.equal(
      await problem({ code: 2 }),
      'The credential helper docker-credential-x failed (2).',
    );
    assert.equal(
      await problem({ ended: 'timedOut' }),
      'The credential helper docker-credential-x did not answer in time.',
    );
    assert.equal(
      await problem({ ended: 'failed' }),
      'The credential helper docker-credential-x could not be started.',
    );
    assert.equal(await problem({}), null);
  });
});

describe('mirrors of Docker Hub', () => {
  it('are those of the engine’s configuration', async () => {
    const home = mkdtempSync(join(tmpdir(), 'mirrors-'));
    try {
      const mirrors = () => configuredMirrors({ env: {}, home });
      const before = await mirrors();
      mkdirSync(join(home, '.docker'));
      for (const [config, expected] of [
        ['{"registry-mirrors":["https://mirror.test",5,""]}', ['https://mirror.test']],
        ['{"registry-mirrors":"x"}', []],
        ['nonsense', []],
      ] as const) {
        writeFileSync(join(home, '.docker/daemon.json'), config);
        assert.deepEqual(await mirrors(), before.length > 0 ? before : expected);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

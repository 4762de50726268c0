import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enginePlaces } from '../../../server/src/host/enginePlaces.ts';

describe('where an engine is looked for', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'places-'));
    mkdirSync(join(home, '.docker'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const places = (
    env: Readonly<Record<string, string>> = {},
    { setting = null as string | null, platform = 'linux' as NodeJS.Platform } = {},
  ) => enginePlaces(setting, { env, home, platform, uid: 1000 });
  const only = async (...of: Parameters<typeof places>) => {
    const { list } = await places(...of);
    assert.equal(list.length, 1);
    return { shown: list[0]?.endpoint.shown, by: list[0]?.foundBy, endpoint: list[0]?.endpoint };
  };
  const config = (value: unknown, folder = join(home, '.docker')) => {
    mkdirSync(folder, { recursive: true });
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    writeFileSync(join(folder, 'config.json'), text);
  };
  const context = (name: string, docker: unknown, folder = join(home, '.docker')) => {
    const key = createHash('sha256').update(name).digest('hex');
    const meta = join(folder, 'contexts/meta', key);
    mkdirSync(meta, { recursive: true });
    const value = { Name: name, Metadata: {}, Endpoints: { docker } };
    writeFileSync(join(meta, 'meta.json'), JSON.stringify(value));
    const tls = join(folder, 'contexts/tls', key, 'docker');
    mkdirSync(tls, { recursive: true });
    return tls;
  };

  it('is the setting before all else, DOCKER_HOST before the context, and each of them alone', async () => {
    config({ currentContext: 'lab' });
    context('lab', { Host: 'unix:///run/lab.sock' });
    const env = { DOCKER_HOST: 'unix:///run/host.sock', DOCKER_CONTEXT: 'lab' };
    const set = await only(env, { setting: ' unix:///run/set.sock ' });
    assert.equal(set.shown, 'unix:///run/set.sock');
    assert.match(set.by ?? '', /engine\.endpoint/);
    const host = await only(env);
    assert.deepEqual([host.shown, host.by], ['unix:///run/host.sock', 'DOCKER_HOST']);
    const current = await only();
    assert.equal(current.shown, 'unix:///run/lab.sock');
    assert.match(current.by ?? '', /context lab$/);
    assert.match(
      (await only({ DOCKER_CONTEXT: 'lab' })).by ?? '',
      /context lab \(DOCKER_CONTEXT\)/,
    );
  });

  it('is the usual sockets where nothing is named, the engine of the system first', async () => {
    for (const value of [
      {},
      { currentContext: 'default' },
      { currentContext: '' },
      '{',
      '[]',
      '',
    ]) {
      config(value);
      const { list, usual } = await places({ XDG_RUNTIME_DIR: '/run/user/7', DOCKER_HOST: ' ' });
      assert.equal(usual, true);
      const shown = list.map(({ endpoint }) => endpoint.shown);
      assert.equal(shown[0], 'unix:///var/run/docker.sock');
      for (const path of ['docker.sock', 'podman/podman.sock']) {
        assert.ok(shown.includes(`unix:///run/user/7/${path}`), path);
      }
      for (const path of [
        '.docker/run/docker.sock',
        '.docker/desktop/docker.sock',
        '.rd/docker.sock',
      ]) {
        assert.ok(shown.includes(`unix://${home}/${path}`), path);
      }
      assert.ok(shown.includes('unix:///run/podman/podman.sock'));
      assert.equal(new Set(shown).size, shown.length);
    }
  });

  it('is the sockets of this user where no folder for them is named', async () => {
    const { list } = await places();
    assert.ok(list.some(({ endpoint }) => endpoint.shown === 'unix:///run/user/1000/docker.sock'));
  });

  it('is the usual pipes on Windows', async () => {
    const { list } = await places({}, { platform: 'win32' });
    assert.equal(list[0]?.endpoint.shown, 'npipe:////./pipe/docker_engine');
    assert.ok(list.every(({ endpoint }) => endpoint.shown.startsWith('npipe:')));
  });

  it('is the default of the docker CLI where DOCKER_CONTEXT says so, whatever is current', async () => {
    config({ currentContext: 'lab' });
    assert.equal((await places({ DOCKER_CONTEXT: 'default' })).usual, true);
  });

  it('is a context in the folder that DOCKER_CONFIG names', async () => {
    const folder = join(home, 'elsewhere');
    config({ currentContext: 'ünï code' }, folder);
    context('ünï code', { Host: 'tcp://10.0.0.7:2375' }, folder);
    assert.equal((await only({ DOCKER_CONFIG: folder })).shown, 'tcp://10.0.0.7:2375');
  });

  it('has the certificates of its context', async () => {
    config({ currentContext: 'safe' });
    const tls = context('safe', { Host: 'tcp://10.0.0.7' });
    const found = async () => {
      const { endpoint } = await only();
      return endpoint?.kind === 'tcp' ? [endpoint.port, endpoint.tls] : null;
    };
    assert.deepEqual(await found(), [2375, null]);
    writeFileSync(join(tls, 'ca.pem'), 'x');
    assert.deepEqual(await found(), [2376, { folder: tls, verify: true }]);
    context('safe', { Host: 'tcp://10.0.0.7', SkipTLSVerify: true });
    assert.deepEqual(await found(), [2376, { folder: tls, verify: false }]);
  });

  it('has the certificates of the environment, in the folder of the docker CLI unless one is named', async () => {
    const found = async (env: Readonly<Record<string, string>>) => {
      const { endpoint } = await only({ DOCKER_HOST: 'tcp://10.0.0.7', ...env });
      return endpoint?.kind === 'tcp' ? endpoint.tls : undefined;
    };
    assert.equal(await found({ DOCKER_CERT_PATH: '/certs' }), null);
    const folder = join(home, '.docker');
    assert.deepEqual(await found({ DOCKER_TLS_VERIFY: '1' }), { folder, verify: true });
    // Any value turns it on, as with the docker CLI.
    const named = { DOCKER_TLS_VERIFY: '0', DOCKER_CERT_PATH: '/certs' };
    assert.deepEqual(await found(named), { folder: '/certs', verify: true });
    assert.deepEqual(await found({ DOCKER_TLS: '1' }), { folder, verify: false });
  });

  it('is not guessed where the context is gone or damaged', async () => {
    config({ currentContext: 'gone\u001b[31m' });
    await assert.rejects(places(), /context gone\?\[31m does not say where its engine is\.$/);
    config({ currentContext: 'odd' });
    for (const docker of [null, 7, {}, { Host: 7 }, { Host: '' }]) {
      context('odd', docker);
      await assert.rejects(places(), /does not say where its engine is\.$/);
    }
    context('odd', { Host: 'gopher://x' });
    await assert.rejects(places(), /begins with nothing that engines are reached by\.$/);
    await assert.rejects(places({ DOCKER_CONTEXT: '../../x' }), /does not say where its engine is/);
  });
});

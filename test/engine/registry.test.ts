/**
 * Base images read from real registries (Debian's `docker-registry`), with what a real engine pushed:
 * in the clear and with TLS, open and with passwords, credential helpers and tokens.
 */

import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createImageRegistry } from '../../server/src/host/imageRegistry.ts';
import type { Platform } from '../../server/src/model/plan.ts';
import type { ImageRegistry } from '../../server/src/registry/registry.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk, imageConfig, imageHistory } from './engine.ts';
import {
  type Certificate,
  identityToken,
  makeCertificate,
  member,
  type Registry,
  registryState,
  startRegistry,
  startTokenServer,
  type TokenServer,
} from './registry.ts';

const amd64: Platform = { os: 'linux', arch: 'amd64', variant: '' };
const arm64: Platform = { os: 'linux', arch: 'arm64', variant: '' };
const { signal } = new AbortController();

const dockerfile = `FROM ${baseImage}
LABEL a="b c"
ENV GREETING="hello world"
RUN echo one > /one && head -c 300000 /bin/busybox > /large
WORKDIR /srv
COPY f /srv/
ONBUILD RUN echo trigger
EXPOSE 80/tcp
HEALTHCHECK --interval=5s CMD true
USER nobody
CMD ["sh", "-c", "true"]
`;

describeWithEngine('base images in a real registry', () => {
  let folder: string;
  let certificate: Certificate;
  const running: Registry[] = [];
  const sentences: string[] = [];
  let count = 0;

  before(async () => {
    const reason = registryState();
    if (reason) throw new Error(reason);
    folder = mkdtempSync(join(tmpdir(), 'layers-registry-'));
    certificate = makeCertificate(folder, 'authority');
    await ensureBaseImage();
    mkdirSync(join(folder, 'context'));
    writeFileSync(join(folder, 'context/f'), 'x'.repeat(10_000));
    await build('app', dockerfile);
    await build('one-platform', 'FROM scratch\nCOPY f /arm\n', ['--platform', 'linux/arm64']);
  });
  after(async () => {
    await Promise.all(running.map((one) => one.stop()));
    // By their ids, as a tag that moved leaves its digest behind.
    const names = [local('app'), local('one-platform')];
    const { stdout } = await docker(['image', 'inspect', '--format', '{{.Id}}', ...names]);
    const ids = stdout.split('\n').filter((id) => id !== '');
    if (ids.length > 0) await docker(['image', 'rm', '--force', ...ids]);
    rmSync(folder, { recursive: true, force: true });
  });

  const local = (name: string) => `dockerfile-layers-test/registry-${name}:1`;
  async function build(name: string, text: string, more: readonly string[] = []): Promise<void> {
    const input = Buffer.from(text);
    const context = join(folder, 'context');
    const args = [
      'build',
      '--quiet',
      '--provenance=false',
      ...more,
      '--tag',
      local(name),
      '-f',
      '-',
      context,
    ];
    await dockerOk(args, { input });
  }
  async function start(
    options: Omit<Parameters<typeof startRegistry>[0], 'folder'>,
  ): Promise<Registry> {
    count += 1;
    const registry = await startRegistry({ folder: join(folder, `registry-${count}`), ...options });
    running.push(registry);
    return registry;
  }
  /** Gives the digest that the registry answered with. */
  async function push(name: string, reference: string, config?: string): Promise<string> {
    await dockerOk(['tag', local(name), reference]);
    const output = await dockerOk([...(config ? ['--config', config] : []), 'push', reference]);
    return /digest: (sha256:\w+)/.exec(output)?.[1] ?? '';
  }
  /** A folder of the user's with a configuration of the docker CLI. */
  function home(name: string, config: unknown): string {
    const path = join(folder, `home-${name}`);
    mkdirSync(join(path, '.docker'), { recursive: true });
    writeFileSync(join(path, '.docker/config.json'), JSON.stringify(config));
    return path;
  }
  function reader(path: string | null, env: Record<string, string> = {}): ImageRegistry {
    return createImageRegistry({ env, home: path, folder: () => join(folder, 'kept') });
  }
  function fresh(path: string | null, env: Record<string, string> = {}): ImageRegistry {
    return createImageRegistry({ env, home: path, folder: () => null });
  }
  async function refused(
    images: ImageRegistry,
    reference: string,
    sentence: RegExp,
  ): Promise<void> {
    await assert.rejects(images.ask(reference, amd64, signal), (error: Error) => {
      sentences.push(error.message, String(error.stack), JSON.stringify(error.cause ?? null));
      assert.match(error.message, sentence);
      return true;
    });
  }
  const words = Buffer.from(`${member.user}:${member.password}`).toString('base64');

  describe('that anybody may read', () => {
    let registry: Registry;
    let reference: string;
    let pushed: string;
    before(async () => {
      registry = await start({});
      reference = `${registry.host}/team/app:1`;
      pushed = await push('app', reference);
    });

    it('are what the engine has: history, layers, configuration, platform', async () => {
      const image = await reader(null).ask(reference, amd64, signal);
      const file = await imageConfig(local('app'), folder);
      const rows = await imageHistory(local('app'));
      const inspected = JSON.parse(await dockerOk(['image', 'inspect', local('app')]))[0];
      assert.equal(image.digest, pushed);
      assert.deepEqual(image.diffIds, inspected.RootFS.Layers);
      assert.deepEqual(
        image.history.map(({ createdBy }) => createdBy),
        rows.map(({ createdBy }) => createdBy),
      );
      assert.deepEqual(
        image.history.map(({ emptyLayer }) => emptyLayer),
        file.history.map(({ empty_layer = false }) => empty_layer),
      );
      const { Config } = inspected;
      assert.deepEqual(
        [image.config.env, image.config.cmd, image.config.user, image.config.workingDir],
        [Config.Env, Config.Cmd, Config.User, Config.WorkingDir],
      );
      assert.deepEqual(image.config.onBuild, ['RUN echo trigger']);
      assert.deepEqual(image.config.exposedPorts, ['80/tcp']);
      assert.deepEqual(image.config.labels, { a: 'b c' });
      assert.equal(image.config.healthcheck?.interval, 5_000_000_000);
      assert.deepEqual([image.platform, image.platforms], [amd64, ['linux/amd64']]);
      assert.equal(image.createdAt, Date.parse(inspected.Created));
      assert.deepEqual(image.notes, []);
    });

    it('have compressed sizes, as long as the layers are that the registry stores', async () => {
      const { layers } = await reader(null).ask(reference, amd64, signal);
      assert.equal(layers.length, 4);
      const rows = await imageHistory(local('app'));
      let archives = 0;
      for (const { digest, compressed, archive } of layers) {
        const answer = await fetch(`http://${registry.host}/v2/team/app/blobs/${digest}`);
        const blob = Buffer.from(await answer.arrayBuffer());
        assert.equal(blob.length, compressed);
        // The end of the blob says how long the archive is.
        assert.equal(gunzipSync(blob).length, archive);
        archives += archive ?? 0;
      }
      const files = rows.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.ok(archives > files && archives < 1.1 * files, `${archives} for ${files}`);
    });

    it('are known offline from then on, also to the next process', async () => {
      const before = await reader(null).ask(reference, amd64, signal);
      const other = await start({});
      const away = `${other.host}/team/app:1`;
      await push('app', away);
      const image = await reader(null).ask(away, amd64, signal);
      await other.stop();
      assert.deepEqual(await reader(null).known(away, amd64), image);
      await refused(reader(null), away, /^Nothing answers at 127/);
      assert.deepEqual(image.layers, before.layers);
    });

    it('are another image when the tag moved', async () => {
      const moving = `${registry.host}/team/moving:1`;
      await push('app', moving);
      const before = await reader(null).ask(moving, amd64, signal);
      await push('one-platform', moving);
      const after = await reader(null).ask(moving, amd64, signal);
      assert.notEqual(after.digest, before.digest);
      assert.equal(after.layers.length, 1);
      assert.equal(
        (await reader(null).ask(`${moving}@${before.digest}`, amd64, signal)).layers.length,
        4,
      );
    });

    it('are chosen by platform from an index that buildx made', async () => {
      await push('app', `${registry.host}/team/multi:amd64`);
      await push('one-platform', `${registry.host}/team/multi:arm64`);
      const index = `${registry.host}/team/multi:1`;
      const sources = ['amd64', 'arm64'].map((name) => `${registry.host}/team/multi:${name}`);
      await dockerOk(['buildx', 'imagetools', 'create', '--tag', index, ...sources]);
      const amd = await reader(null).ask(index, amd64, signal);
      const arm = await reader(null).ask(index, arm64, signal);
      assert.deepEqual(amd.platforms, ['linux/amd64', 'linux/arm64']);
      assert.deepEqual([amd.layers.length, arm.layers.length], [4, 1]);
      assert.deepEqual(arm.platform, arm64);
      assert.equal(amd.indexDigest, arm.indexDigest);
      const raw = await dockerOk(['buildx', 'imagetools', 'inspect', '--raw', index]);
      const { digest } = JSON.parse(raw).manifests[1];
      assert.equal(arm.digest, digest);
      await refused(
        reader(null),
        `${registry.host}/team/multi:2`,
        /has no such image in team\/multi\.$/,
      );
    });

    it('are read in OCI’s media types too, attestations left out', async () => {
      const { layers, digest } = await reader(null).ask(reference, amd64, signal);
      const from = `http://${registry.host}/v2/team/app`;
      const { config } = JSON.parse(
        await (
          await fetch(`${from}/manifests/${digest}`, {
            headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
          })
        ).text(),
      );
      const put = async (
        name: string,
        value: Record<string, unknown> & { readonly mediaType: string },
      ) => {
        const body = JSON.stringify(value);
        const answer = await fetch(`${from}/manifests/${name}`, {
          method: 'PUT',
          headers: { 'content-type': value.mediaType },
          body,
        });
        assert.equal(answer.status, 201, await answer.text());
        return { digest: answer.headers.get('docker-content-digest'), size: body.length };
      };
      const oci = 'application/vnd.oci.image';
      const manifest = {
        schemaVersion: 2,
        mediaType: `${oci}.manifest.v1+json`,
        config: { ...config, mediaType: `${oci}.config.v1+json` },
        layers: layers.map((layer) => ({
          mediaType: `${oci}.layer.v1.tar+gzip`,
          digest: layer.digest,
          size: layer.compressed,
        })),
      };
      const image = await put('oci', manifest);
      const attested = await put('attested', { ...manifest, layers: manifest.layers.slice(0, 1) });
      const entry = { mediaType: manifest.mediaType };
      await put('index', {
        schemaVersion: 2,
        mediaType: `${oci}.index.v1+json`,
        manifests: [
          { ...entry, ...attested, platform: { os: 'unknown', architecture: 'unknown' } },
          { ...entry, ...image, platform: { os: 'linux', architecture: 'amd64' } },
        ],
      });
      const found = await reader(null).ask(`${registry.host}/team/app:index`, amd64, signal);
      assert.equal(found.digest, image.digest);
      assert.deepEqual(found.platforms, ['linux/amd64']);
      assert.deepEqual(found.layers, layers);
    });

    it('end a question at once when it is cancelled', async () => {
      const abort = new AbortController();
      const asking = reader(null).ask(reference, amd64, abort.signal);
      abort.abort();
      await assert.rejects(asking, { name: 'AbortError' });
    });
  });

  describe('with passwords', () => {
    let registry: Registry;
    let reference: string;
    before(async () => {
      registry = await start({ auth: 'password' });
      reference = `${registry.host}/app:1`;
      const path = home('push', { auths: { [registry.host]: { auth: words } } });
      await push('app', reference, join(path, '.docker'));
    });

    it('are not shown to anybody else', async () => {
      await refused(
        fresh(null),
        reference,
        /answers only to those whom it knows\. Credentials come from the docker CLI \(docker login 127/,
      );
      const wrong = Buffer.from(`${member.user}:wrong`).toString('base64');
      const path = home('wrong', { auths: { [registry.host]: { auth: wrong } } });
      await refused(fresh(path), reference, /does not show it to those who ask like this/);
      const elsewhere = home('elsewhere', { auths: { 'example.com': { auth: words } } });
      await refused(fresh(elsewhere), reference, /answers only to those whom it knows/);
    });

    it('are read with those of the docker CLI', async () => {
      const path = home('plain', { auths: { [`https://${registry.host}/v1/`]: { auth: words } } });
      assert.equal((await fresh(path).ask(reference, amd64, signal)).layers.length, 4);
      const moved = fresh(null, { DOCKER_CONFIG: join(path, '.docker') });
      assert.equal((await moved.ask(reference, amd64, signal)).layers.length, 4);
    });

    it('are read with those of Podman', async () => {
      const file = join(folder, 'auth.json');
      writeFileSync(file, JSON.stringify({ auths: { [registry.host]: { auth: words } } }));
      const images = fresh(null, { REGISTRY_AUTH_FILE: file });
      assert.equal((await images.ask(reference, amd64, signal)).layers.length, 4);
      mkdirSync(join(folder, 'run/containers'), { recursive: true });
      copyFileSync(file, join(folder, 'run/containers/auth.json'));
      const run = fresh(null, { XDG_RUNTIME_DIR: join(folder, 'run') });
      assert.equal((await run.ask(reference, amd64, signal)).layers.length, 4);
    });

    it('are read with those of a credential helper, which is a program', async () => {
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      const helper = (name: string, script: string) => {
        writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
        chmodSync(join(bin, `docker-credential-${name}`), 0o755);
      };
      const log = join(folder, 'helper.log');
      const secret = JSON.stringify({
        ServerURL: registry.host,
        Username: member.user,
        Secret: member.password,
      });
      helper('good', `echo "$@ $(cat)" >> ${log}\ncat <<'END'\n${secret}\nEND`);
      helper('empty', 'echo "credentials not found in native keychain"; exit 1');
      helper('broken', `echo '${member.password}' >&2; echo '${member.password}'; exit 3`);
      const before = process.env.PATH;
      process.env.PATH = `${bin}${delimiter}${before}`;
      try {
        const store = fresh(home('store', { credsStore: 'good' }));
        assert.equal((await store.ask(reference, amd64, signal)).layers.length, 4);
        const named = fresh(
          home('named', { credsStore: 'broken', credHelpers: { [registry.host]: 'good' } }),
        );
        assert.equal((await named.ask(reference, amd64, signal)).layers.length, 4);
        assert.equal(readFileSync(log, 'utf8'), `get ${registry.host}\n`.repeat(2));
        const use = (credsStore: string) =>
          fresh(home(`helper-${credsStore.length}`, { credsStore }));
        await refused(
          use('empty'),
          reference,
          /answers only to those whom it knows\. Credentials come/,
        );
        await refused(
          use('broken'),
          reference,
          /The credential helper docker-credential-broken failed \(3\)\.$/,
        );
        await refused(
          use('missing'),
          reference,
          /The credential helper docker-credential-missing is not installed\.$/,
        );
        await refused(
          use('../../x y'),
          reference,
          /a credential helper that is no name of a program\.$/,
        );
      } finally {
        process.env.PATH = before;
      }
    });
  });

  describe('with TLS', () => {
    let registry: Registry;
    let reference: string;
    const trusting = (name: string, authority: string) => {
      const path = home(name, {});
      const certificates = join(path, '.docker/certs.d', registry.host);
      mkdirSync(certificates, { recursive: true });
      copyFileSync(authority, join(certificates, 'ca.crt'));
      return path;
    };
    before(async () => {
      registry = await start({ tls: certificate });
      reference = `${registry.host}/app:1`;
      await push('app', reference);
    });

    it('are read by the certificate that is kept for the registry', async () => {
      const path = trusting('tls', certificate.certificate);
      assert.equal((await fresh(path).ask(reference, amd64, signal)).layers.length, 4);
    });

    it('are not read where the certificate is another', async () => {
      const path = trusting('other', makeCertificate(folder, 'other').certificate);
      await refused(
        fresh(path),
        reference,
        /^The certificate of 127\.0\.0\.1:\d+ is not trusted here \(\w+\)\.$/,
      );
    });

    it('are read on this machine without a certificate of its own, as the engine does', async () => {
      assert.equal((await fresh(null).ask(reference, amd64, signal)).layers.length, 4);
    });
  });

  describe('with tokens', () => {
    let registry: Registry;
    let tokens: TokenServer;
    let reference: string;
    before(async () => {
      tokens = await startTokenServer(certificate);
      registry = await start({
        auth: { realm: tokens.realm, certificate: certificate.certificate },
      });
      reference = `${registry.host}/team/app:1`;
      const path = home('push-token', { auths: { [registry.host]: { auth: words } } });
      await push('app', reference, join(path, '.docker'));
    });
    after(() => tokens.close());
    beforeEach(() => {
      tokens.asked.length = 0;
    });

    it('are read with one token, which is asked for reading alone', async () => {
      const path = home('token', { auths: { [registry.host]: { auth: words } } });
      const images = fresh(path);
      assert.equal((await images.ask(reference, amd64, signal)).layers.length, 4);
      await images.ask(reference, amd64, signal);
      assert.deepEqual(tokens.asked, [
        { method: 'GET', scopes: ['repository:team/app:pull'], user: member.user },
      ]);
    });

    it('are read with a long-lived token in place of a password', async () => {
      const path = home('identity', {
        auths: { [registry.host]: { identitytoken: identityToken } },
      });
      assert.equal((await fresh(path).ask(reference, amd64, signal)).layers.length, 4);
      assert.deepEqual(tokens.asked, [
        { method: 'POST', scopes: ['repository:team/app:pull'], user: '' },
      ]);
    });

    it('are read with a token that is good by itself', async () => {
      const registrytoken = tokens.tokens.at(-1);
      const path = home('registrytoken', { auths: { [registry.host]: { registrytoken } } });
      assert.equal((await fresh(path).ask(reference, amd64, signal)).layers.length, 4);
      assert.deepEqual(tokens.asked, []);
    });

    it('are not shown to anybody else', async () => {
      await refused(
        fresh(null),
        reference,
        /has no team\/app, or does not show it to those who ask like this\./,
      );
      const wrong = Buffer.from(`${member.user}:wrong`).toString('base64');
      const path = home('token-wrong', { auths: { [registry.host]: { auth: wrong } } });
      await refused(
        fresh(path),
        reference,
        /refuses the credentials that the docker CLI has for it\./,
      );
    });
  });

  describe('of every kind', () => {
    it('leave no word of who asked in sentences and files', async () => {
      const secrets = [member.password, words, identityToken, 'wrong'].map((text) =>
        text.toLowerCase(),
      );
      const files = readdirSync(join(folder, 'kept'), { recursive: true, withFileTypes: true });
      const texts = files
        .filter((file) => file.isFile())
        .map((file) => readFileSync(join(file.parentPath ?? file.path, file.name), 'utf8'));
      assert.ok(sentences.length > 20 && texts.length > 10);
      for (const text of [...sentences, ...texts]) {
        for (const secret of secrets) assert.ok(!text.toLowerCase().includes(secret), text);
      }
    });
  });
});

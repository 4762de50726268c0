/** Images for several platforms under one name, as containerd's store has them. */

import assert from 'node:assert/strict';
import { createEngine } from '../../server/src/host/engine.ts';
import { describeWithLab, type LabEngine, startedEngine } from './labs/engines.ts';

const choice = { endpoint: null };
const never = new AbortController().signal;
const name = 'dockerfile-layers-test/several:1';
const arm = { os: 'linux', arch: 'arm64', variant: '' };
const dockerfile = [
  'FROM scratch',
  'ARG TARGETARCH',
  'COPY <<EOF /name',
  '$TARGETARCH',
  'EOF',
  'CMD ["x"]',
  '',
].join('\n');

describeWithLab('an image for several platforms', ['docker-store'], () => {
  let lab: LabEngine;
  before(async () => {
    lab = await startedEngine('docker-store');
    const platforms = ['--platform', 'linux/amd64,linux/arm64'];
    const args = ['buildx', 'build', '--quiet', ...platforms, '--tag', name, '-'];
    await lab.dockerOk(args, { input: Buffer.from(dockerfile) });
  });
  after(() => lab?.stop());

  it('is the one of the engine unless another is wanted', async () => {
    const engine = createEngine({ env: lab.env });
    const [listed] = await engine.images(choice, never);
    const own = await engine.image(choice, name, never);
    const other = await engine.image(choice, name, never, arm);
    assert.equal(own?.platform.arch, 'amd64');
    assert.equal(other?.platform.arch, 'arm64');
    assert.deepEqual([own?.id, other?.id], [listed?.id, listed?.id]);
    const both = [own?.platform, other?.platform];
    assert.deepEqual(other?.platforms, both);
    assert.deepEqual((await engine.image(choice, name, never, own?.platform))?.platforms, both);
    assert.ok(own?.history.some(({ createdBy }) => createdBy.includes('TARGETARCH=amd64')));
    assert.ok(other?.history.some(({ createdBy }) => createdBy.includes('TARGETARCH=arm64')));
    assert.notDeepEqual(own?.diffIds, other?.diffIds);
    assert.equal((await engine.image(choice, other?.id ?? '', never, arm))?.platform.arch, 'arm64');
    const none = { ...arm, arch: 's390x' };
    assert.equal(await engine.image(choice, name, never, none), null);
  });

  it('has sizes where it is unpacked only, which is where it can run', async () => {
    const engine = createEngine({ env: lab.env });
    const bytes = async (platform?: typeof arm) => {
      const image = await engine.image(choice, name, never, platform);
      return image?.history.map((row) => row.bytes);
    };
    assert.deepEqual(await bytes(), [0, 8192, 0]);
    assert.deepEqual(await bytes(arm), [null, null, null]);
  });
});

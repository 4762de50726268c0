import assert from 'node:assert/strict';
import { platformItems } from '../../../client/src/platforms.ts';
import type { StackReport, StageReport } from '../../../server/src/protocol.ts';

function report(...bases: readonly Partial<StageReport['base']>[]): StackReport {
  const stages = bases.map((base) => ({ needed: true, base }));
  return { platform: 'linux/arm64', stages } as unknown as StackReport;
}

const labels = (of: StackReport) => platformItems(of).map(({ label }) => label);

describe('platforms to pick from', () => {
  it('are the one that is built now, then the usual ones', () => {
    const items = platformItems(report({ source: 'table' }));
    assert.deepEqual(items[0], { label: 'linux/arm64', description: 'built now' });
    assert.deepEqual(items[1], { label: 'linux/amd64', description: '' });
    assert.equal(new Set(items.map(({ label }) => label)).size, items.length);
  });

  it('begin with those that all base images are there for, as registries say', () => {
    const one = {
      source: 'registry',
      platforms: ['linux/amd64', 'linux/mips64le', 'linux/arm64'],
    } as const;
    const other = { source: 'registry', platforms: ['linux/arm64', 'linux/mips64le'] } as const;
    assert.deepEqual(labels(report(one)).slice(0, 3), [
      'linux/arm64',
      'linux/amd64',
      'linux/mips64le',
    ]);
    const both = platformItems(
      report(one, other, { source: 'engine', platforms: ['linux/arm64'] }),
    );
    assert.deepEqual(both.slice(0, 3), [
      { label: 'linux/arm64', description: 'built now, the base images are there for it' },
      { label: 'linux/mips64le', description: 'the base images are there for it' },
      { label: 'linux/amd64', description: '' },
    ]);
  });

  it('do not count a single image in an engine for all that there is', () => {
    const items = platformItems(report({ source: 'engine', platforms: ['linux/amd64'] }));
    assert.equal(items.find(({ label }) => label === 'linux/amd64')?.description, '');
  });
});

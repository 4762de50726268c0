/**
 * The predicted history against what real engines wrote: BuildKit of Engine 28 and 26 with both
 * image stores, and the legacy builder. The recordings stand beside the project; they are read
 * where they are.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyMatches } from '../../../server/src/model/historyForms.ts';
import type { BaseImage } from '../../../server/src/model/plan.ts';
import { historyOf, planOf } from '../../support/plans.ts';

const folder = join(import.meta.dirname, '../../../../shared/docker/fixtures/instructions');

type Observed = Readonly<
  Record<
    string,
    {
      readonly error?: string;
      readonly base_layers?: number;
      readonly rootfs_layers?: readonly string[];
      readonly config_history?: readonly {
        readonly created_by?: string;
        readonly empty_layer?: boolean;
        readonly comment?: string;
      }[];
    }
  >
>;

const tinyBase: BaseImage = {
  config: {
    user: '',
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    workingDir: '',
    cmd: ['sh'],
    entrypoint: null,
    shell: null,
    onBuild: [],
  },
  history: [{ createdBy: '', emptyLayer: false }],
  layers: 1,
};

/** The image that the fixture `onbuild` makes; `onbuild-child` is built on it. */
const withTriggers: BaseImage = {
  ...tinyBase,
  config: { ...tinyBase.config, onBuild: ['COPY f1000 /f1000', 'RUN true'] },
};

describe('history recorded from real engines', () => {
  if (!existsSync(folder)) {
    it('skipped: the recordings are not on this machine', function () {
      this.skip();
    });
    return;
  }
  let compared = 0;
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name, 'Dockerfile'), 'utf8');
    const observed = JSON.parse(
      readFileSync(join(folder, name, 'observed.json'), 'utf8'),
    ) as Observed;
    for (const [engine, build] of Object.entries(observed)) {
      if (build.error !== undefined || !build.config_history) continue;
      const legacy = engine.endsWith('legacy');
      // The legacy builder drops the bodies of heredocs and runs the bare line.
      if (legacy && text.includes('<<')) continue;
      it(`${name}: the lines are found in the history that ${engine} wrote`, () => {
        const plan = planOf(text, {
          images: (name) => (name === 'onb:1' ? withTriggers : tinyBase),
        });
        const rows = (build.config_history ?? [])
          .filter(({ comment }) => !comment?.startsWith('Imported'))
          .filter(({ created_by = '' }) => !created_by.includes('#(nop)  ONBUILD'));
        const predicted = historyOf(plan);
        assert.deepEqual(
          rows.map(({ created_by = '' }, index) => {
            const entry = predicted[index]?.created_by;
            return entry !== undefined && historyMatches(entry, created_by) ? entry : created_by;
          }),
          predicted.map(({ created_by }) => created_by),
        );
        compared++;
        if (legacy) return;
        assert.deepEqual(
          rows.map(({ empty_layer = false }) => empty_layer),
          predicted.map(({ empty_layer }) => empty_layer),
        );
        const own = (build.rootfs_layers?.length ?? 0) - (build.base_layers ?? 0);
        assert.equal(plan.stages[plan.target]?.layers, own);
      });
    }
  }

  it('compares hundreds of builds', () => assert.ok(compared > 900, `${compared}`));
});

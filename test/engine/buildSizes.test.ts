/** Build and Record with an engine: what every step stored, of the stages that no image shows, too. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver';
import { layersOfSteps } from '../../server/src/builder/buildMetadata.ts';
import type { BuildRecord, RecordedStep } from '../../server/src/cache/buildRecord.ts';
import { createBuildx } from '../../server/src/host/buildx.ts';
import { nodeDigests } from '../../server/src/host/contentDigest.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import { buildRequest } from '../../server/src/protocol.ts';
import { Editor } from '../lsp/editor.ts';
import { planOf } from '../support/plans.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk, imageHistory } from './engine.ts';

const tag = `dockerfile-layers-test/build-sizes:${process.pid}`;
const salt = `${process.pid}-${Date.now()}`;

describeWithEngine('sizes that Build and Record remembers', () => {
  let editor: Editor;
  let records: BuildRecord[];
  before(() => ensureBaseImage());
  beforeEach(async () => {
    records = [];
    editor = new Editor({
      settings: { build: { arguments: ['-t', tag] } },
      ports: {
        builder: createBuildx(),
        digests: nodeDigests,
        engine: createEngine({ env: process.env }),
        records: {
          read: async () => records,
          add: async (record) => {
            records.unshift(record);
          },
        },
      },
    });
    await editor.initialize();
  });
  afterEach(async () => {
    editor.close();
    await docker(['image', 'rm', '--force', tag]);
  });

  async function build(): Promise<readonly RecordedStep[]> {
    const params = { textDocument: { uri: editor.uri } };
    const { token } = new CancellationTokenSource();
    const result = await editor.client.sendRequest(buildRequest, params, token);
    assert.equal(result.recorded, true, result.message);
    return records[0]?.steps ?? [];
  }
  const sizes = (steps: readonly RecordedStep[]) =>
    steps.map(({ bytes, links = false }) => `${bytes}${links ? ' or less' : ''}`);
  const leftBehind = () =>
    readdirSync(tmpdir()).filter((name) => /^dockerfile-layers-(?!lab-)/.test(name));

  const project = `FROM ${baseImage} AS build
WORKDIR /${salt}
COPY d ./d
RUN --network=none echo ${salt} > out && ln -s /this/is/some/place /link
FROM ${baseImage}
ARG MODE=slow
RUN --network=none echo ${salt} $MODE > /mode
COPY --from=build /${salt}/out /from/
CMD ["x"]
-- d/e --
${salt} in a file
`;

  it('are those of the image, and of stages below it those of the build cache', async () => {
    const files = leftBehind();
    await editor.open(project);
    const steps = await build();
    const file = `${salt} in a file\n`.length;
    const line = `${salt}\n`.length;
    assert.deepEqual(sizes(steps), [
      '0',
      String(file),
      `${line + '/this/is/some/place'.length} or less`,
      String(`${salt} slow\n`.length),
      String(line),
    ]);
    const id = await dockerOk(['image', 'inspect', '--format', '{{.Id}}', tag]);
    assert.equal(records[0]?.image, id.trim());
    assert.equal(records[0]?.builder?.store, 'classic');
    const rows = await imageHistory(tag);
    const own = rows.slice(-4).map(({ bytes }) => bytes);
    assert.deepEqual(own, [0, steps[3]?.bytes, steps[4]?.bytes, 0]);

    const again = await build();
    assert.deepEqual(sizes(again), sizes(steps));
    assert.deepEqual(
      again.map(({ outcome }) => outcome),
      ['cached', 'cached', 'cached', 'cached', 'cached'],
    );
    const left = leftBehind().filter((name) => !files.includes(name));
    assert.deepEqual(left, []);
  });

  it('belong to the lines that the builder itself names', async () => {
    await editor.open(`FROM ${baseImage} AS below
# RUN of two lines, and a copy that is equal to another one
RUN --network=none echo ${salt} \\
  > /named
COPY f /one/
FROM below
ENV A=1
COPY f /one/
COPY f /two/
-- f --
${salt}
`);
    const builder = createBuildx();
    const order = {
      ...{ context: editor.folder, dockerfile: join(editor.folder, 'Dockerfile') },
      ...{ target: null, platform: null, buildArgs: new Map(), more: ['-t', tag] },
    };
    const { signal } = new AbortController();
    const found = await builder.find(order, signal);
    assert.ok('facts' in found);
    const { ended, metadata } = await builder.build(order, found, signal, () => {});
    assert.equal(ended, 'succeeded');
    const id = await dockerOk(['image', 'inspect', '--format', '{{.Id}}', tag]);
    assert.equal(metadata?.image, id.trim());
    const plan = planOf(editor.text);
    const lines = [...layersOfSteps(plan, metadata?.layers ?? [])].map(
      ([{ instruction }, layer]) => [instruction.lines.start, layer],
    );
    assert.deepEqual(
      new Map(lines as [number, number][]),
      new Map([
        [3, 1],
        [5, 2],
        [8, 3],
        [9, 4],
      ]),
    );
  });

  it('are those of this build, though the cache has other builds of the same lines', async () => {
    const text = (mark: string) => `FROM ${baseImage} AS one
RUN --network=none echo ${salt} && cat /proc/sys/kernel/random/uuid > /1 && echo several > /s
COPY f /f
RUN --network=none wc -c < /f > /2
FROM ${baseImage}
COPY --from=one /f /2 /
-- f --
${mark}
`;
    await editor.open(text('short'));
    const [, first] = await build();
    assert.equal(first?.bytes, 6);
    editor.write('f', 'a longer text\n');
    const [, second, third, last] = await build();
    assert.deepEqual([second?.bytes, second?.outcome], [14, 'ran']);
    assert.equal(third?.bytes, 3);
    assert.equal(last?.bytes, 17);
  });
});

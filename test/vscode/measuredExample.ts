/** An example as an engine has it that built it twice, for pictures: its base image and both builds. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeEngine, type FakeImage, startFakeEngine } from '../support/fakeEngine.ts';
import { imageSteps, planOf } from '../support/plans.ts';

/** As `docker history` shows `node:22-slim`, the oldest first, but for metadata. */
const base: FakeImage['history'] = [
  { createdBy: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'", bytes: 74_832_146 },
  {
    createdBy:
      'RUN /bin/sh -c groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node # buildkit',
    bytes: 8_772,
  },
  {
    createdBy:
      'RUN /bin/sh -c ARCH= OPENSSL_ARCH= && dpkgArch="$(dpkg --print-architecture)" # buildkit',
    bytes: 146_318_542,
  },
  {
    createdBy: 'RUN /bin/sh -c set -ex && savedAptMark="$(apt-mark showmanual)" # buildkit',
    bytes: 5_340_183,
  },
  { createdBy: 'COPY docker-entrypoint.sh /usr/local/bin/ # buildkit', bytes: 388 },
];

/** What the layers of the example take, by how their lines begin; others nothing. */
const layers: readonly (readonly [string, number])[] = [
  ['RUN apt-get update', 19_812_044],
  ['RUN apt-get install', 1_914_930],
  ['COPY package.json', 25_987],
  ['RUN --mount', 2_937_201],
  ['COPY public', 4_267],
  ['COPY src', 2_587],
];

/** An engine that has them; the second build came after the caller edited something. */
export async function startExampleEngine(folder: string): Promise<{
  readonly engine: FakeEngine;
  /** The second build is done, an hour after the first. */
  readonly buildAgain: () => void;
}> {
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const now = Date.now();
  const parent = imageOf('node:22-slim', base, now - 40 * 86_400_000);
  const first = built(text, now - 4_000_000, 0);
  const engine = await startFakeEngine([parent, first]);
  const buildAgain = () => {
    const second = built(text, now - 400_000, 1_204_000);
    engine.images = [parent, second, { ...first, references: [] }];
    engine.emit({ Type: 'image', Action: 'tag', Actor: { ID: second.id, Attributes: {} } });
  };
  return { engine, buildAgain };
}

function built(text: string, at: number, more: number): FakeImage {
  const plan = planOf(text);
  const own = imageSteps(plan, plan.target).flatMap(({ createdBy, effect, instruction }) => {
    if (createdBy === null) return [];
    const line = instruction.joined.text;
    const found = layers.find(([start]) => line.startsWith(start));
    const grew = line.startsWith('RUN --mount') ? more : 0;
    return [{ createdBy, bytes: effect === 'layer' ? (found?.[1] ?? 0) + grew : 0 }];
  });
  return imageOf('shop:latest', [...base, ...own], at);
}

/** Entries that are instructions which only set metadata make no layer. */
function imageOf(name: string, history: FakeImage['history'], createdAt: number): FakeImage {
  const digest = (of: string) => `sha256:${createHash('sha256').update(of).digest('hex')}`;
  const made = history.filter(({ createdBy }) => /^(RUN|COPY|ADD|WORKDIR|#)/.test(createdBy));
  return {
    id: digest(`${name} ${createdAt}`),
    references: [name],
    createdAt,
    labels: {},
    diffIds: made.map(({ createdBy, bytes }) => digest(`${createdBy} ${bytes}`)),
    history,
  };
}

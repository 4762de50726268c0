/** Sizes of every stage from the real builder's cache are those of the same stage built as target. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheEntries } from '../../server/src/engine/answers.ts';
import { type CachedSize, cacheSizes } from '../../server/src/engine/buildCache.ts';
import type { BaseImage, Plan, Step } from '../../server/src/model/plan.ts';
import { planOf, stageChain } from '../support/plans.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker, dockerOk, engineGet, imageHistory } from './engine.ts';

const tag = `dockerfile-layers-test/cache-sizes:${process.pid}`;
const own = `dockerfile-layers-test/cache-base:${process.pid}`;
const salt = `${process.pid}-${Date.now()}`;
/** Of the base that is made of programs alone. */
const base: BaseImage = {
  config: { env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
  history: [{ createdBy: '', emptyLayer: false }],
  layers: 1,
};
const built: BaseImage = {
  ...base,
  history: [
    ...base.history,
    { createdBy: `RUN /bin/sh -c echo ${salt} > /tool # buildkit`, emptyLayer: false },
    { createdBy: 'COPY a /a # buildkit', emptyLayer: false },
  ],
  layers: 3,
};
const images = (reference: string) => (reference === own ? built : base);

const files = `-- a --
${salt}
-- d/e/f --
twelve bytes
-- d/g --
${salt} and more
`;

const projects: readonly {
  readonly name: string;
  readonly text: string;
  readonly links?: number;
}[] = [
  {
    name: 'stages that take from each other',
    text: `FROM ${baseImage} AS build
WORKDIR /src
ARG V=1
RUN --network=none echo ${salt} > out && mkdir x && echo $V > x/y
COPY d ./d
COPY a d/g two/
FROM ${baseImage} AS docs
RUN --network=none <<EOF
echo ${salt} > /manual
echo docs
EOF
FROM ${baseImage}
ENV HOME_OF=/app
WORKDIR $HOME_OF
COPY --from=build /src/out ./${salt}/
COPY --from=docs /manual .
COPY <<EOF /etc/app.conf
home=\${HOME_OF} ${salt}
EOF
RUN --network=none ["sh", "-c", "echo  exec >  /e"]
CMD ["x"]
`,
  },
  {
    name: 'stages on stages, and one of which nothing but metadata is',
    text: `FROM ${baseImage} AS common
RUN --network=none echo ${salt} common > /c
FROM common AS plain
ENV A=1
FROM plain AS one
RUN --network=none echo one-one > /one
FROM common AS two
COPY --link a /linked
RUN --network=none echo two > /two
FROM plain
COPY --from=one /one /${salt}/
COPY --from=two /two /linked /from/
`,
  },
  {
    name: 'stages on nothing and links in layers that no image has',
    links: 22,
    text: `FROM scratch AS files
COPY a /${salt}
ADD d/g /more/
WORKDIR /w
FROM ${baseImage} AS links
RUN --network=none echo ${salt} > /y && ln -s /some/long/target/here /x
FROM ${baseImage}
COPY --from=files / /${salt}/
COPY --from=links /y /
`,
  },
  {
    name: 'a base that was built here, with triggers and values of arguments',
    text: `FROM ${own} AS first
ARG WHERE=there
COPY a /$WHERE/a
RUN --network=none --mount=type=bind,source=d,target=/mnt \\
    cat /mnt/g > /g && \\
    # a comment
    echo ${salt} >> /g
FROM ${own} AS onbuild
ONBUILD COPY d /on
ONBUILD RUN --network=none echo ${salt} > /built
FROM onbuild AS child
RUN --network=none echo child > /child
FROM ${baseImage}
COPY --from=first /g /${salt}/
COPY --from=child /child /on/g /
`,
  },
];

/** The Dockerfile, and behind it files as `-- name --` and their text. */
function write(folder: string, project: string): void {
  const [dockerfile = '', ...rest] = project.split(/^-- (.*) --\n/m);
  const all = rest.flatMap((name, at) => (at % 2 === 0 ? [[name, rest[at + 1] ?? '']] : []));
  for (const [name = '', text = ''] of [['Dockerfile', dockerfile], ...all]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

describeWithEngine('sizes of stages from the build cache', () => {
  let folder: string;
  const tags: string[] = [];
  before(async () => {
    await ensureBaseImage();
    folder = mkdtempSync(join(tmpdir(), 'layers-cache-'));
    const text = `FROM ${baseImage}\nRUN --network=none echo ${salt} > /tool\nCOPY a /a\n`;
    write(folder, `${text}${files}`);
    await dockerOk(['build', '-q', '-t', own, folder]);
    tags.push(own);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await docker(['image', 'rm', '--force', ...tags]);
  });

  for (const { name, text, links = 0 } of projects) {
    it(`are those of images of each stage: ${name}`, async () => {
      write(folder, `${text}${files}`);
      await dockerOk(['build', '-q', '-t', tag, folder]);
      if (!tags.includes(tag)) tags.push(tag);
      const plan = planOf(text, { images });
      const before = await sizesNow(plan);
      const { stages } = plan;
      let more = 0;
      const counted = new Set<Step>();
      for (const stage of stages) {
        if (!stage.needed) continue;
        const target = `${tag}-${stage.index}`;
        tags.push(target);
        const chosen = stage.name === null ? [] : ['--target', stage.name];
        await dockerOk(['build', '-q', '-t', target, ...chosen, folder]);
        const rows = (await imageHistory(target)).map(({ bytes }) => bytes);
        const steps = stageChain(plan, stage.index)
          .flatMap((each) => [...each.triggers, ...each.steps])
          .filter(({ createdBy }) => createdBy !== null);
        for (const [place, step] of steps.entries()) {
          if (step.effect !== 'layer') continue;
          const bytes = rows[rows.length - steps.length + place] ?? Number.NaN;
          const found = before.get(step);
          assert.ok(found, `${step.instruction.joined.text} has a size`);
          assert.equal(found.sure, true, step.instruction.joined.text);
          if (!found.links) assert.equal(found.bytes, bytes, step.instruction.joined.text);
          more += counted.has(step) ? 0 : found.bytes - bytes;
          counted.add(step);
        }
      }
      assert.equal(more, links, 'what is more are the lengths of links');
    });
  }

  it('are not said of what was edited since, and not surely of what stands on it', async () => {
    const text = `FROM ${baseImage} AS a
RUN --network=none echo ${salt} > /1
RUN --network=none echo ${salt} edited > /2
RUN --network=none echo ${salt} > /3
FROM scratch
COPY --from=a /1 /3 /${salt}/
`;
    write(folder, `${text}${files}`);
    await dockerOk(['build', '-q', '-t', tag, folder]);
    const edited = planOf(text.replace('> /2', '> /two'), { images });
    const lines = [...(await sizesNow(edited))].map(([{ instruction }, { sure }]) => [
      instruction.lines.start,
      sure,
    ]);
    assert.deepEqual(lines, [
      [2, true],
      [4, false],
      [6, true],
    ]);
  });

  it('of two builds with other files are those of the last one, and not sure', async () => {
    const text = `FROM ${baseImage} AS a
COPY --chown=7:7 a /${salt}
RUN --network=none echo ${salt} > /3
FROM scratch
COPY --from=a /3 /${salt}
`;
    write(folder, `${text}-- a --\nfirst ${salt}\n`);
    await dockerOk(['build', '-q', '-t', tag, folder]);
    write(folder, `${text}-- a --\nthe second ${salt}\n`);
    await dockerOk(['build', '-q', '-t', tag, folder]);
    const plan = planOf(text, { images });
    const sizes = [...(await sizesNow(plan)).values()];
    assert.deepEqual(
      sizes.map(({ bytes, sure }) => [bytes, sure]),
      [
        [`the second ${salt}\n`.length, false],
        [salt.length + 1, true],
        [salt.length + 1, true],
      ],
    );
    const known = (step: Step) =>
      step.copy?.origin.kind === 'context' ? salt.length + 7 : undefined;
    const [first] = [...(await sizesNow(plan, known)).values()];
    assert.deepEqual([first?.bytes, first?.sure], [salt.length + 7, true]);
  });

  async function sizesNow(
    plan: Plan,
    files?: (step: Step) => number | undefined,
  ): Promise<ReadonlyMap<Step, CachedSize>> {
    const entries = cacheEntries(await engineGet('/system/df?type=build-cache'));
    return cacheSizes(plan, entries, { store: 'classic' }, files ? { files } : {});
  }
});

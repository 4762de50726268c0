/** Planning an edited text with the help of its earlier plan gives what planning it anew gives. */

import assert from 'node:assert/strict';
import { realistic } from '../../../bench/texts.ts';
import { buildPlan } from '../../../server/src/model/buildPlan.ts';
import type { BaseImage, Plan, Step } from '../../../server/src/model/plan.ts';
import { interpret } from '../../../server/src/syntax/instructions.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { linux } from '../../support/plans.ts';
import { type Random, seeded } from '../../support/random.ts';

const options = { platform: linux, buildPlatform: linux, buildArgs: new Map([['GIVEN', 'g']]) };

/** Lines that hang on each other over stages: names, arguments, numbers, triggers, directories. */
const lines = [
  ...[
    'FROM debian AS a',
    'FROM a AS b',
    'FROM b',
    'FROM scratch',
    'FROM $BASE AS a',
    'FROM a AS A',
  ],
  ...['ARG BASE=alpine', 'ARG GIVEN', 'ARG TARGETSTAGE', 'ARG P=1', 'ENV P=2 Q=$P', 'ENV P 3'],
  ...['RUN echo $P', 'RUN --mount=from=b,target=/m x', 'RUN --mount=type=cache,target=/c y'],
  ...['COPY --from=a /x /y', 'COPY --from=b $P .', 'COPY --from=1 x y', 'COPY --from=nginx x y'],
  ...['COPY . $UNKNOWN', 'COPY a b /d', 'ADD https://x/y /z', 'WORKDIR $Q', 'WORKDIR w', 'USER u'],
  ...['ONBUILD COPY . /o', 'ONBUILD RUN z', 'LABEL l=$P', 'EXPOSE $P 80', 'VOLUME $P', 'CMD c'],
  ...['SHELL ["/bin/bash", "-c"]', 'ENTRYPOINT e', 'STOPSIGNAL $P', 'NOPE', 'ENV $', '# c', ''],
];

/** All that a plan says, what it makes only when it is read included. */
function said({ globals, stages, target, problems }: Plan): unknown {
  const step = (one: Step) => ({
    ...one,
    createdBy: one.createdBy,
    createdByExact: one.createdByExact,
    env: [...one.env],
    config: { ...one.config },
    run: one.run && { ...one.run, env: one.run.env },
  });
  const inStages = stages.map((stage) => ({
    ...stage,
    config: { ...stage.config },
    steps: stage.steps.map(step),
    triggers: stage.triggers.map(step),
  }));
  return { globals: globals.map(step), stages: inStages, target, problems };
}

/** Edits for a while, plans every version with the help of the one before it; how much was kept. */
function edit(
  text: string,
  edits: number,
  change: (text: string, random: Random) => string,
  random: Random,
) {
  let now = text;
  let before = buildPlan(interpret(parse(now)), options);
  let kept = 0;
  for (let count = 0; count < edits; count++) {
    now = change(now, random);
    const { program } = before;
    const plan = buildPlan(interpret(parse(now, program.dockerfile), program), options, before);
    assert.deepEqual(said(plan), said(buildPlan(interpret(parse(now)), options)), now);
    const old = new Set(before.stages.flatMap(({ steps }) => steps));
    kept += plan.stages.flatMap(({ steps }) => steps).filter((step) => old.has(step)).length;
    before = plan;
  }
  return kept;
}

function otherLine(text: string, random: Random): string {
  const written = text.split('\n');
  // More often further down, where more is kept.
  const at = Math.max(random.below(written.length), random.below(written.length));
  const replaced = random.chance(0.5) ? 1 : 0;
  written.splice(at, replaced, ...(random.chance(0.2) ? [] : [random.pick(lines)]));
  return written.join('\n');
}

describe('the plan of a text that is edited', () => {
  it('is the same with the help of the earlier plan', () => {
    const random = seeded(11);
    let kept = 0;
    for (let round = 0; round < 100; round++) {
      const start = Array.from({ length: 12 }, () => random.pick(lines));
      const text = ['ARG BASE=debian', 'FROM scratch AS one', 'RUN x', ...start, ''].join('\n');
      kept += edit(text, 15, otherLine, random);
    }
    assert.ok(kept > 1000, `only ${kept} steps were kept`);
  });

  it('is the same for a long file', () => {
    const { text } = realistic(300);
    const random = seeded(12);
    const typed = (now: string) => {
      const at = now.length - random.below(now.length >> 1);
      return `${now.slice(0, at)}${random.pick(['x', ' ', '$', '\n'])}${now.slice(at)}`;
    };
    assert.ok(edit(text, 40, typed, random) > 1000);
  });

  it('sees that a stage further down took the name of a source', () => {
    for (const source of ['', 'ONBUILD ']) {
      const text = `FROM a AS one\n${source}COPY --from=late x y\nFROM one\nRUN a\nFROM b\nRUN z\nFROM c\n`;
      renames(text);
    }
  });

  function renames(before: string) {
    const first = buildPlan(interpret(parse(before)), options);
    const after = before.replace('FROM b', 'FROM b AS late');
    const program = interpret(parse(after, first.program.dockerfile), first.program);
    const plan = buildPlan(program, options, first);
    assert.deepEqual(said(plan), said(buildPlan(interpret(parse(after)), options)));
  }

  it('sees that more is known of a base image by now, or something else', () => {
    const text = 'FROM one AS a\nWORKDIR x\nFROM a\nRUN echo $V\nFROM two\n';
    const image = (workingDir: string) => ({
      config: { env: [], workingDir },
      history: [],
      layers: 1,
    });
    let now: BaseImage | undefined;
    const asking = {
      ...options,
      images: (reference: string) => (reference === 'one' ? now : undefined),
    };
    const first = interpret(parse(text));
    let before = buildPlan(first, asking);
    for (const [at, known] of [image('/srv'), image('/other'), undefined].entries()) {
      now = known;
      const edited = `${text}RUN true ${at}\n`;
      const program = interpret(parse(edited, before.program.dockerfile), before.program);
      const after = buildPlan(program, asking, before);
      assert.deepEqual(said(after), said(buildPlan(interpret(parse(edited)), asking)));
      assert.equal(after.stages[0]?.steps[0]?.workdir, `${known?.config.workingDir ?? ''}/x`);
      before = after;
    }
  });
});

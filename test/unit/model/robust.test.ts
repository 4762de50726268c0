/** The plan of any text: it never throws, holds together, and takes time in proportion. */

import assert from 'node:assert/strict';
import type { Plan } from '../../../server/src/model/plan.ts';
import { cases } from '../../support/conformance.ts';
import { cpuMs, growth } from '../../support/cpuTime.ts';
import { imageSteps, planOf } from '../../support/plans.ts';
import { seeded } from '../../support/random.ts';

interface WithText {
  readonly dockerfile?: string;
  readonly before?: WithText;
  readonly after?: WithText;
}

const texts = ['build_plan', 'layers', 'parser_edge_cases', 'cache_status'].flatMap((name) =>
  (cases<WithText>(name) ?? []).flatMap(({ dockerfile, before, after }) =>
    [dockerfile, before?.dockerfile, after?.dockerfile].filter((text) => text !== undefined),
  ),
);

/** Reads everything that is made on demand, and checks what must hold for every plan. */
function inspect(plan: Plan): void {
  assert.ok(plan.target < plan.stages.length);
  for (const [index, stage] of plan.stages.entries()) {
    assert.equal(stage.index, index);
    assert.equal(stage.steps.length, stage.from ? plan.program.stages[index]?.commands.length : 0);
    const parent = stage.base.stage === null ? undefined : plan.stages[stage.base.stage];
    assert.ok(stage.base.stage === null || stage.base.stage < index);
    let layer = parent?.layers ?? 0;
    for (const step of [...stage.triggers, ...stage.steps]) {
      assert.equal(step.layer, step.effect === 'layer' ? ++layer : null);
      if (step.effect === 'layer') assert.equal(typeof step.createdBy, 'string');
      assert.equal(typeof step.createdByExact, 'boolean');
      assert.equal([...step.env].length, step.env.size);
      if (step.run) assert.ok(step.run.cwd.startsWith('/') && step.run.env.length > 0);
      if (step.copy) assert.ok(step.copy.dest.startsWith('/'));
      JSON.stringify(step.config);
    }
    assert.equal(stage.layers, layer);
    for (const other of stage.dependsOn) assert.ok(plan.stages[other]);
  }
  let before = 0;
  for (const { span, message } of plan.problems) {
    assert.ok(span.start >= before && message !== '');
    before = span.start;
  }
}

describe('the plan of any text', () => {
  it('is made for every text of the recorded cases', () => {
    assert.ok(texts.length > 300, `${texts.length}`);
    for (const text of texts) inspect(planOf(text));
  });

  it('is made for mutations: pieces of other files, cut ends, changed characters, doubled lines', () => {
    const { below: next } = seeded(3);
    const signs = '\n\\ $"\'{}[]<=:-/#`\t0aA\0\ufeff\ud800,@';
    const some = () => texts[next(texts.length)] ?? '';
    for (let round = 0; round < 6000; round++) {
      let text = some();
      for (let change = next(4) + 1; change > 0; change--) {
        const at = next(text.length + 1);
        const other = some();
        const kinds = [
          () => text.slice(0, at) + other.slice(next(other.length + 1)),
          () => text.slice(0, at) + (signs[next(signs.length)] ?? '') + text.slice(at + next(2)),
          () => text.slice(0, at),
          () => text.slice(0, at) + text.slice(at + next(12)),
          () => `${text}\n${other}`,
          () => text.replace(/FROM (\S+)/i, `FROM s${next(3)} AS s${next(3)}`),
          () => text.replace(/^(RUN|COPY|ENV) /im, 'ONBUILD $1 '),
          () => text.replace(/COPY /i, `COPY --from=${next(4)} `),
        ];
        text = (kinds[next(kinds.length)] ?? (() => text))();
      }
      try {
        inspect(planOf(text, next(2) ? { target: `s${next(3)}` } : {}));
      } catch (error) {
        assert.fail(`${JSON.stringify(text)}\n${(error as Error).stack}`);
      }
    }
  });
});

describe('the time that a plan takes', () => {
  const repeat = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join('');
  const shapes: Readonly<Record<string, (count: number) => string>> = {
    'RUN lines': (count) => `FROM i\n${repeat(count, (at) => `RUN echo ${at}\n`)}`,
    'ENV lines, each using the one before': (count) =>
      `FROM i\n${repeat(count, (at) => `ENV A${at + 1}=x$A${at - (at % 50)}\n`)}`,
    'ARG and RUN lines in turn': (count) =>
      `FROM i\n${repeat(count, (at) => `ARG A${at}=${at}\nRUN x\n`)}`,
    'labels, ports and volumes': (count) =>
      `FROM i\n${repeat(count, (at) => `LABEL l${at}=1\nEXPOSE ${at}\nVOLUME /v${at}\n`)}`,
    'stages that copy from the one before': (count) =>
      `FROM i AS s0\n${repeat(count, (at) => `FROM i AS s${at + 1}\nCOPY --from=s${at} a b\n`)}`,
    'a chain of stages, each with ENV and ARG': (count) =>
      `FROM i AS s0\n${repeat(count, (at) => `FROM s${at} AS s${at + 1}\nENV E${at}=1\nARG A${at}=1\n`)}`,
    'sources in one COPY': (count) => `FROM i\nCOPY ${repeat(count, (at) => `"f${at}" `)} /d/\n`,
    'pairs in one ENV': (count) => `FROM i\nENV ${repeat(count, (at) => `A${at}=${at} `)}\n`,
  };
  for (const [name, shape] of Object.entries(shapes)) {
    it(`grows with the file: ${name}`, function () {
      this.timeout(30_000);
      const [small, large] = [shape(1250), shape(10_000)];
      // Eight times the lines; quadratic work would take 64 times as long.
      const ratio = growth(
        () => planOf(small),
        () => planOf(large),
        24,
      );
      assert.ok(ratio <= 24, `eight times the lines took ${ratio.toFixed(1)} times as long`);
    });
  }

  it('stays short when a few lines ask for very much', function () {
    this.timeout(30_000);
    const bomb = `FROM i\nENV A=${'x'.repeat(1000)}\n${'ENV A=$A$A\n'.repeat(40)}${repeat(2000, (at) => `ENV B${at}=$A\n`)}`;
    const triggers = `FROM i AS s\n${'ONBUILD RUN x\n'.repeat(2000)}${'FROM s\n'.repeat(2000)}`;
    const ports = `FROM i\n${'EXPOSE 1-65535/tcp\n'.repeat(2000)}`;
    for (const text of [bomb, triggers, ports]) {
      const start = cpuMs();
      const plan = planOf(text);
      assert.ok(imageSteps(plan, plan.target).length > 0);
      assert.ok(cpuMs() - start < 10_000);
    }
  });

  it('does not depend on how deep FROM stage goes', () => {
    const depth = 20_000;
    const plan = planOf(
      `FROM i AS s0\n${repeat(depth, (at) => `FROM s${at} AS s${at + 1}\nRUN x\n`)}`,
    );
    assert.equal(plan.stages.at(-1)?.layers, depth);
    assert.equal(imageSteps(plan, plan.target).length, depth);
    assert.ok(plan.stages.every(({ needed }) => needed));
  });
});

/** What a person gets who merges RUN lines; `UPDATE_EXPECT=1` rewrites the fixtures' second half. */

import assert from 'node:assert/strict';
import { mergeableGroups, mergeGroups } from '../../../server/src/merge/mergeGroups.ts';
import { mergeAround, mergeRuns, mergeStage } from '../../../server/src/merge/mergeRun.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { cpuMs } from '../../support/cpuTime.ts';
import { applied, mergeFirstGroup, optionsFor, planOf } from '../../support/merge.ts';
import { mergeFixtures, updateFixture } from '../../support/mergeFixtures.ts';

describe('merging RUN lines', () => {
  for (const fixture of mergeFixtures()) {
    it(`${fixture.title} (${fixture.name})`, () => {
      const given = mergeFirstGroup(fixture.before, fixture.style);
      if (process.env.UPDATE_EXPECT) updateFixture(fixture, given);
      else assert.deepEqual(given, fixture.expected);
    });
  }

  it('is shown by merging and by declining cases', () => {
    const fixtures = mergeFixtures();
    assert.ok(fixtures.filter(({ expected }) => 'text' in expected).length >= 40);
    assert.ok(fixtures.filter(({ expected }) => 'reason' in expected).length >= 15);
  });

  it('leaves a file that reads without new problems and merges no further', () => {
    for (const { before, style } of mergeFixtures()) {
      const merged = mergeFirstGroup(before, style);
      if (!('text' in merged)) continue;
      assert.equal(parse(merged.text).problems.length, parse(before).problems.length);
      assert.deepEqual(mergeGroups(planOf(merged.text).stages[0] ?? assert.fail()), []);
    }
  });

  it('says in a full sentence why it is not offered', () => {
    for (const { expected } of mergeFixtures()) {
      if ('reason' in expected) assert.match(expected.reason, /^[A-Z/$].*\.$|^\w.*\.$/);
    }
  });

  it('says in its title what is gained and lost', () => {
    const title = (text: string) => {
      const { stages, program } = planOf(text);
      const steps = mergeGroups(stages[0] ?? assert.fail())[0] ?? [];
      const result = mergeRuns(program.dockerfile, steps, optionsFor(text));
      return result.ok ? [result.title, result.layersSaved] : result.reason;
    };
    assert.deepEqual(title('FROM x\nRUN a\nRUN b\n'), [
      'Merge 2 RUN lines (1 layer fewer; a change in either then re-runs both)',
      1,
    ]);
    assert.deepEqual(title('FROM x\nRUN a\nRUN b\nRUN c\n'), [
      'Merge 3 RUN lines (2 layers fewer; a change in one then re-runs all)',
      2,
    ]);
  });
});

describe('merging all RUN lines of a stage', () => {
  const text = [
    'FROM x',
    'RUN a',
    'RUN b',
    'RUN sleep 9 &',
    'RUN c',
    'COPY . .',
    'RUN d',
    'COPY . .',
    'RUN e',
    'RUN f',
    'RUN ["g"]',
    '',
  ].join('\n');
  const plan = planOf(text);
  const { dockerfile } = plan.program;
  const stage = plan.stages[0] ?? assert.fail();
  const names = (groups: ReturnType<typeof mergeGroups>) =>
    groups.map((group) => group.map(({ instruction }) => instruction.joined.text));

  it('finds the runs of neighbours', () => {
    assert.deepEqual(names(mergeGroups(stage)), [
      ['RUN a', 'RUN b', 'RUN sleep 9 &', 'RUN c'],
      ['RUN e', 'RUN f', 'RUN ["g"]'],
    ]);
  });

  it('cuts them where a line cannot be merged', () => {
    assert.deepEqual(names(mergeableGroups(stage)), [
      ['RUN a', 'RUN b', 'RUN sleep 9 &'],
      ['RUN e', 'RUN f'],
    ]);
  });

  it('changes several places at once and leaves the rest', () => {
    const result = mergeStage(dockerfile, stage, optionsFor(text));
    assert.ok(result.ok);
    assert.equal(result.layersSaved, 3);
    assert.match(result.title, /^Merge all RUN lines of this stage \(3 layers fewer;/);
    assert.equal(
      applied(text, result),
      [
        'FROM x',
        'RUN a && \\',
        '    b && \\',
        '    { sleep 9 & }',
        'RUN c',
        'COPY . .',
        'RUN d',
        'COPY . .',
        'RUN e && \\',
        '    f',
        'RUN ["g"]',
        '',
      ].join('\n'),
    );
  });

  it('offers the neighbours that can be merged when the whole group cannot', () => {
    const group = mergeGroups(stage)[1] ?? assert.fail();
    const result = mergeAround(dockerfile, stage, group, optionsFor(text));
    assert.ok(result.ok);
    assert.equal(result.layersSaved, 1);
    const single = mergeAround(dockerfile, stage, group.slice(1, 2), optionsFor(text));
    assert.deepEqual(single, result);
  });

  it('says why nothing can be merged', () => {
    const alone = planOf('FROM x\nRUN a\n');
    const result = mergeStage(
      alone.program.dockerfile,
      alone.stages[0] ?? assert.fail(),
      optionsFor(''),
    );
    assert.ok(!result.ok && result.reason.endsWith('.'));
  });

  it('takes linear time over thousands of RUN lines', () => {
    const many = `FROM x\n${'RUN apt-get install -y package && rm -rf /tmp/x\n'.repeat(2_000)}`;
    const { stages, program } = planOf(many);
    const start = cpuMs();
    const result = mergeStage(program.dockerfile, stages[0] ?? assert.fail(), optionsFor(many));
    assert.ok(result.ok);
    assert.equal(result.layersSaved, 1_999);
    assert.ok(cpuMs() - start < 5_000);
  });

  it('keeps a script below the longest argument that Linux passes on', () => {
    const long = `RUN echo ${'x'.repeat(60_000)}\n`;
    const text = `FROM x\n${long.repeat(3)}`;
    const { stages, program } = planOf(text);
    const group = mergeGroups(stages[0] ?? assert.fail())[0] ?? [];
    const whole = mergeRuns(program.dockerfile, group, optionsFor(text));
    assert.ok(!whole.ok);
    assert.match(whole.reason, /128 KiB/);
    const part = mergeStage(program.dockerfile, stages[0] ?? assert.fail(), optionsFor(text));
    assert.ok(part.ok);
    assert.equal(part.layersSaved, 1);
  });
});

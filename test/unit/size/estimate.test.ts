/** What is said of a layer's size before any build: a figure that is exact, or a reason. */

import assert from 'node:assert/strict';
import type { CopyFacts } from '../../../server/src/context/copyFacts.ts';
import type { Fact } from '../../../server/src/context/fact.ts';
import type { Plan, Step } from '../../../server/src/model/plan.ts';
import { sizeOfSteps } from '../../../server/src/size/estimate.ts';
import { totals } from '../../../server/src/size/totals.ts';
import { planOf } from '../../support/plans.ts';

/** The build context of these tests: names and sizes of plain files. */
type Files = Readonly<Record<string, number>>;

function factsOf(sources: readonly string[], files: Files): Fact<CopyFacts> {
  const found = sources.filter((source) => files[source] !== undefined);
  const largest = found.map((path) => ({ path, bytes: files[path] ?? 0 }));
  const value: CopyFacts = {
    kind: 'known',
    bytes: largest.reduce((all, { bytes }) => all + bytes, 0),
    files: largest.length,
    directories: 0,
    isSingleFile: largest.length === 1,
    largest,
    missing: sources.filter((source) => files[source] === undefined),
    ignored: [],
    unmatched: [],
    notes: [],
  };
  return { state: 'known', value };
}

/** One line per step that makes a layer: keyword, bytes or `?`, reason. */
function figures(dockerfile: string, files: Files = {}): readonly string[] {
  const plan = planOf(dockerfile);
  const sizes = sizeOfSteps(plan, ({ copy }) => factsOf(copy?.sources ?? [], files));
  const steps = plan.stages.flatMap((stage) => (stage.needed ? stage.steps : []));
  return steps.flatMap((step) => {
    const size = sizes.get(step);
    return size ? [`${step.instruction.name} ${size.bytes ?? '?'}: ${size.reason}`] : [];
  });
}

function lastStep(plan: Plan): Step {
  return plan.stages.at(-1)?.steps.at(-1) as Step;
}

function total(dockerfile: string, files: Files = {}) {
  const plan = planOf(dockerfile);
  const sizes = sizeOfSteps(plan, ({ copy }) => factsOf(copy?.sources ?? [], files));
  return totals(plan, sizes).of(plan.target);
}

describe('the size of a layer before a build', () => {
  it('is the sum of the files that COPY takes', () => {
    assert.deepEqual(figures('FROM scratch\nCOPY a b /x/\n', { a: 10, b: 5 }), [
      'COPY 15: 2 files, counted in the build context.',
    ]);
  });

  it('is zero for a working directory and unknown for a command', () => {
    assert.deepEqual(figures('FROM scratch\nWORKDIR /x\nRUN frobnicate\n'), [
      'WORKDIR 0: A working directory holds no file contents.',
      'RUN ?: What `frobnicate` writes is known only after a build.',
    ]);
  });

  it('is unknown where a variable of an unknown base image decides on what is copied', () => {
    assert.deepEqual(figures('FROM i\nCOPY $A /x\nCOPY <<E /y\n$A\nE\nCOPY a $A\n', { a: 5 }), [
      'COPY ?: Which files it takes depends on a variable that the base image may set.',
      'COPY ?: The text of the heredoc depends on a variable that the base image may set.',
      'COPY 5: 1 file, counted in the build context.',
    ]);
  });

  it('is not told of a file in a stage that stands below the directory of an unknown base', () => {
    const figure = (base: string) =>
      figures(`FROM ${base}\nCOPY a a\nFROM scratch\nCOPY --from=0 /a /\n`, { a: 5 })[1];
    assert.equal(figure('scratch'), 'COPY 5: 1 file, counted in the build context.');
    assert.match(figure('i') ?? '', /^COPY \?: /);
  });

  it('is the text of a heredoc in bytes, variables replaced', () => {
    const dockerfile = 'FROM scratch\nARG N=ü\nCOPY <<EOF /x\n$N\nEOF\n';
    assert.deepEqual(figures(dockerfile), ['COPY 3: The text of the heredoc, after expansion.']);
  });

  it('counts the last of two heredocs that make the same file', () => {
    const dockerfile = 'FROM scratch\nCOPY <<A <<A /x/\none\nA\nthree\nA\n';
    assert.deepEqual(figures(dockerfile), ['COPY 6: The text of the heredoc, after expansion.']);
  });

  it('is unknown when a source is not there', () => {
    assert.deepEqual(figures('FROM scratch\nCOPY a b /x/\n', { a: 10 }), [
      'COPY ?: b is not in the build context.',
    ]);
  });

  it('is unknown for downloads, and says which', () => {
    assert.deepEqual(figures('FROM scratch\nADD https://example.com/f /x\n'), [
      'ADD ?: How big https://example.com/f is shows only when it is fetched.',
    ]);
  });

  it('is at least what is known beside a download', () => {
    const plan = planOf('FROM scratch\nADD a https://example.com/f /x/\n');
    const size = sizeOfSteps(plan, () => factsOf(['a'], { a: 7 })).get(lastStep(plan));
    assert.equal(size?.bytes, 7);
    assert.equal(size?.atLeast, true);
  });

  it('says that it is still being counted', () => {
    const plan = planOf('FROM scratch\nCOPY a /x\n');
    const size = sizeOfSteps(plan, () => ({ state: 'pending' })).get(lastStep(plan));
    assert.equal(size?.basis, 'unknown');
    assert.equal(size?.pending, true);
  });

  it('leaves out stages that the target does not need', () => {
    const plan = planOf('FROM scratch AS no\nCOPY a /x\nFROM scratch\nCOPY b /y\n');
    const sums = totals(
      plan,
      sizeOfSteps(plan, ({ copy }) => factsOf(copy?.sources ?? [], { a: 3, b: 1 })),
    );
    assert.equal(sums.of(0)?.own.bytes, null);
    assert.equal(sums.of(1)?.own.bytes, 1);
  });
});

describe('the size of a file that COPY --from takes', () => {
  const last = (dockerfile: string, files: Files = {}) => figures(dockerfile, files).at(-1);

  it('is known when a COPY of that stage put it there', () => {
    const dockerfile = 'FROM debian AS b\nRUN x\nCOPY f /d/\nFROM scratch\nCOPY --from=b /d/f /f\n';
    assert.match(last(dockerfile, { f: 9 }) ?? '', /^COPY 9:/);
  });

  it('is known for a heredoc, also through FROM stage', () => {
    const dockerfile =
      'FROM debian AS a\nCOPY <<EOF /c\nhi\nEOF\nFROM a AS b\nFROM scratch\nCOPY --from=b c /\n';
    assert.match(last(dockerfile) ?? '', /^COPY 3:/);
  });

  it('is unknown when a later RUN may have changed it', () => {
    const dockerfile = 'FROM debian AS b\nCOPY f /f\nRUN x\nFROM scratch\nCOPY --from=b /f /f\n';
    assert.match(
      last(dockerfile, { f: 9 }) ?? '',
      /^COPY \?: A RUN of the stage b may have written/,
    );
  });

  it('is unknown for a folder, whose other files the base may hold', () => {
    const of = (folder: string) =>
      last(`FROM debian AS b\nCOPY f ${folder}/\nFROM scratch\nCOPY --from=b ${folder} /d\n`, {
        f: 9,
      });
    assert.match(of('/usr/lib') ?? '', /^COPY \?:/);
    assert.match(of('/d') ?? '', /^COPY 9: What the lines of the stage b wrote/);
  });

  it('is unknown where a command that nobody knows may have written there', () => {
    const of = (command: string) =>
      last(`FROM debian AS b\nCOPY f /d/\nRUN ${command}\nFROM scratch\nCOPY --from=b /d /d\n`, {
        f: 9,
      });
    assert.match(of('frobnicate') ?? '', /^COPY \?:/);
    assert.match(of('mkdir /x') ?? '', /^COPY 9:/);
  });

  it('is unknown for an image, and for what the base image holds', () => {
    assert.match(
      last('FROM scratch\nCOPY --from=nginx /a /a\n') ?? '',
      /^COPY \?: The files of the image nginx/,
    );
    const dockerfile = 'FROM debian AS b\nFROM scratch\nCOPY --from=b /etc/passwd /p\n';
    assert.match(last(dockerfile) ?? '', /^COPY \?: \/etc\/passwd comes from the base image/);
  });

  it('is not taken from a file that a later COPY replaced', () => {
    const dockerfile =
      'FROM debian AS b\nCOPY f /f\nCOPY g /f\nFROM scratch\nCOPY --from=b /f /f\n';
    assert.match(last(dockerfile, { f: 9, g: 4 }) ?? '', /^COPY 4:/);
  });
});

describe('totals', () => {
  it('count own layers through FROM stage once', () => {
    const dockerfile = 'FROM scratch AS a\nCOPY f /f\nFROM a\nCOPY g /g\n';
    const sums = total(dockerfile, { f: 10, g: 3 });
    assert.equal(sums?.own.bytes, 13);
    assert.equal(sums?.size.bytes, 13);
    assert.equal(sums?.size.atLeast, false);
  });

  it('tell what a stage starts from', () => {
    const plan = planOf('FROM scratch AS a\nCOPY f /f\nFROM a\nCOPY f /g\n');
    const sums = totals(
      plan,
      sizeOfSteps(plan, () => factsOf(['f'], { f: 10 })),
    );
    assert.equal(sums.start(0)?.bytes, 0);
    assert.equal(sums.start(1)?.bytes, 10);
  });

  it('are a lower bound where a part is unknown, and say how many', () => {
    const sums = total('FROM debian\nCOPY f /f\nRUN x\n', { f: 10 });
    assert.equal(sums?.own.bytes, 10);
    assert.equal(sums?.own.atLeast, true);
    assert.equal(sums?.own.reason, 'The sum of 2 layers, of which 1 is not known.');
    assert.equal(sums?.base.bytes, null);
    assert.equal(
      sums?.size.reason,
      'The sum of 3 parts (layers and base image), of which 2 are not known.',
    );
  });

  it('never turn unknown into zero', () => {
    const sums = total('FROM scratch\nRUN x\nWORKDIR /y\n');
    assert.equal(sums?.own.basis, 'unknown');
    assert.equal(sums?.own.bytes, null);
  });

  it('are zero for a stage that adds nothing to scratch', () => {
    assert.equal(total('FROM scratch\nENV A=1\n')?.size.bytes, 0);
  });
});

import assert from 'node:assert/strict';
import { keyed, predictionsOf, recordAt, type Trial } from '../../support/cacheTrial.ts';
import { growth } from '../../support/cpuTime.ts';
import { type Random, seeded } from '../../support/random.ts';

const lines = [
  'RUN echo a',
  'RUN echo b && \\\n    echo c',
  'COPY src /src',
  'COPY f /f',
  'ENV A=1',
  'ENV B=$A C=2',
  'ARG D=1',
  'ARG E',
  'WORKDIR /w',
  'WORKDIR x',
  'USER me',
  'LABEL l=1',
  'SHELL ["/bin/sh", "-ec"]',
  'RUN <<E\necho a\nE',
  'COPY <<E /h\n$A\nE',
  'RUN --mount=source=src,target=/s ls',
];

/** A file of two stages of random instructions. */
function draw(random: Random): Trial {
  const some = () =>
    Array.from({ length: 1 + random.below(7) }, () => random.pick(lines)).join('\n');
  const from = random.pick(['FROM one', 'FROM base']);
  return {
    dockerfile: `FROM base AS one\n${some()}\n${from}\n${some()}\n`,
    files: { 'src/a': String(random.below(3)), f: String(random.below(3)) },
    options: { buildArgs: new Map([['E', String(random.below(2))]]) },
  };
}

const keysOf = (trial: Trial) => keyed(trial).steps.map(({ key }) => key);

describe('keys of random files', () => {
  it('are all cached after any edits and back again', () => {
    const random = seeded(11);
    let steps = 0;
    for (let round = 0; round < 150; round++) {
      const first = draw(random);
      const others = Array.from({ length: 3 }, () => recordAt(draw(random)));
      const predictions = predictionsOf([...others, recordAt(first)], first);
      steps += predictions.length;
      for (const { word } of predictions) assert.equal(word, 'cached', first.dockerfile);
    }
    assert.ok(steps > 300, `only ${steps} steps`);
  });

  it('are not moved by comments, blank lines, case and metadata', () => {
    const random = seeded(12);
    for (let round = 0; round < 150; round++) {
      const trial = draw(random);
      let isBody = false;
      const noisy = trial.dockerfile.split('\n').map((line) => {
        const wasBody = isBody;
        if (/<<E/.test(line)) isBody = true;
        else if (line === 'E') isBody = false;
        if (wasBody || line.startsWith(' ')) return line;
        const above = random.chance(0.5) ? '# a comment\n\n' : '';
        const lower = random.chance(0.5)
          ? line.replace(/^[A-Z]+/, (word) => word.toLowerCase())
          : line;
        const metadata = random.chance(0.3) && /^(RUN|COPY)/.test(line) ? 'LABEL x=y\n' : '';
        return `${above}${metadata}${lower.replace(/ /, '  ')}`;
      });
      const after = { ...trial, dockerfile: noisy.join('\n') };
      assert.deepEqual(keysOf(after), keysOf(trial), after.dockerfile);
    }
  });

  it('never take a step from cache above which an unmatched one stands in its stage', () => {
    const random = seeded(13);
    for (let round = 0; round < 200; round++) {
      const [before, after] = [draw(random), draw(random)];
      const plan = keyed(after);
      const predictions = predictionsOf([recordAt(before)], after);
      const missed = new Set<number>();
      for (const [at, { word }] of predictions.entries()) {
        const stage = plan.steps[at]?.stage ?? 0;
        if (missed.has(stage)) assert.equal(word, 'rebuild', after.dockerfile);
        else if (word === 'changed' || word === 'rebuild') missed.add(stage);
        if (word !== 'cached') {
          const reason = predictions[at]?.cause?.reason ?? '';
          assert.match(reason, /\S/, after.dockerfile);
        }
      }
    }
  });
});

describe('keys of long files', () => {
  const times = (count: number, line: (at: number) => string) =>
    `FROM base AS s0\n${Array.from({ length: count }, (_, at) => line(at)).join('\n')}\n`;
  const shapes: readonly (readonly [string, (at: number) => string])[] = [
    ['variables and commands alternate', (at) => `ENV V${at}=x\nRUN echo ${at}`],
    [
      'each stage is built from the one above',
      (at) => `FROM s${at} AS s${at + 1}\nENV V${at}=x\nRUN echo ${at}`,
    ],
    ['one variable is set again and again', (at) => `ENV V=${at}\nRUN echo $V`],
    [
      'what is made is copied on and on',
      (at) => `FROM base AS s${at + 1}\nCOPY --from=s${at} /x /x\nRUN make ${at}`,
    ],
    [
      'all is copied from stages',
      (at) => `FROM base AS s${at + 1}\nCOPY --from=s${at} /a /b\nRUN echo ${at}`,
    ],
  ];
  for (const [title, line] of shapes) {
    it(`take linear time where ${title}`, () => {
      const work = (count: number) => {
        const trial = { dockerfile: times(count, line) };
        return () => void predictionsOf([recordAt(trial)], trial);
      };
      // Four times the lines; quadratic work would take sixteen times as long.
      const ratio = growth(work(400), work(1600), 11);
      assert.ok(ratio <= 11, `four times the lines took ${ratio.toFixed(1)} times as long`);
    });
  }

  it('take linear time where all stages begin on one image, and all say something else than they did', () => {
    const trial = (count: number, word: string) => {
      const stages = Array.from({ length: count }, (_, at) => {
        return `FROM base AS s${at}\nRUN make ${word} ${at}\n`;
      });
      const copies = stages.map((_, at) => `COPY --from=s${at} /x /${at}\n`);
      return { dockerfile: `${stages.join('')}FROM base\n${copies.join('')}` };
    };
    const work = (count: number) => {
      const records = [recordAt(trial(count, 'one'))];
      return () => void predictionsOf(records, trial(count, 'two'));
    };
    const ratio = growth(work(250), work(1000), 9);
    assert.ok(ratio <= 9, `four times the stages took ${ratio.toFixed(1)} times as long`);
  });
});

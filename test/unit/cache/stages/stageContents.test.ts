/** What COPY --from finds in a stage, told without a build. */

import assert from 'node:assert/strict';
import { growth } from '../../../support/cpuTime.ts';
import { type StageCase, stageCases } from '../../../support/stageCases.ts';
import { contentOf, toldOf } from '../../../support/stageTrees.ts';

const words: Readonly<Record<StageCase['told'], string>> = {
  same: 'the same content',
  likely: 'the same content, if a RUN makes the same again',
  never: 'other content whenever the RUN runs again',
  other: 'other content',
  perhaps: 'likely other content',
  unknown: 'not known',
};

describe('content of stages', () => {
  for (const each of stageCases) {
    it(`${each.title}: ${words[each.told]}`, () => {
      assert.equal(toldOf(each), each.told);
    });
  }

  it('is never said to be the same where the builder copies again', () => {
    const wrong = stageCases.filter(({ told, actual }) => told === 'same' && actual === 'run');
    assert.deepEqual(
      wrong.map(({ title }) => title),
      [],
    );
  });

  it('says what stands in the way', () => {
    const url = 'FROM a\nADD https://example.com/x /x';
    assert.match(contentOf(url, '/x').unknown ?? '', /only known by a build/);
    const sum = 'a'.repeat(64);
    const pinned = `FROM scratch\nADD --checksum=sha256:${sum} https://example.com/x /x`;
    assert.equal(contentOf(pinned, '/x').unknown, undefined);
    const heredoc = 'FROM a\nCOPY <<h /h\n$Q\nh\nCOPY f /f';
    assert.match(contentOf(heredoc, '/h', { f: '1' }).unknown ?? '', /What a heredoc holds/);
    assert.equal(contentOf(heredoc, '/f', { f: '1' }).unknown, undefined);
    assert.equal(contentOf(heredoc, '/etc/passwd', { f: '1' }).unknown, undefined);
    assert.match(contentOf('FROM scratch\nCOPY f /f', '/g', { f: '1' }).unknown ?? '', /not in/);
    assert.match(contentOf('FROM scratch\nCOPY f /f', '/f').unknown ?? '', /fails/);
  });

  it('names the RUN that it hangs on, once, and not those below it', () => {
    const text = 'FROM a\nRUN make one\nRUN make two\nFROM b\nCOPY --from=0 /o /o\nRUN make three';
    assert.deepEqual(contentOf(text, '/o').reruns, ['RUN make two']);
    const reruns = contentOf(text, '/x', {}, 1).reruns;
    assert.deepEqual(reruns, ['RUN make two', 'RUN make three']);
  });

  it('sees through the package manager of a distribution to what was copied', () => {
    const text = (name: string) => `FROM a\nCOPY f /app/f\nRUN apt-get install -y ${name}`;
    const found = contentOf(text('x'), '/app/f', { f: '1' });
    assert.deepEqual(found, contentOf(text('y'), '/app/f', { f: '1' }));
    assert.deepEqual(found.reruns, []);
    const [one, other] = [contentOf(text('x'), '/usr/x'), contentOf(text('y'), '/usr/x')];
    assert.notEqual(one.digest ?? one.unknown, other.digest ?? '');
  });

  it('takes other names of a folder of programs for the same place', () => {
    const text = (word: string) => `FROM a\nRUN echo ${word} > /bin/x`;
    const digests = ['1', '2'].map((word) => contentOf(text(word), '/usr/bin/x').digest);
    assert.notEqual(digests[0], digests[1]);
  });

  it('never throws, and follows long stages in linear time', () => {
    const lines = Array.from({ length: 3_000 }, (_, at) =>
      at % 3 === 0
        ? `RUN make x${at}`
        : at % 3 === 1
          ? `RUN echo ${at} > /o${at}`
          : `COPY f /d/f${at}`,
    );
    const start = performance.now();
    const found = contentOf(['FROM a', ...lines].join('\n'), '/o1', { f: '1' });
    assert.ok(found.digest);
    assert.ok(performance.now() - start < 5_000);
    const stages = lines.map(
      (_, at) => `FROM ${at === 0 ? 'a' : `s${at - 1}`} AS s${at}\nRUN make ${at}`,
    );
    assert.ok(contentOf(stages.join('\n'), '/o', {}, stages.length - 1).digest);
    const loop = 'FROM scratch\nCOPY a /a\n';
    const link = { text: '/a', link: true };
    assert.ok(contentOf(loop, '/a/b', { a: link }).unknown);
  });
});

describe('stages of many lines', () => {
  const shapes: readonly (readonly [string, (at: number) => string])[] = [
    ['a folder is listed into ever more files', (at) => `RUN ls > /x${at}`],
    ['a new folder is listed into ever more of its files', (at) => `RUN ls /d > /d/x${at}`],
    ['variables and commands alternate', (at) => `ENV V${at}=x\nRUN echo ${at} > /x`],
  ];
  for (const [title, line] of shapes) {
    it(`take linear time where ${title}`, () => {
      const work = (count: number) => {
        const lines = Array.from({ length: count }, (_, at) => line(at));
        const text = ['FROM a', 'RUN mkdir /d', ...lines].join('\n');
        return () => void contentOf(text, '/x', {});
      };
      // Four times the lines; quadratic work would take sixteen times as long.
      const ratio = growth(work(500), work(2_000), 11);
      assert.ok(ratio <= 11, `four times the lines took ${ratio.toFixed(1)} times as long`);
    });
  }

  it('are told apart where one of many files of a folder differs, and by no order of lines', () => {
    const names = Array.from({ length: 400 }, (_, at) => `f${at}`);
    const text = (lines: readonly string[]) =>
      `FROM a\nRUN mkdir /d\n${lines.map((name) => `RUN echo ${name} > /d/${name}`).join('\n')}\nRUN make`;
    const digest = (lines: readonly string[]) => contentOf(text(lines), '/o').digest;
    const one = digest(names);
    assert.equal(digest([...names].reverse()), one);
    assert.notEqual(digest([...names.slice(1), 'g']), one);
  });
});

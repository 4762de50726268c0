/**
 * Four times the text takes about four times as long, whatever it looks like. Only the ratio is
 * looked at: sixteen would be quadratic, and collecting the garbage of the longer text may double four.
 */

import assert from 'node:assert/strict';
import { parse } from '../../../server/src/syntax/parser.ts';
import { growth } from '../../support/cpuTime.ts';

const shapes: Readonly<Record<string, (count: number) => string>> = {
  'plain instructions': (count) => `FROM a\n${'RUN echo x && y\n'.repeat(count)}`,
  'continuation lines': (count) => `FROM a\nRUN x \\\n${'  && echo y \\\n'.repeat(count)}`,
  'continuation lines of one escape character': (count) => `FROM a\n${'\\\n'.repeat(count)}`,
  'words over continuation lines': (count) => `FROM a\nENV a=b \\\n${' c=d \\\n'.repeat(count)}`,
  'words in one line': (count) => `FROM a\nCOPY ${'a '.repeat(count)}`,
  'words of exec form': (count) => `FROM a\nCMD [\\\n${'"a",\\\n'.repeat(count)}"b"]`,
  'brackets that are no exec form': (count) => `FROM a\n${'CMD ["a", [1\n'.repeat(count)}`,
  'empty and comment lines inside': (count) => `FROM a\nRUN x \\\n${'\n # c\n'.repeat(count)}`,
  comments: (count) => '# a comment\n'.repeat(count),
  'heredocs with an end': (count) => `FROM a\n${'COPY <<E /x\nbody\nE\n'.repeat(count)}`,
  'heredocs without an end, one name': (count) => `FROM a\n${'RUN <<E\nx\n'.repeat(count)}`,
  'heredocs without an end, many names': (count) => many(count, (index) => `RUN <<E${index}\nx\n`),
  'heredocs without an end, with tabs': (count) =>
    many(count, (index) => `RUN <<-E${index}\n\tx\n`),
  'heredocs in one instruction': (count) =>
    `RUN \\\n${many(count, (index) => `<<E${index} \\\n`)}\n${many(count, (index) => `E${index}\n`)}`,
  'heredocs without an end in one instruction': (count) =>
    `RUN \\\n${many(count, (index) => `<<E${index} \\\n`)}\n\n${'x\n'.repeat(count)}`,
  'blanks behind a heredoc operator': (count) => `RUN \\\n<<${` \\\n`.repeat(count)}<x`,
  'instructions in ONBUILD': (count) => `FROM a\n${'ONBUILD \\\n'.repeat(count)} RUN x`,
  'flags in one instruction': (count) => `FROM a\nRUN \\\n${'--a="b"à \\\n'.repeat(count)} x`,
  'flags that are cut apart': (count) => `FROM a\n${'HEALTHCHECK --a=\u2150b\n'.repeat(count)}`,
  'health checks that are cut apart': (count) => `FROM a\n${'HEALTHCHECK \u2150b\n'.repeat(count)}`,
  'lines longer than allowed': (count) =>
    `FROM a\n${`${'RUN x '.repeat(11_000)}\n`.repeat(count / 4000)}`,
};

function many(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

describe('time grows with the length of the text only', () => {
  for (const [name, make] of Object.entries(shapes)) {
    it(name, () => {
      const small = make(8000);
      const large = make(32_000);
      const ratio = growth(
        () => void parse(small),
        () => void parse(large),
        11,
      );
      assert.ok(ratio <= 11, `four times the text took ${ratio.toFixed(1)} times as long`);
    });
  }
});

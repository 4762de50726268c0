/** Texts that a RUN prints into files: counted to the byte where the shell leaves no doubt. */

import assert from 'node:assert/strict';
import { factsOf, figure, lastSize } from '../../../support/estimates.ts';

const added = (command: string) => figure(lastSize(`FROM debian:bookworm-slim\nRUN ${command}\n`));

describe('the size of a text that a RUN writes', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['echo hello > /f', '6'],
    ['echo -n hello > /f', '5'],
    ['echo "ü" > /f', '3'],
    ['echo "a\\tb" > /f', '4'],
    ['echo -e "a\\nb" > /f', '7'],
    ['echo a > /f && echo bb > /f', '3'],
    ['echo a > /f && echo bb >> /f', '5'],
    ['{ echo a; echo bb; } > /f', '5'],
    ["printf 'hi\\n' > /f", '3'],
    ["printf '%s\\n' one three > /f", '10'],
    ["printf '%5d' 1 > /f", '?'],
    ['echo hello | tee /f', '6'],
    ['echo hello | tee /f > /dev/null', '6'],
    [': > /f', '0'],
    ['echo hello', '0'],
    ['echo hello 2> /err', '0'],
    ['echo $(date) > /f', '?'],
    ['echo from $0 > /f', '?'],
    ['echo x > /etc/hostname', '2'],
  ];
  for (const [command, expected] of rows) {
    it(`is ${expected} for ${command}`, () => assert.equal(added(command), expected));
  }

  it('is that of a heredoc', () => {
    const text = 'FROM debian:bookworm-slim\nRUN <<X\ncat > /f <<E\none\ntwo\nE\nX\n';
    assert.equal(figure(lastSize(text)), '8');
  });

  it('counts a file of an older layer again when something is appended', () => {
    const text = 'FROM debian:bookworm-slim\nRUN echo hello > /f\nRUN echo hello >> /f\n';
    assert.equal(figure(lastSize(text)), '12');
  });

  it('allows for what a configuration file of the base may hold already', () => {
    const size = lastSize('FROM debian:bookworm-slim\nRUN echo x >> /etc/profile\n');
    assert.equal(size.basis, 'estimated');
    assert.ok((size.low ?? 1) <= 2 && (size.high ?? 0) > 10_000);
  });

  it('has a band where the shell of an unknown image decides', () => {
    const facts = factsOf({ base: () => ({ state: 'unavailable', reason: 'Not known.' }) });
    const size = lastSize('FROM i\nRUN echo "a\\tb" > /f\n', {}, facts);
    assert.deepEqual([size.low, size.high], [4, 5]);
  });
});

/** How the figures of a RUN's commands become one figure, and what is said of it. */

import assert from 'node:assert/strict';
import { factsOf, figure, lastSize, sizesOf } from '../../../support/estimates.ts';

const from = 'FROM debian:bookworm-slim\n';
const size = (command: string) => lastSize(`${from}RUN ${command}\n`);

describe('the size of a RUN', () => {
  it('is unknown for a command that nobody knows, and names it', () => {
    assert.equal(
      size('frobnicate --all').reason,
      'What `frobnicate --all` writes is known only after a build.',
    );
  });

  it('is at least what is known beside something unknown', () => {
    const figured = size('truncate -s 10M /f && frobnicate');
    assert.equal(figure(figured), '≥ ~10485760');
    assert.deepEqual(figured.parts, [
      { label: 'written by truncate', bytes: 10_485_760 },
      { label: 'frobnicate', bytes: null },
    ]);
  });

  it('names what else is unknown in one sentence', () => {
    assert.match(
      size('one; two x; three').reason,
      /^What `one` writes is known only after a build\. Not known either: two x; three\.$/,
    );
  });

  it('is unknown, not next to nothing, where only next to nothing is known', () => {
    assert.equal(figure(size('useradd -m me && frobnicate')), '?');
  });

  it('is some kilobytes at most for accounts', () => {
    const { bytes, low, high } = size('useradd -m me');
    assert.deepEqual([bytes, low], [9100, 0]);
    assert.ok((high ?? 0) < 65_536);
  });

  it('counts files of accounts once for several commands', () => {
    assert.equal(size('groupadd a && useradd -g a b && usermod -aG c b').bytes, 4500);
  });

  it('does not count what surely goes again', () => {
    assert.equal(figure(size('truncate -s 10M /f && rm /f')), '0');
    assert.equal(figure(size('truncate -s 10M /d/f && rm -rf /d/*')), '0');
    assert.equal(figure(size('truncate -s 10M /d/.f && rm -rf /d/*')), '10485760');
  });

  it('is unknown where a condition decides whether something is written', () => {
    const doubtful = size('if [ -f /x ]; then truncate -s 10M /f; fi').reason;
    assert.match(doubtful, /Whether `truncate -s 10M \/f` runs depends on a condition/);
  });

  it('reaches down to nothing where a condition decides whether it goes again', () => {
    const { bytes, low } = size('truncate -s 10M /f; if [ -e /x$(y) ]; then rm /f; fi');
    assert.deepEqual([bytes, low], [10_485_760, 0]);
  });

  it('is unknown for a script that does not parse', () => {
    assert.equal(figure(size('if; then')), '?');
  });

  it('has a length where the user asked for it', () => {
    const address = 'https://example.com/f.tgz';
    const facts = factsOf({
      download: (asked) =>
        asked === address
          ? { state: 'known', value: 1234 }
          : { state: 'unavailable', reason: 'Nobody was asked.' },
    });
    const of = (line: string) => figure(lastSize(`${from}${line}\n`, {}, facts));
    assert.equal(of(`RUN curl -fsSL -o /f ${address}`), '1234');
    assert.equal(of(`RUN cd /opt && wget -q ${address}`), '1234');
    assert.equal(of(`RUN curl ${address} > /f`), '1234');
    assert.equal(of(`RUN curl -fsSLO ${address} && rm f.tgz`), '0');
    assert.equal(of(`RUN curl ${address} | tar xz`), '?');
    assert.equal(of(`ADD ${address} /f`), '1234');
    assert.equal(of('RUN curl -o /f https://example.com/other'), '?');
  });

  it('names the address of a download that nobody asked about', () => {
    assert.match(size('wget https://example.com/f').reason, /https:\/\/example\.com\/f/);
  });

  it('is the same object while a line further up changes nothing for it', () => {
    const text = (first: string) => `${from}RUN ${first}\nRUN truncate -s 10M /f && frobnicate\n`;
    const facts = factsOf();
    const estimate = (first: string) => {
      const { sizes, steps } = sizesOf(text(first), {}, facts);
      return sizes.run(steps[1] ?? assert.fail('no step'));
    };
    assert.equal(estimate('mkdir /a'), estimate('mkdir /a'));
    assert.equal(estimate('true'), estimate('true && :'));
    assert.notEqual(estimate('true'), estimate('truncate -s 1 /f'));
  });

  it('follows thousands of stages that are built from one another', () => {
    const stages = Array.from(
      { length: 3000 },
      (_, index) =>
        `FROM ${index === 0 ? 'debian' : `s${index - 1}`} AS s${index}\nCOPY --from=s${Math.max(0, index - 1)} /f /f\nRUN truncate -s ${index + 1} /f\n`,
    ).join('');
    assert.equal(figure(lastSize(stages)), '3000');
  });
});

describe('what COPY --from takes of a stage with RUN lines', () => {
  const copied = (lines: string, path: string) =>
    figure(lastSize(`FROM debian AS b\n${lines}\nFROM scratch\nCOPY --from=b ${path} /x\n`));

  it('is known where all that was written there is known', () => {
    assert.equal(copied('RUN truncate -s 1000 /data/f && echo hi > /data/g', '/data'), '~1003');
    assert.equal(copied('RUN truncate -s 1000 /usr/lib/f', '/usr/lib/f'), '~1000');
  });

  it('is unknown where the base image, or a later command, may have more', () => {
    assert.equal(copied('RUN truncate -s 1000 /usr/lib/f', '/usr/lib'), '?');
    assert.equal(copied('RUN truncate -s 1000 /data/f\nRUN frobnicate', '/data'), '?');
  });
});

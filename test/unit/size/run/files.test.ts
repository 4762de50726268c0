/** What commands on files add to a layer, as `docker history` showed it for the same commands. */

import assert from 'node:assert/strict';
import { figure, lastSize } from '../../../support/estimates.ts';

const files = { 'app/a': 300_000, 'app/b': 70_000, one: 5000 };
const start = 'FROM debian:bookworm-slim\nCOPY app /app/\nCOPY one /one\n';
const added = (command: string) => figure(lastSize(`${start}RUN ${command}\n`, files));

describe('the size of a RUN that works on files', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['chown -R me /app', '~370000'],
    ['chown -R root:root /app', '~370000'],
    ['chmod -R u+r /app && chown -R me /app', '~370000'],
    ['chmod +x /one', '~5000'],
    ['chmod -R 755 /one /app', '~375000'],
    ['chmod 755 /app', '0'],
    ['chown me /app/a', '~300000'],
    ['touch /one', '~5000'],
    ['touch /new', '0'],
    ['mv /app /moved', '~370000'],
    ['cp -r /app /again', '~370000'],
    ['cp /one /usr/local/bin/', '~5000'],
    ['tar xf /one -C /tmp/x && mv /tmp/x/bin /opt && rm -rf /tmp/x', '?'],
    ['tar xf /one -C /tmp/x && rm -rf /tmp/x', '0'],
    ['tar -C /app -czf /tmp/x/a.tgz . && rm -rf /tmp/x', '0'],
    ['truncate -s 10 /n && chmod -R 755 /n && mv /n /usr/bin/', '10'],
    ['cp -s /one /two', '0'],
    ['ln -s /one /two', '0'],
    ['ln /one /two', '~5000'],
    ['install -m 755 /one /usr/bin/two', '~5000'],
    ['install -d /d', '0'],
    ['rm -rf /app', '0'],
    ['cp -r /app /again && rm -rf /again/a', '~70000'],
    ['mkdir -p /x/y', '0'],
    ['truncate -s 5M /t', '5242880'],
    ['truncate -s 5M /t && truncate -s 1M /t', '1048576'],
    ['fallocate -l 3MB /t', '3000000'],
    ['dd if=/dev/zero of=/t bs=1M count=2', '2097152'],
    ['dd if=/dev/zero of=/t bs=1M count=2 seek=10', '12582912'],
    ['dd if=/dev/zero of=/t bs=1M count=10; rm /t', '0'],
    ['dd if=/one of=/t', '?'],
    ['find /app -type d -exec chmod 755 {} +', '0'],
    ['tar xf /one -C /opt', '?'],
    ['chmod -R 755 /usr', '?'],
    ['chown -R me "$(x)"', '?'],
  ];
  for (const [command, expected] of rows) {
    it(`is ${expected} for ${command}`, () => assert.equal(added(command), expected));
  }

  for (const [copied, command] of [
    ['FROM x AS b\nRUN make\nFROM debian\nCOPY --from=b /out/app /app', 'chmod +x /app'],
    ['FROM x AS b\nRUN make\nFROM debian\nCOPY --from=b /out/app /bin/app', 'chmod +x /bin/app'],
    ['FROM debian\nADD https://example.com/tool /tool', 'chmod 755 /tool'],
    ['FROM debian\nRUN ln -s /app /l', 'chmod 700 /l/f'],
    ['FROM debian\nARG X\nCOPY <<EOF /start.sh\nexec $FROM_BASE\nEOF', 'chmod 755 /start.sh'],
  ] as const) {
    it(`is unknown for ${command} after a file of unknown size: ${copied.split('\n').at(-1)}`, () => {
      assert.equal(figure(lastSize(`${copied}\nRUN ${command}\n`)), '?');
      assert.equal(figure(lastSize(`${copied}\nRUN ${command}\nRUN ${command}\n`)), '?');
    });
  }

  it('is nothing for the mode of a folder that WORKDIR names, however it was filled', () => {
    const head = 'FROM x AS b\nRUN make\nFROM debian\nCOPY --from=b /out /app\nWORKDIR /app\n';
    assert.equal(figure(lastSize(`${head}RUN chmod 755 /app\n`)), '0');
  });

  it('counts at most what was copied once more when a part of it was removed', () => {
    const many = Object.fromEntries(
      [...Array(20).keys()].map((n) => [`app/f${n + 10}`, (n + 10) * 1000]),
    );
    const head = 'FROM debian:bookworm-slim\nCOPY app /app\n';
    const size = lastSize(`${head}RUN rm /app/f11\nRUN chown -R me /app\n`, many);
    assert.equal(size.high, 390_000);
    assert.ok((size.low ?? Infinity) <= 379_000);
    const named = lastSize(`${head}RUN rm /app/f29\nRUN chown -R me /app\n`, many);
    assert.equal(figure(named), '~361000');
  });

  it('keeps the rest of a copied folder apart from its named files', () => {
    const many = Object.fromEntries(
      [...Array(20).keys()].map((n) => [`app/f${n + 10}`, (n + 10) * 1000]),
    );
    const head = 'FROM debian:bookworm-slim\nCOPY app /app\n';
    const lastOf = (command: string) => lastSize(`${head}${command}\n`, many);
    assert.equal(figure(lastOf('RUN chown -R 1 /app && chmod -R 700 /app')), '~390000');
    assert.equal(figure(lastOf('RUN chown -R 1 /app\nRUN chmod 755 /app')), '0');
    assert.ok((lastOf('RUN cp -r /app /x && rm -rf /x/f1*').low ?? Infinity) <= 245_000);
    assert.equal(figure(lastOf('RUN cp -r /app /x && rm -rf /x/f29')), '~361000');
    const found = lastOf('RUN find /app -type f -empty -delete; chmod -R 700 /app');
    assert.equal(found.high, 390_000);
  });

  it('does not take for there what a command may have removed', () => {
    for (const command of [
      'if [ -e /app/a ]; then rm /app/a; fi',
      'cd /app && rm -rf $(ls | head -n 1)',
    ]) {
      const size = lastSize(`${start}RUN ${command}\nRUN chown -R me /app\n`, files);
      assert.equal(size.high, 370_000, command);
      assert.ok((size.low ?? Infinity) <= 70_000, command);
    }
  });

  it('forgets what find removed by name', () => {
    const text = `${start}RUN find /app -type f -name 'b*' -delete\nRUN chown -R me /app\n`;
    assert.equal(figure(lastSize(text, files)), '~300000');
    const others = `${start}RUN find /app -mtime +1 -delete\nRUN chown -R me /app\n`;
    assert.equal(lastSize(others, files).low, 0);
  });

  it('says that what earlier lines stored stays where it is', () => {
    assert.match(
      lastSize(`${start}RUN rm -rf /app\n`, files).reason,
      /What it removes of earlier lines stays in their layers\.$/,
    );
  });

  it('counts what was written before once more when it changes in a later line', () => {
    const text = `${start}RUN truncate -s 1000 /app/c\nRUN chown -R me /app\n`;
    assert.equal(figure(lastSize(text, files)), '~371000');
  });

  it('counts nothing that an earlier line removed', () => {
    assert.equal(
      figure(lastSize(`${start}RUN rm -rf /app/a\nRUN chown -R me /app\n`, files)),
      '~70000',
    );
  });

  it('is unknown where an earlier line may have written anything', () => {
    assert.equal(figure(lastSize(`${start}RUN frobnicate\nRUN chown -R me /data\n`, files)), '?');
  });

  it('leaves out what lies below a mount', () => {
    const of = (type: string) =>
      figure(lastSize(`${start}RUN --mount=type=${type},target=/m truncate -s 1M /m/f\n`, files));
    assert.equal(of('cache'), '0');
    assert.equal(of('tmpfs'), '0');
  });

  it('leaves out what is no part of a layer', () => {
    assert.equal(added('echo 127.0.0.1 x >> /etc/hosts'), '0');
    assert.equal(added('truncate -s 1M /dev/shm/x'), '0');
  });

  it('knows the files of a COPY of a folder by name, small ones that are not named too', () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`p/f${index}`, 1000 + index]),
    );
    const text = 'FROM debian:bookworm-slim\nCOPY p /p/\n';
    assert.equal(figure(lastSize(`${text}RUN chmod +x /p/f11\n`, many)), '~1011');
    const small = lastSize(`${text}RUN chmod +x /p/f0\n`, many);
    assert.deepEqual([small.low, small.high], [0, 1002]);
  });
});

import assert from 'node:assert/strict';
import { copyOnWriteNotes } from '../../../server/src/features/copyOnWrite.ts';
import { analyzed } from '../../support/analyses.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

/** The notes of the last instruction; the context has `app` (1.5 kB) and `run.sh` (300 B). */
async function notes(lines: string): Promise<readonly string[]> {
  const files = memoryFileSystem({
    '/w/app/a.js': 'x'.repeat(1000),
    '/w/app/b.js': 'x'.repeat(500),
    '/w/run.sh': 'x'.repeat(300),
    '/w/empty': '',
  });
  const { analysis } = await analyzed(
    `FROM debian\n${lines}\n`,
    {},
    { files, path: '/w/Dockerfile' },
  );
  const stage = analysis.plan.stages.at(-1) ?? assert.fail('there is no stage');
  const step = stage.steps.at(-1) ?? assert.fail('there is no step');
  return copyOnWriteNotes(analysis, stage, step);
}

describe('copy-on-write notes', () => {
  it('say what a changed owner costs', async () => {
    const expected = [
      '`chown` stores again what line 2 put into `/srv/`: 1.5 kB. With `COPY --chown` it is stored once.',
    ];
    assert.deepEqual(await notes('COPY app /srv/\nRUN chown -R me:me /srv'), expected);
    assert.deepEqual(await notes('COPY app /srv/\nRUN useradd me && chown -R me /srv'), expected);
    assert.deepEqual(await notes('COPY app /srv/\nRUN ["chown", "-R", "me", "/"]'), expected);
    assert.deepEqual(
      await notes('COPY app /srv/\nENV D=/srv\nRUN set -e; chown --recursive me "$D"'),
      expected,
    );
    assert.deepEqual(await notes('COPY app /srv/\nWORKDIR /srv\nRUN chown -R me .'), expected);
    assert.deepEqual(await notes('COPY app /srv/\nRUN cd / && (chown -R me srv)'), expected);
  });

  it('say it also where nothing changes, since the files are copied up all the same', async () => {
    for (const lines of [
      'COPY --chown=me app /srv/\nRUN chown -R me:me /srv',
      'COPY app /srv/\nRUN chown -R root:root /srv',
      'COPY --chmod=755 app /srv/\nRUN chmod -R 755 /srv',
    ]) {
      assert.match(
        (await notes(lines))[0] ?? '',
        /stores again what line 2 put into `\/srv\/`: 1\.5 kB/,
      );
    }
  });

  it('say the same in a stage that starts from the one with the COPY', async () => {
    const [note] = await notes(
      'COPY app /srv/\nFROM scratch AS x\nCOPY app /srv/\nFROM x\nRUN chown -R me /srv',
    );
    assert.match(note ?? '', /stores again what line 4 put into `\/srv\/`: 1\.5 kB/);
  });

  it('say what a changed mode or time or a new place costs', async () => {
    const at = 'COPY run.sh /usr/bin/\n';
    assert.deepEqual(await notes(`${at}RUN chmod +x /usr/bin/run.sh`), [
      '`chmod` stores again what line 2 put into `/usr/bin/`: 300 B. With `COPY --chmod` it is stored once.',
    ]);
    assert.match((await notes(`${at}RUN chmod -x /usr/bin/run.sh`))[0] ?? '', /^`chmod` stores/);
    assert.deepEqual(await notes(`${at}RUN touch /usr/bin/run.sh`), [
      '`touch` stores again what line 2 put into `/usr/bin/`: 300 B.',
    ]);
    assert.deepEqual(await notes(`${at}RUN mv /usr/bin/run.sh /x`), [
      '`mv` stores again what line 2 put into `/usr/bin/`: 300 B.',
    ]);
    assert.match((await notes('COPY run.sh /run.sh\nRUN chmod 755 /run.sh'))[0] ?? '', /: 300 B/);
  });

  it('say that deleting what a lower layer has frees nothing', async () => {
    const expected = ['`rm` frees nothing: the 1.5 kB of line 2 stay in the layer of that line.'];
    assert.deepEqual(await notes('COPY app /tmp/app\nRUN x && rm -rf /tmp/app'), expected);
    assert.deepEqual(await notes('COPY app /tmp/app\nRUN rm -rf /tmp/*'), expected);
    assert.deepEqual(
      await notes('COPY app /tmp/app\nRUN chown -R me /tmp && rm -rf /tmp'),
      expected,
    );
    assert.match(
      (await notes('COPY --from=busybox /x /tmp/x\nRUN rm -r /tmp'))[0] ?? '',
      /what line 2 stored stays in/,
    );
  });

  it('say at most what a later COPY may have replaced in part', async () => {
    const two = 'COPY app /srv/\nCOPY run.sh /srv/bin/\nRUN chown -R me /srv';
    assert.match((await notes(two))[0] ?? '', /line 2 put into `\/srv\/`: up to 1\.5 kB/);
    assert.match((await notes(two))[1] ?? '', /line 3 put into `\/srv\/bin\/`: 300 B/);
  });

  const silent: readonly [string, string][] = [
    ['only the folder itself changes', 'COPY app /srv/\nRUN chown me /srv'],
    ['the command may not run', 'COPY app /srv/\nRUN x || chown -R me /srv'],
    ['a failure before it is forgotten', 'COPY app /srv/\nRUN x && chown -R me /srv; true'],
    ['a condition decides', 'COPY app /srv/\nRUN if x; then chown -R me /srv; fi'],
    ['the shell may have ended', 'COPY app /srv/\nRUN if x; then exit 0; fi; chown -R me /srv'],
    ['the path is not known', 'COPY app /srv/\nRUN chown -R me "$(x)"'],
    ['the script sets the variable', 'COPY app /srv/\nENV D=/srv\nRUN D=/x; chown -R me $D'],
    ['the folder is not known', 'COPY app /srv/\nRUN cd "$X"; chown -R me srv'],
    ['the owner is not known', 'COPY app /srv/\nRUN chown -R "$(x)" /srv'],
    ['only a part is meant', 'COPY app /srv/\nRUN rm -rf /srv/sub'],
    ['another folder is meant', 'COPY app /srv/\nRUN rm -rf /srv2'],
    ['a mount covers the path', 'COPY app /srv/\nRUN --mount=type=cache,target=/srv rm -rf /srv/*'],
    ['it may be gone already', 'COPY app /srv/\nRUN rm -rf /srv/a.js\nRUN chown -R me /srv'],
    ['it goes in the same RUN', 'COPY app /srv/\nRUN rm -rf /srv/a.js && chown -R me /srv'],
    ['it was replaced', 'COPY --link run.sh /srv/x.sh\nRUN x\nCOPY empty /srv/\nRUN touch /srv/y'],
    ['the shell is another one', 'COPY app /srv/\nSHELL ["pwsh", "-c"]\nRUN chown -R me /srv'],
    ['a function has the name', 'COPY app /srv/\nRUN chown() { :; }; chown -R me /srv'],
    ['the destination may be a folder', 'COPY run.sh /srv\nRUN chmod 755 /srv'],
    ['nothing is in the file', 'COPY empty /srv/\nRUN chown -R me /srv'],
    ['the options ask for more', 'COPY app /srv/\nRUN chown -R --from=you me /srv'],
    ['it is no RUN', 'COPY app /srv/'],
    ['the script cannot be read', 'COPY app /srv/\nRUN chown -R me /srv "'],
  ];
  for (const [reason, lines] of silent) {
    it(`are silent where ${reason}`, async () => assert.deepEqual(await notes(lines), []));
  }
});

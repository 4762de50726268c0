import assert from 'node:assert/strict';
import { cacheKey } from '../../../server/src/features/cacheKey.ts';
import { analyzed } from '../../support/analyses.ts';

/** The sentence of the last instruction. */
async function key(dockerfile: string): Promise<string> {
  const { analysis } = await analyzed(dockerfile);
  const step = analysis.plan.stages.at(-1)?.steps.at(-1) ?? assert.fail('there is no step');
  return cacheKey(step, analysis.plan) ?? '';
}

describe('what a cache key depends on', () => {
  const last = (line: string) => key(`FROM scratch AS made\nFROM debian\n${line}\n`);

  it('is the command and all that it runs in', async () => {
    assert.equal(
      await last('RUN x'),
      'The key depends on the command and its shell, all ARG and ENV values above (used or not), the user, the working directory and every step above.',
    );
    assert.match(await last('RUN ["x"]'), /^The key depends on the command, all ARG/);
    assert.match(
      await last('RUN --mount=type=bind,target=/x --network=none x'),
      /directory, the mounts, the contents of bind mounts, the network mode and every step above\.$/,
    );
    // What a cache or secret mount holds is in no key.
    assert.match(
      await last('RUN --mount=type=cache,target=/x x'),
      /the mounts and every step above/,
    );
  });

  it('is what a COPY takes, not when it was written', async () => {
    assert.equal(
      await last('COPY a b/ /x/'),
      'The key depends on names, modes and contents of the files that it takes, the destination and every step above; not on file times.',
    );
    assert.match(await last('COPY --chown=1 --chmod=600 a /x'), /destination, the owner, the mode/);
    assert.match(
      await last('COPY --from=made /a /x'),
      /names, modes, owners and contents of the files that it takes from `made`/,
    );
    assert.match(await last('COPY --from=busybox /a /x'), /takes from `busybox`/);
    assert.match(await key('FROM scratch\nFROM debian\nCOPY --from=0 /a /x'), /from stage 0/);
  });

  it('leaves the steps above out for a COPY --link', async () => {
    const text = await last('COPY --link a /x');
    assert.match(text, /the destination; not on file times\. `--link`: the steps above do not/);
    assert.doesNotMatch(text, /every step above/);
  });

  it('is the text of a heredoc, the commit of a repository, and what a download holds', async () => {
    assert.equal(
      await last('COPY <<E /x\nhello\nE'),
      'The key depends on the text of the heredoc, the destination and every step above.',
    );
    assert.match(await last('ADD https://github.com/a/b.git /x'), /the commit that the reference/);
    assert.match(await last('ADD https://x.y/z /x'), /content, name and date of the download/);
    const sum = 'a'.repeat(64);
    assert.match(await last(`ADD --checksum=sha256:${sum} https://x.y/z /x`), /on the checksum,/);
  });

  it('says what runs again for an instruction that is no step', async () => {
    const cases: readonly [string, RegExp][] = [
      ['ENV a=b', /Every RUN below depends on these values/],
      ['ARG a', /Once it has a value, every RUN below/],
      ['USER me', /RUN and WORKDIR below.*COPY and ADD do not/],
      ['SHELL ["a"]', /Every RUN in shell form below/],
      ['WORKDIR /x', /the path, the user and every step above/],
      ['WORKDIR /', /Every RUN below/],
      ['LABEL a=b', /^No build step depends on it\.$/],
      ['CMD a', /^No build step depends on it\.$/],
      ['ONBUILD RUN x', /Only what is built FROM this/],
    ];
    for (const [line, expected] of cases) assert.match(await last(line), expected);
    assert.equal(await last('RUNN x'), '');
  });
});

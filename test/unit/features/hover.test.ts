import assert from 'node:assert/strict';
import type { MarkupContent } from 'vscode-languageserver-types';
import { hover } from '../../../server/src/features/hover.ts';
import { analyzed } from '../../support/analyses.ts';

async function card(drawing: string): Promise<string | null> {
  const { analysis, document, cursor } = await analyzed(drawing);
  const found = hover(analysis, document, document.positionAt(cursor ?? 0), { markdown: true });
  return found && (found.contents as MarkupContent).value;
}

describe('hover', () => {
  it('says effect, size, cache and history of a layer, in this order', async () => {
    const text = (await card('FROM scratch\nRUN ec<|>ho a\nRUN echo b\n')) ?? '';
    assert.equal(
      text,
      `\
**Layer 1 of 2**

**Size**: 0 B, computed. Its commands write no file contents.

**Cache**: unknown. There is no earlier build to compare with. The key depends on the command and its shell, all ARG and ENV values above (used or not), the user, the working directory and every step above.

\`\`\`text
RUN /bin/sh -c echo a # buildkit
\`\`\``,
    );
  });

  it('says what metadata sets', async () => {
    assert.equal(
      await card('FROM scratch\nENV A=b <|>C=d\n'),
      `\
**Metadata**, no layer. Sets the environment variables A, C.

**Cache**: Every RUN below depends on these values, used or not.

\`\`\`text
ENV A=b C=d
\`\`\``,
    );
    const cases: readonly [string, RegExp][] = [
      ['CMD ["a", "b"]', /Sets the default command: a b\./],
      ['CMD a b', /Sets the default command: \/bin\/sh -c a b/],
      ['USER me', /Sets the user to me/],
      ['EXPOSE 80 443', /Notes the ports 443, 80 as exposed/],
      ['WORKDIR /', /Sets the working directory to \//],
      ['ONBUILD RUN x', /Stores an instruction.*It makes no entry in `docker history`/s],
      ['HEALTHCHECK NONE', /Switches the health check of the base off/],
      ['ARG A=1', /Declares the build argument A=1/],
    ];
    for (const [line, expected] of cases) {
      assert.match((await card(`FROM scratch\n<|>${line}\n`)) ?? '', expected);
    }
  });

  it('says what a stage starts from', async () => {
    assert.match((await card('F<|>ROM debian:12\n')) ?? '', /^\*\*Base\*\*: `debian:12`/);
    assert.match((await card('F<|>ROM scratch\n')) ?? '', /^\*\*Base\*\*: empty/);
    assert.match(
      (await card('FROM scratch AS a\nRUN x\nF<|>ROM a\n')) ?? '',
      /^\*\*Base\*\*: stage `a`, with 1 layer of its own/,
    );
  });

  it('makes nothing of an instruction that BuildKit refuses when its variables are known', async () => {
    for (const line of ['VOLUME "/a', 'USER ${A:?no}', 'RUNN x']) {
      const text = await card(`FROM scratch\n<|>${line}\n`);
      assert.equal(text, 'BuildKit refuses this instruction.');
    }
  });

  it('says what runs again with a base, and nothing of the cache where nothing is built', async () => {
    assert.match((await card('F<|>ROM debian\n')) ?? '', /content of the image, not on its tag/);
    const unused = await card('FROM scratch AS a\nEN<|>V A=b\nFROM scratch\n');
    assert.doesNotMatch(unused ?? '', /Cache/);
    assert.doesNotMatch((await card('AR<|>G A=b\nFROM scratch\n')) ?? '', /Cache/);
  });

  it('says between cache and history what a line stores again', async () => {
    const text = await card('FROM scratch\nCOPY <<E /a.txt\nhello\nE\nRUN r<|>m /a.txt\n');
    assert.match(
      text ?? '',
      /every step above\.\n\n\*\*Copy-on-write\*\*: `rm` frees nothing: the 6 B of line 2 stay .+\n\n```text/,
    );
  });

  it('says why a stage is not built', async () => {
    const text = (await card('FROM scratch AS a\nR<|>UN x\nFROM scratch AS b\n')) ?? '';
    assert.match(text, /^\*\*Not built\*\*: stage `b` is built and does not need stage `a`\./);
  });

  it('is there on heredocs and at the end of a line, not between instructions', async () => {
    assert.ok(await card('FROM scratch\nCOPY <<E /x\nhel<|>lo\nE\n'));
    assert.ok(await card('FROM scratch<|>\nRUN x\n'));
    assert.equal(await card('FROM scratch\n<|>\nRUN x\n'), null);
    assert.equal(await card('FROM scratch\n# com<|>ment\nRUN x\n'), null);
    assert.equal(await card('<|>'), null);
  });

  it('lets nothing of the file be more than text', async () => {
    const text = await card('FROM scratch\nLABEL "[a](command:x)"=<|>b\nCMD ```\n');
    assert.match(text ?? '', /\\\[a\\\]\(command:x\)/);
    const code = await card('FROM scratch\nRUN e<|>cho "```" && x\n');
    assert.match(code ?? '', /````text\n/);
  });
});

import assert from 'node:assert/strict';
import type { InlayHint } from 'vscode-languageserver-types';
import { inlayHints, resolveInlayHint } from '../../../server/src/features/inlayHints.ts';
import { analyzed } from '../../support/analyses.ts';
import { drawHints } from '../../support/marked.ts';

const everything = {
  start: { line: 0, character: 0 },
  end: { line: 1e6, character: 0 },
};

/** The picture is its own expectation. */
async function draws(drawing: string, settings: unknown = {}): Promise<void> {
  const { analysis, document, text, drawn } = await analyzed(drawing, settings);
  assert.equal(drawHints(text, inlayHints(analysis, document, everything, null)), drawn);
}

function words({ label }: InlayHint): string {
  return typeof label === 'string' ? label : label.map(({ value }) => value).join('');
}

describe('inlay hints', () => {
  it('say which instruction makes a layer', () =>
    draws(`\
# syntax=docker/dockerfile:1
ARG BASE=debian ⟦metadata⟧
FROM $BASE ⟦base⟧
ARG A ⟦metadata⟧
ENV A=1 B=2 ⟦metadata⟧
LABEL x=y ⟦metadata⟧
RUN echo ⟦layer 1 · 0 B⟧
COPY . /app ⟦layer 2⟧
WORKDIR /app ⟦layer 3 · 0 B⟧
WORKDIR / ⟦metadata⟧
USER me ⟦metadata⟧
EXPOSE 80 ⟦metadata⟧
VOLUME /data ⟦metadata⟧
STOPSIGNAL SIGTERM ⟦metadata⟧
SHELL ["/bin/bash", "-c"] ⟦metadata⟧
HEALTHCHECK CMD true ⟦metadata⟧
ONBUILD RUN echo ⟦metadata⟧
ENTRYPOINT ["x"] ⟦metadata⟧
CMD ["node", "a.js"] ⟦metadata⟧
`));

  it('count layers through stages that start from stages', () =>
    draws(`\
FROM debian AS a ⟦base⟧
RUN one ⟦layer 1⟧
RUN two ⟦layer 2⟧
FROM a AS b ⟦base · 2+ layers⟧
RUN three ⟦layer 3⟧
FROM scratch AS c ⟦not built⟧
COPY x y ⟦not built⟧
ENV A=b ⟦not built⟧
FROM b ⟦base · 3+ layers⟧
CMD x ⟦metadata⟧
`));

  it('know how many layers an empty base has', () =>
    draws(`\
FROM scratch AS a ⟦base · empty⟧
WORKDIR /x ⟦layer 1 · 0 B⟧
FROM a ⟦base · 1 layer · 0 B⟧
`));

  it('stand at the end of the first line', () =>
    draws(`\
FROM debian ⟦base⟧
RUN apt-get update && \\ ⟦layer 1⟧
    # why
    apt-get install -y curl

  COPY <<A <<B /x/ ⟦layer 2 · 4 B⟧
a
A
b
B
RUN <<EOF ⟦layer 3 · 0 B⟧
echo
EOF
`));

  it('stand before the line end of Windows', async () => {
    const { analysis, document } = await analyzed('FROM debian\r\nRUN x \\\r\n y\r\n');
    const hints = inlayHints(analysis, document, everything, null);
    assert.deepEqual(
      hints.map(({ position }) => position),
      [
        { line: 0, character: 11 },
        { line: 1, character: 7 },
      ],
    );
  });

  it('leave out what BuildKit refuses, and keep the rest', () =>
    draws(`\
FROM debian ⟦base⟧
RUNN apt-get update
RUN one ⟦layer 1⟧
COPY a
ENV
RUN two ⟦layer 2⟧
`));

  it('show only what is switched on', async () => {
    const text = 'FROM debian\nRUN x\nENV A=b\n';
    const draw = async (inlay: unknown) => {
      const { analysis, document } = await analyzed(text, { inlayHints: inlay });
      return inlayHints(analysis, document, everything, null).map(words);
    };
    assert.deepEqual(await draw({ enable: false }), []);
    assert.deepEqual(await draw({ effect: { enable: 'layers' } }), ['base', 'layer 1']);
    assert.deepEqual(await draw({ effect: { enable: 'off' } }), []);
  });

  it('are made for the requested lines only', async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `RUN echo ${index} \\\n  more\n`);
    const { analysis, document } = await analyzed(`FROM debian\n${lines.join('')}`);
    const range = { start: { line: 11, character: 0 }, end: { line: 14, character: 3 } };
    const hints = inlayHints(analysis, document, range, null);
    assert.deepEqual(
      hints.map(({ position }) => position.line),
      [11, 13],
    );
    // A hint stands at the end of a line, and this range ends at the start of one.
    const rest = { ...range, end: { line: 13, character: 0 } };
    const before = inlayHints(analysis, document, rest, null);
    assert.deepEqual(
      before.map(({ position }) => position.line),
      [11],
    );
  });

  it('are at most 30 characters long', async () => {
    const stages = Array.from({ length: 1200 }, () => 'WORKDIR /x\n').join('');
    const { analysis, document } = await analyzed(`FROM scratch\n${stages}`);
    const last = inlayHints(analysis, document, everything, null).at(-1);
    assert.ok(last && words(last).startsWith('layer 1200'));
    assert.ok(words(last).length <= 30);
  });

  it('carry commands only where the client has them', async () => {
    const { analysis, document } = await analyzed('FROM debian\nRUN x\n');
    const [, without] = inlayHints(analysis, document, everything, null);
    assert.deepEqual(without?.label, [{ value: 'layer 1' }]);
    const commands = { layer: 'show', cause: 'go' };
    const [, having] = inlayHints(analysis, document, everything, commands);
    const [part] = having?.label ?? [];
    assert.deepEqual(typeof part === 'object' && part.command?.arguments, [document.uri, 1]);
    assert.equal(having?.paddingLeft, true);
  });

  it('get their tooltips when they are resolved', async () => {
    const { analysis, document } = await analyzed('FROM debian\nRUN x\n');
    const [, hint] = inlayHints(analysis, document, everything, null);
    assert.ok(hint && hint.tooltip === undefined);
    const parts = resolveInlayHint(hint, analysis, document, { partTooltips: true });
    assert.equal(parts.tooltip, undefined);
    assert.match(JSON.stringify(parts.label), /Layer 1 of 1/);
    const whole = resolveInlayHint(hint, analysis, document, { partTooltips: false });
    assert.match(JSON.stringify(whole.tooltip), /Layer 1 of 1.*RUN \/bin\/sh -c x # buildkit/);
    const old = { ...hint, data: { ...hint.data, version: 0 } };
    assert.equal(resolveInlayHint(old, analysis, document, { partTooltips: true }), old);
  });
});

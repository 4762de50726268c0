import assert from 'node:assert/strict';
import { codeActions } from '../../../server/src/features/codeActions.ts';
import { diagnostics } from '../../../server/src/features/diagnostics.ts';
import { documentSymbols } from '../../../server/src/features/documentSymbols.ts';
import { foldingRanges } from '../../../server/src/features/foldingRanges.ts';
import { hover } from '../../../server/src/features/hover.ts';
import { inlayHints } from '../../../server/src/features/inlayHints.ts';
import { stack } from '../../../server/src/features/stack.ts';
import { analyzed } from '../../support/analyses.ts';

const whole = `\
# syntax=docker/dockerfile:1
ARG BASE=debian:12 # not here
FROM --platform=$BUILDPLATFORM $BASE AS one
ENV A="b c" \\
    # inside
    D=e
RUN --mount=type=bind,target=/x <<A cat && <<B cat
\ta
A
b
B
RUN ["a", "b"]
RUN echo one
RUN echo two \\

  && three
COPY --from=zero --chown=1:1 a b/
ADD https://example.com/a.tar.gz /a\r
ONBUILD COPY . /app\r
FROM one
HEALTHCHECK --interval=5s CMD true
CMD echo "
`;

/** Every prefix, and the text with each line gone: what a file looks like while it is typed. */
function* halfWritten(): Generator<string> {
  for (let end = 0; end <= whole.length; end += 3) yield whole.slice(0, end);
  const lines = whole.split('\n');
  for (const index of lines.keys()) yield lines.filter((_, at) => at !== index).join('\n');
}

describe('every feature', () => {
  it('answers for any half-written text, with hints of at most 30 characters', async () => {
    let count = 0;
    for (const text of halfWritten()) {
      const { analysis, document } = await analyzed(text);
      const end = document.positionAt(document.getText().length);
      const range = { start: { line: 0, character: 0 }, end };
      for (const { label } of inlayHints(analysis, document, range, null)) {
        const words = typeof label === 'string' ? label : label.map(({ value }) => value).join('');
        assert.ok(words.length <= 30 && words.length > 0, words);
        count += 1;
      }
      for (let line = 0; line <= end.line; line += 1)
        hover(analysis, document, { line, character: 2 }, { markdown: line % 2 === 0 });
      diagnostics(analysis, document, { otherDockerfileExtension: false });
      codeActions(analysis, document, range, { diagnostics: [] }, { versionedEdits: true });
      documentSymbols(analysis.program, document);
      foldingRanges(analysis.program, document);
      JSON.stringify(stack(analysis, document));
    }
    assert.ok(count > 500);
  });
});

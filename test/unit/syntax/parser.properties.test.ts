/** What holds for any text whatsoever, tried on prefixes, mutations and noise. */

import assert from 'node:assert/strict';
import type { Dockerfile, Instruction } from '../../../server/src/syntax/ast.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { cases } from '../../support/conformance.ts';
import { type Random, seeded } from '../../support/random.ts';
import { assertSpans } from '../../support/spans.ts';

const realistic = `\ufeff# syntax=docker/dockerfile:1
# escape=\\
# check=skip=all

# Where it all starts
ARG VERSION=20 # not a comment
FROM --platform=$BUILDPLATFORM node:\${VERSION}-alpine AS build
ENV A=1 B="two words" \\
    # between
    C='three' D=e\\ f

LABEL legacy the whole rest
RUN --mount=type=cache,target=/root/.npm \\
    --network=none \\

    npm ci && \\
# flush left
    echo "é😀 $A" | tee /tmp/x
RUN <<EOF cat <<-'SECOND' 3<<third
body \\
EOF
	indented
	SECOND
third
COPY --from=build --chown="1:à" ["a b", "c\\u00e9", "/d/"]
ONBUILD ONBUILD RUN x y
ONBUILD COPY <<F /f
text
F
HEALTHCHECK --interval=30s CMD ["a", "b"]
SHELL ["a", 1]
ENV broken
NOPE what ever
CMD ["a"] # late
RUN cat <<NEVER
echo one

FROM scratch
COPY --from=0 / /
`;

interface EdgeCase {
  readonly dockerfile?: string;
}

const edgeCases = (cases<EdgeCase>('parser_edge_cases') ?? []).flatMap(({ dockerfile }) =>
  dockerfile === undefined ? [] : [dockerfile],
);
const texts = [realistic, ...edgeCases];

const fragments = [
  ...[
    'FROM a',
    'RUN ',
    'run',
    'ENV ',
    'ENV A=1',
    'COPY ',
    'ADD ',
    'ONBUILD ',
    'HEALTHCHECK ',
    'LABEL ',
  ],
  ...[
    'CMD ',
    'ARG ',
    'SHELL ',
    '# escape=`\n',
    '# escape=\\\n',
    '# syntax=x\n',
    '#',
    '\ufeff',
    '// syntax=a\n',
  ],
  ...[
    '<<E',
    '<<-E',
    "<<'E F'",
    '3<<X',
    '<< E',
    'E',
    'X',
    '\nE\n',
    '\n\tE\n',
    '<',
    '$(',
    '${a',
    '${a:-',
    '}',
  ],
  ...[
    '\n',
    '\r\n',
    '\r',
    '\\\n',
    '`\n',
    '\\',
    '`',
    ' ',
    '\t',
    '\v',
    '\f',
    '\u0085',
    '\u00a0',
    '\u3000',
    '\u2028',
  ],
  ...[
    '"',
    "'",
    '[',
    ']',
    ',',
    '{',
    '}',
    '["a", "b"]',
    '[1]',
    '"a"',
    '\\u12',
    '\\ud800',
    '=',
    '--',
    '--a=b ',
    '--a="',
  ],
  ...[
    'à',
    'Å',
    '😀',
    '\ud800',
    '\udc00',
    '\0',
    '\u0130',
    'ſ',
    'K',
    'a',
    'b ',
    '1',
    '$',
    '@',
    ':',
    'é=',
    'ⅅ',
    '\u{1f150}',
  ],
];

function noise(random: Random): string {
  return Array.from({ length: 1 + random.below(24) }, () => random.pick(fragments)).join('');
}

function mutate(text: string, random: Random): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(random.pick([1, 2, 40])));
  return text.slice(0, from) + random.pick([...fragments, '', '']) + text.slice(to);
}

describe('any text gives a tree', () => {
  it('while it is typed: every prefix of a file', () => {
    for (const text of texts) {
      for (let length = 0; length <= text.length; length++)
        assertSpans(parse(text.slice(0, length)));
    }
  });

  it('after any small change', () => {
    const random = seeded(1);
    for (let round = 0; round < 6000; round++) {
      let text = random.pick(round % 2 ? [realistic] : texts);
      for (let times = random.below(4); times >= 0; times--) text = mutate(text, random);
      check(text);
    }
  });

  it('when it is noise', () => {
    const random = seeded(2);
    for (let round = 0; round < 20_000; round++) check(noise(random));
  });

  it('when it is bytes', () => {
    const random = seeded(3);
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
      check(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }
  });
});

function check(text: string): void {
  try {
    assertSpans(parse(text));
  } catch (error) {
    throw new Error(`of ${JSON.stringify(text)}`, { cause: error });
  }
}

describe('line ends do not matter', () => {
  it('LF and CRLF give the same tree, heredoc bodies apart', () => {
    const random = seeded(4);
    const inputs = [...texts, ...Array.from({ length: 5000 }, () => noise(random))];
    for (const input of inputs) {
      const lf = input.replaceAll('\r', '');
      const crlf = lf.replaceAll('\n', '\r\n');
      assert.deepEqual(withoutPlaces(parse(crlf)), withoutPlaces(parse(lf)), JSON.stringify(lf));
    }
  });
});

function withoutPlaces({
  directives,
  instructions,
  problems,
  comments,
  ...rest
}: Dockerfile): object {
  return {
    escape: rest.escape,
    directives: directives.map(({ name, value }) => ({ name, value })),
    instructions: instructions.map(bare),
    problems: problems.map(({ span, ...problem }) => problem),
    comments: comments.length,
  };
}

function bare(each: Instruction): object {
  const { span, keywordSpan, flags, args, joined, heredocs, innerComments, trigger, ...rest } =
    each;
  return {
    ...rest,
    flags: flags.map(({ text, name, value }) => ({ text, name, value })),
    args: args.map((arg) => arg.value),
    joined: joined.text,
    heredocs: heredocs.map(({ contentSpan, terminatorSpan, content, ...heredoc }) => ({
      ...heredoc,
      content: content.replaceAll('\r', ''),
      terminated: terminatorSpan !== null,
    })),
    innerComments: innerComments.length,
    trigger: trigger && bare(trigger),
  };
}

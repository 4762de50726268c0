/** Each row is an observation of two real builds: the edit, and what came of each step. */

import assert from 'node:assert/strict';
import { type Files, type Trial, words } from '../../support/cacheTrial.ts';

type Row = readonly [
  title: string,
  before: string | Partial<Trial>,
  after: string | Partial<Trial>,
  expected: string,
];

const files: Files = {
  'a.txt': '1',
  'b.txt': '1',
  'd/x': '1',
  'd/y': '2',
  'e/x': '1',
  'e/y': '2',
  other: 'o',
  'bin/run 755': '#',
};

const bust = 'changed rebuild';
const both = 'cached cached';

function trial(given: string | Partial<Trial>): Trial {
  const part = typeof given === 'string' ? { dockerfile: given } : given;
  const dockerfile = part.dockerfile ?? 'FROM base\nCOPY d /d\nRUN ls\n';
  return {
    files,
    ...part,
    dockerfile: /^FROM /m.test(dockerfile) ? dockerfile : `FROM base\n${dockerfile}`,
  };
}

function without(path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

const args = (values: Readonly<Record<string, string>>): NonNullable<Trial['options']> => ({
  buildArgs: new Map(Object.entries(values)),
});

function rows(title: string, list: readonly Row[]): void {
  describe(title, () => {
    for (const [name, before, after, expected] of list) {
      it(`${name}: ${expected}`, () => assert.equal(words(trial(before), trial(after)), expected));
    }
  });
}

rows('COPY and ADD', [
  ['content', {}, { files: { ...files, 'd/x': '3' } }, bust],
  [
    'mode',
    'COPY bin/run /r\nRUN ls',
    {
      dockerfile: 'COPY bin/run /r\nRUN ls',
      files: { ...without('bin/run 755'), 'bin/run 644': '#' },
    },
    bust,
  ],
  [
    'mode, though --chmod sets it',
    'COPY --chmod=600 bin/run /r\nRUN ls',
    {
      dockerfile: 'COPY --chmod=600 bin/run /r\nRUN ls',
      files: { ...without('bin/run 755'), 'bin/run 644': '#' },
    },
    bust,
  ],
  ['another source with the same content', 'COPY a.txt /d\nRUN ls', 'COPY b.txt /d\nRUN ls', bust],
  ['the same name from another folder', 'COPY d/x /d\nRUN ls', 'COPY e/x /d\nRUN ls', both],
  ['a folder with the same content', 'COPY d /d\nRUN ls', 'COPY e /d\nRUN ls', bust],
  ['destination', 'COPY a.txt /d\nRUN ls', 'COPY a.txt /e\nRUN ls', bust],
  ['destination with a slash', 'COPY a.txt /d\nRUN ls', 'COPY a.txt /d/\nRUN ls', bust],
  ['./ in front of the source', 'COPY a.txt /d\nRUN ls', 'COPY ./a.txt /d\nRUN ls', both],
  ['/ in front of the source', 'COPY a.txt /d\nRUN ls', 'COPY /a.txt /d\nRUN ls', both],
  ['/ behind the source', 'COPY d /d\nRUN ls', 'COPY d/ /d\nRUN ls', both],
  ['JSON form', 'COPY a.txt /d\nRUN ls', 'COPY ["a.txt", "/d"]\nRUN ls', both],
  ['lower case', 'COPY a.txt /d\nRUN ls', 'copy a.txt /d\nrun ls', both],
  ['COPY to ADD', 'COPY a.txt /d\nRUN ls', 'ADD a.txt /d\nRUN ls', bust],
  [
    'COPY to ADD --unpack=false',
    'COPY a.txt /d\nRUN ls',
    'ADD --unpack=false a.txt /d\nRUN ls',
    both,
  ],
  ['--chown added', 'COPY a.txt /d\nRUN ls', 'COPY --chown=0:0 a.txt /d\nRUN ls', bust],
  [
    '--chown of a name',
    'COPY --chown=1000 a.txt /d\nRUN ls',
    'COPY --chown=me a.txt /d\nRUN ls',
    bust,
  ],
  ['--chmod added', 'COPY a.txt /d\nRUN ls', 'COPY --chmod=644 a.txt /d\nRUN ls', bust],
  [
    '--chmod with a zero in front',
    'COPY --chmod=644 a.txt /d\nRUN ls',
    'COPY --chmod=0644 a.txt /d\nRUN ls',
    both,
  ],
  [
    '--exclude that excludes nothing',
    'COPY d /d\nRUN ls',
    'COPY --exclude=*.zz d /d\nRUN ls',
    bust,
  ],
  ['--parents added', 'COPY d/x /d/\nRUN ls', 'COPY --parents d/x /d/\nRUN ls', bust],
  ['file added', {}, { files: { ...files, 'd/z': '3' } }, bust],
  ['file removed', {}, { files: without('d/y') }, bust],
  ['file renamed', {}, { files: { ...without('d/y'), 'd/z': '2' } }, bust],
  ['a file that is not copied', {}, { files: { ...files, other: 'p', new: 'n' } }, both],
  ['order of sources', 'COPY a.txt b.txt /d/\nRUN ls', 'COPY b.txt a.txt /d/\nRUN ls', bust],
  ['a source added', 'COPY a.txt /d/\nRUN ls', 'COPY a.txt b.txt /d/\nRUN ls', bust],
  ['heredoc body', 'COPY <<E /f\na\nE\nRUN ls', 'COPY <<E /f\nb\nE\nRUN ls', bust],
  ['heredoc name', 'COPY <<E /f\na\nE\nRUN ls', 'COPY <<F /f\na\nF\nRUN ls', bust],
  ['heredoc quotes', 'COPY <<E /f\na\nE\nRUN ls', 'COPY <<"E" /f\na\nE\nRUN ls', both],
  ['heredoc variable', 'ARG V=1\nCOPY <<E /f\n$V\nE', 'ARG V=2\nCOPY <<E /f\n$V\nE', 'changed'],
  [
    'ARG, ENV and LABEL above',
    'ARG A=1\nENV B=1\nLABEL c=1\nCOPY d /d',
    'ARG A=2\nENV B=2\nLABEL c=2\nCOPY d /d',
    'cached',
  ],
  [
    'USER and SHELL above',
    'COPY d /d\nCOPY d /e',
    'USER me\nSHELL ["sh"]\nCOPY d /d\nCOPY d /e',
    both,
  ],
  [
    'ARG in the destination',
    'ARG A=1\nCOPY d /$A\nCOPY d /e',
    'ARG A=2\nCOPY d /$A\nCOPY d /e',
    bust,
  ],
  [
    'relative destination',
    'WORKDIR /w\nCOPY d b\nRUN ls',
    'WORKDIR /w\nCOPY d /w/b\nRUN ls',
    'cached cached cached',
  ],
  ['ADD of another URL', 'ADD http://h/v1/f /f\nRUN ls', 'ADD http://h/v2/f /f\nRUN ls', bust],
  [
    'ADD of the same URL',
    'ADD http://h/v1/f /f\nRUN ls',
    'ADD http://h/v1/f /f\nRUN ls',
    'unknown unknown',
  ],
  [
    'ADD of the same URL, another command behind',
    'ADD http://h/v1/f /f\nRUN ls',
    'ADD http://h/v1/f /f\nRUN pwd',
    'unknown changed',
  ],
  [
    'ADD with a checksum',
    `ADD --checksum=sha256:${'a'.repeat(64)} http://h/f /f\nRUN ls`,
    `ADD --checksum=sha256:${'a'.repeat(64)} http://other/f /f\nRUN ls`,
    both,
  ],
  [
    'ADD with another checksum',
    `ADD --checksum=sha256:${'a'.repeat(64)} http://h/f /f\nRUN ls`,
    `ADD --checksum=sha256:${'b'.repeat(64)} http://h/f /f\nRUN ls`,
    bust,
  ],
  [
    'ADD of a branch',
    'ADD https://github.com/a/b.git#main /f',
    'ADD https://github.com/a/b.git#main /f',
    'unknown',
  ],
  [
    'ADD of a commit',
    `ADD https://github.com/a/b.git#${'a'.repeat(40)} /f`,
    `ADD https://github.com/a/b.git#${'a'.repeat(40)} /f`,
    'cached',
  ],
]);

const run = (text: string): string => `${text}\nRUN echo end`;

rows('RUN', [
  ['command', run('RUN echo a'), run('RUN echo b'), bust],
  ['inner spaces', run('RUN echo a'), run('RUN echo  a'), bust],
  ['comment of the shell', run('RUN echo a'), run('RUN echo a # b'), bust],
  ['spaces behind RUN', run('RUN echo a'), run('RUN   echo a'), both],
  ['trailing spaces', run('RUN echo a'), run('RUN echo a  '), both],
  [
    'comments and blank lines above',
    run('RUN echo a'),
    `# one\n\n${run('RUN echo a')}`.replace(/^/, 'FROM base\n'),
    both,
  ],
  ['lower case', run('RUN echo a'), run('run echo a'), both],
  ['split without indent', run('RUN echo a b'), run('RUN echo a \\\nb'), both],
  ['split with indent', run('RUN echo a b'), run('RUN echo a \\\n  b'), bust],
  ['other indent', run('RUN echo a \\\n    b'), run('RUN echo a \\\n        b'), bust],
  ['spaces to tab', run('RUN echo a \\\n    b'), run('RUN echo a \\\n\tb'), bust],
  ['comment inside', run('RUN echo a \\\n# x\nb'), run('RUN echo a \\\n# y\n# z\nb'), both],
  ['space behind the backslash', run('RUN echo a \\\nb'), run('RUN echo a \\ \nb'), both],
  [
    'CRLF',
    'FROM base\nRUN echo a \\\n b\nRUN ls\n',
    'FROM base\r\nRUN echo a \\\r\n b\r\nRUN ls\r\n',
    both,
  ],
  [
    'other escape character',
    'FROM base\nRUN echo a \\\nb\nRUN ls',
    '# escape=`\nFROM base\nRUN echo a `\nb\nRUN ls',
    both,
  ],
  ['exec form of the same', run('RUN echo a'), run('RUN ["/bin/sh", "-c", "echo a"]'), both],
  ['heredoc of the same', run('RUN echo a'), run('RUN <<E\necho a\nE'), bust],
  ['heredoc body', run('RUN <<E\necho a\nE'), run('RUN <<E\necho b\nE'), bust],
  ['heredoc comment', run('RUN <<E\necho a\nE'), run('RUN <<E\n# b\necho a\nE'), bust],
  [
    'heredoc program',
    run('RUN <<E\n#!/bin/sh\necho a\nE'),
    run('RUN <<E\n#!/bin/sh\necho b\nE'),
    bust,
  ],
  ['heredoc name', run('RUN <<E\necho a\nE'), run('RUN <<F\necho a\nF'), both],
  ['heredoc quotes', run('RUN <<E\necho a\nE'), run('RUN <<"E"\necho a\nE'), both],
  ['heredoc tabs', run('RUN <<E\necho a\nE'), run('RUN <<-E\n\techo a\n\tE'), both],
  ['ARG default', run('ARG V=1\nRUN echo a'), run('ARG V=2\nRUN echo a'), bust],
  ['ARG added', run('RUN echo a'), run('ARG V=2\nRUN echo a'), bust],
  ['ARG removed', run('ARG V=2\nRUN echo a'), run('RUN echo a'), bust],
  ['ARG order', run('ARG V=2\nARG W=1\nRUN echo a'), run('ARG W=1\nARG V=2\nRUN echo a'), bust],
  [
    '--build-arg',
    { dockerfile: run('ARG V\nRUN echo a'), options: args({ V: '1' }) },
    { dockerfile: run('ARG V\nRUN echo a'), options: args({ V: '2' }) },
    bust,
  ],
  [
    '--build-arg of the default',
    run('ARG V=1\nRUN echo a'),
    { dockerfile: run('ARG V=1\nRUN echo a'), options: args({ V: '1' }) },
    both,
  ],
  [
    '--build-arg that is not declared',
    run('RUN echo a'),
    {
      dockerfile: run('RUN echo a'),
      options: args({ V: '1', HTTP_PROXY: 'x', SOURCE_DATE_EPOCH: '1' }),
    },
    both,
  ],
  ['ARG V to ARG V=', run('ARG V\nRUN echo a'), run('ARG V=\nRUN echo a'), bust],
  ['global ARG', 'ARG V=1\nFROM base\nRUN echo a', 'ARG V=2\nFROM base\nRUN echo a', 'cached'],
  [
    'global ARG, declared again',
    'ARG V=1\nFROM base\nARG V\nRUN echo a',
    'ARG V=2\nFROM base\nARG V\nRUN echo a',
    'changed',
  ],
  ['ARG to ENV', run('ARG V=1\nRUN echo a'), run('ENV V=1\nRUN echo a'), both],
  ['ENV value', run('ENV V=1\nRUN echo a'), run('ENV V=2\nRUN echo a'), bust],
  ['ENV added', run('RUN echo a'), run('ENV V=2\nRUN echo a'), bust],
  ['ENV order', run('ENV A=1 B=2\nRUN echo a'), run('ENV B=2 A=1\nRUN echo a'), bust],
  [
    'ENV that is overwritten',
    run('ENV A=2\nRUN echo a'),
    run('ENV A=1\nENV A=2\nRUN echo a'),
    both,
  ],
  ['ENV on two lines', run('ENV A=1 B=2\nRUN echo a'), run('ENV A=1\nENV B="2"\nRUN echo a'), both],
  [
    'metadata',
    run('RUN echo a'),
    run(
      'LABEL a=1\nEXPOSE 1\nCMD ["a"]\nENTRYPOINT ["b"]\nVOLUME /v\nSTOPSIGNAL 9\nHEALTHCHECK NONE\nONBUILD RUN x\nMAINTAINER me\nRUN echo a',
    ),
    both,
  ],
  ['USER', run('RUN echo a'), run('USER root\nRUN echo a'), bust],
  ['USER before WORKDIR', 'WORKDIR /w\nCOPY d /d', 'USER 1000\nWORKDIR /w\nCOPY d /d', bust],
  ['SHELL', run('RUN echo a'), run('SHELL ["/bin/sh", "-ec"]\nRUN echo a'), bust],
  ['SHELL as it is anyway', run('RUN echo a'), run('SHELL ["/bin/sh", "-c"]\nRUN echo a'), both],
  ['WORKDIR', run('RUN echo a'), run('WORKDIR /w\nRUN echo a'), 'changed rebuild rebuild'],
  ['WORKDIR of the root', run('RUN echo a'), run('WORKDIR /\nRUN echo a'), both],
  ['WORKDIR in other words', 'WORKDIR /a/b\nRUN pwd', 'WORKDIR /\nWORKDIR a/b\nRUN pwd', both],
  [
    'WORKDIR in two steps',
    'WORKDIR /a/b\nRUN pwd',
    'WORKDIR /a\nWORKDIR b\nRUN pwd',
    'changed rebuild rebuild',
  ],
  [
    'cache id',
    run('RUN --mount=type=cache,target=/c,id=a ls'),
    run('RUN --mount=type=cache,target=/c,id=b ls'),
    both,
  ],
  [
    'cache sharing',
    run('RUN --mount=type=cache,target=/c,id=a ls'),
    run('RUN --mount=type=cache,target=/c,id=a,sharing=locked ls'),
    both,
  ],
  [
    'cache id from the default',
    run('RUN --mount=type=cache,target=/c ls'),
    run('RUN --mount=type=cache,target=/c,id=b ls'),
    bust,
  ],
  [
    'cache target',
    run('RUN --mount=type=cache,target=/c,id=a ls'),
    run('RUN --mount=type=cache,target=/d,id=a ls'),
    bust,
  ],
  ['mount added', run('RUN ls'), run('RUN --mount=type=cache,target=/c ls'), bust],
  [
    'bind content',
    run('RUN --mount=source=d,target=/s ls'),
    { dockerfile: run('RUN --mount=source=d,target=/s ls'), files: { ...files, 'd/x': '9' } },
    bust,
  ],
  [
    'bind content of a mount that writes',
    run('RUN --mount=source=d,target=/s,rw ls'),
    { dockerfile: run('RUN --mount=source=d,target=/s,rw ls'), files: { ...files, 'd/x': '9' } },
    bust,
  ],
  [
    'outside of what is bound',
    run('RUN --mount=source=d,target=/s ls'),
    { dockerfile: run('RUN --mount=source=d,target=/s ls'), files: { ...files, other: '9' } },
    both,
  ],
  [
    'bound from another folder with the same content',
    run('RUN --mount=source=d,target=/s ls'),
    run('RUN --mount=source=e,target=/s ls'),
    both,
  ],
  [
    'order of mounts',
    run('RUN --mount=source=d,target=/s --mount=type=tmpfs,target=/t ls'),
    run('RUN --mount=type=tmpfs,target=/t --mount=source=d,target=/s ls'),
    both,
  ],
  [
    'tmpfs size',
    run('RUN --mount=type=tmpfs,target=/c,size=1m ls'),
    run('RUN --mount=type=tmpfs,target=/c,size=2m ls'),
    bust,
  ],
  [
    'secret id',
    run('RUN --mount=type=secret,id=s,target=/x ls'),
    run('RUN --mount=type=secret,id=t,target=/x ls'),
    bust,
  ],
  ['--network=none', run('RUN ls'), run('RUN --network=none ls'), bust],
  ['--network=default', run('RUN ls'), run('RUN --network=default ls'), both],
  ['order of lines', 'RUN echo a\nRUN echo b', 'RUN echo b\nRUN echo a', bust],
  [
    'SOURCE_DATE_EPOCH for a WORKDIR',
    { dockerfile: 'WORKDIR /w', options: args({ SOURCE_DATE_EPOCH: '1' }) },
    { dockerfile: 'WORKDIR /w', options: args({ SOURCE_DATE_EPOCH: '2' }) },
    'changed',
  ],
  [
    'SOURCE_DATE_EPOCH of the same time, or empty',
    { dockerfile: 'WORKDIR /w\nWORKDIR /v', options: args({ SOURCE_DATE_EPOCH: '1' }) },
    { dockerfile: 'WORKDIR /w\nWORKDIR /v', options: args({ SOURCE_DATE_EPOCH: '01' }) },
    'cached cached',
  ],
  [
    'an empty SOURCE_DATE_EPOCH',
    'WORKDIR /w',
    { dockerfile: 'WORKDIR /w', options: args({ SOURCE_DATE_EPOCH: '' }) },
    'cached',
  ],
  [
    'BUILDKIT_SANDBOX_HOSTNAME, which no ARG declares',
    'COPY d /d\nRUN ls\nWORKDIR /w',
    {
      dockerfile: 'COPY d /d\nRUN ls\nWORKDIR /w',
      options: args({ BUILDKIT_SANDBOX_HOSTNAME: 'x' }),
    },
    'cached changed rebuild',
  ],
  [
    'an empty BUILDKIT_SANDBOX_HOSTNAME',
    'RUN ls',
    { dockerfile: 'RUN ls', options: args({ BUILDKIT_SANDBOX_HOSTNAME: '' }) },
    'cached',
  ],
  [
    'an agent that is called as the one without a name is',
    run('RUN --mount=type=ssh ls'),
    run('RUN --mount=type=ssh,id=default ls'),
    bust,
  ],
  [
    'an agent at its usual place',
    run('RUN --mount=type=ssh ls'),
    run('RUN --mount=type=ssh,target=/run/buildkit/ssh_agent.0 ls'),
    both,
  ],
  [
    'a secret at a place that is spelled otherwise',
    run('RUN --mount=type=secret,id=s,target=x ls'),
    run('RUN --mount=type=secret,id=s,target=/x ls'),
    bust,
  ],
  ['a dot behind the slash of a COPY', run('COPY d /x/'), run('COPY d /x/.'), bust],
  [
    'the dot of a relative COPY',
    run('WORKDIR /w\nCOPY d .'),
    run('WORKDIR /w\nCOPY d ./'),
    'cached cached cached',
  ],
  ['a slash behind a WORKDIR', 'WORKDIR /a\nRUN ls', 'WORKDIR /a/\nRUN ls', 'cached changed'],
  ['last line removed', 'RUN echo a\nRUN echo b', 'RUN echo a', 'cached'],
]);

rows('stages', [
  ['a stage gets a name', 'FROM base\nRUN a', 'FROM base AS x\nRUN a', 'cached'],
  ['# check=', 'FROM base\nRUN a', '# check=skip=all\nFROM base\nRUN a', 'cached'],
  [
    'a stage that is not needed',
    'FROM base\nRUN a',
    'FROM other AS o\nRUN x\nFROM base\nRUN a',
    'cached',
  ],
  [
    'equal steps of two stages',
    'FROM base\nRUN a',
    'FROM base AS x\nRUN a\nFROM base\nRUN a\nCOPY --from=x /a /b',
    'cached cached changed',
  ],
  [
    'the stage below changes',
    'FROM base AS p\nRUN a\nFROM p\nRUN z',
    'FROM base AS p\nRUN b\nFROM p\nRUN z',
    'changed rebuild',
  ],
  [
    '--from by number',
    'FROM base AS p\nRUN a\nFROM base\nCOPY --from=p /a /b',
    'FROM base AS p\nRUN a\nFROM base\nCOPY --from=0 /a /b',
    'cached cached',
  ],
  [
    'what is taken of a download of another stage, which nobody asked for',
    'FROM base AS s\nADD http://x/f /a\nRUN make\nFROM base\nCOPY --from=s /a /a\nRUN ls',
    'FROM base AS s\nADD http://x/f /a\nRUN make\nFROM base\nCOPY --from=s /a /a\nRUN ls',
    'unknown unknown unknown unknown',
  ],
  [
    'what a stage makes in a way that cannot be followed',
    'FROM base AS s\nRUN make\nFROM base\nCOPY --from=s /a /a\nRUN ls',
    'FROM base AS s\nRUN make\nFROM base\nCOPY --from=s /a /a\nRUN ls',
    'cached cached cached',
  ],
  [
    'what is taken from a stage that turns into what it is put on, though it holds the same',
    'FROM base AS a\nWORKDIR /q\nFROM base\nCOPY --from=a /etc/passwd /x',
    'FROM base AS a\nFROM base\nCOPY --from=a /etc/passwd /x',
    'changed',
  ],
  [
    'the same the other way round',
    'FROM base AS a\nFROM base\nCOPY --from=a /etc/passwd /x',
    'FROM base AS a\nWORKDIR /q\nFROM base\nCOPY --from=a /etc/passwd /x',
    'changed rebuild',
  ],
  [
    'a mount of what it runs on',
    'FROM base AS a\nRUN echo 1 > /o\nFROM base AS b\nRUN printf "1\\n" > /o\nFROM a\nRUN --mount=from=a,source=/o,target=/m ls\nCOPY --from=b /o /q',
    'FROM base AS a\nRUN echo 1 > /o\nFROM base AS b\nRUN printf "1\\n" > /o\nFROM a\nRUN --mount=from=b,source=/o,target=/m ls\nCOPY --from=b /o /q',
    'cached cached changed rebuild',
  ],
  [
    'another path of the same last name in what it stands on, which BuildKit does not look at',
    'FROM base AS a\nRUN make\nFROM a\nCOPY --from=a /d1/x /y',
    'FROM base AS a\nRUN make\nFROM a\nLABEL a=b\nCOPY --from=a /d2/x /y',
    'cached cached',
  ],
  [
    'a stage of the same text that is not what it stands on, by another folder of the context',
    'FROM base AS a\nCOPY d/x /q\nFROM base AS b\nCOPY d/x /q\nFROM a\nCOPY --from=b /q /r',
    'FROM base AS a\nCOPY d/x /q\nFROM base AS b\nCOPY e/x /q\nFROM a\nCOPY --from=b /q /r',
    'cached cached changed',
  ],
  [
    'the image that it stands on by its whole name',
    'FROM base\nCOPY --from=base /etc/passwd /p',
    'FROM base\nCOPY --from=docker.io/library/base:latest /etc/passwd /p',
    'cached',
  ],
  ['another base', 'FROM base\nRUN a\nRUN b', 'FROM other\nRUN a\nRUN b', bust],
  ['the base in full', 'FROM base\nRUN a', 'FROM docker.io/library/base:latest\nRUN a', 'cached'],
  [
    'a pinned base under another name',
    `FROM a@sha256:${'1'.repeat(64)}\nRUN a`,
    `FROM b:2@sha256:${'1'.repeat(64)}\nRUN a`,
    'cached',
  ],
  [
    'the platform of the build',
    'FROM base\nRUN a',
    'FROM --platform=linux/amd64 base\nRUN a',
    'cached',
  ],
  ['another platform', 'FROM base\nRUN a', 'FROM --platform=linux/arm64 base\nRUN a', 'changed'],
]);

describe('builds that are told not to use the cache', () => {
  const file = trial('WORKDIR /w\nCOPY d /d\nRUN ls\nWORKDIR /x');

  it('still take a WORKDIR right after FROM from cache', () => {
    assert.equal(words(file, file, { noCache: 'all' }), 'cached changed rebuild rebuild');
  });

  it('run the named stage and what is built from it', () => {
    const both = trial('FROM base AS b\nRUN a\nFROM b\nRUN c');
    assert.equal(words(both, both, { noCache: ['b'] }), 'changed rebuild');
  });
});

describe('COPY --link', () => {
  const before = trial('RUN a\nCOPY --link d /d\nRUN ls');
  const after = trial('RUN b\nCOPY --link d /d\nRUN ls');

  it('stands on its own where the builder merges layers', () => {
    assert.equal(words(before, after), 'changed cached rebuild');
  });

  it('is like any other COPY where the builder does not', () => {
    const inputs = { mergesLayers: false };
    assert.equal(words({ ...before, inputs }, { ...after, inputs }), 'changed rebuild rebuild');
    const plain = { ...trial('RUN a\nCOPY d /d\nRUN ls'), inputs };
    assert.equal(words(plain, { ...before, inputs }), 'cached cached cached');
  });
});

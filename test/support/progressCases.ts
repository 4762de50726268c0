/**
 * Builds whose streams are recorded in `test/fixtures/progress` (`test/engine/writeProgress.ts`
 * records them anew), with what each step comes to.
 */

export interface ProgressCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /**
   * What each step of needed stages comes to in the first build, in the order of the file; `any`
   * where builds before the recording decide.
   */
  readonly first: string;
  /** A second build: what is written before it, and what it comes to. */
  readonly again?: { readonly files: Readonly<Record<string, string>>; readonly second: string };
}

const many = Array.from({ length: 11 }, (_, n) => `RUN echo %SALT% many ${n}\n`).join('');

/** `%BASE%` is the tests' base image, `%URL%` a server of the recording, `%SALT%` a text of its own. */
export const progressCases: readonly ProgressCase[] = [
  {
    name: 'one stage',
    dockerfile: 'FROM %BASE%\nWORKDIR /app\nCOPY a.txt ./\nRUN echo %SALT% one\nCMD ["sh"]\n',
    files: { 'a.txt': '%SALT%' },
    first: 'any ran ran',
    again: { files: { 'a.txt': '%SALT% changed' }, second: 'cached ran ran' },
  },
  {
    name: 'many steps',
    dockerfile: `FROM %BASE%\n${many}`,
    files: {},
    first: 'ran ran ran ran ran ran ran ran ran ran ran',
  },
  {
    name: 'stages',
    dockerfile: `FROM %BASE% AS build
ARG WHO=world
WORKDIR /src
COPY a.txt ./
RUN echo %SALT% "hello $WHO" 'and $WHO' > hello
FROM %BASE% AS unused
RUN echo %SALT% unused
FROM build AS more
RUN echo %SALT% more
FROM %BASE%
COPY --from=build /src/hello /hello
COPY --from=more /src/a.txt /a.txt
RUN echo %SALT% last
`,
    files: { 'a.txt': '%SALT%' },
    args: { WHO: 'you' },
    first: 'any ran ran ran ran ran ran',
    again: { files: { 'a.txt': '%SALT% changed' }, second: 'cached ran ran ran cached ran ran' },
  },
  {
    name: 'target',
    dockerfile: `FROM %BASE% AS one
RUN echo %SALT% one
FROM one AS two
RUN echo %SALT% two
FROM two AS three
RUN echo %SALT% three
`,
    files: {},
    target: 'two',
    first: 'ran ran',
  },
  {
    name: 'heredocs',
    dockerfile: `FROM %BASE%
RUN <<EOF
echo %SALT% one
echo two
EOF
RUN <<EOF
echo %SALT% alone
EOF
RUN <<'END' cat > /x
%SALT% text
END
COPY <<ONE <<TWO /files/
%SALT%
ONE
$PATH
TWO
RUN <<EOF
#!/bin/sh
echo %SALT%
EOF
`,
    files: {},
    first: 'ran ran ran ran ran',
  },
  {
    name: 'link',
    dockerfile: `FROM %BASE%
RUN echo %SALT% link
COPY --link a.txt /linked
RUN cat /linked
`,
    files: { 'a.txt': '%SALT%' },
    first: 'ran ran ran',
    again: { files: {}, second: 'cached cached cached' },
  },
  {
    name: 'triggers',
    dockerfile: `FROM %BASE% AS parent
ONBUILD ENV MODE=fast
ONBUILD COPY a.txt /trigger/
ONBUILD RUN echo %SALT% trigger
RUN echo %SALT% parent
FROM parent
RUN echo %SALT% child
WORKDIR /child
`,
    files: { 'a.txt': '%SALT%' },
    first: 'ran ran ran ran ran',
    again: { files: { 'a.txt': '%SALT% changed' }, second: 'cached ran ran ran ran' },
  },
  {
    name: 'downloads',
    dockerfile: `FROM %BASE%
ADD %URL%/one.txt /one.txt
ADD %URL%/one.txt %URL%/two.txt a.txt /all/
RUN echo %SALT%
`,
    files: { 'a.txt': '%SALT%' },
    first: 'ran ran ran',
    again: { files: {}, second: 'cached cached cached' },
  },
  {
    name: 'download fails',
    dockerfile: 'FROM %BASE%\nRUN echo %SALT%\nADD %URL%/missing /one.txt\nRUN echo after\n',
    files: {},
    first: 'any failed notReported',
  },
  {
    name: 'run fails',
    dockerfile: `FROM %BASE%
WORKDIR /app
RUN echo %SALT% before
RUN echo "this is why" >&2 \\
  && exit 7
RUN echo after
`,
    files: {},
    first: 'any ran failed notReported',
  },
  {
    name: 'run fails beside another',
    dockerfile: `FROM %BASE% AS slow
RUN echo %SALT% && sleep 20
FROM %BASE% AS bad
RUN echo %SALT% && sleep 1 && exit 3
FROM %BASE%
COPY --from=slow /etc/passwd /slow
COPY --from=bad /etc/passwd /bad
`,
    files: {},
    first: 'notReported failed notReported notReported',
  },
  {
    name: 'root and relative folders',
    dockerfile: `FROM %BASE%
WORKDIR /
RUN echo %SALT% first
WORKDIR one
WORKDIR "two"
RUN echo %SALT% two
WORKDIR ../..
RUN echo %SALT% three
`,
    files: {},
    first: 'ran any any ran ran',
  },
  {
    name: 'scratch',
    dockerfile: `FROM scratch AS empty
COPY a.txt /a.txt
COPY b.txt /b.txt
FROM scratch
COPY --from=empty / /
`,
    files: { 'a.txt': '%SALT%', 'b.txt': '%SALT% b' },
    first: 'ran ran ran',
    again: { files: { 'b.txt': '%SALT% changed' }, second: 'cached ran ran' },
  },
  {
    name: 'the same in two stages',
    dockerfile: `FROM %BASE% AS one
RUN echo %SALT% same
RUN echo %SALT% one > /one
FROM %BASE% AS two
RUN echo %SALT% same
RUN echo %SALT% two > /two
FROM %BASE% AS three
RUN echo %SALT% same
FROM %BASE%
COPY --from=one /one /
COPY --from=two /two /
COPY --from=three /etc/passwd /three
`,
    files: {},
    first: 'ran ran ran ran ran ran ran ran',
    again: {
      files: {},
      second: 'cached cached cached cached cached cached cached cached',
    },
  },
  {
    name: 'equal folders in three stages',
    dockerfile: `FROM %BASE% AS one
WORKDIR /%SALT%
FROM %BASE% AS two
WORKDIR /%SALT%
RUN echo %SALT% of two
FROM %BASE%
WORKDIR /%SALT%
COPY --from=one /etc/passwd /one
COPY --from=two /etc/passwd /two
`,
    files: {},
    first: 'ran ran ran ran ran ran',
    again: { files: {}, second: 'cached cached cached cached cached cached' },
  },
  {
    name: 'two stages of one name',
    dockerfile: `FROM %BASE% AS same
RUN echo %SALT% a > /a
FROM same AS same
RUN echo %SALT% b > /b
FROM same
RUN echo %SALT% c > /c
`,
    files: {},
    first: 'ran ran ran',
  },
  {
    name: 'mounts',
    dockerfile: `FROM %BASE% AS tool
RUN echo %SALT% > /tool
FROM %BASE%
RUN --mount=type=bind,from=tool,source=/tool,target=/tool --mount=type=cache,target=/c cat /tool
RUN --mount=target=/ctx cat /ctx/a.txt
RUN --network=none echo %SALT%
`,
    files: { 'a.txt': '%SALT%' },
    first: 'ran ran ran ran',
    again: { files: { 'a.txt': '%SALT% changed' }, second: 'cached cached ran ran' },
  },
  {
    name: 'words and quotes',
    dockerfile: `FROM %BASE%
ARG DIR=/some/place
ENV NAME="a b" OTHER=\${DIR}/x
copy a.txt "\${DIR}/"
RUN   echo  %SALT%   $NAME \\
  # a comment
  "\${OTHER:-no}" '\${UNSET}' $UNSET
add ["a.txt", "b.txt", "/both dirs/"]
workdir $DIR
run ["echo", "%SALT%", "$NAME"]
`,
    files: { 'a.txt': '%SALT%', 'b.txt': '%SALT% b' },
    first: 'ran ran ran any ran',
  },
  {
    name: 'no such file',
    dockerfile: 'FROM %BASE%\nRUN echo %SALT%\nCOPY missing.txt /\n',
    files: {},
    first: 'any failed',
  },
  {
    name: 'not a Dockerfile',
    dockerfile: 'FROM %BASE%\nRUN echo one\nCOPPY a b\n',
    files: {},
    first: 'notReported',
  },
];

/** Name of the file that has the stream of a case's build. */
export function progressFile(name: string, build: 1 | 2): string {
  return `${name.replaceAll(' ', '-')}.${build}.txt`;
}

/**
 * Dockerfiles of all styles, each to be built, and half of them edited afterwards. Which line made
 * which layer is known beforehand: line number `@k` writes k units of bytes, so that the size of a
 * layer tells its line, whatever else a store counts.
 *
 * In the texts, ` @k` at the end of an instruction's first line is that number (taken away before
 * anything reads it), `WRITE12` a command that writes 12 units, and a file `f12` in the context has
 * 12 units. `RUN grow` writes one unit more each time it runs. A line without a number makes no
 * layer of its own, or is not in the image.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomEdits, type Stage } from '../support/laidTrials.ts';
import { type Random, seeded } from '../support/random.ts';
import { baseImage } from './baseImage.ts';

/** Larger than what any store adds for folders and headers. */
export const unit = 32_768;

export interface MeasuredCase {
  readonly name: string;
  readonly built: Marked;
  /** The file as it is now; null: as it was built. */
  readonly edited: Marked | null;
  readonly target: string | null;
  /** Given to the build, not to whoever reads the file. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** An image to be built before, with that name. */
  readonly base: { readonly name: string; readonly text: string } | null;
  /** Only BuildKit builds it. */
  readonly buildkit: boolean;
}

export interface Marked {
  readonly text: string;
  /** By 1-based first line of an instruction. */
  readonly marks: ReadonlyMap<number, number>;
}

/** Takes the numbers out of a text and writes the commands in. */
export function marked(source: string): Marked {
  const marks = new Map<number, number>();
  const lines = source.split('\n').map((line, at) => {
    const found = / @(\d+)(?= \\$|$)/.exec(line);
    if (!found) return line;
    marks.set(at + 1, Number(found[1]));
    return line.replace(found[0], '');
  });
  const text = lines
    .join('\n')
    .replace(/WRITE(\d+)/g, (_, k: string) => `head -c ${Number(k) * unit} /dev/zero > /w${k}`)
    .replaceAll('BASE', baseImage);
  return { text: text.endsWith('\n') ? text : `${text}\n`, marks };
}

const growing = `#!/bin/sh
n=$(cat /grown 2>/dev/null || echo 0)
n=$((n + 1))
echo $n > /grown
head -c $((n * ${unit})) /dev/zero > /grown-$n
`;

/** Writes the Dockerfile as it was built and all files that it may copy. */
export function writeCase({ built }: MeasuredCase, folder: string): void {
  const write = (path: string, content: string | Buffer, mode = 0o644) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  };
  write('Dockerfile', built.text);
  write('.dockerignore', 'Dockerfile\n.dockerignore\n');
  write('grow', growing, 0o755);
  for (const [, k = ''] of built.text.matchAll(/\bf(\d+)\b/g)) {
    write(`f${k}`, Buffer.alloc(Number(k) * unit, `${k} `));
  }
}

interface Source {
  readonly name: string;
  readonly built: string;
  readonly edited?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly base?: { readonly name: string; readonly text: string };
  readonly classic?: boolean;
}

function caseOf(source: Source): MeasuredCase {
  return {
    name: source.name,
    built: marked(source.built.trim()),
    edited: source.edited === undefined ? null : marked(source.edited.trim()),
    target: source.target ?? null,
    buildArgs: source.buildArgs ?? {},
    base: source.base
      ? { name: source.base.name, text: marked(source.base.text.trim()).text }
      : null,
    buildkit: source.classic !== true,
  };
}

const withTriggers = 'dockerfile-layers-test/measured-triggers:1';
const withLines = 'dockerfile-layers-test/measured-lines:1';

const written: readonly Source[] = [
  {
    name: 'an application',
    classic: true,
    built: `
FROM BASE
ENV APP=/srv MODE=production
WORKDIR /srv
COPY f11 ./ @11
RUN WRITE12 && echo installed @12
COPY f13 f14 ./ @27
EXPOSE 3000
USER nobody
CMD ["sh", "-c", "echo hi"]`,
  },
  {
    name: 'an application, a line added at the top',
    classic: true,
    built: `
FROM BASE
WORKDIR /srv
COPY f11 ./ @11
RUN WRITE12 @12
CMD ["sh"]`,
    edited: `
FROM BASE
RUN apt-get update && apt-get install -y curl
WORKDIR /srv
COPY f11 ./ @11
RUN WRITE12 @12
CMD ["sh"]`,
  },
  {
    name: 'a line removed',
    classic: true,
    built: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13 @13
RUN WRITE14 @14`,
    edited: `
FROM BASE
RUN WRITE11 @11
RUN WRITE13 @13
RUN WRITE14 @14`,
  },
  {
    name: 'a line changed',
    classic: true,
    built: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13 @13`,
    edited: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 && echo more
RUN WRITE13 @13`,
  },
  {
    name: 'all lines changed but the last',
    built: `
FROM BASE
RUN WRITE11 @11
COPY f12 /x @12
RUN WRITE13 @13`,
    edited: `
FROM BASE
RUN WRITE11 || true
COPY f12 /y
RUN WRITE13 @13`,
  },
  {
    name: 'lines in another order',
    classic: true,
    built: `
FROM BASE
RUN WRITE11 @11
COPY f12 /c12 @12
RUN WRITE13 @13
COPY f14 /c14 @14`,
    edited: `
FROM BASE
COPY f12 /c12 @12
RUN WRITE11 @11
COPY f14 /c14 @14
RUN WRITE13 @13`,
  },
  {
    name: 'the last line moved to the top',
    built: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13 @13
RUN WRITE14 @14`,
    edited: `
FROM BASE
RUN WRITE14 @14
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13 @13`,
  },
  {
    name: 'merged RUN lines',
    classic: true,
    built: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13 @13
COPY f14 /x @14`,
    edited: `
FROM BASE
RUN WRITE11 && \\
    WRITE12
RUN WRITE13 @13
COPY f14 /x @14`,
  },
  {
    name: 'a RUN taken apart',
    built: `
FROM BASE
RUN WRITE11 && true @11
RUN WRITE12 @12`,
    edited: `
FROM BASE
RUN WRITE11
RUN true
RUN WRITE12 @12`,
  },
  {
    name: 'comments inside a RUN changed',
    classic: true,
    built: `
FROM BASE
RUN true && \\ @11
    # what is written
    WRITE11
# between
RUN WRITE12 @12`,
    edited: `
FROM BASE

# Another comment.
RUN true && \\ @11
    # what is written now
    # and why
    WRITE11
run WRITE12 @12`,
  },
  {
    name: 'indentation inside a RUN changed',
    built: `
FROM BASE
RUN true && \\ @11
    WRITE11
RUN WRITE12 @12`,
    edited: `
FROM BASE
RUN true && \\
  WRITE11
RUN WRITE12 @12`,
  },
  {
    name: 'values of ARG given to the build',
    classic: true,
    built: `
FROM BASE
ARG VERSION=1
ARG FLAVOR
RUN echo $VERSION && WRITE11 @11
COPY f12 /opt/$VERSION/ @12
RUN WRITE13 @13`,
    buildArgs: { VERSION: '7.2', FLAVOR: 'with blanks inside' },
  },
  {
    name: 'values of ARG given to the build, then edited',
    built: `
FROM BASE
ARG VERSION=1
ARG MORE=a
RUN echo $VERSION && WRITE11 @11
COPY f12 /opt/$VERSION/ @12
RUN WRITE13 @13`,
    edited: `
FROM BASE
ARG VERSION=1
ARG MORE=b
RUN echo $VERSION && WRITE11 @11
COPY f14 /opt/$VERSION/
COPY f12 /opt/$VERSION/ @12
RUN WRITE13 @13`,
    buildArgs: { VERSION: 'x=1 y' },
  },
  {
    name: 'the default of an ARG edited',
    built: `
FROM BASE
ARG VERSION=1
RUN echo $VERSION && WRITE11 @11
ARG OTHER=2
RUN WRITE12 @12`,
    edited: `
FROM BASE
ARG VERSION=2
RUN echo $VERSION && WRITE11 @11
ARG OTHER=3
RUN WRITE12 @12`,
  },
  {
    name: 'equal RUN lines below other values of ARG',
    built: `
FROM BASE
COPY grow /bin/
ARG STEP=1
RUN grow @1
ARG STEP=2
RUN grow @2
ARG STEP=3
RUN grow @3`,
  },
  {
    name: 'equal RUN lines',
    classic: true,
    built: `
FROM BASE
COPY grow /bin/
RUN grow @1
RUN grow @2
RUN grow @3`,
  },
  {
    name: 'equal RUN lines with others between, one removed',
    built: `
FROM BASE
COPY grow /bin/
RUN grow @1
RUN WRITE11 @11
RUN grow @2
RUN WRITE12 @12
RUN grow @3
RUN WRITE13 @13`,
    edited: `
FROM BASE
COPY grow /bin/
RUN WRITE11 @11
RUN grow @2
RUN WRITE12 @12
RUN grow @3
RUN WRITE13 @13`,
  },
  {
    name: 'equal COPY lines',
    built: `
FROM BASE
COPY f11 /x @11
RUN WRITE12 && rm /x @12
COPY f11 /x @11
WORKDIR /w
WORKDIR /w
RUN WRITE13 @13`,
  },
  {
    name: 'heredocs',
    built: `
FROM BASE
ARG NAME=world
RUN <<EOF @11
WRITE11
echo $NAME
EOF
RUN <<-EOF @12
	WRITE12
EOF
RUN cat <<EOF > /small && WRITE13 @13
hello
EOF
RUN <<'EOF' @14
#!/bin/sh
WRITE14
EOF
COPY <<EOF /small-too
hello $NAME
EOF
COPY f15 /x @15`,
  },
  {
    name: 'heredocs, one changed',
    built: `
FROM BASE
RUN <<EOF @11
WRITE11
EOF
RUN <<EOF @12
WRITE12
EOF
RUN WRITE13 @13`,
    edited: `
FROM BASE
RUN <<EOF @11
WRITE11
EOF
RUN <<EOF
WRITE12
echo more
EOF
RUN WRITE13 @13`,
  },
  {
    name: 'stages on stages',
    classic: true,
    built: `
FROM BASE AS one
ARG A=1
RUN WRITE11 @11
FROM one AS two
WORKDIR /w
RUN WRITE12 @12
FROM two AS three
ENV B=$A
COPY f13 . @13
FROM two
RUN WRITE14 @14
COPY --from=three /w/f13 /f13 @13`,
  },
  {
    name: 'stages on stages, renamed and edited',
    built: `
FROM BASE AS one
RUN WRITE11 @11
FROM one AS two
RUN WRITE12 @12
FROM two
RUN WRITE13 @13`,
    edited: `
FROM BASE AS first
RUN WRITE11 @11
RUN WRITE15
FROM first AS second
RUN WRITE12 @12
FROM second AS last
RUN WRITE13 @13
LABEL done=yes`,
  },
  {
    name: 'a line moved to another stage of the chain',
    built: `
FROM BASE AS one
RUN WRITE11 @11
RUN WRITE12 @12
FROM one
RUN WRITE13 @13`,
    edited: `
FROM BASE AS one
RUN WRITE11 @11
FROM one
RUN WRITE12 @12
RUN WRITE13 @13`,
  },
  {
    name: 'a line moved into a stage that is copied from',
    built: `
FROM BASE AS build
RUN WRITE11
FROM BASE
RUN WRITE12 @12
COPY --from=build /w11 /x @11
RUN WRITE13 @13`,
    edited: `
FROM BASE AS build
RUN WRITE11
RUN WRITE12
FROM BASE
COPY --from=build /w11 /x @11
RUN WRITE13 @13`,
  },
  {
    name: 'a target in the middle',
    target: 'build',
    built: `
FROM BASE AS build
WORKDIR /src
COPY f11 . @11
RUN WRITE12 @12
FROM BASE
COPY --from=build /w12 /x`,
  },
  {
    name: 'scratch',
    classic: true,
    built: `
FROM BASE AS build
RUN WRITE11
FROM scratch
COPY --from=build /w11 /app @11
COPY f12 /data @12
ENTRYPOINT ["/app"]`,
  },
  {
    name: 'scratch, edited',
    built: `
FROM scratch
COPY f11 /a @11
COPY f12 /b @12
COPY f13 /c @13
CMD ["/a"]`,
    edited: `
FROM scratch
COPY f11 /a @11
COPY f14 /bb
COPY f13 /c @13
ENV A=1
CMD ["/a", "now"]`,
  },
  {
    name: 'triggers of a stage',
    classic: true,
    built: `
FROM BASE AS parent
ONBUILD COPY f11 /t11 @11
ONBUILD RUN WRITE12 @12
RUN WRITE13 @13
FROM parent
RUN WRITE14 @14`,
  },
  {
    name: 'triggers of a stage, edited',
    built: `
FROM BASE AS parent
ONBUILD COPY f11 /t11 @11
ONBUILD RUN WRITE12 @12
RUN WRITE13 @13
FROM parent
RUN WRITE14 @14`,
    edited: `
FROM BASE AS parent
ONBUILD COPY f11 /t11 @11
ONBUILD RUN echo other
RUN WRITE13 @13
FROM parent
RUN WRITE15
RUN WRITE14 @14`,
  },
  {
    name: 'triggers of the base image',
    base: {
      name: withTriggers,
      text: `
FROM BASE
ONBUILD COPY f11 /t11
RUN WRITE12`,
    },
    built: `
FROM ${withTriggers} @11
COPY f11 /again @11
RUN WRITE13 @13
CMD ["sh"]`,
  },
  {
    name: 'a base image with lines of the same text',
    base: {
      name: withLines,
      text: `
FROM BASE
WORKDIR /srv
COPY f11 ./
COPY grow /bin/
RUN grow
CMD ["sh"]`,
    },
    built: `
FROM ${withLines}
WORKDIR /srv
RUN grow @2
RUN WRITE12 @12
COPY f11 ./ @11
CMD ["sh"]`,
    edited: `
FROM ${withLines}
WORKDIR /srv
COPY grow /bin/
RUN grow @2
RUN WRITE12 @12
COPY f11 ./ @11
RUN grow
CMD ["sh"]`,
  },
  {
    name: 'flags that the history does not tell',
    built: `
FROM BASE AS one
RUN WRITE11
FROM BASE AS two
RUN WRITE12
FROM BASE
COPY --link f13 /l/ @13
COPY --chown=1:1 --chmod=600 f14 /m/ @14
COPY --from=one /w11 /x11 @11
COPY --from=two /w12 /x12 @12
RUN --mount=type=cache,target=/cache --network=none WRITE15 @15
RUN --mount=type=bind,source=f13,target=/f13 WRITE16 @16
RUN --mount=type=tmpfs,target=/tmp2 WRITE17 @17`,
  },
  {
    name: 'flags that the history does not tell, edited',
    built: `
FROM BASE AS one
RUN WRITE11
FROM BASE
COPY --link f13 /l/ @13
COPY --from=one /w11 /x11 @11
RUN --mount=type=cache,target=/cache WRITE15 @15`,
    edited: `
FROM BASE AS other
RUN WRITE11
FROM BASE
COPY f13 /l/ @13
COPY --from=other /w11 /x11 @11
COPY f16 /l/
RUN --mount=type=cache,target=/cache,id=another WRITE15 @15`,
  },
  {
    name: 'other shells',
    classic: true,
    built: `
FROM BASE
SHELL ["/bin/sh", "-ec"]
RUN WRITE11 @11
ENTRYPOINT exec sh
SHELL ["/bin/bash", "-e", "-u", "-c"]
RUN WRITE12 @12
RUN ["sh", "-c", "WRITE13"] @13
CMD echo $HOME`,
  },
  {
    name: 'another shell since',
    built: `
FROM BASE
RUN WRITE11 @11
SHELL ["/bin/sh", "-ec"]
RUN WRITE12 @12`,
    edited: `
FROM BASE
RUN WRITE11 @11
SHELL ["/bin/sh", "-euxc"]
RUN WRITE12
RUN WRITE13`,
  },
  {
    name: 'all kinds of metadata',
    classic: true,
    built: `
FROM BASE
MAINTAINER Somebody <some@body>
LABEL a=1 b="two words" \\
      c='three'
ENV PATH=/opt/bin:$PATH HOME2="/x y"
ENV OLD style
RUN WRITE11 @11
EXPOSE 80 443/udp 9000-9002
VOLUME ["/data", "/more"]
HEALTHCHECK --interval=90s --retries=3 CMD wget -q http://localhost/ || exit 1
STOPSIGNAL SIGINT
USER 1000:1000
WORKDIR relative
COPY f12 . @12
ENTRYPOINT ["sh", "-c"]
CMD ["echo \\"quoted\\""]`,
  },
  {
    name: 'metadata changed everywhere',
    built: `
FROM BASE
LABEL version=1
ENV A=1
RUN WRITE11 @11
EXPOSE 80
RUN WRITE12 @12
HEALTHCHECK CMD true
COPY f13 /x @13
CMD ["sh"]`,
    edited: `
FROM BASE
LABEL version=2
ENV A=2 B=3
RUN WRITE11 @11
EXPOSE 80 81
RUN WRITE12 @12
HEALTHCHECK NONE
COPY f13 /x @13
CMD ["sh", "-c", "ls"]`,
  },
  {
    name: 'archives and wildcards',
    built: `
# The wildcards take f13, f14 and f16.
FROM BASE
ADD f11 f12 /d/ @23
COPY f1[34] /e/ @27
COPY ["f15", "/with blank/"] @15
COPY f16* /f/ @16`,
  },
  {
    name: 'variables in paths',
    classic: true,
    built: `
FROM BASE
ENV ROOT=/opt/app
WORKDIR $ROOT
COPY f11 \${ROOT}/a/ @11
WORKDIR sub/folder
COPY f12 . @12
ENV ROOT=/other
COPY f13 $ROOT/ @13`,
  },
  {
    name: 'a variable in paths edited',
    built: `
FROM BASE
ENV ROOT=/opt/app
COPY f11 \${ROOT}/a/ @11
RUN WRITE12 @12`,
    edited: `
FROM BASE
ENV ROOT=/opt/other
COPY f11 \${ROOT}/a/
RUN WRITE12 @12`,
  },
  {
    name: 'lower case, tabs and odd blanks',
    classic: true,
    built: `
from BASE
run   WRITE11   @11
copy	f12	/x @12
Env a=1
RUN	true  &&	WRITE13 @13`,
  },
  {
    name: 'a backtick as escape character',
    built: `# escape=\`
FROM BASE
RUN true && \` @11
    WRITE11
COPY f12 /x @12`,
  },
  {
    name: 'only a base image and metadata',
    built: `
FROM BASE
ENV A=1
CMD ["sh"]`,
    edited: `
FROM BASE
ENV A=1
RUN WRITE11
CMD ["sh"]`,
  },
  {
    name: 'an image cut short: the first lines of a file',
    built: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12`,
    edited: `
FROM BASE
RUN WRITE11 @11
RUN WRITE12 @12
RUN WRITE13
COPY f14 /x
CMD ["sh"]`,
  },
];

/** Lines that can be built, each with a number of its own. */
function buildableLine(random: Random, k: number): string {
  return random.pick([
    () => `RUN WRITE${k} @${k}`,
    () => `RUN make=1 && \\ @${k}\n    # comment\n    WRITE${k}`,
    () => `RUN --mount=type=cache,target=/cache WRITE${k} @${k}`,
    () => `RUN <<EOF @${k}\nWRITE${k}\nEOF`,
    () => `RUN ["sh", "-c", "WRITE${k}"] @${k}`,
    () => `COPY f${k} /c/ @${k}`,
    () => `COPY --chown=1:1 f${k} ./ @${k}`,
    () => `ADD f${k} /a/ @${k}`,
    () => `COPY --link f${k} /l/x @${k}`,
    () => `ENV K${k}=v`,
    () => `ARG A${k}=v`,
    () => `LABEL l${k}=x`,
    () => `WORKDIR /w${k % 3}`,
    () => `EXPOSE ${k}`,
    () => `CMD ["serve", "${k}"]`,
    () => 'ENV SAME=1',
    () => 'WORKDIR /same',
  ])();
}

let nextId = 1_000_000;

function generated(seed: number, edits: number): MeasuredCase {
  const random = seeded(seed);
  let k = 9;
  const stages: Stage[] = [];
  const count = random.pick([1, 2, 3]);
  for (let index = 0; index < count; index++) {
    const lines = Array.from({ length: 3 + random.below(5) }, () => {
      k += 1;
      nextId += 1;
      return { id: nextId, text: buildableLine(random, k) };
    });
    const from = index > 0 && random.chance(0.8) ? `s${index - 1}` : 'BASE';
    stages.push({ from, name: `s${index}`, lines });
  }
  const after = edits > 0 ? randomEdits(random, stages, edits) : null;
  const built = new Set(stages.flatMap(({ lines }) => lines.map(({ id }) => id)));
  const source = (all: readonly Stage[]) =>
    all
      .map(({ from, name, lines }) =>
        [
          `FROM ${from} AS ${name}`,
          // What an edit wrote is not in the image, even where it repeats a line that is.
          ...lines.map(({ id, text }) => (built.has(id) ? text : text.replace(/ @\d+/, ''))),
        ].join('\n'),
      )
      .join('\n');
  return {
    ...caseOf({ name: `generated ${seed}`, built: source(stages) }),
    name: `generated ${seed}${after ? `: ${after.edits.join('; ').replace(/ @\d+|\n/g, ' ')}` : ''}`,
    edited: after ? marked(source(after.after)) : null,
  };
}

/** All of them; the same each time. */
export const measuredCases: readonly MeasuredCase[] = [
  ...written.map(caseOf),
  ...Array.from({ length: 10 }, (_, at) => generated(at + 1, 0)),
  ...Array.from({ length: 20 }, (_, at) => generated(at + 101, 1 + (at % 4))),
];

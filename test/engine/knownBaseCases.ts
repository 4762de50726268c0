/** Base images of all kinds, and what is built on them; `BASE` is the tests' own, `OWN:0` the first of these. */

export interface BaseCase {
  readonly title: string;
  /** Dockerfiles of the bases, each tagged with its number. */
  readonly bases: readonly string[];
  /** The builder of before BuildKit makes the bases, or a container is committed. */
  readonly by?: 'legacy' | 'commit';
  readonly child: string;
  readonly target?: string;
  /** Engine 26 has no such trigger, or leaves ARGs of the stages below out of the text of a RUN. */
  readonly since28?: boolean;
  /** Podman 4.3 does not know the flag, or cannot be asked so. */
  readonly notPodman?: boolean;
  readonly args?: Readonly<Record<string, string>>;
}

const lines = (...all: readonly string[]) => all.join('\n');

export const baseCases: readonly BaseCase[] = [
  {
    title: 'WORKDIR of the base',
    bases: [lines('FROM BASE', 'WORKDIR /srv/app')],
    child: lines('FROM OWN:0', 'COPY a.txt .', 'WORKDIR sub', 'COPY a.txt ./x/', 'RUN pwd > /pwd'),
  },
  {
    title: 'a relative WORKDIR right behind FROM, and one with a variable of the base',
    bases: [lines('FROM BASE', 'WORKDIR /srv', 'ENV HOME_DIR=/home/x NAME=deep')],
    child: lines(
      'FROM OWN:0',
      'WORKDIR here',
      'WORKDIR $HOME_DIR',
      'WORKDIR ${NAME}/er',
      'WORKDIR /',
    ),
  },
  {
    title: 'WORKDIR of the base with a slash at its end',
    bases: [lines('FROM BASE', 'WORKDIR /srv/x/')],
    child: lines('FROM OWN:0', 'WORKDIR .', 'WORKDIR y', 'WORKDIR ../z/'),
  },
  {
    title: 'ENV of the base in all instructions that expand',
    bases: [lines('FROM BASE', 'ENV DIR=/data USERNAME=nobody PORT=8080 SIG=SIGINT SPACED="a b"')],
    child: lines(
      'FROM OWN:0',
      'COPY a.txt $DIR/',
      'ADD --chown=$USERNAME a.txt ${DIR}/other.txt',
      'EXPOSE $PORT ${PORT}/udp',
      'VOLUME $DIR',
      'LABEL port=$PORT spaced="$SPACED"',
      'USER ${USERNAME}',
      'STOPSIGNAL $SIG',
      'ENV MORE=$DIR/more LONG="$SPACED c" NONE=${NOT_THERE:-nothing}',
      'WORKDIR $MORE',
    ),
  },
  {
    title: 'ARG of the name of a variable of the base, without a value, with one, and given',
    bases: [lines('FROM BASE', 'ENV V=base W=base X=base')],
    child: lines(
      'ARG X=global',
      'FROM OWN:0',
      'ARG V',
      'RUN echo $V > /1',
      'ARG V=child',
      'RUN echo $V > /2',
      'ARG W',
      'ARG X',
      'RUN echo $V $W $X > /3',
      'ENV V=own',
      'RUN echo $V > /4',
      'LABEL v=$V w=$W x=$X',
    ),
    args: { W: 'given' },
  },
  {
    title: 'USER of the base',
    bases: [lines('FROM BASE', 'USER nobody:nogroup')],
    child: lines('FROM OWN:0', 'WORKDIR /tmp/x', 'COPY a.txt /tmp/', 'RUN id > /tmp/id'),
  },
  {
    title: 'SHELL of the base, in RUN, CMD, ENTRYPOINT and HEALTHCHECK',
    bases: [lines('FROM BASE', 'SHELL ["/bin/bash", "-e", "-c"]')],
    child: lines(
      'FROM OWN:0',
      'RUN echo $0 > /0',
      'RUN <<EOF',
      'echo a',
      'EOF',
      'HEALTHCHECK CMD echo fine',
      'ENTRYPOINT exec sleep 1',
      'CMD echo done',
    ),
  },
  {
    title: 'CMD and ENTRYPOINT of the base, of which the child sets one',
    bases: [lines('FROM BASE', 'ENTRYPOINT ["echo"]', 'CMD ["one", "two"]')],
    child: lines('FROM OWN:0', 'ENTRYPOINT ["cat"]'),
  },
  {
    title: 'ENTRYPOINT of the base, and CMD in shell form',
    bases: [lines('FROM BASE', 'ENTRYPOINT ["echo"]')],
    child: lines('FROM OWN:0', 'CMD one two'),
  },
  {
    title: 'EXPOSE, VOLUME, LABEL, STOPSIGNAL and HEALTHCHECK of the base',
    notPodman: true,
    bases: [
      lines(
        'FROM BASE',
        'EXPOSE 80 443/udp',
        'VOLUME /data ["/more"]',
        'VOLUME ["/data", "/other"]',
        'LABEL a=1 b="two words" a=3',
        'STOPSIGNAL SIGQUIT',
        'HEALTHCHECK --interval=5s --retries=2 --start-period=1m --start-interval=3s CMD ["true"]',
        'MAINTAINER somebody',
      ),
    ],
    child: lines('FROM OWN:0', 'EXPOSE 80-82', 'VOLUME /data /new', 'LABEL b=new c=3', 'RUN true'),
  },
  {
    title: 'HEALTHCHECK NONE over one of the base',
    bases: [lines('FROM BASE', 'HEALTHCHECK CMD true')],
    child: lines('FROM OWN:0', 'HEALTHCHECK NONE'),
  },
  {
    title: 'one ONBUILD trigger with COPY',
    bases: [lines('FROM BASE', 'ONBUILD COPY a.txt /onbuild/')],
    child: lines('FROM OWN:0', 'RUN true'),
  },
  {
    title: 'several ONBUILD triggers of all kinds',
    bases: [
      lines(
        'FROM BASE',
        'ENV DIR=/opt',
        'WORKDIR /work',
        'ONBUILD ARG VERSION=1',
        'ONBUILD ENV VERSION=${VERSION} IN=$DIR',
        'ONBUILD COPY src/ ./',
        'ONBUILD ADD a.txt $DIR/',
        'ONBUILD RUN echo $VERSION > v && cat \\',
        '   b.txt',
        'ONBUILD RUN ["sh", "-c", "true"]',
        'ONBUILD WORKDIR sub',
        'ONBUILD USER nobody',
        'ONBUILD EXPOSE 81',
        'ONBUILD LABEL x=$VERSION',
        'ONBUILD VOLUME /v',
        'ONBUILD STOPSIGNAL 9',
        'ONBUILD SHELL ["/bin/bash", "-c"]',
        'ONBUILD HEALTHCHECK CMD true',
        'ONBUILD ENTRYPOINT echo',
        'ONBUILD CMD ["x"]',
      ),
    ],
    child: lines('FROM OWN:0', 'COPY --chown=1 a.txt .', 'RUN true'),
    args: { VERSION: '7' },
  },
  {
    title: 'ONBUILD triggers in a chain of images: they run once, in the first child',
    bases: [
      lines('FROM BASE', 'ONBUILD ENV ONCE=1', 'ONBUILD RUN echo once >> /once'),
      lines('FROM OWN:0', 'ONBUILD ENV TWICE=$ONCE', 'ONBUILD COPY a.txt /two'),
    ],
    child: lines('FROM OWN:1', 'LABEL seen=$ONCE$TWICE'),
  },
  {
    title: 'ONBUILD triggers of the image below a chain of stages',
    since28: true,
    bases: [lines('FROM BASE', 'ARG A', 'ONBUILD ARG A=onbuild', 'ONBUILD RUN echo $A > /a')],
    child: lines(
      'FROM OWN:0 AS one',
      'RUN echo one',
      'ONBUILD RUN echo two',
      'FROM one AS two',
      'ARG A',
      'RUN echo $A',
      'FROM two',
      'CMD ["three"]',
    ),
    args: { A: 'given' },
  },
  {
    title: 'ONBUILD trigger that copies from a stage of the child',
    since28: true,
    bases: [lines('FROM BASE', 'ONBUILD COPY --from=builder /out /from-builder')],
    child: lines(
      'FROM BASE AS builder',
      'RUN echo x > /out',
      'FROM OWN:0',
      'RUN cat /from-builder',
    ),
  },
  {
    title: 'ONBUILD trigger with a mount and a heredoc below its child',
    since28: true,
    bases: [
      lines(
        'FROM BASE',
        'ONBUILD RUN --mount=type=cache,target=/cache --network=none echo > /cache/x',
      ),
    ],
    child: lines('FROM OWN:0', 'COPY <<EOF /here', 'text $PATH', 'EOF'),
  },
  {
    title: 'a base from scratch, whose PATH is Docker’s default',
    bases: [lines('FROM scratch', 'COPY a.txt /a')],
    child: lines('FROM OWN:0', 'COPY a.txt /b', 'ENV MORE=$PATH:/x'),
  },
  {
    title: 'a base whose PATH is another one, and empty variables',
    bases: [lines('FROM BASE', 'ENV PATH=/only:$PATH EMPTY= QUOTE="\\"q\\"" DOLLAR=\\$X')],
    child: lines(
      'FROM OWN:0',
      'ENV PATH=/mine:$PATH',
      'RUN true',
      'LABEL e="$EMPTY" q="$QUOTE" d="$DOLLAR"',
    ),
  },
  {
    title: 'a base without any layer of its own',
    bases: [lines('FROM BASE', 'ENV A=1', 'CMD ["a"]')],
    child: lines('FROM OWN:0', 'ENV A=2 B=$A', 'RUN true'),
  },
  {
    title: 'a base with layers that take nothing',
    bases: [
      lines(
        'FROM BASE',
        'RUN true',
        'WORKDIR /',
        'WORKDIR /tmp',
        'RUN true',
        'COPY a.txt /a',
        'RUN true',
      ),
    ],
    child: lines('FROM OWN:0', 'WORKDIR .', 'RUN true'),
  },
  {
    title: 'two bases, one copied from',
    bases: [
      lines('FROM BASE', 'RUN echo one > /one'),
      lines('FROM BASE', 'WORKDIR /two', 'USER nobody'),
    ],
    child: lines(
      'FROM OWN:0 AS tools',
      'FROM OWN:1',
      'COPY --from=tools /one .',
      'COPY --from=OWN:0 /one ./again',
    ),
  },
  {
    title: 'a base named by a global ARG, and a target in between',
    bases: [lines('FROM BASE', 'ENV STAGE=base', 'WORKDIR /w')],
    child: lines(
      'ARG TAG=0',
      'FROM OWN:0 AS first',
      'ARG TARGETARCH',
      'ARG TARGETPLATFORM=none',
      'RUN echo $STAGE $TARGETARCH',
      'FROM first AS second',
      'COPY a.txt b.txt',
      'FROM BASE',
      'RUN false',
    ),
    target: 'second',
  },
  {
    title: 'variables of the base beside ARGs of the stages above',
    since28: true,
    bases: [lines('FROM BASE', 'ENV A=base')],
    child: lines(
      'FROM OWN:0 AS one',
      'ARG A=one',
      'ARG B=one',
      'RUN echo $A $B',
      'FROM one',
      'RUN echo $A $B',
      'ARG B',
      'RUN echo $A $B',
      'LABEL a=$A b=$B',
    ),
  },
  {
    title: 'a base of the builder of before BuildKit',
    by: 'legacy',
    bases: [
      lines(
        'FROM BASE',
        'ARG A=1',
        'ENV DIR=/opt/x OTHER=$A',
        'RUN true',
        'RUN echo something > /something',
        'WORKDIR $DIR',
        'WORKDIR $DIR',
        'COPY a.txt .',
        'SHELL ["/bin/sh", "-ec"]',
        'RUN true',
        'ONBUILD RUN echo $OTHER',
        'ONBUILD WORKDIR deeper',
        'EXPOSE 80',
        'VOLUME /v',
        'HEALTHCHECK CMD true',
        'CMD echo hi',
      ),
    ],
    child: lines('FROM OWN:0', 'COPY a.txt .', 'RUN pwd', 'CMD echo $DIR', 'EXPOSE 81'),
  },
  {
    title: 'a base that is a committed container',
    notPodman: true,
    by: 'commit',
    bases: [
      lines(
        'ENV A=1 B="x y"',
        'WORKDIR /committed/',
        'USER nobody',
        'ONBUILD RUN echo $B > /tmp/b',
        'LABEL c=d',
        'EXPOSE 80 90/udp',
        'ENTRYPOINT ["sh", "-c"]',
      ),
    ],
    child: lines('FROM OWN:0', 'WORKDIR sub', 'COPY a.txt .', 'LABEL b=$B', 'CMD true'),
  },
  {
    title: 'ONBUILD triggers that look odd',
    bases: [
      lines(
        'FROM BASE',
        'onbuild   run   echo  "a   b"   \\',
        '  # a comment',
        '    && echo c',
        'ONBUILD COPY ["a.txt", "src/b.txt", "/json dir/"]',
        'ONBUILD ENV A 1 2  3',
        'ONBUILD LABEL k="a\\"b" \'c d\'=e',
        'ONBUILD ADD --chown=1:1 --chmod=600 a.txt /x',
        'ONBUILD ENV A=${A}x B=\\$A',
      ),
    ],
    child: lines('FROM OWN:0', 'LABEL a="$A" b=$B'),
  },
  {
    title: 'HEALTHCHECK of the base that stays, with all its times',
    notPodman: true,
    bases: [
      lines(
        'FROM BASE',
        'HEALTHCHECK --interval=90s --timeout=1500ms --start-period=2m --start-interval=5s --retries=7 CMD ["wget", "-q", "http://localhost"]',
      ),
    ],
    child: lines('FROM OWN:0', 'RUN true'),
  },
  {
    title: 'a label, a port and a volume that hang on variables, over those of the base',
    bases: [lines('FROM BASE', 'ENV N=7', 'LABEL n.7=x', 'EXPOSE 7', 'VOLUME /7')],
    child: lines('FROM OWN:0', 'LABEL n.$N=y "m $N"=z', 'EXPOSE $N 7/udp', 'VOLUME /$N /8'),
  },
  {
    title: 'variables of the base behind modifiers and quotes',
    bases: [lines('FROM BASE', 'ENV FILE=archive.tar.gz EMPTY=""')],
    child: lines(
      'FROM OWN:0',
      'ENV A=${FILE%.gz} B=${FILE#*.} C=${FILE##*.} D=${FILE/archive/x} E=${EMPTY:-none} F=${EMPTY-none} G=${FILE:+set}',
      'LABEL a=\'$FILE\' b="$FILE" c=\\$FILE d=${FILE}x',
    ),
  },
  {
    title: 'ONBUILD triggers with heredocs',
    since28: true,
    notPodman: true,
    bases: [
      lines(
        'FROM BASE',
        'ONBUILD RUN <<EOF',
        'echo one',
        '  echo two',
        'EOF',
        'ONBUILD COPY <<-END /x',
        '\ttext $PATH',
        'END',
        'ONBUILD RUN cat <<A <<B > /ab',
        'aa',
        'A',
        'bb',
        'B',
      ),
    ],
    child: lines('FROM OWN:0', 'RUN true'),
  },
  {
    title: 'a committed base with a relative directory, an empty variable and a signal by number',
    by: 'commit',
    notPodman: true,
    bases: [
      lines('ENV A= B=1', 'WORKDIR rel/dir', 'STOPSIGNAL 9', 'USER 1000:1000', 'CMD ["a", ""]'),
    ],
    child: lines('FROM OWN:0', 'WORKDIR $A', 'WORKDIR x$B', 'RUN true', 'ENV C=$A-$B'),
  },
  {
    title: 'an image that has the child’s stages as bases of its own',
    bases: [
      lines(
        'FROM BASE AS a',
        'ARG X=1',
        'ENV Y=$X',
        'WORKDIR /a',
        'FROM a',
        'RUN echo $Y > y',
        'ARG X',
      ),
    ],
    child: lines(
      'FROM OWN:0 AS one',
      'ARG X',
      'ENV Z=${X:-none}$Y',
      'FROM one AS two',
      'COPY --from=one /a/y ./$Z/',
      'WORKDIR $Z',
      'FROM two',
      'USER $Y:$Y',
    ),
  },
  {
    title: 'layers and labels that are taken over through --from and mounts of known images',
    bases: [lines('FROM BASE', 'RUN mkdir /d && echo 1 > /d/1', 'ENV D=/d', 'LABEL l=1')],
    child: lines(
      'FROM BASE',
      'COPY --from=OWN:0 /d /d',
      'RUN --mount=type=bind,from=OWN:0,source=/d,target=/m cat /m/1',
      'ENV D=${D:-unset}',
    ),
  },
];

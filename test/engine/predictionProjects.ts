/**
 * The projects of the mutation suite: Dockerfiles as people write them, with commands that do
 * something, on contexts with what contexts have. `@NONCE@` is another text in each run, so that
 * nothing is cached from before.
 */

import { tar } from '../support/archives.ts';
import { baseImage } from './baseImage.ts';
import type { Entry, State } from './projectState.ts';

export interface Project {
  readonly name: string;
  /** What is special about it. */
  readonly about: string;
  readonly state: State;
  /** Files whose name no instruction has: they may be renamed and removed. */
  readonly free: readonly string[];
  /** Folders of the context in which files may appear. */
  readonly folders: readonly string[];
}

interface Draft {
  readonly about: string;
  readonly blocks: readonly string[];
  readonly files: Readonly<Record<string, string | Buffer | Entry>>;
  readonly free?: readonly string[];
  readonly folders?: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
}

const firstTime = 1_700_000_000;

/** All projects, made for a run. */
export function projects(nonce: string): readonly Project[] {
  return Object.entries(drafts).map(([name, draft]) => {
    const own = (text: string) =>
      text.replaceAll('@BASE@', baseImage).replaceAll('@NONCE@', `${nonce}-${name}`);
    const files = Object.entries(draft.files).map(
      ([path, content], index): readonly [string, Entry] => [
        path,
        typeof content === 'string' || Buffer.isBuffer(content)
          ? { kind: 'file', content, mode: 0o644, time: firstTime + index }
          : content,
      ],
    );
    return {
      name,
      about: draft.about,
      state: {
        blocks: draft.blocks.map(own),
        files: new Map(files),
        buildArgs: draft.buildArgs ?? {},
        target: null,
      },
      free: draft.free ?? [],
      folders: draft.folders ?? [],
    };
  });
}

const script = (content: string): Entry => ({
  kind: 'file',
  content,
  mode: 0o755,
  time: firstTime + 500,
});
const lines = (...texts: readonly string[]) => `${texts.join('\n')}\n`;

const drafts: Readonly<Record<string, Draft>> = {
  plain: {
    about: 'one stage, manifest first, a script of the context',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'WORKDIR /app',
      'COPY packages.txt lock.txt ./',
      'RUN sort /app/packages.txt /app/lock.txt > /app/deps && sha256sum /app/deps > /app/deps.sum',
      'COPY scripts/build.sh /usr/bin/build.sh',
      'COPY src ./src',
      'ENV MODE=production LEVEL=2',
      'RUN sh /usr/bin/build.sh /app/src /app/out.tar',
      'RUN wc -c < /app/out.tar > /app/size; find /app -type f | sort > /app/list',
      'LABEL stage=final',
      'EXPOSE 8080',
      'CMD ["cat", "/app/list"]',
    ],
    files: {
      'packages.txt': 'left-pad 1.3.0\nright-pad 1.0.1\n',
      'lock.txt': 'left-pad 1.3.0 sha512-aaaa\n',
      'scripts/build.sh': lines('set -e', 'cd "$1"', 'tar -cf "$2" $(find . -type f | sort)'),
      'src/main.txt': 'main program\n',
      'src/lib/util.txt': 'utility\n',
      'src/lib/data.bin': Buffer.alloc(5000, 'ab'),
      'README.md': '# not copied\n',
    },
    free: ['src/main.txt', 'src/lib/util.txt', 'src/lib/data.bin', 'README.md'],
    folders: ['src', 'src/lib', 'scripts'],
  },
  node: {
    about: 'three stages as Node projects have them, COPY --from',
    blocks: [
      'ARG NODE_ENV=production',
      'FROM @BASE@ AS base',
      'RUN echo @NONCE@ > /nonce',
      'WORKDIR /app',
      'FROM base AS deps',
      'COPY package.json package-lock.json ./',
      'RUN --mount=type=cache,target=/root/.npm \\\n    mkdir -p node_modules && \\\n    cat package.json package-lock.json > node_modules/installed',
      'FROM base AS build',
      'ARG NODE_ENV',
      'ENV NODE_ENV=$NODE_ENV',
      'COPY --from=deps /app/node_modules ./node_modules',
      'COPY . .',
      'RUN mkdir dist && sed "s/@mode@/$NODE_ENV/" src/index.js > dist/index.js && cat src/*.css > dist/style.css',
      'FROM base AS run',
      'USER nobody',
      'COPY --from=deps --chown=nobody /app/node_modules ./node_modules',
      'COPY --from=build /app/dist ./dist',
      'RUN cat /app/dist/index.js | sha256sum',
      'EXPOSE 3000',
      'HEALTHCHECK CMD true',
      'CMD ["node", "dist/index.js"]',
    ],
    files: {
      'package.json': '{ "name": "a", "version": "1.0.0" }\n',
      'package-lock.json': '{ "lockfileVersion": 3 }\n',
      'src/index.js': 'console.log("@mode@");\n',
      'src/a.css': 'a { color: red }\n',
      'src/b.css': 'b { color: blue }\n',
      'docs/guide.md': 'guide\n',
      '.dockerignore': 'node_modules\n*.log\ndocs\n',
      'debug.log': 'noise\n',
    },
    free: ['src/b.css', 'docs/guide.md', 'debug.log'],
    folders: ['src', 'docs', ''],
    buildArgs: { NODE_ENV: 'production' },
  },
  heredocs: {
    about: 'heredocs in RUN and COPY, with variables, quotes and a script of its own',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'ARG GREETING=hello',
      'COPY <<EOF /etc/app.conf\ngreeting=$GREETING\nlevel=3\nEOF',
      'COPY <<"EOF" <<second.txt /etc/more/\nverbatim $GREETING\nEOF\nsecond file\nsecond.txt',
      'RUN <<EOF\nset -e\nmkdir -p /out\ncat /etc/app.conf /etc/more/* > /out/all\n# counted\nwc -l /out/all\nEOF',
      'COPY input.txt /in/',
      'RUN <<"SCRIPT" bash\nfor word in $(cat /in/input.txt); do\n  echo "<$word>" >> /out/words\ndone\nSCRIPT',
      'RUN <<-PROG\n\t#!/bin/sh\n\tsort /out/words > /out/sorted\n\tPROG',
      'RUN cat <<A <<B > /out/two\nfirst\nA\nsecond\nB',
      'CMD ["cat", "/out/sorted"]',
    ],
    files: { 'input.txt': 'pear apple fig\n', 'other/unused.txt': 'x\n' },
    free: ['other/unused.txt'],
    folders: ['other'],
  },
  onbuild: {
    about: 'ONBUILD triggers of a stage that two others start from',
    blocks: [
      'FROM @BASE@ AS parent',
      'RUN echo @NONCE@ > /nonce',
      'ONBUILD COPY conf /etc/conf',
      'ONBUILD RUN cat /etc/conf/* | sort -u > /etc/merged',
      'ONBUILD ENV READY=1',
      'FROM parent AS tool',
      'RUN grep -c . /etc/merged > /count',
      'FROM parent',
      'WORKDIR /srv',
      'COPY --from=tool /count /srv/count',
      'COPY site /srv/site',
      'RUN test "$READY" = 1 && tar -cf /srv/site.tar -C /srv site',
    ],
    files: {
      'conf/a.conf': 'port=1\n',
      'conf/b.conf': 'host=x\n',
      'site/index.html': '<p>hi</p>\n',
      'site/img/logo.svg': '<svg/>\n',
    },
    free: ['conf/a.conf', 'conf/b.conf', 'site/index.html', 'site/img/logo.svg'],
    folders: ['conf', 'site', 'site/img'],
  },
  link: {
    about: '--link copies between steps, from the context and from a stage',
    blocks: [
      'FROM @BASE@ AS make',
      'RUN echo @NONCE@ > /nonce',
      'COPY --link tool.sh /tool.sh',
      'RUN mkdir /out && sh /tool.sh > /out/result',
      'FROM @BASE@',
      'RUN echo @NONCE@ final',
      'COPY --link a.txt b.txt /data/',
      'COPY --link --from=make /out /data/out',
      'RUN cat /data/a.txt /data/b.txt /data/out/result > /all',
      'COPY --link --chown=65534:65534 dir /data/dir',
      'RUN find /data -type f | sort > /list',
    ],
    files: {
      'tool.sh': lines('echo tool', 'echo "made by tool"'),
      'a.txt': 'a\n',
      'b.txt': 'b\n',
      'dir/one': '1\n',
      'dir/two': '2\n',
    },
    free: ['dir/one', 'dir/two'],
    folders: ['dir'],
  },
  mounts: {
    about: 'bind mounts of context and stages, cache mounts, tmpfs, a secret that is not given',
    blocks: [
      'FROM @BASE@ AS tools',
      'RUN echo @NONCE@ > /nonce',
      'COPY bin /opt/bin',
      'FROM @BASE@',
      'RUN echo @NONCE@ final',
      'WORKDIR /job',
      'RUN --mount=type=bind,source=src,target=/src sort /src/*.txt > /job/sorted',
      'RUN --mount=type=cache,id=one,target=/cache \\\n    --mount=type=bind,from=tools,source=/opt/bin,target=/opt/bin \\\n    sh /opt/bin/pack.sh /job/sorted > /job/packed',
      'RUN --mount=type=bind,target=/context,readonly ls /context/src | wc -l > /job/count',
      'RUN --mount=type=bind,source=manifest.txt,target=/tmp/manifest.txt cat /tmp/manifest.txt > /job/m',
      'RUN --mount=type=tmpfs,target=/scratch,size=16m cp /job/m /scratch/m && rm /scratch/m',
      'RUN --mount=type=secret,id=token test ! -e /run/secrets/token',
      'RUN --network=none cat /job/packed | sha256sum > /job/sum',
    ],
    files: {
      'bin/pack.sh': script(lines('sed "s/^/> /" "$1"')),
      'bin/unused.sh': 'true\n',
      'src/a.txt': 'b\na\n',
      'src/b.txt': 'c\n',
      'manifest.txt': 'm1\n',
      'notes/todo.txt': 'note\n',
    },
    free: ['bin/unused.sh', 'src/b.txt', 'notes/todo.txt'],
    folders: ['bin', 'src', 'notes'],
  },
  patterns: {
    about: 'wildcards, --exclude, an ignore file with exceptions',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'COPY *.toml /conf/',
      'COPY --exclude=*.md --exclude=**/*.tmp docs /docs',
      'RUN find /docs -type f | sort > /docs.list',
      'COPY pkg*/mod?.txt /mods/',
      'COPY s[ab]* /s/',
      'RUN cat /mods/* /conf/* | sha256sum > /sum',
      'COPY . /all',
      'RUN find /all -type f | wc -l > /number',
    ],
    files: {
      'app.toml': 'a = 1\n',
      'lib.toml': 'l = 1\n',
      'docs/a.md': 'markdown\n',
      'docs/b.txt': 'text\n',
      'docs/deep/c.txt': 'deep\n',
      'docs/deep/d.tmp': 'temporary\n',
      'pkg1/mod1.txt': 'one\n',
      'pkg2/mod2.txt': 'two\n',
      'sa/x': 'x\n',
      'sb.txt': 'sb\n',
      'logs/keep.log': 'keep\n',
      'logs/drop.log': 'drop\n',
      '.dockerignore': lines('# what is not sent', '**/*.log', '!logs/keep.log', 'build', '.git'),
      'build/out.o': 'object\n',
      '.git/HEAD': 'ref: refs/heads/main\n',
    },
    free: [
      'lib.toml',
      'docs/a.md',
      'docs/b.txt',
      'docs/deep/d.tmp',
      'logs/drop.log',
      'logs/keep.log',
      'build/out.o',
      '.git/HEAD',
      'pkg2/mod2.txt',
      'sa/x',
    ],
    folders: ['docs', 'docs/deep', 'logs', 'build', '.git', 'pkg1', 'sa'],
  },
  arguments: {
    about: 'ARG and ENV of all kinds, global ones too',
    blocks: [
      'ARG VERSION=1.2.3',
      'ARG UNUSED=0',
      'FROM @BASE@ AS fetch',
      'RUN echo @NONCE@ > /nonce',
      'ARG VERSION',
      'RUN echo "source $VERSION" > /src.txt',
      'FROM @BASE@',
      'RUN echo @NONCE@ final',
      'COPY --from=fetch /src.txt /src.txt',
      'ENV A=1 B=2',
      'ENV PATH=/opt/bin:$PATH',
      'RUN env | grep -c = > /count',
      'ARG FLAVOR=plain',
      'ARG DEST=/opt/app',
      'COPY conf.txt $DEST/conf.txt',
      'ARG BUILD_ID',
      'ENV NAME=app-${FLAVOR}',
      'WORKDIR /srv/$NAME',
      'RUN sed "s/flavor/$FLAVOR/" $DEST/conf.txt > ./conf',
      'ENV LAST=1',
      'RUN sha256sum ./conf > ./sum',
    ],
    files: { 'conf.txt': 'kind=flavor\n', 'else.txt': 'not used\n' },
    free: ['else.txt'],
    buildArgs: { FLAVOR: 'plain', BUILD_ID: '7' },
  },
  users: {
    about: 'USER, WORKDIR and SHELL in between, --chown and --chmod',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      "RUN echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd && mkdir -p /home/app && chown 1000:1000 /home/app",
      'WORKDIR /home/app',
      'COPY --chown=app conf ./conf',
      'USER app',
      'RUN find conf -type f -exec cat {} + > all.conf && id -u > who',
      'WORKDIR data',
      'COPY --chown=1000:1000 --chmod=750 run.sh /home/app/data/run.sh',
      'USER root',
      'SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
      'RUN /home/app/data/run.sh | sort > /home/app/out',
      'WORKDIR ../data',
      'USER 1000:1000',
      'RUN ls -l /home/app > /home/app/listing || true',
      'VOLUME /var/data',
      'STOPSIGNAL SIGTERM',
    ],
    files: {
      'conf/main.conf': 'x=1\n',
      'conf/extra.conf': 'y=2\n',
      'run.sh': script(lines('#!/bin/sh', 'echo z', 'echo a')),
    },
    free: ['conf/extra.conf', 'conf/main.conf'],
    folders: ['conf'],
  },
  twins: {
    about: 'the same steps in two stages, and a stage that nothing needs',
    blocks: [
      'FROM @BASE@ AS one',
      'RUN echo @NONCE@ > /nonce',
      'COPY shared.txt /shared.txt',
      'RUN sort /shared.txt > /sorted',
      'RUN sed s/a/A/ /sorted > /upper',
      'FROM @BASE@ AS two',
      'RUN echo @NONCE@ > /nonce',
      'COPY shared.txt /shared.txt',
      'RUN sort /shared.txt > /sorted',
      'COPY own.txt /own.txt',
      'FROM @BASE@ AS idle',
      'RUN echo @NONCE@ idle',
      'COPY unused.txt /',
      'FROM two',
      'COPY --from=one /upper /upper',
      'COPY --from=one /shared.txt /copy/shared.txt',
      'RUN cat /own.txt /upper > /result',
    ],
    files: {
      'shared.txt': 'banana\napple\n',
      'own.txt': 'own\n',
      'unused.txt': 'unused\n',
    },
    free: [],
  },
  links: {
    about: 'symbolic and hard links in the context',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'COPY current.txt /current.txt',
      'COPY tree /tree',
      'RUN find /tree | sort > /list; cat /current.txt /tree/real/f > /all',
      'COPY alias /alias',
      'COPY hard /hard',
      'RUN find /hard /alias/ -type f -exec sha256sum {} + | sort > /sums',
    ],
    files: {
      'versions/v1.txt': 'version 1\n',
      'versions/v2.txt': 'version 2\n',
      'current.txt': { kind: 'symlink', target: 'versions/v1.txt' },
      'tree/real/f': 'file\n',
      'tree/real/g': 'other\n',
      'tree/link': { kind: 'symlink', target: 'real/f' },
      'tree/dangling': { kind: 'symlink', target: 'nowhere' },
      'tree/folder': { kind: 'symlink', target: 'real' },
      alias: { kind: 'symlink', target: 'tree/real' },
      'hard/a': 'hard content\n',
      'hard/b': { kind: 'hardlink', of: 'hard/a' },
      'hard/c': 'other content\n',
    },
    free: ['tree/real/g', 'hard/c'],
    folders: ['tree', 'tree/real', 'hard'],
  },
  archives: {
    about: 'ADD of archives and of plain files',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'ADD rootfs.tar /opt/',
      'RUN find /opt -type f | sort | sed s,/opt/,, > /list',
      'ADD plain.txt /plain.txt',
      'ADD --unpack=false rootfs.tar /keep/',
      'RUN tar -tf /keep/rootfs.tar > /names; cat /plain.txt >> /names',
    ],
    files: {
      'rootfs.tar': tar(
        { name: 'etc/a', content: 'first' },
        { name: 'etc/b', content: 'second' },
        { name: 'bin/c', content: 3000 },
      ),
      'plain.txt': 'plain\n',
      'extra.txt': 'extra\n',
    },
    free: ['extra.txt'],
  },
  content: {
    about: 'stages that run again with an equal or another result; an image from scratch',
    blocks: [
      'FROM @BASE@ AS normal',
      'RUN echo @NONCE@ > /nonce',
      'COPY words.txt /words.txt',
      'RUN mkdir /out && echo @NONCE@ > /out/nonce && grep -v "^#" /words.txt | sort -u > /out/words',
      'FROM @BASE@ AS stamped',
      'RUN echo @NONCE@ stamped',
      'COPY words.txt /words.txt',
      'RUN mkdir /out && date +%s%N > /out/stamp && echo @NONCE@ >> /out/stamp',
      'FROM @BASE@ AS lucky',
      'RUN echo @NONCE@ lucky',
      'COPY seed.txt /seed.txt',
      'RUN ["/bin/bash", "-c", "echo $RANDOM$RANDOM$RANDOM > /number; cat /seed.txt >> /number"]',
      'FROM scratch',
      'COPY --from=normal /out /app-@NONCE@/',
      'COPY --from=normal /bin/busybox /bin/sh',
      'COPY --from=stamped /out/stamp /stamp',
      'COPY --from=lucky /number /number',
      'COPY static /static',
    ],
    files: {
      'words.txt': '# list\nzebra\nant\n',
      'seed.txt': 'seed\n',
      'static/s.txt': 'static\n',
      'static/t.txt': 'more\n',
    },
    free: ['static/t.txt'],
    folders: ['static'],
  },
  whole: {
    about: 'COPY . . with the Dockerfile in the context, the pattern that people are warned of',
    blocks: [
      'FROM @BASE@ AS build',
      'RUN echo @NONCE@ > /nonce',
      'WORKDIR /src',
      'COPY . .',
      'RUN sh tools/configure.sh && sed -i "s/@version@/2/" config.h && tar -cf /tmp/all.tar config.h src',
      'RUN mkdir -p /dist && sort src/*.c > /dist/app && cp config.h /dist/',
      'FROM @BASE@',
      'RUN echo @NONCE@ final',
      'COPY --from=build /dist/app /usr/bin/app',
      'COPY --from=build /dist /dist',
      'RUN wc -c /usr/bin/app',
    ],
    files: {
      'src/a.c': 'int a;\n',
      'src/b.c': 'int b;\n',
      'src/readme.txt': 'text\n',
      'tools/configure.sh': lines('echo "#define V @version@" > config.h'),
      '.dockerignore': lines('.git', '*.md'),
      'notes.md': 'ignored\n',
      '.git/index': 'index\n',
    },
    free: ['src/b.c', 'src/readme.txt', 'notes.md', '.git/index'],
    folders: ['src', 'tools', '', '.git'],
  },
  shell: {
    about: 'long shell commands as in Debian images, with conditions, loops and clean-up',
    blocks: [
      'FROM @BASE@',
      'RUN echo @NONCE@ > /nonce',
      'ENV LANG=C.UTF-8',
      'RUN set -eux; \\\n    mkdir -p /etc/app/conf.d /var/lib/app; \\\n    # directories first\n    for name in a b c; do \\\n        echo "name=$name" > /etc/app/conf.d/$name.conf; \\\n    done; \\\n    chmod 700 /var/lib/app',
      'COPY rules /etc/app/rules',
      'RUN set -e; \\\n    if [ -f /etc/app/rules/base.rules ]; then \\\n        sed -i -e "s/^#.*//" -e "/^$/d" /etc/app/rules/base.rules; \\\n    fi; \\\n    cp -r /etc/app /opt-app; ln -s /opt-app /opt-link',
      'COPY install.sh /tmp/install.sh',
      'RUN sh /tmp/install.sh && rm /tmp/install.sh',
      'RUN cd /opt-app && tar -cf - . | tar -xf - -C /var/lib/app && find /var/lib/app -name "*.conf" -exec cat {} + | sort | sha256sum > /sum',
      'ENTRYPOINT ["sh", "-c"]',
    ],
    files: {
      'rules/base.rules': '# comment\nallow all\n\ndeny none\n',
      'rules/extra.rules': 'extra\n',
      'install.sh': script(
        lines('#!/bin/sh', 'set -e', 'mkdir -p /usr/share/app', 'date > /usr/share/app/stamp'),
      ),
    },
    free: ['rules/extra.rules'],
    folders: ['rules'],
  },
};

/** Edits of the text of a Dockerfile and of build arguments, as people make them. */

import { posix } from 'node:path';
import { withFiles } from './fileEdits.ts';
import type { Edit, EditKind, Scene } from './predictionEdits.ts';
import type { State } from './projectState.ts';

function withBlock(state: State, index: number, text: string): State {
  return { ...state, blocks: state.blocks.map((block, at) => (at === index ? text : block)) };
}

function withInserted(state: State, index: number, ...texts: readonly string[]): State {
  return { ...state, blocks: state.blocks.toSpliced(index, 0, ...texts) };
}

function withoutBlock(state: State, index: number): State {
  return { ...state, blocks: state.blocks.toSpliced(index, 1) };
}

/** An edit of one of the blocks that `change` gives another text. */
function onBlock(change: (block: string, scene: Scene, index: number) => string | null): EditKind {
  return (scene) => {
    const found = scene.state.blocks.flatMap((block, index) => {
      const text = change(block, scene, index);
      return text === null || text === block ? [] : [{ index, text }];
    });
    if (found.length === 0) return null;
    const { index, text } = scene.random.pick(found);
    return { about: text.split('\n')[0] ?? '', state: withBlock(scene.state, index, text) };
  };
}

const isRun = (block: string) => /^RUN /i.test(block);
/** RUN in shell form without heredocs. */
const isShellRun = (block: string) => isRun(block) && !/<<|^RUN\s+\[|^RUN (--\S+ )*\[/i.test(block);
const isOneLine = (block: string) => isShellRun(block) && !block.includes('\n');
const withoutFlags = (block: string) => isOneLine(block) && !/^RUN\s+--/i.test(block);
const isContextCopy = (block: string) => /^(COPY|ADD) /.test(block) && !/<<|--from=|\[/.test(block);
/** COPY lines whose sources are single plain files. */
const isFileCopy = (block: string, { state }: Scene) =>
  isContextCopy(block) &&
  sourcesOf(block).length === 1 &&
  sourcesOf(block).every(
    (path) => state.files.get(path)?.kind === 'file' && !path.endsWith('.tar'),
  );
const wordsOf = (block: string) => block.split(/\s+/).filter((word) => word !== '');
const sourcesOf = (block: string) =>
  wordsOf(block)
    .slice(1, -1)
    .filter((word) => !word.startsWith('--'));

/** What makes the steps of a run its own; what stands before it may be known from other runs. */
const isNonce = (block: string) => /^RUN .*echo \d{10,}-/is.test(block);

/** Where an instruction may be put: behind a FROM with a shell, not before a nonce. */
function placesIn({ state }: Scene, fits: (index: number) => boolean = () => true): number[] {
  const { blocks } = state;
  return blocks.flatMap((_, index) => {
    const from = blocks.findLast((block, at) => at < index && block.startsWith('FROM '));
    if (!from || from.startsWith('FROM scratch')) return [];
    const next = blocks.findIndex((block, at) => at >= index && block.startsWith('FROM '));
    const rest = blocks.slice(index, next < 0 ? undefined : next);
    return !rest.some(isNonce) && fits(index) ? [index] : [];
  });
}

function inserted(text: (scene: Scene) => string, names?: (text: string) => string): EditKind {
  return (scene) => {
    const block = text(scene);
    const state = withInserted(scene.state, scene.random.pick(placesIn(scene)), block);
    return { about: block, state, ...(names && { names: names(block) }) };
  };
}

const lastFrom = ({ blocks }: State) => blocks.findLastIndex((block) => block.startsWith('FROM '));

/** Instructions that an edit put there and that nothing else needs. */
const isOwn = (block: string) => /^(RUN|ENV|ARG|LABEL|COPY).* ?(own|OWN|\/own)-?_?\d+/.test(block);

const nth = ({ now }: Scene) => now % 100_000;

function stageNames({ blocks }: State): string[] {
  return blocks.flatMap((block) => {
    const name = / AS (\S+)/.exec(block.split('\n')[0] ?? '')?.[1];
    return name && block.startsWith('FROM ') ? [name] : [];
  });
}

function renamed(text: string, name: string, to: string): string {
  return text
    .replace(new RegExp(`^FROM ${name}(?=\\s|$)`, 'm'), `FROM ${to}`)
    .replace(new RegExp(` AS ${name}$`, 'm'), ` AS ${to}`)
    .replace(new RegExp(`(--from=|,from=)${name}(?=[\\s,])`, 'g'), `$1${to}`);
}

const variable = (word: string) => / (\w+)/.exec(word)?.[1] ?? '';

/** Instructions and comments. */
export const lineEdits: Readonly<Record<string, EditKind>> = {
  'comment is inserted': inserted((scene) => `# note ${nth(scene)}`),
  'comment changes': onBlock((block, scene) =>
    block.startsWith('# note') ? `# other note ${nth(scene)}` : null,
  ),
  'blank line is inserted': inserted(() => ''),
  'check directive is added': ({ state }) =>
    /^# (check|syntax|escape)=/.test(state.blocks[0] ?? '')
      ? null
      : { about: '# check=skip=all', state: withInserted(state, 0, '# check=skip=all') },
  'keyword is in lower case': onBlock((block) =>
    /^(RUN|COPY|ENV|WORKDIR) /.test(block) && !block.includes('<<')
      ? block.replace(/^\w+/, (word) => word.toLowerCase())
      : null,
  ),
  'spaces behind the keyword': onBlock((block) =>
    isShellRun(block) ? block.replace(/^RUN /, 'RUN   ') : null,
  ),
  'spaces at the end of the line': onBlock((block) =>
    isOneLine(block) || isContextCopy(block) ? `${block}  ` : null,
  ),
  'RUN gets another command': onBlock((block) => (isShellRun(block) ? `${block} && true` : null)),
  'RUN gets another space inside': onBlock((block) =>
    isOneLine(block) && / (&&|>) /.test(block) ? block.replace(/ (&&|>) /, '  $1 ') : null,
  ),
  'RUN gets a shell comment': onBlock((block) => (isOneLine(block) ? `${block} # why` : null)),
  'RUN is broken into lines': onBlock((block) =>
    isOneLine(block) && block.includes(' && ') ? block.replace(' && ', ' && \\\n') : null,
  ),
  'RUN gets a comment line between its lines': onBlock((block, scene) =>
    isShellRun(block) && block.includes('\\\n')
      ? block.replace('\\\n', `\\\n# between ${nth(scene)}\n`)
      : null,
  ),
  'RUN is indented otherwise': onBlock((block) =>
    isShellRun(block) && block.includes('\\\n') ? block.replace(/\\\n */, '\\\n       ') : null,
  ),
  'RUN gets the exec form of the same': onBlock((block) =>
    withoutFlags(block) ? `RUN ${JSON.stringify(['/bin/sh', '-c', block.slice(4).trim()])}` : null,
  ),
  'RUN becomes a heredoc': onBlock((block) =>
    withoutFlags(block) ? `RUN <<END\n${block.slice(4).trim()}\nEND` : null,
  ),
  'RUN is inserted': inserted((scene) => `RUN echo own-${nth(scene)} > /tmp/own-${nth(scene)}`),
  'RUN that prints a variable is inserted': inserted(
    (scene) => `RUN echo own-${nth(scene)} "$PATH $HOME" | sort | wc -c`,
  ),
  'RUN with a random result is inserted': inserted(
    (scene) => `RUN bash -c 'echo own-${nth(scene)} $RANDOM $(date +%N) > /tmp/own-random'`,
  ),
  'RUN gets a cache mount': onBlock((block, scene) =>
    isShellRun(block)
      ? block.replace(/^RUN /, `RUN --mount=type=cache,target=/c${nth(scene)} `)
      : null,
  ),
  'RUN gets a bind mount of the context': onBlock((block) =>
    isShellRun(block) ? block.replace(/^RUN /, 'RUN --mount=type=bind,target=/all-of-it ') : null,
  ),
  'RUN loses the network': onBlock((block) =>
    isShellRun(block) && !block.includes('--network')
      ? block.replace(/^RUN /, 'RUN --network=none ')
      : null,
  ),
  'cache mount gets another id': onBlock((block, scene) =>
    /type=cache,id=/.test(block) ? block.replace(/id=\w+/, `id=c${nth(scene)}`) : null,
  ),
  'cache mount gets an id': onBlock((block, scene) =>
    /type=cache,(?!id)/.test(block)
      ? block.replace('type=cache,', `type=cache,id=c${nth(scene)},`)
      : null,
  ),
  'cache mount is shared otherwise': onBlock((block) =>
    /type=cache,id=/.test(block) && !block.includes('sharing=')
      ? block.replace('type=cache,', 'type=cache,sharing=locked,')
      : null,
  ),
  'tmpfs gets another size': onBlock((block, scene) =>
    /type=tmpfs/.test(block) ? block.replace(/size=\w+/, `size=${8 + (nth(scene) % 50)}m`) : null,
  ),
  'bind mount gets another target and loses nothing': onBlock((block) =>
    /type=bind,target=\/context,/.test(block) ? block.replaceAll('/context', '/elsewhere') : null,
  ),
  'an own line is removed': (scene) => {
    const own = placesIn(scene, (index) => isOwn(scene.state.blocks[index] ?? ''));
    if (own.length === 0) return null;
    const index = scene.random.pick(own);
    return { about: scene.state.blocks[index] ?? '', state: withoutBlock(scene.state, index) };
  },
  'an own line changes places with the next': (scene) => {
    const { blocks } = scene.state;
    const own = placesIn(scene, (index) => {
      const next = blocks[index + 1];
      return isOwn(blocks[index] ?? '') && next !== undefined && !/^(FROM|USER) /.test(next);
    });
    if (own.length === 0) return null;
    const index = scene.random.pick(own);
    const [line = '', next = ''] = blocks.slice(index, index + 2);
    return {
      about: line,
      state: { ...scene.state, blocks: blocks.toSpliced(index, 2, next, line) },
    };
  },
  'two COPY lines change places': (scene) => {
    const { blocks } = scene.state;
    const pairs = placesIn(
      scene,
      (index) => isContextCopy(blocks[index] ?? '') && isContextCopy(blocks[index + 1] ?? ''),
    );
    if (pairs.length === 0) return null;
    const index = scene.random.pick(pairs);
    const [line = '', next = ''] = blocks.slice(index, index + 2);
    return {
      about: next,
      state: { ...scene.state, blocks: blocks.toSpliced(index, 2, next, line) },
    };
  },
  'the last RUN is removed': ({ state }) => {
    const index = state.blocks.findLastIndex((block) => isRun(block) && !isNonce(block));
    return index > lastFrom(state)
      ? { about: state.blocks[index] ?? '', state: withoutBlock(state, index) }
      : null;
  },
  'COPY becomes ADD': onBlock((block) =>
    isContextCopy(block) && block.startsWith('COPY ') ? block.replace('COPY', 'ADD') : null,
  ),
  'COPY gets --chown=0:0': onBlock((block) =>
    isContextCopy(block) && !block.includes('--chown')
      ? block.replace(/^\w+ /, '$&--chown=0:0 ')
      : null,
  ),
  'COPY gets --chmod': onBlock((block) =>
    isContextCopy(block) && !block.includes('--chmod')
      ? block.replace(/^\w+ /, '$&--chmod=755 ')
      : null,
  ),
  'COPY gets --link': onBlock((block) =>
    isContextCopy(block) && !/--(link|chmod|unpack)/.test(block)
      ? block.replace(/^\w+ /, '$&--link ')
      : null,
  ),
  'COPY loses --link': onBlock((block) =>
    block.includes('--link ') ? block.replace('--link ', '') : null,
  ),
  'COPY gets an --exclude without a match': onBlock((block) =>
    isContextCopy(block) && !block.includes('--')
      ? block.replace(/^\w+ /, '$&--exclude=*.nope ')
      : null,
  ),
  'COPY names its source with ./': onBlock((block, scene) =>
    isFileCopy(block, scene)
      ? block.replace(` ${sourcesOf(block)[0]} `, ` ./${sourcesOf(block)[0]} `)
      : null,
  ),
  'COPY gets the JSON form': onBlock((block) =>
    isContextCopy(block) && !/--|\$/.test(block)
      ? `${wordsOf(block)[0]} ${JSON.stringify(wordsOf(block).slice(1))}`
      : null,
  ),
  'COPY of a folder gets a slash': onBlock((block, { folders }) =>
    isContextCopy(block) &&
    sourcesOf(block).length === 1 &&
    folders.includes(sourcesOf(block)[0] ?? '') &&
    !/[/\s]$/.test(block)
      ? `${block}/`
      : null,
  ),
  'COPY takes an equal file from another folder': moved(
    (base, scene) => `moved-${nth(scene)}/${base}`,
  ),
  'COPY takes an equal file of another name': moved((base, scene) => `other-${nth(scene)}-${base}`),
  'COPY is inserted': (scene) => {
    const found = [...scene.state.files].filter(
      ([path, { kind }]) => kind === 'file' && !scene.free.includes(path),
    );
    if (found.length === 0) return null;
    const [path] = scene.random.pick(found);
    if (/\.(log|md|o)$|^\.git|^docs|^build|dockerignore/.test(path)) return null;
    const block = `COPY ${path} /own-${nth(scene)}/`;
    return {
      about: block,
      state: withInserted(scene.state, scene.random.pick(placesIn(scene)), block),
    };
  },
  'COPY of two files is split': (scene) => {
    const { blocks } = scene.state;
    const found = placesIn(
      scene,
      (index) =>
        isContextCopy(blocks[index] ?? '') &&
        sourcesOf(blocks[index] ?? '').length === 2 &&
        !(blocks[index] ?? '').includes('--'),
    );
    if (found.length === 0) return null;
    const index = scene.random.pick(found);
    const [keyword, one, two, dest] = wordsOf(blocks[index] ?? '');
    const state = withInserted(
      withoutBlock(scene.state, index),
      index,
      `${keyword} ${one} ${dest}`,
      `${keyword} ${two} ${dest}`,
    );
    return { about: blocks[index] ?? '', state };
  },
  'heredoc gets another line': onBlock((block) =>
    /<<-?"?(EOF|SCRIPT)/.test(block) ? block.replace(/\n(?=\w+$)/, '\n# more\n') : null,
  ),
  'heredoc gets another delimiter': onBlock((block) =>
    /<<(A|EOF|SCRIPT)\b/.test(block) ? block.replaceAll(/\b(A|EOF|SCRIPT)\b/g, '$1X') : null,
  ),
  'heredoc of RUN gets quotes': onBlock((block) =>
    /^RUN <<\w+/.test(block) ? block.replace(/<<(\w+)/, '<<"$1"') : null,
  ),
};

/** The first source, a file, is copied to `to` and taken from there. */
function moved(to: (base: string, scene: Scene) => string): EditKind {
  return (scene) => {
    const { state, random, now } = scene;
    const found = state.blocks.flatMap((block, index) =>
      isFileCopy(block, scene) ? [{ block, index }] : [],
    );
    if (found.length === 0) return null;
    const { block, index } = random.pick(found);
    const source = sourcesOf(block)[0] ?? '';
    const file = state.files.get(source);
    if (file?.kind !== 'file') return null;
    const path = to(posix.basename(source), scene);
    // A destination without a slash keeps the file's name.
    const text = block.replace(` ${source} `, ` ${path} `);
    if (/(\/|\.)$/.test(text) && posix.basename(path) !== posix.basename(source)) return null;
    const { inode: _, ...rest } = file;
    const next = withFiles(withBlock(state, index, text), { [path]: { ...rest, time: now } });
    return { about: text, state: next };
  };
}

/** Where a file goes has to be absolute. */
const valueFor = (name: string, now: number) =>
  name === 'DEST' ? `/opt/b${now % 1000}` : `b${now % 1000}`;

/** Variables, metadata, users, folders, stages, arguments. */
export const settingEdits: Readonly<Record<string, EditKind>> = {
  'ENV is inserted': inserted((scene) => `ENV OWN_${nth(scene)}=1`, variable),
  'ENV changes': onBlock((block, scene) =>
    /^ENV (MODE|A|LAST|LANG|OWN_\d+)=\S+/.test(block)
      ? block.replace(/=\S+/, `=v${nth(scene)}`)
      : null,
  ),
  'ENV gets quotes': onBlock((block) =>
    /^ENV (MODE|A|LAST|OWN_\d+)=\w+/.test(block) ? block.replace(/=(\w+)/, '="$1"') : null,
  ),
  'ENV of two is swapped': onBlock((block) =>
    /^ENV \w+=\w+ \w+=\w+$/.test(block) ? block.replace(/(\w+=\w+) (\w+=\w+)/, '$2 $1') : null,
  ),
  'ENV of two is split': (scene) => {
    const { state } = scene;
    const index = state.blocks.findIndex((block) => /^ENV \w+=\w+ \w+=\w+$/.test(block));
    const [, one, two] = wordsOf(state.blocks[index] ?? '');
    return index < 0
      ? null
      : {
          about: state.blocks[index] ?? '',
          state: withInserted(withoutBlock(state, index), index, `ENV ${one}`, `ENV ${two}`),
        };
  },
  'ARG without a value is inserted': inserted((scene) => `ARG OWN_${nth(scene)}`),
  'ARG with a value is inserted': inserted((scene) => `ARG OWN_${nth(scene)}=1`, variable),
  'ARG with an empty value is inserted': inserted((scene) => `ARG OWN_${nth(scene)}=`, variable),
  'ARG becomes ENV': onBlock((block) =>
    /^ARG OWN_\d+=\w+$/.test(block) ? block.replace('ARG', 'ENV') : null,
  ),
  'default of an ARG changes': onBlock((block, scene) =>
    /^ARG (GREETING|FLAVOR|VERSION|NODE_ENV|UNUSED|OWN_\d+)=/.test(block)
      ? block.replace(/=.*/, `=d${nth(scene)}`)
      : null,
  ),
  'global ARG is added': (scene) => ({
    about: 'before the first FROM',
    state: withInserted(
      scene.state,
      scene.state.blocks.findIndex((block) => block.startsWith('FROM ')),
      `ARG GLOBAL_${nth(scene)}=1`,
    ),
  }),
  'build argument changes': ({ state, random, now }) => {
    const names = Object.keys(state.buildArgs).filter((name) => !/PROXY|UNDECLARED/i.test(name));
    if (names.length === 0) return null;
    const name = random.pick(names);
    return {
      about: name,
      state: { ...state, buildArgs: { ...state.buildArgs, [name]: valueFor(name, now) } },
    };
  },
  'build argument is given to an ARG of the file': ({ state, random, now }) => {
    const declared = state.blocks.flatMap((block) => /^ARG (\w+)/.exec(block)?.[1] ?? []);
    const names = declared.filter((name) => !(name in state.buildArgs));
    if (names.length === 0) return null;
    const name = random.pick(names);
    return {
      about: name,
      state: { ...state, buildArgs: { ...state.buildArgs, [name]: valueFor(name, now) } },
    };
  },
  'build argument equals the default': ({ state, random }) => {
    const found = state.blocks.flatMap((block) => {
      const [, name = '', value = ''] = /^ARG (\w+)=(\S+)$/.exec(block) ?? [];
      return name && !(name in state.buildArgs) ? [{ name, value }] : [];
    });
    if (found.length === 0) return null;
    const { name, value } = random.pick(found);
    return { about: name, state: { ...state, buildArgs: { ...state.buildArgs, [name]: value } } };
  },
  'build argument is no longer given': ({ state, random }) => {
    const names = Object.keys(state.buildArgs);
    if (names.length === 0) return null;
    const name = random.pick(names);
    const { [name]: _, ...buildArgs } = state.buildArgs;
    return { about: name, state: { ...state, buildArgs } };
  },
  'build argument that nothing declares': ({ state, now }) => ({
    about: 'UNDECLARED',
    state: { ...state, buildArgs: { ...state.buildArgs, UNDECLARED: String(now) } },
  }),
  'proxy is given': ({ state, now }) => ({
    about: 'HTTP_PROXY',
    state: {
      ...state,
      buildArgs: { ...state.buildArgs, HTTP_PROXY: `http://localhost:${now % 1000}` },
    },
  }),
  'metadata is inserted': inserted(({ random, now }) =>
    random.pick([
      `LABEL own-${now % 1000}=1`,
      `EXPOSE ${1000 + (now % 1000)}`,
      `CMD ["echo", "${now}"]`,
      `ENTRYPOINT ["sh", "-c", "echo ${now}"]`,
      `HEALTHCHECK CMD echo ${now}`,
      `STOPSIGNAL ${1 + (now % 15)}`,
      `VOLUME /volume-${now % 1000}`,
      'MAINTAINER someone',
    ]),
  ),
  'metadata changes': onBlock((block, { now }) =>
    /^(LABEL|EXPOSE|HEALTHCHECK CMD)/.test(block)
      ? block.replace(/(=|(?<=EXPOSE )\d*|CMD ).*/, (_, head: string) =>
          block.startsWith('EXPOSE') ? String(2000 + (now % 1000)) : `${head}${now}`,
        )
      : null,
  ),
  'ONBUILD is appended': ({ state, now }) => ({
    about: 'at the end',
    state: withInserted(state, state.blocks.length, `ONBUILD RUN echo ${now}`),
  }),
  'USER root is inserted': inserted(() => 'USER root'),
  'USER changes': onBlock((block) =>
    /^USER (nobody|1000:1000|root)$/.test(block)
      ? block
          .replace(/nobody$/, '65534')
          .replace(/1000:1000$/, '1000')
          .replace(/root$/, '0')
      : null,
  ),
  'SHELL is inserted': inserted(({ random }) =>
    random.pick(['SHELL ["/bin/bash", "-c"]', 'SHELL ["/bin/sh", "-ec"]']),
  ),
  'SHELL of the default is inserted': (scene) => {
    if (scene.state.blocks.some((block) => block.startsWith('SHELL'))) return null;
    const block = 'SHELL ["/bin/sh", "-c"]';
    return {
      about: block,
      state: withInserted(scene.state, scene.random.pick(placesIn(scene)), block),
    };
  },
  'WORKDIR is inserted before another': (scene) =>
    beforeWorkdir(scene, `WORKDIR /own-${nth(scene)}`),
  'WORKDIR / is inserted before another': (scene) => beforeWorkdir(scene, 'WORKDIR /'),
  'WORKDIR is appended': (scene) => ({
    about: 'at the end',
    state: withInserted(scene.state, scene.state.blocks.length, `WORKDIR /own-${nth(scene)}`),
  }),
  'WORKDIR is written otherwise': onBlock((block) =>
    /^WORKDIR \/\w+$/.test(block) ? `${block}/.` : null,
  ),
  'stage is renamed': (scene) => {
    const names = stageNames(scene.state).filter((name) => !name.startsWith('idle-'));
    if (names.length === 0) return null;
    const name = scene.random.pick(names);
    const to = `${name.replace(/\d+$/, '')}${nth(scene) % 100}`;
    const target = scene.state.target === name ? to : scene.state.target;
    return {
      about: `${name} becomes ${to}`,
      state: {
        ...scene.state,
        target,
        blocks: scene.state.blocks.map((block) => renamed(block, name, to)),
      },
    };
  },
  'last stage gets a name': ({ state, now }) => {
    const index = lastFrom(state);
    const from = state.blocks[index] ?? '';
    return / AS /.test(from)
      ? null
      : { about: from, state: withBlock(state, index, `${from} AS last-${now % 100}`) };
  },
  'stage that nothing needs is added': (scene) => {
    const { state } = scene;
    if (state.blocks.some((block) => /from=\d/.test(block))) return null;
    const block = `FROM scratch AS idle-${nth(scene)}\nCOPY missing /`;
    return {
      about: block.split('\n')[0] ?? '',
      state: withInserted(state, lastFrom(state), block),
    };
  },
  'base is written in full': onBlock((block) =>
    /^FROM dockerfile-layers-test/.test(block) ? block.replace('FROM ', 'FROM docker.io/') : null,
  ),
  'target changes': ({ state, random }) => {
    const names = stageNames(state).filter((name) => !/^idle/.test(name) && name !== state.target);
    if (names.length === 0) return null;
    const target = state.target === null ? random.pick(names) : null;
    return { about: target ?? 'the last', state: { ...state, target } };
  },
};

function beforeWorkdir(scene: Scene, block: string): Edit | null {
  const found = placesIn(scene, (index) => /^WORKDIR \//.test(scene.state.blocks[index] ?? ''));
  if (found.length === 0) return null;
  return { about: block, state: withInserted(scene.state, scene.random.pick(found), block) };
}

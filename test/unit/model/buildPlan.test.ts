import assert from 'node:assert/strict';
import type { BaseImage, Plan, Step } from '../../../server/src/model/plan.ts';
import { firstRefusal } from '../../../server/src/syntax/instructions.ts';
import { historyOf, imageSteps, linux, planOf } from '../../support/plans.ts';

const texts = (plan: Plan) => historyOf(plan).map(({ created_by }) => created_by);

function last(plan: Plan): Step {
  const step = imageSteps(plan, plan.target).at(-1);
  assert.ok(step);
  return step;
}

const base = (config: BaseImage['config']): { images: () => BaseImage } => ({
  images: () => ({ config, history: [], layers: 1 }),
});

describe('variables', () => {
  it('show an unset global ARG as nothing and a --build-arg as given, unexpanded', () => {
    const text = 'ARG A\nARG B=x\nFROM i\nARG A\nARG B\nENV C=$A-$B\n';
    assert.deepEqual(texts(planOf(text)), ['ARG A', 'ARG B=x', 'ENV C=-x']);
    const given = planOf(text, { buildArgs: new Map([['B', '$HOME']]) });
    assert.deepEqual(texts(given), ['ARG A', 'ARG B=$HOME', 'ENV C=-$HOME']);
  });

  it('take the platform set only where it is declared', () => {
    const platform = { os: 'linux', arch: 'arm', variant: 'v7' };
    const plan = planOf(
      'FROM --platform=$BUILDPLATFORM i\nARG TARGETPLATFORM TARGETARCH TARGETVARIANT BUILDARCH\nENV X=$TARGETOS\n',
      { platform },
    );
    assert.deepEqual(texts(plan), [
      'ARG TARGETPLATFORM=linux/arm/v7 TARGETARCH=arm TARGETVARIANT=v7 BUILDARCH=amd64',
      'ENV X=',
    ]);
    assert.equal(plan.stages[0]?.base.platform, 'linux/amd64');
  });

  it('give TARGETSTAGE the target as it was asked for', () => {
    const text = 'FROM i AS one\nARG TARGETSTAGE\nFROM one\n';
    assert.deepEqual(texts(planOf(text)), ['ARG TARGETSTAGE=default']);
    assert.deepEqual(texts(planOf(text, { target: 'ONE' })), ['ARG TARGETSTAGE=ONE']);
  });

  it('start a child stage with the ENV values of its parent, also where an ARG came later', () => {
    const plan = planOf('FROM i AS p\nENV A=1\nARG A=2 B=3\nFROM p\nRUN x\n');
    assert.equal(last(plan).createdBy, 'RUN |2 A=1 B=3 /bin/sh -c x # buildkit');
    assert.deepEqual(last(plan).run?.env.slice(0, 1), ['B=3']);
    assert.equal(last(plan).run?.env.at(-1), 'A=1');
  });

  it('hand proxies to RUN without declaration, but not to other words', () => {
    const plan = planOf('FROM i\nENV A=$http_proxy\nRUN x\n', {
      buildArgs: new Map([['http_proxy', 'http://p']]),
    });
    assert.deepEqual(texts(plan), ['ENV A=', 'RUN /bin/sh -c x # buildkit']);
    assert.deepEqual(last(plan).run?.proxyEnv, ['HTTP_PROXY=http://p', 'http_proxy=http://p']);
    assert.ok(!last(plan).run?.env.some((pair) => /proxy=/i.test(pair)));
  });

  it('leave SBOM switches out of the environment', () => {
    const plan = planOf('FROM i\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nRUN x\n');
    assert.match(last(plan).createdBy ?? '', /^RUN \|1 BUILDKIT_SBOM_SCAN_STAGE=true /);
    assert.deepEqual(
      last(plan).run?.env.map((pair) => pair.split('=')[0]),
      ['PATH'],
    );
  });
});

describe('a known base image', () => {
  it('gives its environment, user, directory and shell', () => {
    const plan = planOf(
      'FROM i\nWORKDIR sub\nRUN echo\nENV P=$PATH:/x\nCMD run\n',
      base({
        env: ['PATH=/bin', 'N=1'],
        user: 'app',
        workingDir: '/srv',
        shell: ['/bin/bash', '-c'],
      }),
    );
    assert.deepEqual(texts(plan), [
      'WORKDIR /srv/sub',
      'RUN /bin/bash -c echo # buildkit',
      'ENV P=/bin:/x',
      'CMD ["/bin/bash" "-c" "run"]',
    ]);
    const run = plan.stages[0]?.steps[1]?.run;
    assert.equal(run?.user, 'app');
    assert.equal(run?.cwd, '/srv/sub');
    assert.deepEqual(run?.env, ['PATH=/bin', 'N=1']);
    assert.ok(plan.stages[0]?.steps.every(({ createdByExact }) => createdByExact));
  });

  it('runs its ONBUILD triggers first, and they count as layers', () => {
    const plan = planOf(
      'FROM i\nRUN own\n',
      base({ onBuild: ['COPY . /app', 'ENV A=1', 'RUN make'] }),
    );
    assert.deepEqual(texts(plan), [
      'COPY . /app # buildkit',
      'ENV A=1',
      'RUN /bin/sh -c make # buildkit',
      'RUN /bin/sh -c own # buildkit',
    ]);
    assert.deepEqual(
      plan.stages[0]?.triggers.map(({ layer, fromTrigger, instruction }) => ({
        layer,
        fromTrigger,
        line: instruction.lines.start,
      })),
      [
        { layer: 1, fromTrigger: true, line: 1 },
        { layer: null, fromTrigger: true, line: 1 },
        { layer: 2, fromTrigger: true, line: 1 },
      ],
    );
    assert.equal(last(plan).layer, 3);
    assert.deepEqual(plan.stages[0]?.config.onBuild, []);
  });

  it('says at the FROM when a trigger is no instruction', () => {
    for (const [trigger, message] of [
      ['FOO', 'unknown instruction: FOO'],
      ['RUN a\nRUN b', 'onbuild trigger should be a single expression'],
      ['# nothing', 'file with no instructions'],
      ['FROM x', '*instructions.Stage is not a command type'],
    ] as const) {
      const plan = planOf('FROM i\nRUN x\n', base({ onBuild: [trigger] }));
      const found = firstRefusal(plan.problems)?.buildkit;
      assert.ok(found?.message.startsWith(message), found?.message);
      assert.deepEqual(found?.lines, { start: 1, end: 1 });
      assert.equal(last(plan).layer, 1);
    }
  });

  it('gets the PATH that BuildKit adds when it has none, Windows images excepted', () => {
    const paths = planOf('FROM i\nENV P=$PATH\n', base({ env: [] }));
    assert.match(texts(paths)[0] ?? '', /^ENV P=\/usr\/local\/sbin:/);
    const platform = { os: 'windows', arch: 'amd64', variant: '' };
    const windows = planOf('FROM i\nENV P=$PATH\n', { ...base({ env: [] }), platform });
    assert.deepEqual(texts(windows), ['ENV P=']);
  });
});

describe('an unknown base image', () => {
  const exact = (text: string) => last(planOf(text)).createdByExact;

  it('leaves no doubt about texts that do not hang on it', () => {
    for (const text of [
      'RUN ["x"]',
      'CMD ["x"]',
      'WORKDIR /abs',
      'COPY a b',
      'ENV A=1',
      'USER me',
      'ENV A=1\nENV B=$A',
      'ARG A=1\nRUN ["x"]',
      'WORKDIR /w\nWORKDIR sub',
      'SHELL ["bash"]\nRUN x',
    ]) {
      assert.equal(exact(`FROM i\n${text}\n`), true, text);
    }
  });

  it('leaves in doubt what uses its variables or its directory', () => {
    for (const text of [
      'ENV PATH=/x:$PATH',
      'COPY $UNSET /d',
      'WORKDIR sub',
      'WORKDIR $HOME/x',
      'WORKDIR sub\nWORKDIR deeper',
      'ENV A=$PATH\nENV B=$A',
      'ARG A=$PATH\nRUN ["x"]',
      'ARG NODE_VERSION\nRUN ["x"]',
    ]) {
      assert.equal(exact(`FROM i\n${text}\n`), false, text);
    }
  });

  it('may have a SHELL of its own, which runs commands in shell form', () => {
    for (const text of ['RUN x', 'CMD x', 'ENTRYPOINT x', 'RUN <<E\nx\nE']) {
      assert.equal(exact(`FROM i\n${text}\n`), false, text);
      assert.equal(exact(`FROM i\nSHELL ["bash", "-c"]\n${text}\n`), true, text);
      assert.equal(exact(`FROM scratch\n${text}\n`), true, text);
    }
  });

  it('leaves in doubt what is copied, and where to, by its variables and its directory', () => {
    const doubt = (text: string) => last(planOf(`FROM i\n${text}\n`)).copy?.doubt;
    const none = { sources: false, dest: false, files: false };
    assert.deepEqual(doubt('COPY $X /d'), { ...none, sources: true });
    assert.deepEqual(doubt('COPY a /$X'), { ...none, dest: true });
    assert.deepEqual(doubt('COPY a d'), { ...none, dest: true });
    assert.deepEqual(doubt('COPY <<E /d\n$X\nE'), { ...none, files: true });
    assert.equal(doubt('ENV X=1\nWORKDIR /w\nCOPY a$X d$X'), undefined);
    assert.equal(doubt("COPY <<'E' /d\n$X\nE"), undefined);
  });

  it('is no matter on scratch, where everything is known', () => {
    assert.equal(exact('FROM scratch\nWORKDIR sub\n'), true);
    assert.equal(exact('FROM scratch\nENV A=$PATH:$B\n'), true);
  });

  it('hands its doubts on to the stages built on it', () => {
    assert.equal(exact('FROM i AS a\nENV A=$PATH\nFROM a\nENV B=$A\n'), false);
    assert.equal(exact('FROM i AS a\nENV A=1\nFROM a\nENV B=$A\n'), true);
  });

  it('may define what an ARG of the parent stage defines, and then wins in the child', () => {
    assert.equal(exact('FROM i AS a\nARG A=1\nFROM a\nRUN ["x"]\n'), false);
    assert.equal(exact('FROM i AS a\nARG A=1\nFROM a\nARG A=1\nRUN ["x"]\n'), true);
    assert.equal(exact('FROM scratch AS a\nARG A=1\nFROM a\nRUN x\n'), true);
  });

  it('is no reason to tell of an error that it may mend', () => {
    for (const text of [
      'VOLUME $DATA',
      'STOPSIGNAL $SIG',
      'ENV A=${JAVA_HOME:?need}',
      'EXPOSE ${P:-x}',
      'COPY --chmod=$MODE. a b',
      'RUN --mount=type=$T,target=/x y',
      'ARG A=${B?}',
    ]) {
      assert.deepEqual(planOf(`FROM i\n${text}\n`).problems, [], text);
      assert.equal(planOf(`FROM i\n${text}\n`, base({ env: [] })).problems.length, 1, text);
    }
  });

  it('may have a SHELL of its own on Windows', () => {
    const platform = { os: 'windows', arch: 'amd64', variant: '' };
    const plan = planOf('FROM i\nWORKDIR C:\\app\nRUN dir\n', { platform });
    assert.deepEqual(texts(plan), ['WORKDIR /app', 'RUN cmd /S /C dir # buildkit']);
    assert.equal(last(plan).createdByExact, false);
    assert.equal(plan.stages[0]?.config.workingDir, '\\app');
  });
});

describe('stages', () => {
  it('count layers on through FROM stage', () => {
    const plan = planOf('FROM i AS a\nRUN 1\nENV A=1\nFROM a AS b\nWORKDIR /w\nFROM b\nCOPY a b\n');
    const layers = plan.stages.map(({ steps }) => steps.map(({ layer }) => layer));
    assert.deepEqual(layers, [[1, null], [2], [3]]);
    assert.deepEqual(
      plan.stages.map(({ layers }) => layers),
      [1, 2, 3],
    );
  });

  it('are needed when the target copies, mounts or is built from them', () => {
    const text =
      'FROM i AS a\nFROM i AS b\nFROM i AS c\nFROM i AS d\nFROM a\nCOPY --from=B x y\nRUN --mount=from=c,target=/c x\n';
    const needed = planOf(text).stages.map(({ needed }) => needed);
    assert.deepEqual(needed, [true, true, true, false, true]);
    assert.deepEqual(planOf(text).stages[4]?.dependsOn, [0, 1, 2]);
    const other = planOf(text, { target: 'd' });
    assert.equal(other.target, 3);
    assert.deepEqual(
      other.stages.map(({ needed }) => needed),
      [false, false, false, true, false],
    );
  });

  it('are needed when only an ONBUILD trigger of the base copies from them', () => {
    const plan = planOf('FROM i AS x\nFROM i AS base\nONBUILD COPY --from=x a b\nFROM base\n');
    assert.deepEqual(
      plan.stages.map(({ needed }) => needed),
      [true, true, true],
    );
    assert.equal(plan.stages[2]?.triggers[0]?.onbuild?.lines.start, 3);
    assert.deepEqual(plan.stages[1]?.config.onBuild, ['COPY --from=x a b']);
    assert.deepEqual(plan.stages[2]?.config.onBuild, []);
  });

  it('pass triggers on to their child only, not to its children', () => {
    const plan = planOf('FROM i AS p\nONBUILD RUN t\nFROM p AS c\nFROM c\nRUN x\n');
    assert.deepEqual(texts(plan), ['RUN /bin/sh -c t # buildkit', 'RUN /bin/sh -c x # buildkit']);
  });

  it('keep their marks when the target does not need them, without problems of their own', () => {
    const plan = planOf('FROM i AS a\nRUN x\nCOPY ${X:?no} /\nEXPOSE nope\nRUN y\nFROM i\n');
    assert.deepEqual(plan.problems, []);
    assert.deepEqual(
      plan.stages[0]?.steps.map(({ effect, layer }) => [effect, layer]),
      [
        ['layer', 1],
        ['layer', 2],
        ['metadata', null],
        ['layer', 3],
      ],
    );
  });

  it('keep all other marks when one instruction is wrong', () => {
    const plan = planOf('FROM i\nRUN a\nRUNN b\nCOPY onlyone\nENV A=${B!x}\nRUN c\n');
    assert.deepEqual(
      plan.stages[0]?.steps.map(({ layer }) => layer),
      [1, null, null, null, 2],
    );
    assert.equal(plan.problems.length, 3);
    assert.equal(last(plan).createdBy, 'RUN /bin/sh -c c # buildkit');
  });

  it('find the last of two with one name for COPY, and the nearest above for FROM', () => {
    const plan = planOf(
      'FROM i AS x\nRUN 1\nFROM x AS y\nFROM i AS x\nFROM y\nCOPY --from=x a b\n',
    );
    assert.equal(plan.stages[1]?.base.stage, 0);
    assert.deepEqual(last(plan).copy?.origin, { kind: 'stage', stage: 2 });
  });

  it('name the loop that two stages make', () => {
    const plan = planOf('FROM i AS a\nCOPY --from=b x y\nFROM i AS b\nCOPY --from=a x y\n');
    const [problem] = plan.problems;
    assert.equal(problem?.buildkit?.message, 'circular dependency detected on stage: a');
    assert.equal(plan.stages[1]?.layers, 1);
  });

  it('fall back to the last one when the target is not there', () => {
    const plan = planOf('FROM i AS build\nFROM i\nRUN x\n', { target: 'biuld' });
    assert.equal(plan.target, 1);
    assert.equal(
      plan.problems[0]?.buildkit?.message,
      'target stage "biuld" could not be found (did you mean build?)',
    );
  });

  it('are replaced by a named context of their name, and images by one of theirs', () => {
    const namedContexts = new Map([
      ['build', '../other'],
      ['alpine', 'docker-image://alpine:3.20'],
    ]);
    const images = (name: string) =>
      name === 'alpine:3.20' ? { config: { env: ['V=3.20'] }, history: [], layers: 1 } : undefined;
    const text = 'FROM i AS build\nRUN x\nFROM alpine:latest\nENV A=$V\nCOPY --from=src a b\n';
    const plan = planOf(text, { namedContexts, images });
    assert.equal(plan.stages[0]?.replaced, true);
    assert.equal(plan.stages[0]?.steps[0]?.effect, 'metadata');
    assert.equal(plan.stages[1]?.base.named, 'alpine:latest');
    assert.equal(texts(plan)[0], 'ENV A=3.20');
    assert.deepEqual(last(plan).copy?.origin, { kind: 'image', reference: 'src' });
  });

  it('with no FROM at all are none', () => {
    const plan = planOf('ARG A=1\n');
    assert.equal(plan.target, -1);
    assert.equal(plan.problems[0]?.buildkit?.message, 'dockerfile contains no stages to build');
    assert.equal(plan.globals.length, 1);
  });
});

describe('problems of the plan', () => {
  const marked = (text: string) => {
    const [problem] = planOf(text).problems;
    return problem ? text.slice(problem.span.start, problem.span.end) : '';
  };

  it('stand at what is wrong, not at the whole instruction', () => {
    assert.equal(marked('FROM Alpine AS a\n'), 'Alpine');
    assert.equal(marked('FROM --platform=nope i\n'), '--platform=nope');
    assert.equal(marked('FROM i\nCOPY --from=7 a b\n'), '--from=7');
    assert.equal(marked('FROM i\nRUN --mount=type=cache a && \\\n b\n'), '--mount=type=cache');
    const ssh = 'FROM i\nRUN --mount=type=ssh,source=a x\n';
    assert.equal(planOf(ssh).problems[0]?.message, 'ssh does not support source');
    assert.equal(marked(ssh), '--mount=type=ssh,source=a');
    assert.deepEqual(planOf('FROM scratch\nRUN --mount=type=ssh,source=$X x\n').problems, []);
    assert.equal(marked('FROM i\nENV A=${X!}\n'), 'A=${X!}');
    assert.equal(marked('FROM i\nRUN []\n'), 'RUN');
  });

  it('say BuildKit’s text first and what to do on the next line', () => {
    const [problem] = planOf('FROM i\nCOPY --from=7 a b\n').problems;
    assert.equal(
      problem?.message,
      'invalid stage index 7\nStages are numbered from 0, in the order of their FROM lines.',
    );
  });
});

describe('COPY and ADD', () => {
  it('resolve the destination and keep the slash that makes it a directory', () => {
    const dests = planOf(
      'FROM scratch\nWORKDIR /w\nCOPY a .\nCOPY a sub/\nCOPY a ../x\nCOPY a /y/.\nCOPY a $NO\n',
    ).stages[0]?.steps.flatMap(({ copy }) => (copy ? [copy.dest] : []));
    assert.deepEqual(dests, ['/w/', '/w/sub/', '/x', '/y/', '/w/']);
  });

  it('take --link for in force unless there is --chmod', () => {
    const links = planOf(
      'FROM i\nCOPY --link a b\nCOPY --link --chmod=600 a b\nCOPY a b\n',
    ).stages[0]?.steps.map(({ copy }) => copy?.link);
    assert.deepEqual(links, [true, false, false]);
  });

  it('tell paths, downloads and repositories apart', () => {
    const { copy } = last(
      planOf('FROM i\nADD a https://x/y.tgz https://x/r.git#v1:sub?no github.com/a/b /d/\n'),
    );
    assert.deepEqual(copy?.sources, ['a', 'github.com/a/b']);
    assert.deepEqual(
      copy?.remotes.map(({ kind }) => kind),
      ['url', 'git'],
    );
  });

  it('make files of heredocs, expanded and without tabs as asked for', () => {
    const { copy } = last(
      planOf('FROM i\nENV A=1\nCOPY <<-a <<"b" /d/\n\tx $A \\$A "q"\n\ta\n\t$A\nb\n'),
    );
    assert.deepEqual(
      copy?.files.map(({ name, content }) => [name, content]),
      [
        ['a', 'x 1 $A "q"\n'],
        ['b', '\t$A\n'],
      ],
    );
  });
});

describe('RUN', () => {
  it('runs a heredoc that is a program as a program', () => {
    const { run, createdBy } = last(planOf('FROM i\nRUN <<E\n#!/usr/bin/python3\nprint(1)\nE\n'));
    assert.deepEqual(run?.argv, ['/bin/sh', '-c', '/dev/pipes/E']);
    assert.equal(createdBy, 'RUN /bin/sh -c /dev/pipes/E # buildkit');
    assert.equal(run?.mounts[0]?.target, '/dev/pipes/');
  });

  it('has its mounts with paths and sources resolved', () => {
    const plan = planOf(
      'FROM i AS s\nFROM i\nWORKDIR /w\nRUN --mount=target=. --mount=type=cache,dst=c,from=s,sharing=locked --mount=type=tmpfs,target=/t,size=1k --mount=type=secret,id=k --mount=type=ssh --mount=type=secret,id=e,env=E x\n',
    );
    assert.deepEqual(
      last(plan).run?.mounts.map(({ type, target, source, origin, id, sharing, readonly }) => ({
        ...{ type, target, source, origin, id, sharing, readonly },
      })),
      [
        {
          ...{ type: 'bind', target: '/w', source: '/', origin: { kind: 'context' } },
          ...{ id: '', sharing: '', readonly: true },
        },
        {
          ...{ type: 'cache', target: '/w/c', source: '/', origin: { kind: 'stage', stage: 0 } },
          ...{ id: 'c', sharing: 'locked', readonly: false },
        },
        {
          ...{ type: 'tmpfs', target: '/t', source: '', origin: null },
          ...{ id: '', sharing: '', readonly: false },
        },
        {
          ...{ type: 'secret', target: '/run/secrets/k', source: '', origin: null },
          ...{ id: 'k', sharing: '', readonly: true },
        },
        {
          ...{ type: 'ssh', target: '', source: '', origin: null },
          ...{ id: '', sharing: '', readonly: true },
        },
        {
          ...{ type: 'secret', target: '', source: '', origin: null },
          ...{ id: 'e', sharing: '', readonly: true },
        },
      ],
    );
    assert.equal(last(plan).run?.mounts[2]?.sizeLimit, 1024);
  });

  it('sees the environment of its own place, not of the end of the stage', () => {
    const plan = planOf('FROM scratch\nENV A=1\nRUN x\nENV A=2 B=3\n');
    const step = plan.stages[0]?.steps[1];
    assert.deepEqual(step?.run?.env.slice(1), ['A=1']);
    assert.equal(step?.env.get('A'), '1');
    assert.equal(step?.env.has('B'), false);
    assert.deepEqual([...(step?.env.keys() ?? [])], ['PATH', 'A']);
    assert.deepEqual(step?.config.env.slice(1), ['A=1']);
    assert.deepEqual(plan.stages[0]?.config.env.slice(1), ['A=2', 'B=3']);
  });
});

describe('the platform of a stage', () => {
  it('comes from --platform, which may be short', () => {
    const of = (text: string) => planOf(`FROM --platform=${text} i\n`).stages[0]?.base.platform;
    assert.equal(of('arm64'), 'linux/arm64');
    assert.equal(of('windows'), 'windows/amd64');
    assert.equal(of('linux/aarch64'), 'linux/arm64');
    assert.equal(of('linux/arm/7'), 'linux/arm/v7');
    assert.equal(planOf('FROM i\n', { platform: linux }).stages[0]?.base.platform, null);
  });

  it('is refused with the reason when it is none', () => {
    const [problem] = planOf('FROM --platform=nope i\n').problems;
    assert.equal(
      problem?.buildkit?.message,
      'failed to parse platform nope: "nope": unknown operating system or architecture: invalid argument',
    );
  });
});

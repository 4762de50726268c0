import assert from 'node:assert/strict';
import {
  type ComposeBuild,
  type ComposeProject,
  composeBuilds,
  composeIncludes,
} from '../../../server/src/engine/composeNames.ts';
import { envFile, interpolated } from '../../../server/src/engine/composeVariables.ts';
import { leastMs } from '../../support/cpuTime.ts';

const project = (...texts: string[]): ComposeProject => ({
  texts,
  folder: 'My App.v2',
  variables: new Map([
    ['TAG', '1.2'],
    ['EMPTY', ''],
  ]),
});

function only(...texts: string[]): ComposeBuild {
  const builds = composeBuilds(project(...texts));
  assert.equal(builds.length, 1);
  return builds[0] as ComposeBuild;
}

const service = (...lines: string[]) =>
  `services:\n  web:\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('images of a Compose file', () => {
  it('are named by project and service where the file names none', () => {
    const { names, context, dockerfile, target } = only(service('build: ./web'));
    assert.deepEqual(names, ['myappv2-web', 'myappv2_web']);
    assert.deepEqual([context, dockerfile, target], ['./web', 'Dockerfile', null]);
  });

  it('have the project’s name by .env, then by `name:`, then by the folder', () => {
    const named = `name: given\n${service('build: .')}`;
    assert.equal(only(named).project, 'given');
    const variables = new Map([['COMPOSE_PROJECT_NAME', 'fromenv']]);
    assert.equal(composeBuilds({ ...project(named), variables })[0]?.names[0], 'fromenv-web');
    assert.equal(
      composeBuilds({ ...project(service('build: .')), folder: '__x' })[0]?.project,
      'x',
    );
    assert.equal(composeBuilds(project(named), 'outer')[0]?.project, 'outer');
  });

  it('are named as `image` says, with variables and further tags', () => {
    const { names } = only(
      service(
        'image: registry.test/app:${TAG:-dev}',
        'build:',
        '  context: .',
        '  tags:',
        '    - app:extra',
      ),
    );
    assert.deepEqual(names, ['registry.test/app:1.2', 'app:extra']);
    assert.deepEqual(only(service('image: app:${UNKNOWN}', 'build: .')).names, []);
    assert.deepEqual(only(service('image: "app:${UNKNOWN:-x}"', 'build: .')).names, ['app:x']);
  });

  it('are of the context, file, target and arguments that the build names', () => {
    const build = only(
      service(
        'build:',
        '  context: ..',
        '  dockerfile: docker/Web.Dockerfile',
        '  target: prod',
        '  args:',
        '    A: 1',
        '    B: "x ${TAG}"',
        '    C: true',
        '    TAG:',
        '    UNKNOWN:',
      ),
    );
    assert.deepEqual(
      [build.context, build.dockerfile, build.target],
      ['..', 'docker/Web.Dockerfile', 'prod'],
    );
    assert.deepEqual(
      [...build.args],
      [
        ['A', '1'],
        ['B', 'x 1.2'],
        ['C', 'true'],
        ['TAG', '1.2'],
      ],
    );
    const list = only(service('build:', '  args: [A=1, "B=a=b", TAG, NOPE]'));
    assert.deepEqual(
      [...list.args],
      [
        ['A', '1'],
        ['B', 'a=b'],
        ['TAG', '1.2'],
      ],
    );
  });

  it('are not those of services without a build, or whose Dockerfile stands in the file', () => {
    assert.deepEqual(composeBuilds(project(service('image: nginx'))), []);
    assert.deepEqual(composeBuilds(project(service('build:', '  dockerfile_inline: FROM x'))), []);
    assert.equal(only(service('build:', '  target: ${NOPE}')).target, undefined);
  });

  it('are as later files override them', () => {
    const build = only(
      service('image: one', 'build:', '  context: app', '  args: [A=1, B=2]'),
      service('image: two', 'build:', '  target: dev', '  args:', '    B: 3'),
    );
    assert.deepEqual([build.names, build.context, build.target], [['two'], 'app', 'dev']);
    assert.deepEqual(
      [...build.args],
      [
        ['A', '1'],
        ['B', '3'],
      ],
    );
    assert.equal(only(service('build: a'), service('build: b')).context, 'b');
    assert.deepEqual(
      composeBuilds(project(service('build: a'), service('build: !reset null'))),
      [],
    );
    assert.equal(
      only(service('build: a'), service('build: !override', '  context: b')).context,
      'b',
    );
  });

  it('take over what they extend, and what anchors and merge keys say', () => {
    const extended = composeBuilds(
      project(
        'services:\n  base:\n    build: { context: x, target: t }\n  web:\n    extends: { service: base }\n    build: { target: u }\n',
      ),
    );
    assert.deepEqual(
      extended.map(({ service: name, context, target }) => [name, context, target]),
      [
        ['base', 'x', 't'],
        ['web', 'x', 'u'],
      ],
    );
    const merged = only(
      'x-build: &build\n  context: x\n  args: &args { A: 1 }\nservices:\n  web:\n    build:\n      <<: *build\n      args:\n        <<: *args\n        B: 2\n',
    );
    assert.deepEqual([merged.context, [...merged.args.keys()].sort()], ['x', ['A', 'B']]);
    const circle = 'services:\n  a: { extends: b, build: . }\n  b: { extends: a }\n';
    assert.equal(composeBuilds(project(circle)).length, 2);
  });

  it('name the files that a file takes in', () => {
    const text =
      'include:\n  - sub/compose.yaml\n  - path: [a.yaml, "b-${TAG}.yaml"]\n    project_directory: ..\n  - ${NOPE}\n';
    assert.deepEqual(composeIncludes(project(text)), [
      { paths: ['sub/compose.yaml'], folder: null },
      { paths: ['a.yaml', 'b-1.2.yaml'], folder: '..' },
    ]);
  });

  const odd: readonly (readonly [string, string])[] = [
    ['no YAML', 'services: [\n'],
    ['a list', '- a\n- b\n'],
    ['a text', 'hello'],
    ['nothing', ''],
    ['services that are a list', 'services:\n  - web\n'],
    ['services that are texts', 'services:\n  web: build\n'],
    [
      'builds of all kinds',
      'services:\n  a: {build: 1}\n  b: {build: [x]}\n  c: {build: null}\n  d: {build: {context: {}}}\n',
    ],
    ['names of the language', 'services:\n  __proto__: {build: .}\n  constructor: {image: 3}\n'],
    ['duplicate keys', 'services:\n  a: {}\n  a: {build: .}\n'],
    ['an unknown tag', 'services:\n  a: !evil {build: .}\n'],
    ['depth', `services: ${'['.repeat(50_000)}`],
    ['deep mappings', `a: ${'{a: '.repeat(50_000)}`],
    [
      'a bomb of aliases',
      `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]\n`).join('')}services: *a40\n`,
    ],
    [
      'a bomb of merges',
      `b: &b {${Array.from({ length: 4000 }, (_, at) => `k${at}: 1`).join(', ')}}\nservices:\n${Array.from({ length: 400 }, (_, at) => `  s${at}: {<<: *b}\n`).join('')}`,
    ],
    ['too much', `# ${'x'.repeat(300_000)}\nservices:\n  a: {build: .}\n`],
  ];
  for (const [title, text] of odd) {
    it(`are none or few, and soon known, for ${title}`, () => {
      let builds: readonly ComposeBuild[] = [];
      const ms = leastMs(() => {
        builds = composeBuilds(project(text));
      }, 50);
      assert.ok(builds.length <= 1, JSON.stringify(builds));
      assert.ok(ms < 200, `${ms} ms`);
    });
  }
});

describe('variables of Compose files', () => {
  const values: Readonly<Record<string, string>> = { A: 'a', E: '' };
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['plain', 'plain'],
    ['$A-${A}', 'a-a'],
    ['$$A $${A}', '$A ${A}'],
    ['${N:-x}${N-y}${E:-z}${E-w}', 'xyz'],
    ['${A:+set}${E:+set}${E+set}${N+set}', 'setset'],
    ['${A:?needed}', 'a'],
    ['${N:?needed}', undefined],
    ['${E?needed}', ''],
    ['${N:-${A}/${N:-deep}}', 'a/deep'],
    ['${N}', undefined],
    ['$N', undefined],
    ['${A', undefined],
    ['$', undefined],
    ['${}', undefined],
    ['{"a": "}"}', '{"a": "}"}'],
    ['${N:-}', ''],
  ];
  for (const [text, value] of cases) {
    it(`make ${JSON.stringify(value ?? null)} of ${text}`, () => {
      assert.equal(
        interpolated(text, (name) => values[name]),
        value,
      );
    });
  }

  it('take linear time, however deep', () => {
    assert.equal(
      interpolated('${A:-'.repeat(3000), () => undefined),
      undefined,
    );
    assert.equal(
      interpolated(`$A${'x'.repeat(20_000)}`, () => 'a'),
      undefined,
    );
  });

  it('are read from .env with quotes, comments and the variables above', () => {
    const text =
      '# c\nA=1\n export B = "two $A\\n" # c\nC=\'$A # no\' \nD=x # y\nE=\nF=${A}b\nG=${NOPE}\nbad line\nH: yaml\r\n';
    assert.deepEqual(
      [...envFile(text)],
      [
        ['A', '1'],
        ['B', 'two 1\n'],
        ['C', '$A # no'],
        ['D', 'x'],
        ['E', ''],
        ['F', '1b'],
        ['H', 'yaml'],
      ],
    );
  });
});

import assert from 'node:assert/strict';
import { ComposeFacts, withLabelled } from '../../../server/src/analysis/composeFacts.ts';
import type { Subject } from '../../../server/src/analysis/subject.ts';
import { readSettings, settingDefaults } from '../../../server/src/settings.ts';
import { type MemoryFileSystem, memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { planOf } from '../../support/plans.ts';

const text = 'FROM a AS build\nFROM b AS prod\n';

function subjectAt(
  path: string,
  folder: string | null = '/projects/work',
  within: string[] | null = null,
): Subject {
  return {
    key: path,
    path,
    folder,
    within,
    text,
    version: 1,
    settings: readSettings(settingDefaults),
  };
}

async function namesAt(
  files: MemoryFileSystem,
  path: string,
  { subject = subjectAt(path), target }: { subject?: Subject; target?: string } = {},
): Promise<readonly string[]> {
  const facts = new ComposeFacts(files, () => {});
  const plan = planOf(text, target ? { target } : {});
  assert.deepEqual(facts.read(subject, plan), []);
  await facts.settled();
  return facts.read(subject, plan).map(({ name }) => name);
}

const build = (fields: string) => `services:\n  web:\n    build: ${fields}\n`;

describe('names that Compose gives to images of a Dockerfile', () => {
  it('are found beside it and in the folders above, up to the workspace folder', async () => {
    const files = memoryFileSystem({
      '/projects/work/shop/api/Dockerfile': text,
      '/projects/work/shop/api/compose.yaml': build('.'),
      '/projects/work/shop/docker-compose.yml': build(
        '{ context: ., dockerfile: ./api/Dockerfile }',
      ),
      '/projects/work/compose.yml': build('./shop/api'),
      '/projects/compose.yml': build('./work/shop/api'),
    });
    assert.deepEqual(await namesAt(files, '/projects/work/shop/api/Dockerfile'), [
      'api-web',
      'api_web',
      'shop-web',
      'shop_web',
      'work-web',
      'work_web',
    ]);
    assert.ok(!files.seen.includes('/'), files.seen.join());
  });

  it('are not those of services that build other files', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/work/compose.yaml': `services:
  a: { build: ./other }
  b: { build: { dockerfile: Dockerfile.dev } }
  c: { build: "https://example.com/repo.git" }
  d: { build: { context: "git@github.com:a/b" } }
`,
    });
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), []);
    files.write('/projects/work/Dockerfile.dev', text);
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile.dev'), ['work-b', 'work_b']);
  });

  it('are found in folders that people keep Compose files in', async () => {
    const files = memoryFileSystem({
      '/projects/work/api/Dockerfile': text,
      '/projects/work/docker/compose.yaml': build('{ context: .., dockerfile: api/Dockerfile }'),
      '/projects/work/.devcontainer/docker-compose.yml': build('../api'),
      '/projects/work/.devcontainer/Dockerfile': text,
      '/projects/work/other/compose.yaml': build('../api'),
    });
    assert.deepEqual(await namesAt(files, '/projects/work/api/Dockerfile'), [
      'devcontainer-web',
      'devcontainer_web',
      'docker-web',
      'docker_web',
    ]);
    assert.deepEqual(await namesAt(files, '/projects/work/.devcontainer/Dockerfile'), []);
  });

  it('are those of the target that is looked at', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/work/compose.yaml': `services:
  last: { build: ., image: last }
  named: { build: { target: PROD }, image: named }
  first: { build: { target: build }, image: first }
  open: { build: { target: "\${T}" }, image: open }
`,
    });
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), ['last', 'named', 'open']);
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile', { target: 'build' }), [
      'first',
      'open',
    ]);
  });

  it('are as overriding and further files, .env and COMPOSE_FILE say', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/work/compose.yaml': build('.'),
      '/projects/work/compose.override.yaml': 'services:\n  web:\n    image: over:${TAG}\n',
      '/projects/work/docker-compose.dev.yml': 'services:\n  web:\n    image: dev\n',
      '/projects/work/.env': 'TAG=7\nCOMPOSE_PROJECT_NAME=mine',
    });
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), ['over:7', 'dev']);
    files.write('/projects/work/.env', 'COMPOSE_FILE=compose.yaml:sub/more.yml');
    files.write(
      '/projects/work/sub/more.yml',
      'name: more\nservices:\n  web:\n    build:\n      args: {A: 1}\n',
    );
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), [
      'more-web',
      'more_web',
      'dev',
    ]);
  });

  it('are found in files that a Compose file takes in, with its project’s name', async () => {
    const files = memoryFileSystem({
      '/projects/work/api/Dockerfile': text,
      '/projects/work/compose.yaml': 'name: all\ninclude:\n  - api/services.yml\n',
      '/projects/work/api/services.yml': build('.'),
    });
    assert.deepEqual(await namesAt(files, '/projects/work/api/Dockerfile'), ['all-web', 'all_web']);
  });

  it('come from no file outside the workspace, nor through a link', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/secret/compose.yaml': build('/projects/work'),
      '/projects/work/.env': 'COMPOSE_FILE=../secret/compose.yaml:/projects/secret/compose.yaml',
    });
    files.symlink('/projects/work/compose.yaml', '/projects/secret/compose.yaml');
    const subject = subjectAt('/projects/work/Dockerfile', '/projects/work', ['/projects/work']);
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile', { subject }), []);
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), []);
    assert.ok(!files.seen.some((path) => path.startsWith('/projects/secret')), files.seen.join());
  });

  it('are looked for beside a Dockerfile that lies in no workspace, and nowhere above', async () => {
    const files = memoryFileSystem({
      '/a/b/Dockerfile': text,
      '/a/b/compose.yaml': build('.'),
      '/a/compose.yaml': build('b'),
    });
    const subject = subjectAt('/a/b/Dockerfile', null);
    assert.deepEqual(await namesAt(files, '/a/b/Dockerfile', { subject }), ['b-web', 'b_web']);
  });

  it('are renewed when a Compose file changes, and kept until then', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/work/compose.yaml': build('.'),
    });
    let changes = 0;
    const facts = new ComposeFacts(files, () => changes++);
    const plan = planOf(text);
    const subject = subjectAt('/projects/work/Dockerfile');
    facts.read(subject, plan);
    await facts.settled();
    const first = facts.read(subject, plan);
    assert.equal(facts.read(subject, plan), first);
    files.write('/projects/work/compose.yaml', `name: other\n${build('.')}`);
    facts.filesChanged(['/projects/work/src/a.ts']);
    assert.equal(facts.busy, false);
    facts.filesChanged(['/projects/work/compose.yaml']);
    assert.equal(facts.busy, true);
    assert.deepEqual(facts.read(subject, plan), first);
    await facts.settled();
    assert.deepEqual(
      facts.read(subject, plan).map(({ name }) => name),
      ['other-web', 'other_web'],
    );
    assert.equal(changes, 2);
    facts.stop();
    assert.equal(facts.busy, false);
  });

  it('are none where a folder or file cannot be read', async () => {
    const files = memoryFileSystem({
      '/projects/work/Dockerfile': text,
      '/projects/work/compose.yaml': build('.'),
    });
    files.fail('/projects/work/compose.yaml', 'EACCES');
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), []);
    files.fail('/projects/work', 'EIO');
    assert.deepEqual(await namesAt(files, '/projects/work/Dockerfile'), []);
  });

  it('come with the images that Compose labelled as builds of these services, the newest first', () => {
    const summary = (id: string, createdAt: number, project: string, service = 'web') => ({
      id,
      references: [],
      digests: [],
      createdAt,
      labels: { 'com.docker.compose.project': project, 'com.docker.compose.service': service },
    });
    const name = { name: 'shop-web', by: 'compose', project: 'shop', service: 'web' } as const;
    const rest = { file: '', target: null, args: new Map<string, string>() };
    const images = [summary('a', 1, 'shop'), summary('b', 3, 'shop'), summary('c', 2, 'other')];
    images.push(summary('d', 9, 'shop', 'db'));
    assert.deepEqual(
      withLabelled([{ ...name, ...rest }], images).map((one) => one.name),
      ['shop-web', 'b', 'a'],
    );
    assert.deepEqual(withLabelled([], images), []);
  });
});

import assert from 'node:assert/strict';
import { ContextFacts, type ContextReading } from '../../../server/src/analysis/contextFacts.ts';
import type { ContentFacts, SentContext } from '../../../server/src/context/contentFacts.ts';
import type { Fact } from '../../../server/src/context/fact.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import type { Step } from '../../../server/src/model/plan.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { memoryDigests } from '../../support/memoryDigests.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { planOf } from '../../support/plans.ts';

const paths = {
  '/project/app/src/a.ts': 'a',
  '/project/app/src/b.ts': 'b',
  '/project/app/package.json': '{}',
};
const start = 'FROM alpine\nCOPY package.json /app/\nCOPY src /app/src\n';

function project(within: readonly string[] | null = null, untouched: boolean | null = null) {
  const files = memoryFileSystem(paths);
  const digests = memoryDigests(files);
  let told = 0;
  const facts = new ContextFacts({ files, decompressors: nodeDecompressors, digests }, () => {
    told++;
  });
  const path = '/project/app/Dockerfile';
  const settings = readSettings({});
  const read = (text = start, sent: SentContext | null = null, aside = false) => {
    const plan = planOf(text);
    const about = { key: path, path, folder: '/project/app', within, text, version: 1, settings };
    const subject = untouched === null ? about : { ...about, untouched };
    const reading = facts.read(subject, plan, aside, sent);
    const steps = plan.stages.flatMap((stage) => stage.steps);
    return { reading, steps };
  };
  /** What is known in the end of the step that stands on a line. */
  const content = async (at: number, text = start, sent: SentContext | null = null) => {
    for (;;) {
      const { reading, steps } = read(text, sent);
      const step = steps[at];
      assert.ok(step);
      const fact = factOf(reading, step);
      if (!facts.busy) return fact;
      await facts.settled();
    }
  };
  return { files, digests, facts, read, content, told: () => told };
}

function factOf(reading: ContextReading, step: Step): Fact<ContentFacts> {
  return step.run ? reading.mountContent(step, 0) : reading.content(step);
}

function digestOf(fact: Fact<ContentFacts>): string {
  assert.equal(fact.state === 'known' && fact.value.kind, 'known', JSON.stringify(fact));
  if (fact.state !== 'known' || fact.value.kind !== 'known') return '';
  return fact.value.sources.map(({ digest }) => digest).join();
}

describe('what the lines of a Dockerfile select', () => {
  it('is not read before someone asks for it, line by line', async () => {
    const { digests, facts, read, content } = project();
    read();
    await facts.settled();
    read();
    await facts.settled();
    assert.deepEqual(digests.read, []);
    digestOf(await content(0));
    assert.deepEqual(digests.read, ['/project/app/package.json']);
    digestOf(await content(1));
    assert.equal(digests.read.length, 3);
  });

  it('is pending until it is known, and then everyone is told', async () => {
    const { facts, read, told } = project();
    const first = read();
    assert.ok(first.steps[1]);
    assert.equal(first.reading.content(first.steps[1]).state, 'pending');
    for (read(); facts.busy; read()) await facts.settled();
    const second = read();
    assert.ok(second.steps[1]);
    assert.equal(second.reading.pending, false);
    assert.equal(second.reading.content(second.steps[1]).state, 'pending');
    assert.equal(second.reading.pending, true);
    const before = told();
    await facts.settled();
    assert.ok(told() > before);
    assert.equal(second.reading.content(second.steps[1]).state, 'known');
  });

  it('follows files that are saved, and keeps the last answer until then', async () => {
    const { files, facts, read, content } = project();
    const before = digestOf(await content(1));
    const other = digestOf(await content(0));
    files.write('/project/app/src/a.ts', 'changed');
    facts.filesChanged(['/project/app/src/a.ts']);
    const { reading, steps } = read();
    assert.ok(steps[1]);
    assert.equal(digestOf(reading.content(steps[1])), before);
    assert.equal(reading.pending, true);
    assert.notEqual(digestOf(await content(1)), before);
    assert.equal(digestOf(await content(0)), other);
  });

  it('follows files that changed without a word when everything is looked at again', async () => {
    const { files, facts, content } = project();
    const before = digestOf(await content(1));
    files.write('/project/app/src/a.ts', 'changed');
    assert.equal(digestOf(await content(1)), before);
    facts.revalidate();
    assert.notEqual(digestOf(await content(1)), before);
  });

  it('is kept while other lines are edited, and found anew for another source', async () => {
    const { digests, content } = project();
    const before = digestOf(await content(1));
    const count = digests.read.length;
    assert.equal(digestOf(await content(2, start.replace('COPY p', 'RUN true\nCOPY p'))), before);
    assert.equal(digestOf(await content(1, start.replace('/app/src', '/elsewhere'))), before);
    assert.equal(digests.read.length, count);
    assert.notEqual(digestOf(await content(1, start.replace('COPY src', 'COPY src/a.ts'))), before);
  });

  it('has the Dockerfile as it will be saved, once someone edits it', async () => {
    const text = 'FROM alpine\nCOPY . /app\nCOPY src /src\n';
    const edited = `${text}# more\n`;
    const digests = async (untouched: boolean | null) => {
      const { files, facts, content } = project(null, untouched);
      files.write('/project/app/Dockerfile', `\ufeff${text}`);
      const saved = [digestOf(await content(0, text)), digestOf(await content(1, text))];
      const after = [digestOf(await content(0, edited)), digestOf(await content(1, edited))];
      files.write('/project/app/Dockerfile', edited);
      facts.filesChanged(['/project/app/Dockerfile']);
      const then = [digestOf(await content(0, edited)), digestOf(await content(1, edited))];
      const back = digestOf(await content(0, text));
      return { saved, after, then, back };
    };
    const { saved, after, then, back } = await digests(false);
    assert.notEqual(after[0], saved[0]);
    assert.equal(after[1], saved[1]);
    assert.deepEqual(then, after);
    assert.notEqual(back, then[0]);
    // Read from the disk, or opened and left alone: an editor may write line ends of its own.
    for (const untouched of [true, null]) {
      const alone = await digests(untouched);
      assert.deepEqual(alone.after, alone.saved);
      assert.equal(alone.back, alone.then[0]);
    }
  });

  it('is compared with what the builder holds, as soon as that is known', async () => {
    const { files, content } = project();
    const before = digestOf(await content(1));
    const stat = await files.lstat('/project/app/src/a.ts');
    const sent: SentContext = (path) =>
      path === 'src/a.ts' ? { ...stat, content: 'x' } : undefined;
    assert.notEqual(digestOf(await content(1, start, sent)), before);
    assert.equal(digestOf(await content(1)), before);
  });

  it('is told of bind mounts of the context, too', async () => {
    const { content } = project();
    const mount = 'FROM alpine\nRUN --mount=target=/src,source=src true\n';
    assert.equal(digestOf(await content(0, mount)), digestOf(await content(1)));
    const { read } = project();
    const { reading, steps } = read(
      'FROM alpine\nRUN --mount=type=cache,target=/c true\nRUN true\n',
    );
    for (const step of steps) assert.equal(reading.mountContent(step, 0).state, 'unavailable');
  });

  it('is within the workspace in Restricted Mode, and known there', async () => {
    const { files, digests, content } = project(['/project/app']);
    files.write('/project/secret/x', 'secret');
    digestOf(await content(1));
    files.remove('/project/app/src');
    files.symlink('/project/app/src', '../secret');
    digests.read.length = 0;
    const { content: other } = project(['/project/other']);
    assert.equal((await other(1)).state, 'unavailable');
    assert.deepEqual(digests.read, []);
  });

  it('is read no further once the document is closed', async () => {
    const { digests, facts, read } = project();
    read();
    await facts.settled();
    const { reading, steps } = read();
    assert.ok(steps[1]);
    reading.content(steps[1]);
    facts.stop();
    await facts.settled();
    assert.deepEqual(digests.read, []);
  });
});

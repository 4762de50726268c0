/** `snapshot`, and what `report --since` makes of it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

const dockerfile = `FROM debian
ARG TOKEN=none
ENV SECRET=s3cr3t-value
WORKDIR /app
COPY src src
RUN make
CMD ["/app/run"]
`;

/** A project folder, with a place for snapshots that no COPY takes. */
function project(files: Readonly<Record<string, string>> = {}): string {
  return folderWith({ Dockerfile: dockerfile, 'src/app.ts': 'one\n', 'src/b.ts': 'b\n', ...files });
}

async function done(argv: readonly string[], options: Parameters<typeof cli>[1]): Promise<string> {
  const ran = await cli(argv, options);
  assert.equal(ran.err, '');
  assert.equal(ran.code, 0);
  return ran.out;
}

async function words(cwd: string, argv: readonly string[] = []): Promise<readonly string[]> {
  const out = await done(['report', '--json', '--since', 'snap.json', ...argv], { cwd });
  const report = JSON.parse(out) as StackReport;
  return report.stages.flatMap(({ instructions }) =>
    instructions.flatMap(({ cache }) => (cache ? [cache.prediction] : [])),
  );
}

/** Another content, with another time, as from an editor. */
function edit(path: string, text: string): void {
  writeFileSync(path, text);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

describe('snapshot', () => {
  afterEach(removeFolders);

  it('is readable JSON, and the same for the same state', async () => {
    const cwd = project();
    const first = await done(['snapshot', '-o', '-'], { cwd });
    const second = await done(['snapshot', '-o', '-'], { cwd });
    const timeless = (text: string) => ({ ...JSON.parse(text), at: '' });
    assert.deepEqual(timeless(first), timeless(second));
    assert.deepEqual(Object.keys(JSON.parse(first)), Object.keys(JSON.parse(second)));
    assert.ok(first.split('\n').length > 20, 'it has lines');
    assert.ok(first.endsWith('\n'));
    assert.match(first, /"source": ?"snapshot"/);
    assert.match(first, /src\/app\.ts|app\.ts/);
  });

  it('holds no value of an argument or a variable, and no path of the machine', async () => {
    const cwd = project();
    const text = await done(['snapshot', '-o', '-', '--build-arg', 'TOKEN=t0ken-value'], { cwd });
    assert.ok(!text.includes('t0ken-value'));
    assert.ok(!text.includes(cwd));
    assert.match(text, /TOKEN/);
  });

  it('shows no value that stands in a path, and none that a list of digests would tell', async () => {
    const cwd = project({
      Dockerfile: `FROM debian AS made
ARG TOKEN
ENV COPIED=$TOKEN
WORKDIR /w/$TOKEN
RUN --mount=source=src,target=/m-$TOKEN make
FROM debian
ARG TOKEN
COPY --from=made /w/$TOKEN /w
COPY <<end /text
$TOKEN
end
`,
    });
    const value = 'hunter2 and more';
    const given = ['--build-arg', `TOKEN=${value}`];
    const text = await done(['snapshot', '-o', 'snap.json', ...given], { cwd }).then(() =>
      readFileSync(join(cwd, 'snap.json'), 'utf8'),
    );
    assert.ok(!text.includes('hunter2'));
    assert.match(text, /"\/m-\$\{TOKEN\}"/);
    const digests = new Set(text.match(/[0-9a-f]{64}/g));
    for (const guess of [value, `TOKEN=${value}`, `COPIED=${value}`, `/w/${value}`]) {
      for (const one of [guess, JSON.stringify(guess), JSON.stringify([guess])]) {
        assert.ok(!digests.has(createHash('sha256').update(one).digest('hex')), one);
      }
    }
    const all = (word: string) => Array.from({ length: 4 }, () => word);
    assert.deepEqual(await words(cwd, given), all('cached'));
    const other = await words(cwd, ['--build-arg', 'TOKEN=another value']);
    assert.deepEqual(other, ['changed', 'rebuild', 'changed', 'rebuild']);
  });

  it('takes a build argument from cache that the Dockerfile has as its own value since', async () => {
    const cwd = project({ Dockerfile: 'FROM debian\nARG VERSION=1.2.3\nRUN make\n' });
    const given = ['--build-arg', 'VERSION=1.2.4-beta'];
    await done(['snapshot', '-o', 'snap.json', ...given], { cwd });
    edit(join(cwd, 'Dockerfile'), 'FROM debian\nARG VERSION=1.2.4-beta\nRUN make\n');
    assert.deepEqual(await words(cwd, given), ['cached']);
  });

  it('has the time that buildx takes from the environment', async () => {
    const cwd = project();
    const at = (time: string) => ({ cwd, env: { SOURCE_DATE_EPOCH: time } });
    await done(['snapshot', '-o', 'snap.json'], at('1000'));
    const since = async (time: string) => {
      const out = await done(['report', '--json', '--since', 'snap.json'], at(time));
      return /"prediction": ?"(\w+)"/.exec(out)?.[1];
    };
    assert.equal(await since('1000'), 'cached');
    assert.equal(await since('2000'), 'changed');
  });

  it('is written into a pipe that has no path of its own', async function () {
    if (process.platform !== 'linux') this.skip();
    const cwd = project();
    const fifo = join(cwd, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = await open(fifo, constants.O_RDWR);
    try {
      await done(['snapshot', '-o', `/proc/self/fd/${reader.fd}`], { cwd });
      const { buffer, bytesRead } = await reader.read(Buffer.alloc(100));
      assert.match(buffer.toString('utf8', 0, bytesRead), /^\{\n "format": /);
    } finally {
      await reader.close();
    }
  });

  it('is written whole, and leaves nothing beside it', async () => {
    const cwd = project({ 'snap.json': 'old' });
    assert.equal(await done(['snapshot', '-o', 'snap.json'], { cwd }), '');
    assert.doesNotThrow(() => JSON.parse(readFileSync(join(cwd, 'snap.json'), 'utf8')));
    assert.deepEqual(readdirSync(cwd).sort(), ['Dockerfile', 'snap.json', 'src']);
  });

  it('follows a link to its file, and does not replace what is no file', async () => {
    const cwd = project({ 'real/snap.json': 'old' });
    symlinkSync('real/snap.json', join(cwd, 'link'));
    await done(['snapshot', '-o', 'link'], { cwd });
    assert.ok(lstatSync(join(cwd, 'link')).isSymbolicLink());
    assert.doesNotThrow(() => JSON.parse(readFileSync(join(cwd, 'real/snap.json'), 'utf8')));
    symlinkSync('real/other.json', join(cwd, 'early'));
    await done(['snapshot', '-o', 'early'], { cwd });
    assert.deepEqual(readdirSync(join(cwd, 'real')), ['other.json', 'snap.json']);
    if (process.platform !== 'win32') {
      await done(['snapshot', '-o', '/dev/null'], { cwd });
      assert.ok(statSync('/dev/null').isCharacterDevice());
    }
  });

  it('is not written over the Dockerfile', async () => {
    const cwd = project();
    symlinkSync('Dockerfile', join(cwd, 'link'));
    for (const name of ['Dockerfile', './src/../Dockerfile', 'link']) {
      const { code, err } = await cli(['snapshot', '-o', name], { cwd });
      assert.equal(code, 2);
      assert.match(err, /is the Dockerfile itself\. Name another file for the snapshot\.$/m);
    }
    assert.equal(readFileSync(join(cwd, 'Dockerfile'), 'utf8'), dockerfile);
  });

  it('may have a name as long as names can be', async () => {
    const name = 'n'.repeat(250);
    const cwd = project();
    await done(['snapshot', '-o', name], { cwd });
    assert.deepEqual(readdirSync(cwd).sort(), ['Dockerfile', name, 'src']);
  });

  it('says where it cannot be written, and wants to know where', async () => {
    const cwd = project();
    for (const [argv, sentence] of [
      [['-o', 'none/snap.json'], /none\/snap\.json cannot be written: there is no such folder\.$/m],
      [['-o', 'src'], /src cannot be written: it is a folder\.$/m],
      [[], /Say where the snapshot is written: snapshot -o FILE/],
      [['-o', ''], /Say where the snapshot is written/],
    ] as const) {
      const ran = await cli(['snapshot', ...argv], { cwd });
      assert.equal(ran.code, 2);
      assert.equal(ran.out, '');
      assert.match(ran.err, sentence);
    }
  });

  it('warns where it would be copied itself, and where nothing can be built', async () => {
    const cwd = project({ Dockerfile: 'FROM debian\nCOPY . /app\n' });
    const inside = await cli(['snapshot', '-o', 'snap.json'], { cwd });
    assert.equal(inside.code, 0);
    assert.match(inside.err, /snap\.json lies in a folder that the Dockerfile copies/);
    writeFileSync(join(cwd, '.dockerignore'), '*.json\n');
    assert.equal((await cli(['snapshot', '-o', 'snap.json'], { cwd })).err, '');
    const broken = project({ Dockerfile: 'FROM debian\nRUN a\nCOPPY a b\n' });
    const ran = await cli(['snapshot', '-o', 'snap.json'], { cwd: broken });
    assert.equal(ran.code, 0);
    assert.match(ran.err, /cannot be built \(.+\), so the snapshot stands for no build\.$/m);
    const missing = project({ Dockerfile: 'FROM debian\nRUN a\nCOPY nothing /\n' });
    const open = await cli(['snapshot', '-o', 'snap.json'], { cwd: missing });
    assert.equal(open.code, 0);
    assert.match(open.err, /The key of one step is not known\. Line 3: .+\.$/m);
  });

  it('reads a Dockerfile from standard input', async () => {
    const cwd = project();
    const options = { cwd, input: dockerfile };
    await done(['snapshot', '-', '--context', '.', '-o', 'snap.json'], options);
    const argv = ['report', '-', '--context', '.', '--since', 'snap.json', '--json'];
    const report = JSON.parse(await done(argv, options)) as StackReport;
    assert.equal(report.display.again, 'all cached');
  });
});

describe('report --since', () => {
  afterEach(removeFolders);

  async function taken(files?: Readonly<Record<string, string>>): Promise<string> {
    const cwd = project(files);
    await done(['snapshot', '-o', 'snap.json'], { cwd });
    return cwd;
  }

  it('takes all from cache where nothing changed, also when files were only touched', async () => {
    const cwd = await taken();
    assert.deepEqual(await words(cwd), ['cached', 'cached', 'cached']);
    utimesSync(join(cwd, 'src/app.ts'), 1, 1);
    assert.deepEqual(await words(cwd), ['cached', 'cached', 'cached']);
  });

  it('says what causes the first miss, in a column, a line and a sum', async () => {
    const cwd = await taken();
    edit(join(cwd, 'src/app.ts'), 'two, and longer\n');
    const out = await done(['report', '--since', 'snap.json'], { cwd });
    assert.match(out, /^ +LINE +LAYER +SIZE +CACHE +INSTRUCTION$/m);
    assert.match(out, /^ +4 +1 +0 B +cached +WORKDIR \/app$/m);
    assert.match(out, /^ +5 +2 +\S+ B +changed +COPY src src$/m);
    assert.match(out, /^ +6 +3 +\S+ +rebuild +RUN make$/m);
    assert.match(out, /^ {2}line 5: src\/app\.ts changed; this and the step after it run again$/m);
    assert.match(
      out,
      /^Compared with the snapshot of \d\d:\d\d, the next build runs 2 steps again\.$/m,
    );
  });

  it('has the same in JSON, with lines from zero', async () => {
    const cwd = await taken();
    edit(join(cwd, 'src/app.ts'), 'two, and longer\n');
    const out = await done(['report', '--since', 'snap.json', '--json'], { cwd });
    const report = JSON.parse(out) as StackReport;
    const [, , , workdir, copy, run] = report.stages[0]?.instructions ?? [];
    assert.equal(workdir?.cache?.prediction, 'cached');
    assert.equal(copy?.cache?.prediction, 'changed');
    assert.deepEqual(copy.cache.cause, { line: 4, reason: 'src/app.ts changed' });
    assert.equal(run?.cache?.prediction, 'rebuild');
    assert.equal(run.cache.cause?.line, 4);
    assert.equal(report.again?.steps, 2);
    assert.equal(report.again.since?.source, 'snapshot');
    assert.equal(report.again.causes[0]?.line, 4);
  });

  it('takes from cache again what was put back', async () => {
    const cwd = await taken();
    edit(join(cwd, 'src/app.ts'), 'two, and longer\n');
    assert.deepEqual(await words(cwd), ['cached', 'changed', 'rebuild']);
    edit(join(cwd, 'src/app.ts'), 'one\n');
    assert.deepEqual(await words(cwd), ['cached', 'cached', 'cached']);
  });

  it('names the variable of which the value is another, but not the value', async () => {
    const cwd = await taken();
    const argv = ['report', '--since', 'snap.json', '--build-arg', 'TOKEN=t0ken-value'];
    const out = await done(argv, { cwd });
    assert.match(out, /^ +6 +3 +\S+ +changed +RUN make$/m);
    assert.match(out, /TOKEN/);
    assert.match(out, /^ +5 +2 +\S+ B +cached +COPY src src$/m);
    assert.ok(!out.includes('t0ken-value'));
  });

  it('goes by content where the context is another folder', async () => {
    const cwd = await taken();
    const other = project();
    writeFileSync(join(other, 'snap.json'), readFileSync(join(cwd, 'snap.json')));
    assert.deepEqual(await words(other), ['cached', 'cached', 'cached']);
    const { atimeMs, mtimeMs } = statSync(join(cwd, 'src/app.ts'));
    writeFileSync(join(other, 'src/app.ts'), 'two\n');
    utimesSync(join(other, 'src/app.ts'), atimeMs / 1000, mtimeMs / 1000);
    assert.deepEqual(await words(other), ['cached', 'changed', 'rebuild']);
  });

  it('reads the snapshot from standard input, but not both', async () => {
    const cwd = await taken();
    const input = readFileSync(join(cwd, 'snap.json'));
    const out = await done(['report', '--since', '-', '--json'], { cwd, input });
    assert.equal((JSON.parse(out) as StackReport).display.again, 'all cached');
    const both = await cli(['report', '-', '--since', '-'], { cwd, input });
    assert.equal(both.code, 2);
    assert.match(both.err, /cannot be both the Dockerfile and the snapshot\.$/m);
  });

  it('predicts a build without cache', async () => {
    const cwd = await taken();
    assert.deepEqual(await words(cwd, ['--no-cache']), ['cached', 'changed', 'rebuild']);
    assert.deepEqual(await words(cwd, ['--no-cache-filter', 'other']), [
      'cached',
      'cached',
      'cached',
    ]);
  });

  it('refuses what is no snapshot with a sentence and exit code 2, also in check', async () => {
    const cwd = await taken();
    const good = readFileSync(join(cwd, 'snap.json'), 'utf8');
    mkdirSync(join(cwd, 'folder'));
    const files: Readonly<Record<string, string | Uint8Array>> = {
      'empty.json': '',
      'half.json': good.slice(0, good.length / 2),
      'text.json': 'hello\n',
      'null.json': 'null',
      'list.json': '[]',
      'object.json': '{}',
      'package.json': '{"name":"x","version":"1.0.0"}',
      'newer.json': good.replace(/"version": ?1/, '"version": 99'),
      'steps.json': JSON.stringify({ ...JSON.parse(good), steps: 'none' }),
      'binary.json': new Uint8Array([0xff, 0xfe, 0, 1]),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
    for (const name of [...Object.keys(files), 'folder', 'missing.json', 'Dockerfile/x']) {
      for (const command of [['report'], ['report', '--json'], ['check', '--max-image', '1GB']]) {
        const ran = await cli([...command, '--since', name], { cwd });
        assert.equal(ran.code, 2, name);
        assert.equal(ran.out, '', name);
        assert.match(ran.err, /^dockerfile-layers: .+\.\n$/, name);
      }
    }
    const ran = await cli(['report', '--since='], { cwd });
    assert.equal(ran.code, 2);
  });

  it('reads a pipe, and neither waits for one into which nobody writes nor for a device', async function () {
    if (process.platform === 'win32') this.skip();
    const cwd = await taken();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const good = readFileSync(join(cwd, 'snap.json'), 'utf8');
    const [read] = await Promise.all([
      cli(['report', '--since', 'pipe'], { cwd }),
      writeFile(join(cwd, 'pipe'), good.padEnd(300_000)),
    ]);
    assert.deepEqual([read.code, read.err], [0, '']);
    for (const [name, sentence] of [
      ['pipe', /^dockerfile-layers: pipe is a pipe into which nobody writes, and no snapshot\.$/m],
      ['/dev/zero', /^dockerfile-layers: \/dev\/zero is a device, and no snapshot\. /],
      ['/dev/null', /is a device/],
    ] as const) {
      const ran = await cli(['report', '--since', name], { cwd });
      assert.equal(ran.code, 2, name);
      assert.match(ran.err, sentence);
    }
  });

  it('still reports a Dockerfile with problems, and exits 0', async () => {
    const cwd = await taken();
    rmSync(join(cwd, 'src'), { recursive: true });
    const ran = await cli(['report', '--since', 'snap.json', '--json'], { cwd });
    assert.equal(ran.code, 0);
    writeFileSync(join(cwd, 'Dockerfile'), 'FROM debian\nRUN\nCOPPY a b\n');
    const broken = await cli(['report', '--since', 'snap.json', '--json'], { cwd });
    assert.equal(broken.code, 0);
    assert.ok((JSON.parse(broken.out) as StackReport).problems.length > 0);
  });

  it('has no column for the cache without a snapshot', async () => {
    const out = await done(['report'], { cwd: project() });
    assert.doesNotMatch(out, /CACHE|Compared/);
  });
});

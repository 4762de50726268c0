/**
 * Is the content of a stage told as BuildKit sees it? All pairs of `stageCases.ts` are built at once,
 * before and after their edits, and each COPY --from is compared with what was told of it.
 */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type StageCase, stageCases } from '../support/stageCases.ts';
import { type GivenFiles, toldOf } from '../support/stageTrees.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine, docker } from './engine.ts';

describeWithEngine('content of stages, on a real engine', () => {
  const actual = new Map<StageCase, 'cached' | 'run'>();
  let folder = '';

  before(async () => {
    await ensureBaseImage();
    folder = await mkdtemp(join(tmpdir(), 'layers-stages-'));
    // Destinations that no earlier run of this suite has used.
    const mark = randomBytes(4).toString('hex');
    await build(join(folder, 'before'), mark, false);
    const cached = await build(join(folder, 'after'), mark, true);
    for (const [index, each] of stageCases.entries())
      actual.set(each, cached.has(`/x-${mark}-${index}`) ? 'cached' : 'run');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const each of stageCases) {
    it(`${each.title}: the COPY is ${each.actual === 'run' ? 'run again' : 'cached'}`, () => {
      assert.equal(actual.get(each), each.actual);
      const told = toldOf(each);
      assert.ok(!(told === 'same' && each.actual === 'run'), 'said to be the same, yet run');
      assert.ok(!(told === 'never' && each.actual === 'cached'), 'said to be other, yet cached');
    });
  }

  it('what is told fits in nearly all cases', () => {
    const off = stageCases.filter((each) => toldOf(each) === 'other' && each.actual === 'cached');
    console.log(table(actual));
    assert.ok(off.length <= stageCases.length * 0.05, off.map(({ title }) => title).join('\n'));
  });
});

/** Builds the stages of all pairs; gives the destinations of the copies that were cached. */
async function build(root: string, mark: string, isAfter: boolean): Promise<ReadonlySet<string>> {
  const lines: string[] = [];
  const finals: string[] = [];
  for (const [index, each] of stageCases.entries()) {
    const { files = {}, filesAfter = files, take, fromContext } = each;
    await write(join(root, `c${index}`), isAfter ? filesAfter : files);
    const inCase = (text: string) => text.replaceAll('ctx/', `c${index}/`);
    lines.push(`FROM ${baseImage} AS s${index}`, inCase(isAfter ? each.after : each.before));
    const dest = `/x-${mark}-${index}`;
    // A wildcard may find several files.
    const to = take.includes('*') ? `${dest}/` : dest;
    const copy =
      fromContext === undefined || isAfter
        ? `COPY --from=s${index} ${take} ${to}`
        : `COPY c${index}/${fromContext} ${to}`;
    lines.push(`FROM scratch AS f${index}`, copy);
    finals.push(`COPY --from=f${index} / /`);
  }
  // An image cannot have as many layers as there are pairs.
  const groups: string[] = [];
  for (let at = 0; at < finals.length; at += 50) {
    lines.push(`FROM scratch AS g${at}`, ...finals.slice(at, at + 50));
    groups.push(`COPY --from=g${at} / /`);
  }
  await writeFile(join(root, 'Dockerfile'), [...lines, 'FROM scratch', ...groups, ''].join('\n'));
  const { status, stderr } = await docker(
    ['buildx', 'build', '--network=none', '--progress=rawjson', '-o', 'type=cacheonly', root],
    { timeoutMs: 150_000 },
  );
  assert.equal(status, 0, stderr.slice(-2_000));
  return cachedCopies(stderr, mark);
}

interface Vertex {
  readonly name?: string;
  readonly cached?: boolean;
}

function cachedCopies(stream: string, mark: string): ReadonlySet<string> {
  const cached = new Set<string>();
  for (const line of stream.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { vertexes = [] } = JSON.parse(line) as { readonly vertexes?: readonly Vertex[] };
    for (const { name = '', cached: isCached } of vertexes) {
      const [dest] = name.match(new RegExp(`/x-${mark}-\\d+`)) ?? [];
      if (dest && isCached) cached.add(dest);
    }
  }
  return cached;
}

async function write(root: string, files: GivenFiles): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o755 });
  for (const [path, given] of Object.entries(files)) {
    const {
      text,
      mode = 0o644,
      link = false,
    } = typeof given === 'string' ? { text: given } : given;
    const to = join(root, path);
    await mkdir(dirname(to), { recursive: true, mode: 0o755 });
    if (link) await symlink(text, to);
    else {
      await writeFile(to, text);
      await chmod(to, mode);
    }
  }
}

function table(actual: ReadonlyMap<StageCase, string>): string {
  const rows = new Map<string, { cached: number; run: number }>();
  for (const [each, outcome] of actual) {
    const told = toldOf(each);
    const row = rows.get(told) ?? { cached: 0, run: 0 };
    row[outcome === 'run' ? 'run' : 'cached']++;
    rows.set(told, row);
  }
  const lines = [...rows].map(
    ([told, { cached, run }]) => `      ${told}: ${cached} cached, ${run} run`,
  );
  return lines.join('\n');
}

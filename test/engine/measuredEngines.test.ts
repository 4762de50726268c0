/**
 * The product on each engine: Dockerfiles are built, some edited afterwards, and the figures that
 * the report then gives as measured are those of the engine's own history, with the store named.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Store } from '../../server/src/engine/engine.ts';
import { createEngine } from '../../server/src/host/engine.ts';
import type { StackReport } from '../../server/src/protocol.ts';
import { cli } from '../support/cli.ts';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import type { HistoryRow } from './engine.ts';
import { pooled } from './estimateCases.ts';
import { type Edited, editsOf } from './labs/edits.ts';
import {
  describeWithLab,
  type LabEngine,
  type LabKind,
  labKinds,
  startedEngine,
} from './labs/engines.ts';
import { type JudgedLine, judged, measuredFigure, ownLines } from './labs/judge.ts';
import { reportWithoutEngine, writeFixture } from './measuredBuilds.ts';

/** Fixtures of all styles that Podman can build too. */
const all = `node-app args build-args comments copy-from-image empty-layers exec-form ignore links
  multi-stage onbuild overwrites shells stage-chain tabs-and-spaces unicode volume-write wildcards
  workdirs escape-backtick`.split(/\s+/);

/** The two stores of the older engine, which answer alike, have half of them each; Podman, which is slow, too. */
function fixturesOf(kind: LabKind): readonly string[] {
  if (kind === 'docker' || kind === 'docker-store') return all;
  return all.filter((_, at) => at % 2 === (kind === 'docker-26' ? 0 : 1));
}

const stores: Readonly<Record<LabKind, Store>> = {
  docker: 'classic',
  'docker-store': 'containerd',
  'docker-26': 'classic',
  'docker-26-store': 'containerd',
  podman: 'podman',
};

/** At most this share of lines may be left without the figure that the engine has. */
const mostUnsure = 0.05;

interface Built {
  readonly name: string;
  readonly folder: string;
  readonly image: string;
  readonly options: readonly string[];
  readonly plain: StackReport;
  readonly rows: readonly HistoryRow[];
  /** The row of the instruction at a line of the text that was built. */
  readonly rowAt: ReadonlyMap<number, HistoryRow>;
  readonly edits: readonly Edited[];
}

/** Docker's older builder writes other texts, and gives lines that change nothing no layer. */
const builders = [
  ...labKinds.map((kind) => ({ kind, name: kind, env: {} })),
  { kind: 'docker' as const, name: 'docker with its older builder', env: { DOCKER_BUILDKIT: '0' } },
];

for (const { kind, name, env } of builders) {
  describeWithLab(`measured figures on ${name}`, [kind], () => {
    let lab: LabEngine;
    const store = stores[kind];
    const fixtures = fixturesOf(kind);
    const built: Built[] = [];
    const lines: JudgedLine[] = [];

    before(async () => {
      lab = await startedEngine(kind);
      await ensureBaseImage(baseImage, lab.env);
      const jobs = fixtures.map((name, seed) => () => build(lab, name, seed, env));
      built.push(...(await Promise.all(pooled(jobs))));
    });
    after(async () => {
      for (const { folder } of built) rmSync(folder, { recursive: true, force: true });
      await lab?.stop();
    });

    for (const [at, name] of fixtures.entries()) {
      it(`${name}: each figure is the engine's own, also after an edit`, async () => {
        const one = built[at] as Built;
        const { edits, folder, image, rowAt } = one;
        // As it was built, and two of the edits, which differ from one Dockerfile to the next.
        const chosen = [...edits.slice(0, 1), ...turned(edits.slice(1), at).slice(0, 2)];
        for (const { name: what, text, was, moved } of chosen) {
          writeFileSync(join(folder, 'Dockerfile'), text);
          const report = await reportOn(lab, one, ['--image', image]);
          assert.equal(report.engine.state, 'up', report.engine.text);
          assert.equal(report.engine.store, store);
          assert.equal(report.engine.image?.certain, true, report.engine.imageText);
          const found = judged(report, store, (line) => {
            const old = was.get(line) ?? null;
            return old === null ? null : (rowAt.get(old) ?? null);
          });
          // Lines that changed places are changed or the same, as one sees it.
          const plain = found.filter(({ line }) => !moved.has(line - 1));
          lines.push(...plain);
          const wrong = found.filter(({ verdict }) => verdict === 'wrong');
          assert.deepEqual(wrong, [], `${what}\n${text}`);
          assertSum(report, store);
        }
      });
    }

    it('shows nearly every figure that the engine has', () => {
      const unsure = lines.filter(({ verdict }) => verdict === 'unsure');
      console.log(
        `      ${fixtures.length} Dockerfiles, ${lines.length} lines: ${lines.length - unsure.length} right, ${unsure.length} unsure, 0 wrong`,
      );
      assert.ok(lines.length > 4 * fixtures.length, `${lines.length} lines`);
      assert.ok(
        unsure.length <= mostUnsure * lines.length,
        `${unsure.length} of ${lines.length}: ${JSON.stringify(unsure, null, 1)}`,
      );
    });

    it('finds images by their history; none is taken for that of another Dockerfile', async () => {
      for (const one of built) {
        writeFileSync(join(one.folder, 'Dockerfile'), one.edits[0]?.text ?? '');
        const report = await reportOn(lab, one, []);
        const { image, imageText, candidates } = report.engine;
        const names = image?.references ?? candidates.flatMap(({ references }) => references);
        assert.ok(
          names.some((name) => name.endsWith(one.image)),
          `${one.name}: ${imageText}`,
        );
        const found = judged(report, store, (line) => one.rowAt.get(line) ?? null);
        const wrong = found.filter(({ verdict }) => verdict === 'wrong');
        assert.deepEqual(wrong, [], `${one.name}: ${imageText}`);
      }
    });

    it('as a process of its own, by DOCKER_HOST', async () => {
      const { folder, image, rowAt, edits } = built[0] as Built;
      writeFileSync(join(folder, 'Dockerfile'), edits[0]?.text ?? '');
      const tool = join(import.meta.dirname, '../../server/src/cli.ts');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', tool, 'report', '--json', '--context', folder, '--image', image].concat(
          join(folder, 'Dockerfile'),
        ),
        { env: { ...process.env, ...lab.env } },
      );
      const report = JSON.parse(stdout) as StackReport;
      assert.equal(report.engine.endpoint, lab.endpoint);
      const found = judged(report, store, (line) => rowAt.get(line) ?? null);
      assert.ok(found.length > 2);
      assert.deepEqual(
        found.filter(({ verdict }) => verdict !== 'right'),
        [],
      );
      const base = report.stages[0]?.base;
      assert.equal(base?.source, 'engine');
      const [below] = (await lab.history(baseImage)).filter(({ bytes }) => bytes > 0);
      assert.equal(measuredFigure(base?.size ?? null)?.bytes, below?.bytes);
    });
  });
}

/** Puts the first ones behind the others. */
function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % Math.max(1, list.length);
  return [...list.slice(at), ...list.slice(0, at)];
}

async function build(
  lab: LabEngine,
  name: string,
  seed: number,
  env: Readonly<Record<string, string>>,
): Promise<Built> {
  const folder = mkdtempSync('/tmp/layers-measured-');
  const options = writeFixture(name, folder);
  const image = `dockerfile-layers-test/lab-${name}:1`;
  await lab.dockerOk(['build', '--quiet', '--tag', image, ...options, folder], { env });
  const plain = await reportWithoutEngine(folder, options);
  const rows = await lab.history(image);
  const own = ownLines(plain, lab.kind === 'podman' || env.DOCKER_BUILDKIT === '0');
  const last = own.length > 0 ? rows.slice(-own.length) : [];
  const rowAt = new Map(
    own.map(({ range }, index) => [range.start.line, last[index] as HistoryRow]),
  );
  const edits = editsOf(readFileSync(join(folder, 'Dockerfile'), 'utf8'), plain, seed);
  assert.equal(edits[0]?.text, readFileSync(join(folder, 'Dockerfile'), 'utf8'));
  return { name, folder, image, options, plain, rows, rowAt, edits };
}

async function reportOn(
  lab: LabEngine,
  { folder, options }: Built,
  more: readonly string[],
): Promise<StackReport> {
  const dockerfile = join(folder, 'Dockerfile');
  const { code, out, err } = await cli(
    ['report', dockerfile, '--json', '--context', folder, ...options, ...more],
    { cwd: folder, env: { PATH: process.env.PATH }, engine: createEngine({ env: lab.env }) },
  );
  assert.equal(code, 0, err);
  return JSON.parse(out) as StackReport;
}

/** Bytes of files are added up with bytes of files, what a store counts with what it counts. */
function assertSum({ stages, target, totals }: StackReport, store: Store): void {
  const own = [...chain(stages, target)].flatMap(({ instructions, base }) =>
    [...base.triggers, ...instructions].filter(({ effect }) => effect === 'layer'),
  );
  const sum = (figures: readonly (number | null | undefined)[]) =>
    figures.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);
  const ofFiles = own.map(({ size }) => (size?.store === undefined ? size : size.estimated)?.bytes);
  const ofStore = own.map(({ size }) =>
    size?.store === store ? size.bytes : size?.measured?.bytes,
  );
  const { own: total } = totals;
  assert.ok(total.store === undefined || (total.store === store && store !== 'classic'));
  assert.equal(total.bytes ?? 0, sum(total.store === undefined ? ofFiles : ofStore));
  if (store !== 'classic' && total.measured) assert.equal(total.measured.bytes, sum(ofStore));
}

/** The target's stage and the stages that it starts from. */
function* chain(stages: StackReport['stages'], target: number) {
  for (let at: number | null = target; at !== null; at = stages[at]?.base.stage ?? null) {
    const stage = stages[at];
    if (stage) yield stage;
  }
}

/**
 * What is said of the next build, judged by the next build: projects are edited as people edit
 * them, and each step is predicted, built and compared.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImage, ensureBaseImage } from './baseImage.ts';
import { describeWithEngine } from './engine.ts';
import { withFiles } from './fileEdits.ts';
import { editKinds, type NamedEdit } from './predictionEdits.ts';
import {
  describeJudged,
  leastAgreement,
  mostUnknown,
  predictionSummary,
  walkLength,
  walkSeed,
} from './predictionPage.ts';
import type { Project } from './predictionProjects.ts';
import {
  type JudgedEdit,
  judgeSuite,
  judgeWalk,
  ofProduct,
  type Predictor,
} from './predictionTrial.ts';
import type { Entry, State } from './projectState.ts';
import { ofOlder, ofSnapshots } from './snapshotPredictor.ts';

/** Says the same of every step. */
const always =
  (word: 'cached' | 'changed'): Predictor =>
  async (...state) => {
    const { analysis } = await ofProduct(...state);
    return { analysis, of: () => ({ word, cause: null, notes: [] }) };
  };

describeWithEngine('what the next build takes from cache', () => {
  let edits: readonly JudgedEdit[] = [];
  let summary = predictionSummary([]);

  before(async function () {
    this.timeout(600_000);
    await ensureBaseImage();
    const length = Number(process.env.PREDICTION_EDITS ?? walkLength);
    const seed = Number(process.env.PREDICTION_SEED ?? walkSeed);
    edits = await judgeSuite({ edits: length, seed });
    summary = predictionSummary(edits);
  });

  it('is judged by many edits of many kinds, of which some miss and some do not', () => {
    assert.ok(summary.edits >= 150, `${summary.edits} edits`);
    const tried = new Set(edits.map(({ edit }) => edit.kind));
    assert.ok(tried.size >= editKinds.length - 10, `${tried.size} of ${editKinds.length} kinds`);
    const ran = edits.flatMap(({ steps }) => steps).filter(({ actual }) => actual === 'ran').length;
    assert.ok(ran > summary.steps / 6 && ran < summary.steps / 2, `${ran} of ${summary.steps}`);
  });

  it('no step that runs was said to be cached', () => {
    assert.deepEqual(summary.falseCached.map(describeJudged), []);
  });

  it('nearly all of what is known comes true', () => {
    const { agreed, known, falseMisses } = summary;
    const wrong = falseMisses.map(describeJudged).join('\n');
    assert.ok(agreed >= leastAgreement * known, `${agreed} of ${known}\n${wrong}`);
  });

  it('little is unknown', () => {
    const unknown = edits.flatMap(({ steps }) => steps).filter(({ word }) => word === 'unknown');
    assert.ok(
      unknown.length <= mostUnknown * summary.steps,
      `${unknown.length} of ${summary.steps}\n${unknown.map(describeJudged).join('\n')}`,
    );
  });

  it('a first miss names the file or variable that was edited', () => {
    assert.ok(summary.causes > 10, `${summary.causes} edits have something to name`);
    assert.deepEqual(
      summary.unnamed.map(({ project, number, edit }) => [project, number, edit.kind, edit.names]),
      [],
    );
  });

  describe('an edit that keeps size and time', () => {
    const file = (content: string): Entry => ({
      kind: 'file',
      content,
      mode: 0o644,
      time: 1_700_000_000,
    });
    const project = (): Project => ({
      name: 'unseen',
      about: '',
      state: {
        blocks: [
          `FROM ${baseImage} AS none`,
          `RUN echo ${Date.now()}-${process.pid}`,
          'FROM none AS one',
          'COPY first.txt /',
          'FROM one',
          'COPY second.txt /',
          'RUN cat /second.txt',
        ],
        files: new Map([
          ['first.txt', file('first')],
          ['second.txt', file('before')],
        ]),
        buildArgs: {},
        target: null,
      },
      free: [],
      folders: [],
    });
    const named = (state: State): NamedEdit => ({ kind: 'unseen', about: 'second.txt', state });
    const last = async (walked: Project, ...states: readonly State[]) =>
      (await judgeWalk(walked, states.map(named))).at(-1)?.steps ?? [];

    it('is not noticed by the builder, so all is cached, and it is said', async () => {
      const walked = project();
      const edited = withFiles(walked.state, { 'second.txt': file('behind') });
      const steps = await last(walked, edited);
      const [, , copy] = steps;
      assert.deepEqual(
        steps.map(({ word, actual }) => [word, actual]),
        Array(4).fill(['cached', 'cached']),
      );
      assert.match(
        copy?.notes.join(' ') ?? '',
        /^second\.txt changed, but the builder does not notice/,
      );
    });

    it('is not noticed after a build that took nothing of the context', async () => {
      const walked = project();
      const edited = withFiles(walked.state, { 'second.txt': file('behind') });
      const steps = await last(walked, { ...walked.state, target: 'none' }, edited);
      assert.deepEqual(
        steps.map(({ word, actual }) => [word, actual]),
        Array(4).fill(['cached', 'cached']),
      );
    });

    it('is noticed when a build between did not take the file', async () => {
      const walked = project();
      const edited = withFiles(walked.state, { 'second.txt': file('behind') });
      const steps = await last(walked, { ...walked.state, target: 'one' }, edited);
      assert.deepEqual(
        steps.map(({ word, actual }) => [word, actual]),
        [
          ['cached', 'cached'],
          ['cached', 'cached'],
          ['changed', 'ran'],
          ['rebuild', 'ran'],
        ],
      );
    });
  });

  it('what a stage made in a build of its own is not taken for what others found there', async () => {
    const seed = (content: string): Entry => ({ kind: 'file', content, mode: 0o644, time: 1e9 });
    const state: State = {
      blocks: [
        `FROM ${baseImage} AS made`,
        `RUN echo ${Date.now()}-${process.pid} > /salt`,
        'COPY seed.txt /seed',
        'RUN date +%s%N > /stamp',
        'FROM scratch',
        'COPY --from=made /salt /salt',
        'COPY --from=made /stamp /stamp',
      ],
      files: new Map([['seed.txt', seed('one')]]),
      buildArgs: {},
      target: null,
    };
    const blocks = state.blocks.map((block) => block.replace('COPY seed', 'ADD seed'));
    const edited = { ...state, blocks };
    const edits = [{ ...edited, target: 'made' }, edited].map((each): NamedEdit => {
      return { kind: 'target', about: '', state: each };
    });
    const walked = { name: 'apart', about: '', state, free: [], folders: [] };
    const last = (await judgeWalk(walked, edits)).at(-1)?.steps ?? [];
    // The builder mostly runs it, and sometimes finds the older result: neither can be told before.
    assert.deepEqual(
      last.map(({ word }) => word),
      [...Array(4).fill('cached'), 'unknown'],
    );
    assert.ok(last.slice(0, 4).every(({ actual }) => actual === 'cached'));
  });

  it('report --since a snapshot of the build before says the same', async () => {
    const snapshots = mkdtempSync(join(tmpdir(), 'layers-snapshots-'));
    try {
      const sample = await judgeSuite({
        edits: 8,
        seed: walkSeed + 1,
        predictor: ofSnapshots(snapshots),
        only: ['plain', 'heredocs', 'onbuild', 'arguments', 'link', 'links', 'mounts', 'shell'],
        // A snapshot knows one moment: no older build, and not what the builder took as unchanged.
        without: ofOlder,
      });
      const { falseCached, falseMisses, steps, agreed, known, unknown } = predictionSummary(sample);
      assert.ok(steps > 250, `${steps} steps`);
      assert.deepEqual([...falseCached, ...falseMisses].map(describeJudged), []);
      assert.equal(agreed, known);
      assert.ok(unknown <= mostUnknown * steps, `${unknown} of ${steps}`);
    } finally {
      rmSync(snapshots, { recursive: true, force: true });
    }
  });

  it('would be found wrong if everything was said to be cached, or to run', async () => {
    const sample = { edits: 6, seed: walkSeed, only: ['plain', 'twins'] };
    const cached = predictionSummary(await judgeSuite({ ...sample, predictor: always('cached') }));
    assert.ok(cached.falseCached.length > 0);
    const ran = predictionSummary(await judgeSuite({ ...sample, predictor: always('changed') }));
    assert.ok(ran.agreed < leastAgreement * ran.known);
    assert.equal(ran.falseCached.length, 0);
  });
});

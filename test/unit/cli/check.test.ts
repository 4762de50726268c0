/** `check`: budgets, exit codes and formats. */

import assert from 'node:assert/strict';
import { check } from '../../../server/src/cli/check.ts';
import { checkGithub, checkSarif, checkText } from '../../../server/src/cli/checkFormats.ts';
import type { SizeReport, StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

const known = (bytes: number, more: Partial<SizeReport> = {}): SizeReport => ({
  basis: 'computed',
  bytes,
  low: bytes,
  high: bytes,
  atLeast: false,
  reason: 'Counted.',
  ...more,
});
const unknown = known(0, {
  basis: 'unknown',
  bytes: null,
  low: null,
  high: null,
  reason: 'Nobody knows it.',
});

const at = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 9 } });

/** Two stages: the second stands on the first and is the target. The first also holds a heavy layer. */
function stack(
  first: SizeReport,
  second: SizeReport,
  image: SizeReport,
  base = known(1000),
): StackReport {
  const layer = (line: number, number: number, size: SizeReport) => ({
    keyword: 'RUN',
    range: at(line),
    layer: number,
    effect: 'layer',
    size,
  });
  const from = (line: number) => ({
    keyword: 'FROM',
    range: at(line),
    layer: null,
    effect: 'base',
  });
  return {
    dockerfile: 'a b/Dockerfile',
    target: 2,
    stages: [
      { base: { stage: null, triggers: [] }, instructions: [from(0), layer(1, 1, first)] },
      { base: { stage: null, triggers: [] }, instructions: [from(2), layer(3, 1, known(9e9))] },
      { base: { stage: 0, triggers: [] }, instructions: [from(4), layer(5, 2, second)] },
    ],
    problems: [],
    totals: { size: image, base },
    display: { size: '3 kB', layers: '2 layers' },
    engine: { product: 'Docker Engine', version: '28.5.2' },
  } as unknown as StackReport;
}

describe('check', () => {
  afterEach(removeFolders);

  it('names who measured what is over budget', () => {
    const measured = known(700, { basis: 'measured' });
    const { findings } = check(stack(known(1), measured, known(2000)), {
      maxImage: null,
      maxLayer: 500,
    });
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        'Line 6 (RUN, layer 2) adds 700 B, as Docker Engine 28.5.2 measured, over the budget of 500 B.',
      ],
    );
  });

  describe('of a store that counts more than bytes of files', () => {
    const disk = (bytes: number, more: Partial<SizeReport> = {}) =>
      known(bytes, { basis: 'measured', store: 'containerd', reason: 'Measured.', ...more });
    const estimate = (bytes: number, more: Partial<SizeReport> = {}) =>
      known(bytes, { basis: 'estimated', ...more });
    const verdictOf = (size: SizeReport) =>
      check(stack(known(1), size, known(1)), { maxImage: null, maxLayer: 500 }).verdict;

    it('keeps a budget that even disk usage keeps, whatever was estimated', () => {
      assert.equal(verdictOf(disk(500)), 'kept');
      assert.equal(verdictOf(disk(500, { estimated: estimate(900) })), 'kept');
      const beside = { bytes: 500, store: 'containerd', reason: '' };
      assert.equal(verdictOf(estimate(900, { measured: beside })), 'kept');
      assert.equal(verdictOf({ ...unknown, measured: beside }), 'kept');
    });

    it('leaves what is known of the files to decide where disk usage is over the budget', () => {
      assert.equal(verdictOf(disk(600, { estimated: estimate(400) })), 'kept');
      assert.equal(verdictOf(disk(600, { estimated: estimate(550) })), 'broken');
      assert.equal(
        verdictOf(disk(600, { estimated: estimate(400, { atLeast: true }) })),
        'undecided',
      );
      assert.equal(verdictOf(disk(600, { estimated: unknown })), 'undecided');
      const beside = { bytes: 600, store: 'podman', reason: '' };
      assert.equal(verdictOf(known(400, { measured: beside })), 'kept');
    });

    it('does not let disk usage say what counted files deny', () => {
      const beside = { bytes: 400, store: 'containerd', reason: '' };
      assert.equal(verdictOf(known(600, { measured: beside })), 'broken');
    });

    it('is undecided where only disk usage is known, and says why', () => {
      const report = stack(known(1), disk(600), disk(1700), disk(1000));
      const { verdict, findings } = check(report, { maxImage: 1600, maxLayer: 500 });
      assert.equal(verdict, 'undecided');
      assert.deepEqual(
        findings.map(({ message }) => message),
        [
          'Whether the image keeps within 1.6 kB cannot be decided: the size of line 6 and the size of the base (line 1) is unknown. It takes 1.7 kB (1,700 bytes) on disk (containerd store), which is more than the files in it.',
          'Line 6 (RUN, layer 2): whether it keeps within 500 B cannot be decided. Measured. It takes 600 B on disk (containerd store), which is more than the files in it.',
        ],
      );
    });

    it('does not take a part of disk usage for an upper bound', () => {
      assert.equal(verdictOf(disk(400, { atLeast: true })), 'undecided');
    });
  });

  it('keeps budgets that are just met', () => {
    const report = stack(known(500), known(700), known(2200));
    assert.deepEqual(check(report, { maxImage: 2200, maxLayer: 700 }), {
      verdict: 'kept',
      findings: [],
    });
  });

  it('names line and figure of each layer that is over budget, also of the stage below', () => {
    const report = stack(known(501), known(700), known(2200));
    const { verdict, findings } = check(report, { maxImage: null, maxLayer: 500 });
    assert.equal(verdict, 'broken');
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        'Line 2 (RUN, layer 1) adds 501 B, over the budget of 500 B.',
        'Line 6 (RUN, layer 2) adds 700 B, over the budget of 500 B.',
      ],
    );
  });

  it('names the heaviest line when the image is over budget', () => {
    const { findings } = check(stack(known(5), known(7), known(99)), {
      maxImage: 98,
      maxLayer: null,
    });
    assert.equal(
      findings[0]?.message,
      'The image is 99 B, over the budget of 98 B. The heaviest line is 6 (RUN) with 7 B.',
    );
  });

  it('cannot decide where a size is unknown, and names the lines', () => {
    const image = known(700, { atLeast: true });
    const report = stack(unknown, known(700), image, unknown);
    const { verdict, findings } = check(report, { maxImage: 1000, maxLayer: 1000 });
    assert.equal(verdict, 'undecided');
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        'Whether the image keeps within 1 kB cannot be decided: the size of line 2 and the size of the base (line 1) is unknown.',
        'Line 2 (RUN, layer 1): whether it keeps within 1 kB cannot be decided. Nobody knows it.',
      ],
    );
  });

  it('is broken when what is known is over budget already, whatever the rest is', () => {
    const report = stack(unknown, known(700), known(700, { atLeast: true }), unknown);
    assert.equal(check(report, { maxImage: 699, maxLayer: null }).verdict, 'broken');
    assert.equal(check(report, { maxImage: null, maxLayer: 699 }).verdict, 'broken');
  });

  it('writes one line for each finding as text, and one when all is well', () => {
    const report = stack(known(5), known(7), known(99));
    assert.equal(
      checkText(report, check(report, { maxImage: null, maxLayer: 6 })),
      'a b/Dockerfile:6: over budget: Line 6 (RUN, layer 2) adds 7 B, over the budget of 6 B.\n',
    );
    assert.equal(
      checkText(report, check(report, { maxImage: 99, maxLayer: null })),
      'a b/Dockerfile: within budget (3 kB, 2 layers).\n',
    );
  });

  it('writes SARIF with rule, level, one-based places and an encoded path', () => {
    const report = stack(unknown, known(7), known(99));
    const sarif = checkSarif(report, check(report, { maxImage: null, maxLayer: 6 }), '1.2.3');
    const { version, runs } = JSON.parse(JSON.stringify(sarif));
    assert.equal(version, '2.1.0');
    assert.deepEqual(
      runs[0].tool.driver.rules.map(({ id }: { id: string }) => id),
      ['max-image', 'max-layer'],
    );
    const [undecided, broken] = runs[0].results;
    assert.deepEqual(
      [undecided.level, undecided.ruleId, undecided.ruleIndex],
      ['warning', 'max-layer', 1],
    );
    assert.equal(broken.level, 'error');
    assert.deepEqual(broken.locations[0].physicalLocation, {
      artifactLocation: { uri: 'a%20b/Dockerfile' },
      region: { startLine: 6, startColumn: 1, endLine: 6, endColumn: 10 },
    });
  });

  it('writes workflow commands for GitHub with everything escaped that they need', () => {
    const report = { ...stack(known(5), known(7), known(99)), dockerfile: 'a,b:c%/Dockerfile' };
    assert.equal(
      checkGithub(report, check(report, { maxImage: null, maxLayer: 6 })),
      '::error file=a%2Cb%3Ac%25/Dockerfile,line=6,endLine=6,title=dockerfile-layers max-layer::Line 6 (RUN, layer 2) adds 7 B, over the budget of 6 B.\n',
    );
  });

  it('exits 0, and 3 naming the line when a size is unknown', async () => {
    const input = 'FROM scratch\nCOPY --from=unknown.example/x /a /\n';
    const undecided = await cli(['check', '-', '--max-layer', '1GB'], { input });
    assert.equal(undecided.code, 3);
    assert.match(undecided.out, /^-:2: undecided: /);
    const kept = await cli(['check', '-', '--max-layer', '0'], { input: 'FROM scratch\nUSER a\n' });
    assert.equal(kept.code, 0);
    assert.match(kept.out, /within budget/);
  });

  it('exits 3 naming the line when the Dockerfile cannot be built, small as it looks', async () => {
    for (const budget of ['--max-image', '--max-layer']) {
      const refused = await cli(['check', '-', budget, '1GB'], { input: 'FROM scratch\nFOO\n' });
      assert.equal(refused.code, 3);
      assert.match(refused.out, /^-:2: undecided: .*unknown instruction: FOO .*\.\n$/);
      const empty = await cli(['check', '-', budget, '1GB'], { input: '' });
      assert.equal(empty.code, 3);
      assert.match(empty.out, /^-:1: undecided: There is no stage/);
    }
    const cwd = folderWith({ Dockerfile: 'FROM scratch\nCOPY big /\nFOO\n', big: 'x'.repeat(20) });
    assert.equal((await cli(['check', '--max-layer', '19'], { cwd })).code, 1);
  });

  it('exits 1 when a COPY is over budget, with its bytes', async () => {
    const cwd = folderWith({ Dockerfile: 'FROM scratch\nCOPY big /\n', big: 'x'.repeat(2000) });
    const broken = await cli(['check', '--max-layer', '1.9kB'], { cwd });
    assert.equal(broken.code, 1);
    assert.equal(
      broken.out,
      'Dockerfile:2: over budget: Line 2 (COPY, layer 1) adds 2 kB (2,000 bytes), over the budget of 1.9 kB.\n',
    );
    assert.equal((await cli(['check', '--max-image', '2000'], { cwd })).code, 0);
    assert.equal((await cli(['check', '--max-image', '1999'], { cwd })).code, 1);
  });

  it('writes JSON with the verdict for scripts', async () => {
    const { out, code } = await cli(['check', '-', '--max-layer', '1.5GiB', '--format', 'json'], {
      input: 'FROM scratch\n',
    });
    const outcome = JSON.parse(out);
    assert.equal(code, 0);
    assert.equal(outcome.verdict, 'kept');
    assert.deepEqual(outcome.budgets, { maxImage: null, maxLayer: 1.5 * 1024 ** 3 });
  });

  it('wants a budget that is a size, and a format that it has', async () => {
    for (const argv of [
      [],
      ['--max-image', 'big'],
      ['--max-layer', '-5'],
      ['--max-image', '1', '--format', 'xml'],
    ]) {
      const ran = await cli(['check', '-', ...argv], { input: 'FROM a\n' });
      assert.equal(ran.code, 2, argv.join(' '));
      assert.equal(ran.out, '');
      assert.match(ran.err, /^dockerfile-layers: .+\.\n$/);
    }
  });
});

/** `report`: the table for people, and the contract's JSON. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { StackReport } from '../../../server/src/protocol.ts';
import { cli, folderWith, removeFolders } from '../../support/cli.ts';

const node = join(import.meta.dirname, '../../../examples/node');

/** Line, layer, the size or none, text. */
const rowForm = /^ +(\d+) {2}(\S+) +(?:(?:\?|[≥~]? ?[\d.]+ [kMG]?B) {2})?(\S.*)$/;

async function report(argv: readonly string[], options: Parameters<typeof cli>[1] = {}) {
  const ran = await cli(['report', '--json', ...argv], options);
  assert.equal(ran.err, '');
  assert.equal(ran.code, 0);
  return JSON.parse(ran.out) as StackReport;
}

describe('report', () => {
  afterEach(removeFolders);

  it('asks how long downloads are when that is wanted, and only then', async () => {
    const server = createServer((_request, answer) => {
      asked += 1;
      answer.writeHead(200, { 'content-length': '4321' }).end();
    });
    let asked = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const cwd = folderWith({
      Dockerfile: `FROM scratch\nADD http://127.0.0.1:${port}/f /f\n`,
    });
    const bytes = async (argv: readonly string[]) =>
      (await report(argv, { cwd })).stages[0]?.instructions[1]?.size?.bytes;
    try {
      assert.equal(await bytes([]), null);
      assert.equal(asked, 0);
      assert.equal(await bytes(['--ask-downloads']), 4321);
      assert.equal(asked, 1);
    } finally {
      server.close();
    }
  });

  it('prints a row for each instruction, with line, layer and text', async () => {
    const { out, code } = await cli(['report'], {
      input: '',
      cwd: folderWith({
        Dockerfile: 'FROM scratch AS a\nENV B=c\nRUN \\\n  d\nWORKDIR /e\nCMD ["f"]\n',
      }),
    });
    assert.equal(code, 0);
    const rows = out.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    assert.deepEqual(
      rows.map((row) => {
        const [, line, layer, text] = rowForm.exec(row) ?? [];
        return [line, layer, text];
      }),
      [
        ['1', 'base', 'FROM scratch AS a'],
        ['2', '-', 'ENV B=c'],
        ['3', '1', 'RUN d'],
        ['5', '2', 'WORKDIR /e'],
        ['6', '-', 'CMD ["f"]'],
      ],
    );
    assert.match(out, /^2 layers · /m);
  });

  it('cuts the text to the width of the terminal, and the columns stay aligned', async () => {
    const input = `FROM a\nRUN ${'x'.repeat(300)}\nCOPY . /\n`;
    const { out } = await cli(['report', '-'], { input, columns: 50 });
    const rows = out.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    assert.equal(rows.length, 3);
    for (const row of rows) assert.ok(row.length <= 50, row);
    assert.equal(rows[1]?.indexOf('RUN'), rows[2]?.indexOf('COPY'));
    assert.match(rows[1] ?? '', /x…$/);
  });

  it('has color only when it is told that the output takes it', async () => {
    const input = 'FROM a\n';
    const plain = await cli(['report', '-'], { input });
    const colored = await cli(['report', '-'], { input, color: true });
    assert.ok(!plain.out.includes('\u001b'));
    assert.ok(colored.out.includes('\u001b['));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them
    assert.equal(colored.out.replace(/\u001b\[\d+m/g, ''), plain.out);
  });

  it('lets no text of the file steer the terminal', async () => {
    const input = 'FROM a\nRUN echo \u001b[31mred\u0007 \u202e\nLABEL \u001b]0;x\u0007\n';
    const { out } = await cli(['report', '-'], { input });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('says which stages are built and which is the target', async () => {
    const input = 'FROM a AS one\nFROM b AS two\nFROM one\n';
    const { out } = await cli(['report', '-'], { input });
    assert.match(out, /^stage 0 one$/m);
    assert.match(out, /^stage 1 two · not built$/m);
    assert.match(out, /^stage 2 · target$/m);
    const other = await cli(['report', '-', '--target', 'two'], { input });
    assert.match(other.out, /^stage 1 two · target$/m);
  });

  it('exits 0 with problems, and names their places', async () => {
    const ran = await cli(['report', '-'], { input: 'FROM a\nRUN ok\nFOO bar\n' });
    assert.equal(ran.code, 0);
    assert.match(ran.out, /^ {2}-:3:1 error .*unknown instruction: FOO/m);
    assert.match(ran.out, /RUN ok/);
  });

  it('--json names first the error at which BuildKit stops, then all others in source order', async () => {
    const input = 'FROM scratch\nEXPOSE "81\nUSER $A # c\nHEALTHCHECK CMD\nENV x\nCOPY a\n';
    const { problems } = await report(['-'], { input });
    assert.equal(problems[0]?.message.split('\n')[0], 'ENV must have two arguments');
    const lines = problems.slice(1).map(({ range }) => range.start.line);
    assert.deepEqual(lines, [1, 2, 3, 5]);
  });

  it("has BuildKit's text for a file of no bytes, and another for one without instructions", async () => {
    for (const [input, text] of [
      ['', 'the Dockerfile cannot be empty'],
      ['\n', 'file with no instructions'],
      ['\ufeff', 'file with no instructions'],
    ] as const) {
      const { problems } = await report(['-'], { input });
      assert.deepEqual(
        problems.map(({ message }) => message.split('\n')[0]),
        [text],
      );
    }
  });

  it('--json has the fields of the contract', async () => {
    const stack = await report(['Dockerfile'], { cwd: node });
    assert.equal(stack.schema, 1);
    assert.equal(stack.dockerfile, 'Dockerfile');
    assert.equal(stack.target, 0);
    assert.deepEqual(stack.globals, []);
    const [stage] = stack.stages;
    assert.ok(stage);
    assert.equal(stage.index, 0);
    assert.equal(stage.name, null);
    assert.equal(stage.needed, true);
    assert.equal(stage.base.reference, 'node:22-slim');
    assert.equal(stage.base.stage, null);
    assert.equal(stage.base.scratch, false);
    assert.equal(stage.instructions[0]?.effect, 'base');
    assert.deepEqual(
      stage.instructions.filter((one) => one.layer).map((one) => [one.keyword, one.layer]),
      [
        ['WORKDIR', 1],
        ['RUN', 2],
        ['RUN', 3],
        ['COPY', 4],
        ['RUN', 5],
        ['COPY', 6],
        ['COPY', 7],
      ],
    );
    for (const one of stage.instructions) {
      for (const key of [
        'range',
        'keyword',
        'effect',
        'layer',
        'createdBy',
        'createdByExact',
        'size',
        'cache',
      ]) {
        assert.ok(key in one, `${one.keyword} has no ${key}`);
      }
      if (one.effect === 'metadata') assert.equal(one.size, null);
      if (one.size?.basis === 'unknown') {
        assert.deepEqual([one.size.bytes, one.size.low, one.size.high], [null, null, null]);
        assert.match(one.size.reason, /\.$/);
      }
    }
    assert.equal(stack.totals.layers, 7);
    for (const key of ['baseLayers', 'size', 'base', 'own']) assert.ok(key in stack.totals);
  });

  it('takes build arguments as docker does: a name alone comes from the environment', async () => {
    const input = 'ARG A=1\nARG B=2\nARG C=3\nFROM x:$A-$B-$C\n';
    const argv = ['-', '--build-arg', 'A=a=b', '--build-arg', 'B', '--build-arg', 'C'];
    const stack = await report(argv, { input, env: { B: 'from-env' } });
    assert.equal(stack.stages[0]?.base.reference, 'x:a=b-from-env-3');
  });

  it('plans for the platform that is given, else for Linux', async () => {
    const input = 'ARG TARGETPLATFORM\nFROM x:$TARGETPLATFORM\n';
    assert.match((await report(['-'], { input })).platform, /^linux\//);
    const arm = await report(['-', '--platform', 'linux/arm64'], { input });
    assert.equal(arm.platform, 'linux/arm64');
  });

  it('names the context: what it counts from, and where that is', async () => {
    const files = {
      'docker/Dockerfile': 'FROM x\nCOPY src /\n',
      'src/a': '12345',
      'docker/b': '1',
    };
    const cwd = folderWith(files);
    const around = await report(['docker/Dockerfile'], { cwd });
    assert.equal(around.context, cwd);
    assert.equal(around.stages[0]?.instructions[1]?.size?.bytes, 5);
    const named = await cli(['report', 'docker/Dockerfile', '--context', 'docker'], { cwd });
    assert.match(named.out, /^context docker · /m);
    const here = await cli(['report', 'docker/Dockerfile'], { cwd });
    assert.match(here.out, /^context \. · /m);
    assert.match(here.out, /^ +2 {2}1 +5 B {2}COPY src \/$/m);
  });

  it('says so when the context is missing, and reports all the same', async () => {
    const cwd = folderWith({ Dockerfile: 'FROM x\nCOPY a /\nRUN b\n', file: '' });
    for (const context of ['gone', 'file']) {
      const stack = await report(['--context', context], { cwd });
      const texts = stack.problems.map(({ message }) => message);
      assert.ok(
        texts.some((text) => text.includes('context')),
        texts.join('\n'),
      );
      assert.equal(stack.totals.layers, 2);
      assert.equal(stack.stages[0]?.instructions[1]?.size?.bytes, null);
    }
  });

  it('looks at the first 200,000 instructions of a file that has more, and says so', async () => {
    const input = `FROM x\n${'USER a\n'.repeat(200_005)}`;
    const stack = await report(['-'], { input });
    assert.equal(stack.stages[0]?.instructions.length, 200_000);
    assert.match(stack.problems[0]?.message ?? '', /first 200,000 instructions/);
    assert.equal(stack.problems[0]?.range.start.line, 200_000);
  }).timeout(60_000);
});

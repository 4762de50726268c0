import assert from 'node:assert/strict';
import type { Command, CommandLine, Program } from '../../../server/src/syntax/commands.ts';
import { readDevice } from '../../../server/src/syntax/devices.ts';
import { firstRefusal, interpret } from '../../../server/src/syntax/instructions.ts';
import { parse } from '../../../server/src/syntax/parser.ts';
import { eachCase } from '../../support/conformance.ts';
import { cpuMs } from '../../support/cpuTime.ts';
import { seeded } from '../../support/random.ts';

interface RecordedCommand {
  readonly name: string;
  readonly detail: unknown;
}
interface Case {
  readonly name?: string;
  readonly dockerfile: string;
  readonly error?: string;
  readonly errorAlternatives?: readonly string[];
  readonly errorLines?: readonly (readonly number[])[];
  readonly phase: 'parse' | 'instructions' | 'ok';
  readonly metaArgs?: readonly unknown[];
  readonly stages?: readonly {
    readonly base: string;
    readonly name: string;
    readonly platform: string;
    readonly origCmd: string;
    readonly doc: string;
    readonly commands: readonly RecordedCommand[];
  }[];
}

function check(recorded: Case): void {
  const program = interpret(parse(recorded.dockerfile));
  const refusal = firstRefusal(program.problems)?.buildkit;
  if (recorded.error === undefined) {
    assert.equal(refusal, undefined);
    assert.deepEqual(recordProgram(program), {
      metaArgs: recorded.metaArgs,
      stages: recorded.stages,
    });
    return;
  }
  assert.ok(refusal, 'the file is refused');
  const texts = recorded.errorAlternatives ?? [recorded.error];
  assert.ok(texts.includes(refusal.message), `${refusal.message} is not ${recorded.error}`);
  assert.equal(refusal.phase, recorded.phase === 'parse' ? 'parser' : recorded.phase);
  const [[start = -1, end = start] = []] = recorded.errorLines ?? [];
  assert.deepEqual(refusal.lines, { start, end });
}

/** BuildKit's description of a stage or argument: the comment line that starts with its name. */
function doc(comments: readonly string[], name: string): string {
  const line = name ? comments.find((each) => each.startsWith(`${name} `)) : undefined;
  return line?.slice(name.length + 1) ?? '';
}

function recordProgram({ globals, stages }: Program): unknown {
  const metaArgs = globals.flatMap((command) =>
    command.kind !== 'arg'
      ? []
      : command.args.map(({ key, value }) => {
          return { key, value, doc: doc(command.instruction.comments, key) };
        }),
  );
  return {
    metaArgs,
    stages: stages.map(({ from, commands }) => ({
      base: from.base,
      name: from.name ?? '',
      platform: from.platform ?? '',
      origCmd: from.instruction.keyword,
      doc: doc(from.instruction.comments, from.name ?? ''),
      commands: commands.map((command) => ({
        name: command.instruction.name,
        detail: record(command),
      })),
    })),
  };
}

function record(command: Command): unknown {
  switch (command.kind) {
    case 'run': {
      const files = command.heredocs.map(({ name, content, chomp }) => {
        return { Name: name, Data: content, Chomp: chomp };
      });
      return {
        ...recordLine(command.command),
        devices: command.devices.map((device) => {
          const reading = readDevice(device);
          return reading.ok && { Name: reading.name, Required: reading.required };
        }),
        files: orNull(files),
        network: command.network ?? 'default',
        security: command.security ?? 'sandbox',
      };
    }
    case 'cmd':
      return recordLine(command.command);
    case 'entrypoint': {
      const line = recordLine(command.command);
      return { ...line, cmdline: orNull(line.cmdline) };
    }
    case 'env':
    case 'label':
      return command.pairs.map(({ key, value, legacy }) => {
        return { Key: key, Value: value, NoDelim: legacy };
      });
    case 'arg':
      return command.args.map(({ key, value }) => {
        return { Key: key, Value: value, DocComment: doc(command.instruction.comments, key) };
      });
    case 'copy':
    case 'add': {
      const contents = command.heredocs.map(({ name, content, chomp, expand }) => {
        return {
          Path: name,
          Data: chomp ? content.replace(/^\t+/gm, '') : content,
          Expand: expand,
        };
      });
      const common = {
        chmod: command.chmod ?? '',
        chown: command.chown ?? '',
        contents: orNull(contents),
        dest: command.dest,
        exclude: orNull(command.exclude),
        link: command.link,
        src: orNull(command.sources.map((each) => each.value)),
      };
      return command.kind === 'copy'
        ? { ...common, from: command.from ?? '', parents: command.parents }
        : {
            ...common,
            checksum: command.checksum ?? '',
            keepGitDir: command.keepGitDir,
            unpack: command.unpack,
          };
    }
    case 'shell':
      return command.words;
    case 'expose':
      return command.ports;
    case 'volume':
      return command.paths;
    case 'user':
      return command.user;
    case 'workdir':
      return command.path;
    case 'stopsignal':
      return command.signal;
    case 'maintainer':
      return command.value;
    case 'onbuild':
      return command.expression;
    case 'healthcheck': {
      const { test, interval, timeout, startPeriod, startInterval, retries } = command;
      return {
        Test: test,
        ...(interval && { Interval: interval }),
        ...(timeout && { Timeout: timeout }),
        ...(startPeriod && { StartPeriod: startPeriod }),
        ...(startInterval && { StartInterval: startInterval }),
        ...(retries && { Retries: retries }),
      };
    }
    case 'from':
    case 'invalid':
      return command.kind;
  }
}

function recordLine({ shell, words }: CommandLine) {
  return { cmdline: words, shell };
}

/** Go prints an empty list that was never made as null. */
function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length ? list : null;
}

eachCase<Case>('instructions', ({ name, dockerfile }) => name ?? dockerfile, check);
eachCase<Case>('instructions_heredoc', ({ dockerfile }) => JSON.stringify(dockerfile), check);

describe('typing a broken Dockerfile', () => {
  const typed = (text: string) => interpret(parse(text));

  it('tells every mistake, and keeps the lines that are whole', () => {
    const { problems, stages } = typed('FROM a\nRUNN x\nRUN ok\nCOPY a\nUSER me\n');
    assert.deepEqual(
      problems.map((each) => each.message.split('\n')[0]),
      [
        'unknown instruction: RUNN (did you mean RUN?)',
        'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
      ],
    );
    const kinds = stages[0]?.commands.map((each) => each.kind);
    assert.deepEqual(kinds, ['invalid', 'run', 'invalid', 'user']);
  });

  it('opens a stage also at a FROM that cannot be read', () => {
    const { stages } = typed('FROM a AS x\nRUN one\nFROM b c\nRUN two\n');
    assert.equal(stages.length, 2);
    assert.deepEqual(
      stages.map(({ from, commands }) => [from.base, from.name, commands.length]),
      [
        ['a', 'x', 1],
        ['', null, 1],
      ],
    );
  });

  it('says the same mistake once when the parser has told it', () => {
    const { problems, stages } = typed('FROM a\nENV A\n');
    assert.equal(problems.length, 1);
    assert.equal(stages[0]?.commands[0]?.kind, 'invalid');
  });

  it('points at the flag, the keyword or the arguments', () => {
    const text = 'FROM a\nCOPY --foo=1 b c\nRUNN x\nFROM d e\n';
    const marked = typed(text).problems.map(({ span }) => text.slice(span.start, span.end));
    assert.deepEqual(marked, ['--foo=1', 'RUNN', 'd e']);
  });

  it('refuses what stands before the first FROM, but not ARG', () => {
    const { problems, globals } = typed('ARG A=1\nRUN x\nENV B=2\nFROM a\n');
    assert.equal(problems.length, 2);
    assert.ok(
      problems.every((each) => each.buildkit?.message === 'no build stage in current context'),
    );
    assert.deepEqual(
      globals.map((each) => each.kind),
      ['arg', 'invalid', 'invalid'],
    );
  });

  it('takes names of objects for no flags', () => {
    const { problems } = typed('FROM a\nCOPY --constructor=1 a b\nCOPY --__proto__ a b\n');
    assert.deepEqual(
      problems.map((each) => each.message),
      ['unknown flag: --constructor', 'unknown flag: --__proto__'],
    );
  });
});

describe('typing any text', () => {
  const words =
    `FROM RUN COPY ADD ENV ARG LABEL ONBUILD HEALTHCHECK CMD NONE SHELL EXPOSE VOLUME USER
    WORKDIR STOPSIGNAL --from= --mount= type=cache, --device= --link --interval= 1s 80/tcp : - # #c
    [ ] "a" ' " \\ \` $A \${A:-b} << <<EOF EOF = a=b , / é \u00a0 \ud800 AS`.split(/\s+/);
  const glue = [' ', ' ', ' ', '\n', '\n', '', '\t', '\r\n', ' \\\n'];
  const { below: next } = seeded(11);

  it('never throws, and keeps problems in order and inside the text', () => {
    for (let turn = 0; turn < 6000; turn++) {
      let text = turn % 3 ? 'FROM a\n' : '';
      for (let count = next(30); count > 0; count--) {
        text += `${words[next(words.length)]}${glue[next(glue.length)]}`;
      }
      const { problems } = interpret(parse(text));
      let last = 0;
      for (const { span, message } of problems) {
        assert.ok(span.start >= last && span.end >= span.start && span.end <= text.length, text);
        assert.ok(message);
        last = span.start;
      }
    }
  });

  it('takes time in proportion to the length', () => {
    const lines = [
      'COPY a b # c\n',
      'ENV A=1 # x\n',
      'FROO\n',
      'RUN --mount=type=cache,target=/x y\n',
    ];
    const started = cpuMs();
    for (const line of lines) interpret(parse(`FROM a\n${line.repeat(40_000)}`));
    interpret(parse(`FROM a\nENV ${'a=b \\\n'.repeat(100_000)}\n`));
    interpret(parse(`FROM a\nCOPY ${"'#' # ".repeat(10_000)}\n`));
    interpret(parse(`FROM a\nEXPOSE ${'0-65535 '.repeat(8000)} # c\n`));
    assert.ok(cpuMs() - started < 8000);
  });
});

/** The parts of the parser, each against what BuildKit's own part was recorded to say. */

import assert from 'node:assert/strict';
import type { Escape } from '../../../server/src/syntax/ast.ts';
import {
  type Detected,
  detectCheck,
  detectSyntax,
  readDirectives,
} from '../../../server/src/syntax/directives.ts';
import { readFlags } from '../../../server/src/syntax/flags.ts';
import { goTrim } from '../../../server/src/syntax/goText.ts';
import {
  findHeredocs,
  type HeredocWord,
  readHeredocWord,
} from '../../../server/src/syntax/heredocs.ts';
import { readJson } from '../../../server/src/syntax/json.ts';
import { readNameValues, readWords } from '../../../server/src/syntax/words.ts';
import { eachCase } from '../../support/conformance.ts';

interface DirectivesCase {
  readonly input: string;
  readonly parseAll: readonly object[];
  readonly parseAllError?: string;
  readonly detectSyntax: object | null;
  readonly check: object | null;
}

eachCase<DirectivesCase>(
  'directives',
  ({ input }) => JSON.stringify(input),
  (expected) => {
    const strict = readDirectives(expected.input);
    const lines = strict.directives.map(({ line, name, value }) => ({ line, name, value }));
    assert.deepEqual(lines, expected.parseAll);
    assert.equal(strict.error, expected.parseAllError ?? null);
    assert.deepEqual(detected(detectSyntax(expected.input), 'ref'), expected.detectSyntax);
    assert.deepEqual(detected(detectCheck(expected.input), 'value'), expected.check);
  },
);

function detected(found: Detected | null, key: 'ref' | 'value'): object | null {
  return found && { cmdline: found.whole, line: found.line, [key]: found.directive.value };
}

eachCase<{ input: string; heredoc: object | null; error?: string }>(
  'heredoc_words',
  ({ input }) => input,
  ({ input, heredoc, error }) => {
    const reading = readHeredocWord(input);
    assert.deepEqual(reading, error ? { ok: false, error } : { ok: true, heredoc });
  },
);

eachCase<{ line: string; heredocs: readonly object[] }>(
  'heredoc_lines',
  ({ line }) => line,
  ({ line, heredocs }) => {
    const found = findHeredocs(line);
    assert.equal(found.error, null);
    assert.deepEqual(found.heredocs.map(withoutWord), heredocs);
  },
);

function withoutWord({ name, fd, expand, chomp }: HeredocWord): HeredocWord {
  return { name, fd, expand, chomp };
}

eachCase<{ input: string; escape: Escape; flags: readonly string[]; rest: string }>(
  'builder_flags',
  ({ input, escape: token }) => `${token} ${input}`,
  ({ input, escape: token, flags, rest }) => {
    const scan = readFlags(input, 0, input.length, token);
    assert.deepEqual(
      scan.flags.map((flag) => flag.text),
      flags,
    );
    const whole = '\ufffd'.repeat(scan.orphans) + input.slice(scan.rest + scan.orphans);
    assert.equal(goTrim(whole), rest);
  },
);

eachCase<{ input: string; escape: Escape; words: readonly string[] }>(
  'parse_words',
  ({ input, escape: token }) => `${token} ${input}`,
  ({ input, escape: token, words }) => {
    const found = readWords(input, 0, input.length, token);
    assert.deepEqual(
      found.map(({ start, end }) => input.slice(start, end)),
      words,
    );
  },
);

eachCase<{ input: string; nodes?: readonly string[]; error?: string }>(
  'name_val',
  ({ input }) => input,
  ({ input, nodes, error }) => {
    const found = readNameValues(input, 0, input.length, '\\', 'ENV');
    assert.equal(found.error?.message, error);
    if (!nodes) return;
    const chain = found.pairs.flatMap((pair) => [pair.name, pair.value, pair.separator]);
    assert.deepEqual(
      chain.map(({ start, end }) => input.slice(start, end)),
      nodes,
    );
  },
);

eachCase<{ input: string; values?: readonly string[]; hardError?: boolean }>(
  'json_form',
  ({ input }) => input,
  ({ input, values, hardError }) => {
    const form = readJson(input, 0, input.length);
    assert.equal(form.kind, values ? 'strings' : hardError ? 'mixed' : 'none');
    if (form.kind !== 'strings') return;
    assert.deepEqual(
      form.strings.map((each) => each.value),
      values,
    );
  },
);

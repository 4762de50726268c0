/** COPY and ADD (BuildKit `instructions/parse.go`: parseCopy, parseAdd, parseSourcesAndDest). */

import type { Argument, Heredoc, Instruction } from './ast.ts';
import { commandFlags } from './commandFlags.ts';
import type { CopyCommand } from './commands.ts';
import { readHeredocWord } from './heredocs.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The typed instruction, sources and destination unexpanded. */
export function readCopy(
  instruction: Instruction,
): { readonly ok: true; readonly command: CopyCommand } | Refusal {
  const { name, args } = instruction;
  const destination = args.at(-1);
  if (args.length < 2 || !destination) {
    const error = `${name} requires at least two arguments, but only one was provided. Destination could not be determined`;
    return refuse(instruction, 'argument-count', error);
  }
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  if (heredocOf(destination)) {
    const error = `${name} cannot accept a heredoc as a destination`;
    return refuse(instruction, 'heredoc-destination', error, { span: destination.span });
  }
  const { values } = flags;
  const sources: Argument[] = [];
  const heredocs: Heredoc[] = [];
  for (const source of args.slice(0, -1)) {
    const word = heredocOf(source);
    if (word) heredocs.push(withBody(word, source, instruction.heredocs));
    else sources.push(source);
  }
  const command: CopyCommand = {
    kind: name === 'ADD' ? 'add' : 'copy',
    instruction,
    sources,
    heredocs,
    dest: destination.value,
    from: values.text('from') || null,
    chown: values.text('chown') || null,
    chmod: values.text('chmod') || null,
    link: values.switch('link') ?? false,
    parents: values.switch('parents') ?? false,
    exclude: values.list('exclude'),
    keepGitDir: values.switch('keep-git-dir'),
    checksum: values.text('checksum') || null,
    unpack: values.switch('unpack'),
  };
  return { ok: true, command };
}

type Word = Pick<Heredoc, 'name' | 'fd' | 'expand' | 'chomp'>;

function heredocOf({ value }: Argument): Word | null {
  if (!value.includes('<<')) return null;
  const reading = readHeredocWord(value);
  return reading.ok ? reading.heredoc : null;
}

/** Bodies are found by name, the last one wins; in exec form there are none, and the file is empty. */
function withBody(word: Word, { span }: Argument, bodies: readonly Heredoc[]): Heredoc {
  const body = bodies.findLast((each) => each.name === word.name);
  const nowhere = { start: span.end, end: span.end };
  const { content = '', contentSpan = nowhere, terminatorSpan = null } = body ?? {};
  return { ...word, content, contentSpan, terminatorSpan };
}

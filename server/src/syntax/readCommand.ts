/** One instruction → its typed form, or what BuildKit has against it (BuildKit `instructions/parse.go`). */

import { readers } from './arguments.ts';
import type { Instruction } from './ast.ts';
import { commandFlags } from './commandFlags.ts';
import type { ArgCommand, Command, FromCommand, KeyValue } from './commands.ts';
import { goQuote, goTrim } from './goText.ts';
import { readCopy } from './readCopy.ts';
import { readHealthcheck } from './readHealthcheck.ts';
import { commandLine, readRun } from './readRun.ts';
import { type Refusal, refuse } from './refusal.ts';
import { withSuggestion } from './suggestions.ts';

export type CommandReading = { readonly ok: true; readonly command: Command } | Refusal;

/** Reads one instruction; the order of the checks is BuildKit's. */
export function readCommand(instruction: Instruction): CommandReading {
  switch (instruction.name) {
    case 'FROM':
      return readFrom(instruction);
    case 'ARG':
      return readArg(instruction);
    case 'ENV':
    case 'LABEL':
      return readPairs(instruction);
    case 'RUN':
      return readRun(instruction);
    case 'COPY':
    case 'ADD':
      return readCopy(instruction);
    case 'CMD':
    case 'ENTRYPOINT': {
      const kind = instruction.name === 'CMD' ? 'cmd' : 'entrypoint';
      const command = commandLine(instruction);
      return withoutFlags(instruction, () => ({ kind, instruction, command }));
    }
    case 'SHELL':
      return readShell(instruction);
    case 'EXPOSE':
      return readExpose(instruction);
    case 'VOLUME':
      return readVolume(instruction);
    case 'USER':
      return readOne(instruction, (user) => ({ kind: 'user', instruction, user }));
    case 'WORKDIR':
      return readOne(instruction, (path) => ({ kind: 'workdir', instruction, path }));
    case 'MAINTAINER':
      return readOne(instruction, (value) => ({ kind: 'maintainer', instruction, value }));
    case 'STOPSIGNAL':
      return readStopsignal(instruction);
    case 'HEALTHCHECK':
      return readHealthcheck(instruction);
    case 'ONBUILD':
      return readOnbuild(instruction);
    default:
      return unknown(instruction);
  }
}

const names = [...readers.keys()].map((name) => name.toUpperCase());

function unknown(instruction: Instruction): Refusal {
  const { keyword, keywordSpan } = instruction;
  const known = `unknown instruction: ${keyword}`;
  const error = withSuggestion(known, keyword, names, false);
  const advice = error === known ? 'No Dockerfile instruction has this name.' : '';
  return refuse(instruction, 'unknown-instruction', error, { span: keywordSpan, advice });
}

function withoutFlags(instruction: Instruction, make: () => Command): CommandReading {
  const flags = commandFlags(instruction);
  return flags.ok ? { ok: true, command: make() } : flags;
}

function atLeastOne(instruction: Instruction): Refusal {
  return refuse(
    instruction,
    'argument-count',
    `${instruction.name} requires at least one argument`,
  );
}

function exactlyOne(instruction: Instruction): Refusal {
  return refuse(instruction, 'argument-count', `${instruction.name} requires exactly one argument`);
}

const stageName = /^[a-z][a-z0-9-_.]*$/;

function readFrom(instruction: Instruction): CommandReading {
  const { args } = instruction;
  const [base, as, name] = args;
  if (!base || !(args.length === 1 || (args.length === 3 && as && /^as$/iu.test(as.value)))) {
    const error = 'FROM requires either one or three arguments';
    const advice = 'Write FROM image, or FROM image AS name.';
    return refuse(instruction, 'argument-count', error, { advice });
  }
  if (name && !stageName.test(name.value.toLowerCase())) {
    const written = goQuote(name.value);
    const error = `invalid name for build stage: ${written}, name can't start with a number or contain symbols`;
    return refuse(instruction, 'stage-name', error, { span: name.span });
  }
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  const command: FromCommand = {
    kind: 'from',
    instruction,
    base: base.value,
    platform: flags.values.text('platform') || null,
    name: name ? name.value.toLowerCase() : null,
  };
  return { ok: true, command };
}

/** ARG never looks at its flags. */
function readArg(instruction: Instruction): CommandReading {
  if (!instruction.args.length) return atLeastOne(instruction);
  const blank = instruction.args.find(({ value }) => value.startsWith('='));
  if (blank) {
    const { span } = blank;
    return refuse(instruction, 'blank-name', 'ARG names can not be blank', { span });
  }
  const args = instruction.args.map(({ value: word }) => {
    const equals = word.indexOf('=');
    if (equals < 0) return { key: word, value: null };
    return { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  const command: ArgCommand = { kind: 'arg', instruction, args };
  return { ok: true, command };
}

function readPairs(instruction: Instruction): CommandReading {
  const { name, args } = instruction;
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  if (!args.length) return atLeastOne(instruction);
  const pairs: KeyValue[] = [];
  for (let at = 0; at + 2 < args.length; at += 3) {
    const [key, value, separator] = args.slice(at, at + 3);
    if (!key?.value) {
      const span = separator?.span ?? instruction.keywordSpan;
      return refuse(instruction, 'blank-name', `${name} names can not be blank`, { span });
    }
    pairs.push({ key: key.value, value: value?.value ?? '', legacy: !separator?.value });
  }
  const kind = name === 'ENV' ? 'env' : 'label';
  return { ok: true, command: { kind, instruction, pairs } };
}

function readShell(instruction: Instruction): CommandReading {
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  if (!instruction.args.length) return atLeastOne(instruction);
  if (!instruction.json) {
    const advice = 'For example: SHELL ["/bin/bash", "-c"].';
    const error = 'SHELL requires the arguments to be in JSON form';
    return refuse(instruction, 'shell-form', error, { advice });
  }
  const words = instruction.args.map((each) => each.value);
  return { ok: true, command: { kind: 'shell', instruction, words } };
}

/** Ports are sorted as text, before variables are expanded. */
function readExpose(instruction: Instruction): CommandReading {
  if (!instruction.args.length) return atLeastOne(instruction);
  const ports = instruction.args.map((each) => each.value).sort();
  return withoutFlags(instruction, () => ({ kind: 'expose', instruction, ports }));
}

function readVolume(instruction: Instruction): CommandReading {
  if (!instruction.args.length) return atLeastOne(instruction);
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  const paths = instruction.args.map((each) => goTrim(each.value));
  const empty = instruction.args[paths.indexOf('')];
  if (empty) {
    const error = 'VOLUME specified can not be an empty string';
    return refuse(instruction, 'empty-volume', error, { span: empty.span });
  }
  return { ok: true, command: { kind: 'volume', instruction, paths } };
}

function readOne(instruction: Instruction, make: (value: string) => Command): CommandReading {
  const [only] = instruction.args;
  if (!only || instruction.args.length !== 1) return exactlyOne(instruction);
  return withoutFlags(instruction, () => make(only.value));
}

/** STOPSIGNAL never looks at its flags. */
function readStopsignal(instruction: Instruction): CommandReading {
  const [signal] = instruction.args;
  if (!signal || instruction.args.length !== 1) return exactlyOne(instruction);
  return { ok: true, command: { kind: 'stopsignal', instruction, signal: signal.value } };
}

/** Only the syntax behind ONBUILD is checked, which the parser has done. */
function readOnbuild(instruction: Instruction): CommandReading {
  const { trigger, heredocs, joined } = instruction;
  if (!trigger) return atLeastOne(instruction);
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  const inner = trigger.keyword.toUpperCase();
  const span = trigger.keywordSpan;
  if (inner === 'ONBUILD') {
    const error = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
    return refuse(instruction, 'onbuild-trigger', error, { span });
  }
  if (inner === 'FROM' || inner === 'MAINTAINER') {
    const error = `${inner} isn't allowed as an ONBUILD trigger`;
    return refuse(instruction, 'onbuild-trigger', error, { span });
  }
  let expression = joined.text.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/i, '');
  for (const { content, name } of heredocs) expression += `\n${content}${name}`;
  return { ok: true, command: { kind: 'onbuild', instruction, expression } };
}

/** HEALTHCHECK (BuildKit `instructions/parse.go`: parseHealthcheck). */

import type { Instruction } from './ast.ts';
import { commandFlags } from './commandFlags.ts';
import type { HealthcheckCommand } from './commands.ts';
import { parseDuration } from './durations.ts';
import type { FlagValues } from './flagValues.ts';
import { goInt32, goQuote } from './goText.ts';
import { type Refusal, refuse } from './refusal.ts';

type Reading = { readonly ok: true; readonly command: HealthcheckCommand } | Refusal;

/** The typed instruction; `NONE` ignores its flags, whatever they are. */
export function readHealthcheck(instruction: Instruction): Reading {
  const [first, ...rest] = instruction.args;
  if (!first) {
    return refuse(instruction, 'argument-count', 'HEALTHCHECK requires at least one argument');
  }
  const type = first.value.toUpperCase();
  if (type === 'NONE') {
    if (rest.length) {
      return refuse(instruction, 'argument-count', 'HEALTHCHECK NONE takes no arguments');
    }
    return ok(instruction, ['NONE'], noTimes);
  }
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  if (type !== 'CMD') {
    const error = `Unknown type ${goQuote(type)} in HEALTHCHECK (try CMD)`;
    return refuse(instruction, 'healthcheck-type', error, { span: first.span });
  }
  if (!rest.length) {
    return refuse(instruction, 'argument-count', 'Missing command after HEALTHCHECK CMD');
  }
  const times = readTimes(instruction, flags.values);
  if ('ok' in times) return times;
  const words = rest.map((each) => each.value);
  const test = instruction.json ? ['CMD', ...words] : ['CMD-SHELL', words.join(' ')];
  return ok(instruction, test, times);
}

type Times = Omit<HealthcheckCommand, 'kind' | 'instruction' | 'test'>;
type Time = Exclude<keyof Times, 'retries'>;

const noTimes: Times = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
const timeFlags: readonly (readonly [string, Time])[] = [
  ['interval', 'interval'],
  ['timeout', 'timeout'],
  ['start-period', 'startPeriod'],
  ['start-interval', 'startInterval'],
];
const millisecond = 1e6;

function ok(instruction: Instruction, test: readonly string[], times: Times): Reading {
  return { ok: true, command: { kind: 'healthcheck', instruction, test, ...times } };
}

function readTimes(instruction: Instruction, values: FlagValues): Times | Refusal {
  const times: { -readonly [K in keyof Times]: Times[K] } = { ...noTimes };
  const bad = (flag: string, error: string) => {
    const span = instruction.flags.find((each) => each.name === flag)?.span;
    return refuse(instruction, 'invalid-flag', error, span ? { span } : {});
  };
  for (const [flag, time] of timeFlags) {
    const text = values.text(flag);
    if (!text) continue;
    const duration = parseDuration(text);
    if (!duration.ok) return bad(flag, duration.error);
    if (duration.value !== 0 && duration.value < millisecond) {
      return bad(flag, `Interval ${goQuote(flag)} cannot be less than 1ms`);
    }
    times[time] = duration.value;
  }
  const retries = values.text('retries');
  if (!retries) return times;
  const number = goInt32(retries);
  if (!number.ok) return bad('retries', number.error);
  if (number.value < 0) return bad('retries', `--retries cannot be negative (${number.value})`);
  return { ...times, retries: number.value };
}

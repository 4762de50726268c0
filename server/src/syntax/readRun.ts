/** RUN with its flags (BuildKit `instructions/parse.go`: parseRun, and the hooks `commands_run*.go`). */

import type { Instruction } from './ast.ts';
import { commandFlags } from './commandFlags.ts';
import type { CommandLine, Mount, RunCommand } from './commands.ts';
import { readDevice } from './devices.ts';
import { goQuote } from './goText.ts';
import { readMount } from './mounts.ts';
import { type Refusal, refuse } from './refusal.ts';

const networks: readonly string[] = ['default', 'none', 'host'];
const securities: readonly string[] = ['sandbox', 'insecure'];

/** The typed instruction; mounts are only read, see `checkMount`. */
export function readRun(
  instruction: Instruction,
): { readonly ok: true; readonly command: RunCommand } | Refusal {
  const flags = commandFlags(instruction);
  if (!flags.ok) return flags;
  const { values } = flags;
  const flagged = (name: string) => instruction.flags.filter((each) => each.name === name);
  for (const flag of flagged('device')) {
    const device = readDevice(flag.value ?? '');
    if (!device.ok) return refuse(instruction, 'invalid-device', device.error, flag);
  }
  const mounts: Mount[] = [];
  for (const flag of flagged('mount')) {
    const reading = readMount(flag.value ?? '');
    if (!reading.ok) return refuse(instruction, 'invalid-mount', reading.error, flag);
    mounts.push(reading.mount);
  }
  const network = values.text('network');
  if (network !== null && !networks.includes(network)) {
    const error = `invalid network mode ${goQuote(network)}`;
    return refuse(instruction, 'invalid-flag', error, flagged('network')[0]);
  }
  const security = values.text('security');
  if (security !== null && !securities.includes(security)) {
    const error = `security ${goQuote(security)} is not valid`;
    return refuse(instruction, 'invalid-flag', error, flagged('security')[0]);
  }
  const command: RunCommand = {
    kind: 'run',
    instruction,
    command: commandLine(instruction),
    heredocs: instruction.heredocs,
    mounts,
    network,
    security,
    devices: values.list('device'),
  };
  return { ok: true, command };
}

/** Shell or exec form of RUN, CMD and ENTRYPOINT; without arguments there are no words. */
export function commandLine({ args, json }: Instruction): CommandLine {
  return { shell: !json, words: args.map((each) => each.value) };
}

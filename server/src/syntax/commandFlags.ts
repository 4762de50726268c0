/** The flags that each instruction knows (BuildKit `instructions/parse.go`). */

import type { Instruction } from './ast.ts';
import { type FlagKind, type FlagValues, readFlagValues } from './flagValues.ts';
import { type Refusal, refuse } from './refusal.ts';

type Flags = ReadonlyMap<string, FlagKind>;

const none: Flags = new Map();
const known: ReadonlyMap<string, Flags> = new Map<string, Flags>([
  ['FROM', new Map([['platform', 'string']])],
  [
    'RUN',
    new Map<string, FlagKind>([
      ['device', 'strings'],
      ['mount', 'strings'],
      ['network', 'string'],
      ['security', 'string'],
    ]),
  ],
  [
    'COPY',
    new Map<string, FlagKind>([
      ['chown', 'string'],
      ['from', 'string'],
      ['chmod', 'string'],
      ['link', 'bool'],
      ['exclude', 'strings'],
      ['parents', 'bool'],
    ]),
  ],
  [
    'ADD',
    new Map<string, FlagKind>([
      ['chown', 'string'],
      ['chmod', 'string'],
      ['link', 'bool'],
      ['keep-git-dir', 'bool'],
      ['checksum', 'string'],
      ['unpack', 'bool'],
      ['exclude', 'strings'],
    ]),
  ],
  [
    'HEALTHCHECK',
    new Map<string, FlagKind>([
      ['interval', 'string'],
      ['timeout', 'string'],
      ['start-period', 'string'],
      ['start-interval', 'string'],
      ['retries', 'string'],
    ]),
  ],
]);

/** The flags of an instruction with their values, or what BuildKit has against them. */
export function commandFlags(
  instruction: Instruction,
): { readonly ok: true; readonly values: FlagValues } | Refusal {
  const reading = readFlagValues(instruction.flags, known.get(instruction.name) ?? none);
  if (reading.ok) return reading;
  const { code, error, flag } = reading;
  const first = code === 'unknown-flag' && instruction.name === 'CMD';
  return refuse(instruction, code, error, {
    span: flag.span,
    advice: first ? 'To start a command with two dashes write CMD -- first, or the exec form.' : '',
  });
}

/** Output that is surely another whenever it is printed. */

import { baseName } from '../../../shell/commandWords.ts';
import type { Call } from './call.ts';

/**
 * Does the command print a time to the second, or something random, straight into the file? Where
 * more than that is done to it the output may be the same, as with a date of which only the year counts.
 */
export function isAlwaysOther({ name, args, run, script, command }: Call): boolean {
  if (command.pipedFrom === null && name === 'date') return isExactTime(args);
  if (name === 'uuidgen' || (name === 'cat' && args.join() === '/proc/sys/kernel/random/uuid'))
    return true;
  if (/\||[*/%]\s*\d|\bif\b|\bcase\b/.test(script)) return false;
  if (name !== 'echo' && name !== 'printf' && name !== 'head') return false;
  if (name === 'head') return args.at(-1) === '/dev/urandom' && !args.includes('0');
  const inner = /^[^$`]*(?:\$\(|`)\s*date\b([^)`|;&]*)[)`][^$`]*$/.exec(script);
  if (inner) return isExactTime((inner[1] ?? '').trim().split(/\s+/).filter(Boolean));
  const shell = baseName(run.argv[0] ?? '');
  return shell === 'bash' && /\$\{?(SRANDOM|EPOCHREALTIME|EPOCHSECONDS)\b/.test(script);
}

function isExactTime(args: readonly string[]): boolean {
  const words = args.map((arg) => arg.replace(/['"]/g, ''));
  if (words.length === 0) return true;
  return words.every(
    (word) =>
      /^(-u|--utc|-Iseconds|-Ins|--iso-8601=(seconds|ns)|-R|--rfc-3339=(seconds|ns))$/.test(word) ||
      /^\+.*%[sNTScr]/.test(word),
  );
}

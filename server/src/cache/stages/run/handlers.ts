/** Programs that make, move and remove files, as GNU and BusyBox have them in common, by name. */

import type { Call } from './call.ts';
import { chmod, chown } from './chmod.ts';
import { cp } from './cp.ts';
import { install } from './install.ts';
import { ln } from './ln.ts';
import { mkdir } from './mkdir.ts';
import { mv } from './mv.ts';
import { rm, rmdir } from './rm.ts';
import { touch } from './touch.ts';

/** Follows a command; throws Unfollowed for a form that is not known here. */
export type FileCommand = (call: Call) => void;

/** By the names of the programs. */
export const fileCommands: ReadonlyMap<string, FileCommand> = new Map<string, FileCommand>([
  ['mkdir', mkdir],
  ['touch', touch],
  ['cp', cp],
  ['mv', mv],
  ['rm', rm],
  ['rmdir', rmdir],
  ['ln', ln],
  ['chmod', chmod],
  ['chown', chown],
  ['install', install],
]);

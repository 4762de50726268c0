/** Programs that write next to nothing. */

import type { Handler } from './draft.ts';

const nothing: Handler = () => {};

/** By the name of the program. */
export const tinyHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>(
  [':', 'true', 'false', 'set', 'export', 'test', '[', 'cd', 'sleep', 'mkdir', 'exit'].map(
    (name) => [name, nothing],
  ),
);

/** Programs that fetch files. */

import type { Handler } from './draft.ts';

/** By the name of the program. */
export const downloadHandlers: ReadonlyMap<string, Handler> = new Map();

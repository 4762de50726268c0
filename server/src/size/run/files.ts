/** Programs that move, copy, change and remove files. */

import type { Handler } from './draft.ts';

/** By the name of the program. */
export const fileHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['rm', remove],
  ['rmdir', () => {}],
]);

/** What the same RUN wrote goes; what older layers have stays in them (SIZES section 8). */
function remove({ words, cwd }: Parameters<Handler>[0], draft: Parameters<Handler>[1]): void {
  for (const word of words.slice(1)) {
    if (word.startsWith('-') || word.includes('\0')) continue;
    if (word.startsWith('/')) draft.remove(word);
    else if (cwd !== null) draft.remove(`${cwd}/${word}`);
  }
}

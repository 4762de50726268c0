/** Where what commands print goes. */

import { isMissing } from '../entries.ts';
import { certain } from '../marks.ts';
import type { Content } from '../nodes.ts';
import { isAlwaysOther } from './alwaysOther.ts';
import type { Call } from './call.ts';
import { concatenated, contentOf, textContent } from './content.ts';
import { newFile, writable } from './files.ts';

/** Writes what a command prints to a file; null: what it prints is not known. */
export function write(call: Call, path: string, content: Content | null, append: boolean): void {
  const { making, draft } = call;
  const place = writable(draft, path);
  const whole = content ?? unseen(call, place.path);
  if (!append) {
    newFile(call, place, whole);
    return;
  }
  const before =
    place.node && !isMissing(place.node) ? contentOf(making, place.node) : textContent(making, '');
  newFile(call, place, concatenated(making, [before, whole]));
}

/** What the RUN prints there, told by all that it may depend on. */
function unseen(call: Call, path: string): Content {
  const { making, maker } = call;
  const { id, marks } = maker();
  const digest = making.hash(JSON.stringify(['printed', id, path]));
  if (!isAlwaysOther(call)) return { digest, text: null, marks };
  const unstable = new Set([...marks.unstable, call.draft.line]);
  return { digest, text: null, marks: { ...marks, unstable, lossy: certain.lossy } };
}

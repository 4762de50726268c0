/** `touch`. */

import { find, put } from '../draft.ts';
import { kindOf } from '../entries.ts';
import { hiddenBy } from '../making.ts';
import { certain } from '../marks.ts';
import type { Call } from './call.ts';
import { hiddenOf, isSystemFile, newFile, writable } from './files.ts';
import { options, pathsOf } from './operands.ts';

/** Makes empty files; times are not told apart. */
export function touch(call: Call): void {
  const { operands, flags } = options(call, 'acmh', 'drt');
  for (const path of pathsOf(call, operands)) {
    const found = find(call.draft.root, path);
    if (found.node && kindOf(found.node) !== null) continue;
    if (flags.includes('c') && !found.node) continue;
    const hidden = found.node && hiddenOf(found.node);
    if (found.node && !(hidden?.maker.isImage && !isSystemFile(found.path))) {
      // It stays what it is, or is made.
      const { digest, marks } = call.making.digestOf(found.node);
      const id = call.making.hash(JSON.stringify(['touched', digest]));
      put(call.draft, found.path, hiddenBy(id, marks));
      continue;
    }
    const place = writable(call.draft, path);
    newFile(call, place, { digest: call.making.hash(''), text: '', marks: certain });
  }
}

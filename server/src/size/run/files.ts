/** Programs that remove, move, copy, change and unpack files, by their names. */

import { archive } from './archives.ts';
import { change, link, setCapabilities } from './chmod.ts';
import { copy } from './cp.ts';
import type { Handler } from './draft.ts';
import { edit, strip } from './editFiles.ts';
import { find } from './find.ts';
import { move } from './mv.ts';
import { remove } from './rm.ts';
import { touch } from './touch.ts';

/** By the name of the program. */
export const fileHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['rm', remove],
  ['unlink', remove],
  ['shred', remove],
  ['rmdir', () => {}],
  ['chmod', change],
  ['chown', change],
  ['chgrp', change],
  ['setcap', setCapabilities],
  ['touch', touch],
  ['mv', move],
  ['cp', copy],
  ['install', copy],
  ['ln', link],
  ['sed', edit],
  ['find', find],
  ['strip', strip],
  ...[
    'tar',
    'bsdtar',
    'unzip',
    'gunzip',
    'gzip',
    'xz',
    'unxz',
    'bzip2',
    'bunzip2',
    'zstd',
    '7z',
    'cpio',
  ].map((name): [string, Handler] => [name, archive]),
]);

/** Which file knows what a program writes. */

import { apkHandlers } from './apk.ts';
import { aptHandlers } from './apt.ts';
import { downloadHandlers } from './downloads.ts';
import type { Handler } from './draft.ts';
import { fileHandlers } from './files.ts';
import { javascriptHandlers } from './javascript.ts';
import { languageHandlers } from './python.ts';
import { rpmHandlers } from './rpm.ts';
import { sizedFileHandlers } from './sizedFiles.ts';
import { textHandlers } from './texts.ts';
import { tinyHandlers } from './tiny.ts';

/** By the name of the program, without its folder. */
export const handlers: ReadonlyMap<string, Handler> = new Map([
  ...tinyHandlers,
  ...textHandlers,
  ...sizedFileHandlers,
  ...fileHandlers,
  ...downloadHandlers,
  ...javascriptHandlers,
  ...languageHandlers,
  ...aptHandlers,
  ...apkHandlers,
  ...rpmHandlers,
]);

/** Programs of JavaScript: package managers, and what comes with them. */

import { unknown } from '../size.ts';
import type { Handler } from './draft.ts';
import { below } from './homes.ts';
import { npm } from './npm.ts';
import { bun, pnpm, yarn } from './yarnPnpm.ts';

/** By the name of the program. */
export const javascriptHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['npm', npm],
  ['yarn', yarn],
  ['yarnpkg', yarn],
  ['pnpm', pnpm],
  ['bun', bun],
  ['npx', runner],
  ['pnpx', runner],
  ['bunx', runner],
  ['corepack', corepack],
  ['node-gyp', compiler],
]);

/** Fetches a package into a cache and runs it. */
function runner(command: Parameters<Handler>[0], draft: Parameters<Handler>[1]): void {
  const [program = '', ...words] = command.words;
  const name = words.find((word) => !word.startsWith('-')) ?? 'a package';
  const reason = `What \`${program} ${name}\` fetches and writes is known only after a build.`;
  draft.write({
    path: '/',
    size: unknown(reason.replaceAll('\0', '…')),
    label: `${program} ${name}`.replaceAll('\0', '…'),
    kind: 'other',
  });
}

/** `corepack enable` makes links; everything else fetches a package manager. */
function corepack(command: Parameters<Handler>[0], draft: Parameters<Handler>[1]): void {
  const [, verb = ''] = command.words;
  if (!['prepare', 'install', 'use', 'up', 'hydrate'].includes(verb)) return;
  const reason = 'corepack fetches a package manager, whose size is known only after a build.';
  const path = below(command, '.cache/node/corepack');
  draft.write({ path, size: unknown(reason), label: `corepack ${verb}`, kind: 'other' });
}

function compiler(command: Parameters<Handler>[0], draft: Parameters<Handler>[1]): void {
  const reason = 'What node-gyp compiles is known only after a build.';
  draft.write({
    path: command.cwd ?? '/',
    size: unknown(reason),
    label: 'node-gyp',
    kind: 'other',
  });
}

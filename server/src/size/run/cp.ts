/** `cp` and `install`: bytes that are there already, once more. */

import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { changePlace } from './chmod.ts';
import { about, tiny, unknownAt } from './contributions.ts';
import { fileOrTree } from './copyUp.ts';
import type { Contribution, Draft, Handler } from './draft.ts';
import { fileMatcher, fixedFolder } from './globs.ts';
import { lastName, placeOf, readOperands } from './operands.ts';
import { isFolder, mayHoldBaseFiles } from './stored.ts';

/** `cp`, `install`: as many bytes once more. */
export const copy: Handler = (command, draft) => {
  const program = lastName(command.words[0] ?? '');
  const withValue =
    program === 'install'
      ? '-m --mode -o --owner -g --group -t --target-directory -S'
      : '-t --target-directory -S --suffix';
  const { options, operands, values } = readOperands(command.words, withValue);
  if (program === 'install' && options.has('-d')) return;
  if (options.has('-s') || options.has('--symbolic-link')) return;
  const into = values.get('-t') ?? values.get('--target-directory');
  const sources = into === undefined ? operands.slice(0, -1) : operands;
  const target = placeOf(into ?? operands.at(-1) ?? '', command);
  if (options.has('-l') || options.has('--link')) {
    for (const word of sources) changePlace(word, command, draft, `${program} -l`, true);
    return;
  }
  for (const word of sources) {
    const place = placeOf(word, command);
    const isInto = sources.length > 1 || into !== undefined;
    if (place === null || target === null) {
      draft.write(
        unknownAt(target, program, `What \`${program}\` copies is known only when it runs.`),
      );
    } else copyPlace(place, targetOf(place, target, isInto, draft), program, draft);
  }
};

function copyPlace(from: string, to: string, program: string, draft: Draft): void {
  const label = `copied by ${program}`;
  if (absolutePath(from) === absolutePath(to)) return;
  if (/^\/usr\/share\/zoneinfo\//.test(from)) {
    draft.write({ ...tiny(to, 1500, 4096, label), isFile: true });
    return;
  }
  const takes = fileMatcher(from);
  const plain = fixedFolder(from);
  const found = new Map<string, Contribution>();
  const place = (path: string) => absolutePath(to + path.slice(plain.length));
  for (const one of draft.state.stored) {
    if (!takes(one.path)) continue;
    const reason = `\`${program}\` copies ${one.path}.`;
    const size =
      one.bytes === null ? null : (one.size ?? about(one.bytes, one.bytes, one.bytes, reason));
    const path = place(one.path);
    const known = { path, label, kind: 'files', ...fileOrTree(one, path) } as const;
    found.set(
      known.path,
      size
        ? { ...known, size }
        : unknownAt(known.path, label, `How much lies in ${one.path} is not known.`),
    );
  }
  for (const one of draft.contributions) {
    if (takes(one.path)) found.set(place(one.path), { ...one, path: place(one.path), label });
  }
  const isMounted = draft.world.run.mounts.some(({ target }) =>
    isWithin(plain, absolutePath(target)),
  );
  const isPart = [...draft.state.stored, ...draft.contributions].some(
    ({ path }) => path !== plain && isWithin(plain, path),
  );
  for (const one of found.values()) draft.write(one);
  if (found.size > 0 && !mayHoldBaseFiles(plain, draft.state)) return;
  if (found.size === 1 && [...found.values()][0]?.isFile && isWhole(plain, draft)) return;
  const reason =
    isMounted || isPart || !mayHoldBaseFiles(plain, draft.state)
      ? `How big ${plain} is shows only in a build.`
      : `What the base image has in ${plain} is not known.`;
  draft.write(unknownAt(to, label, reason));
}

/** The path itself is one known file. */
function isWhole(path: string, { state, contributions }: Draft): boolean {
  const isIt = (one: { readonly path: string; readonly isFile?: boolean }) =>
    one.path === path && one.isFile;
  return state.stored.some(isIt) || contributions.some(isIt);
}

/** Where a source ends up: in the target if that is a folder, else as the target. */
export function targetOf(source: string, target: string, isInto: boolean, draft: Draft): string {
  const things = [...draft.state.stored, ...draft.contributions];
  const isAll = /\/\*?$/.test(source) && source.includes('*');
  if (isAll) return absolutePath(target);
  const name = /[*?[]/.test(source) ? '' : lastName(source);
  if (!isInto && !isFolder(target, things)) return absolutePath(target);
  return absolutePath(name === '' || name === '.' ? target : `${target}/${name}`);
}

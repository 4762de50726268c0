/**
 * Programs that remove, move, copy and change files. What older layers have is stored again in full
 * when it changes, and stays in its own layer when it is removed (SIZES section 8).
 */

import type { ShellCommand } from '../../shell/commands.ts';
import { absolutePath, isWithin } from '../../syntax/slashPaths.ts';
import { about, tiny, unknownAt } from './contributions.ts';
import { storeAgain } from './copyUp.ts';
import type { Contribution, Draft, Handler } from './draft.ts';
import { fileMatcher } from './globs.ts';
import { lastName, placeOf, readOperands } from './operands.ts';
import { isFolder, mayHoldBaseFiles, withoutStored, withStored } from './stored.ts';

/** `rm` and its like: of what the same RUN wrote nothing is left. */
const remove: Handler = (command, draft) => {
  const { operands } = readOperands(command.words);
  for (const word of operands) removePlace(placeOf(word, command), draft);
};

/** Takes a path away from the layer, and from what later lines find. */
export function removePlace(place: string | null, draft: Draft): void {
  if (place === null) return;
  const inside = fileMatcher(place);
  const isNew = draft.contributions.some(({ path }) => inside(path));
  draft.remove(place);
  if (!isNew && draft.state.stored.some(({ path, bytes }) => bytes !== 0 && inside(path))) {
    draft.note('What it removes of earlier lines stays in their layers.');
  }
  // A file written by this RUN is gone, but one of an older layer stays in that layer.
  const { hasLists, keepsArchives } = draft.state;
  const state = withoutStored(draft.state, inside);
  draft.state = state;
  if (hasLists && inside('/var/lib/apt/lists/partial')) draft.state = { ...state, hasLists: false };
  if (!draft.state.lacksDebconf && inside('/var/cache/debconf/templates.dat')) {
    draft.state = { ...draft.state, lacksDebconf: true };
  }
  // The rule of Debian's official images that throws downloaded packages away.
  if (!keepsArchives && inside('/etc/apt/apt.conf.d/docker-clean')) {
    draft.state = { ...draft.state, keepsArchives: true };
  }
}

/** `chmod`, `chown`, `chgrp`: the first operand is no path, unless another file says what is wanted. */
const change: Handler = (command, draft) => {
  const { words } = command;
  const program = lastName(words[0] ?? '');
  // `chmod -x f` and `chmod -R -w f`: modes that look like options.
  const isMode = (word: string) =>
    program === 'chmod' && /^-[rwxXstugo,=+-]+$/.test(word) && !/^-R$/.test(word);
  const { options, operands } = readOperands(words.filter((word) => !isMode(word)));
  const hasValue = options.has('--reference') || words.some(isMode);
  const isRecursive = options.has('-R') || options.has('--recursive');
  const shown = isRecursive ? `${program} -R` : program;
  for (const word of operands.slice(hasValue ? 0 : 1)) {
    changePlace(word, command, draft, shown, isRecursive);
  }
};

function changePlace(
  word: string,
  command: ShellCommand,
  draft: Draft,
  program: string,
  isRecursive: boolean,
): void {
  const place = placeOf(word, command);
  if (place !== null) storeAgain(draft, place, { isRecursive, program });
  else
    draft.write(
      unknownAt(null, program, `Which files \`${program}\` changes is known only when it runs.`),
    );
}

/** Where images keep programs: nobody makes an empty file there. */
const programs = /^\/(usr\/)?(s?bin|lib(32|64|x32|exec)?)\//;

/** `touch`: a new file is empty, an old one is stored again. */
const touch: Handler = (command, draft) => {
  const { operands } = readOperands(command.words, '-d --date -r --reference -t --time');
  for (const word of operands) {
    const place = placeOf(word, command);
    if (place === null) continue;
    if (knows(draft, place) || programs.test(place)) {
      storeAgain(draft, place, { isRecursive: false, program: 'touch' });
    } else if (mayHoldBaseFiles(place, draft.state)) {
      // Most are new; what images have there already is small.
      draft.write(tiny(place, 0, 100_000, 'touch'));
    }
  }
};

function knows({ state }: Draft, place: string): boolean {
  const takes = fileMatcher(place);
  return state.stored.some(({ path }) => takes(path) || (path !== '/' && isWithin(place, path)));
}

/** `mv`: what is new keeps its bytes at another place, what is old is stored again there. */
const move: Handler = (command, draft) => {
  const { operands, values } = readOperands(command.words, '-t --target-directory -S --suffix');
  const into = values.get('-t') ?? values.get('--target-directory');
  const sources = into === undefined ? operands.slice(0, -1) : operands;
  const target = placeOf(into ?? operands.at(-1) ?? '', command);
  for (const word of sources) {
    const place = placeOf(word, command);
    if (place === null || target === null) {
      draft.write(unknownAt(target, 'mv', 'What `mv` moves is known only when it runs.'));
      continue;
    }
    movePlace(
      place,
      targetOf(place, target, sources.length > 1 || into !== undefined, draft),
      draft,
    );
  }
};

function movePlace(from: string, to: string, draft: Draft): void {
  const takes = fileMatcher(from);
  const isNew = draft.contributions.some(({ path }) => takes(path));
  const old = draft.state.stored.filter(({ path }) => takes(path));
  const folder = absolutePath(from.replace(/\/[^/]*[*?[].*$/, '') || '/');
  const root = /[*?[]/.test(from) ? folder : absolutePath(from);
  if (!isNew && old.length === 0) {
    // A part of what an archive brought, say: the rest may go, but this stays.
    draft.write(unknownAt(to, 'moved by mv', `How big ${root} is shows only in a build.`));
    return;
  }
  if (!isNew) storeAgain(draft, from, { isRecursive: true, program: 'mv' });
  draft.rename(root, to);
  if (old.length > 0) {
    const there = old.map((one) => ({
      ...one,
      path: absolutePath(to + one.path.slice(root.length)),
    }));
    draft.state = withStored(withoutStored(draft.state, takes), there);
  }
}

/** `cp`, `install`: as many bytes once more. */
const copy: Handler = (command, draft) => {
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
  if (/^\/usr\/share\/zoneinfo\//.test(from)) {
    draft.write({ ...tiny(to, 1500, 4096, label), isFile: true });
    return;
  }
  const takes = fileMatcher(from);
  const root = absolutePath(from.replace(/\/[^/]*[*?[].*$/, '') || '/');
  const plain = /[*?[]/.test(from) ? root : absolutePath(from);
  const found = new Map<string, Contribution>();
  const place = (path: string) => absolutePath(to + path.slice(plain.length));
  for (const one of draft.state.stored) {
    if (!takes(one.path)) continue;
    const reason = `\`${program}\` copies ${one.path}.`;
    const size =
      one.bytes === null ? null : (one.size ?? about(one.bytes, one.bytes, one.bytes, reason));
    const known = { path: place(one.path), label, kind: 'files', isFile: true } as const;
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
function targetOf(source: string, target: string, isInto: boolean, draft: Draft): string {
  const things = [...draft.state.stored, ...draft.contributions];
  const isAll = /\/\*?$/.test(source) && source.includes('*');
  if (isAll) return absolutePath(target);
  const name = /[*?[]/.test(source) ? '' : lastName(source);
  if (!isInto && !isFolder(target, things)) return absolutePath(target);
  return absolutePath(name === '' || name === '.' ? target : `${target}/${name}`);
}

/** `ln`: a second name of an old file stores it again, a symbolic link is nothing. */
const link: Handler = (command, draft) => {
  const { options, operands } = readOperands(command.words, '-t --target-directory -S --suffix');
  if (options.has('-s') || options.has('--symbolic')) return;
  for (const word of operands.slice(0, Math.max(1, operands.length - 1))) {
    changePlace(word, command, draft, 'ln', false);
  }
};

/** `sed -i`: the whole file is written again. */
const edit: Handler = (command, draft) => {
  const { words, outputs } = command;
  const isInPlace = words.some((word) => /^-[nErsuz]*i|^--in-place/.test(word));
  if (!isInPlace) {
    for (const { path, from } of outputs) if (from !== '2') draft.write(printed(path, 'sed'));
    return;
  }
  const hasScript = words.some((word) => /^-[nErsuz]*e|^--expression|^-f$|^--file/.test(word));
  const { operands } = readOperands(
    words.filter((word) => !/^-[nErsuz]*i|^--in-place/.test(word)),
    '-e --expression -f --file -l --line-length',
  );
  for (const word of operands.slice(hasScript ? 0 : 1)) editPlace(word, command, draft, 'sed -i');
};

/** A file is rewritten with about as many bytes; of one that nobody knows, a configuration file is small. */
export function editPlace(
  word: string,
  command: ShellCommand,
  draft: Draft,
  program: string,
): void {
  const place = placeOf(word, command);
  if (place === null) {
    draft.write(
      unknownAt(null, program, `Which files \`${program}\` changes is known only when it runs.`),
    );
    return;
  }
  const isKnown =
    knows(draft, place) ||
    draft.contributions.some(({ path }) => path !== '/' && isWithin(place, path));
  if (isKnown || !isConfiguration(place)) {
    storeAgain(draft, place, { isRecursive: false, program });
    return;
  }
  draft.write(configuration(place, 2000, program));
}

/** Files below /etc and those that begin with a dot are small in all but a few cases. */
export function isConfiguration(path: string): boolean {
  return /^\/etc\/|\/\.[\w.-]+$|\/\.config\/|\.(conf|ini|cnf|cfg|list)$/.test(path);
}

/** A configuration file of the base image or of a package, stored again. */
export function configuration(path: string, bytes: number, program: string): Contribution {
  const reason = `\`${program}\` stores a configuration file again; such files are small.`;
  return {
    path,
    size: about(bytes, 0, Math.max(100_000, bytes + 100_000), reason),
    label: `stored again by ${program}`,
    kind: 'files',
    isFile: true,
  };
}

/** What a program prints into a file, when nobody can tell how much. */
export function printed(path: string | null, program: string): Contribution {
  return unknownAt(path, program, `How much \`${program}\` prints is known only when it runs.`);
}

/** `find`: what it deletes of this RUN is gone; what it changes of old files is stored again. */
const find: Handler = (command, draft) => {
  const { words } = command;
  const first = words.findIndex((word, index) => index > 0 && /^[-(!]/.test(word));
  const starts = words.slice(1, first < 0 ? undefined : first);
  const tests = first < 0 ? [] : words.slice(first);
  const executed = tests.findIndex((word) => /^-(exec|execdir|ok)$/.test(word));
  const program = executed < 0 ? '' : lastName(tests[executed + 1] ?? '');
  const deletes = tests.includes('-delete') || /^(rm|rmdir|unlink)$/.test(program);
  const isAll = !tests.some((word) =>
    /^-(i?name|i?path|i?regex|newer|size|mtime|user|perm|prune|o)$/.test(word),
  );
  const harmless = /^(|ls|cat|echo|grep|file|stat|readelf|ldd|scanelf|test|\[|head|wc)$/.test(
    program,
  );
  if (!deletes && harmless) return;
  for (const word of starts.length > 0 ? starts : ['.']) {
    const place = placeOf(word, command);
    if (deletes && place !== null) {
      if (isAll && !/-type [dl]/.test(tests.join(' ')))
        removePlace(`${absolutePath(place)}/*`, draft);
      else draft.removeSome(place);
    } else if (/^(chmod|chown|chgrp|touch)$/.test(program) && place !== null) {
      // Folders alone cost nothing.
      if (/-type d/.test(tests.join(' '))) continue;
      if (isAll) storeAgain(draft, place, { isRecursive: true, program: `find … ${program}` });
      else
        draft.write(
          unknownAt(
            place,
            `find … ${program}`,
            `Which files below ${place} \`find\` finds is known only in a build.`,
          ),
        );
    } else {
      draft.write(
        unknownAt(
          place,
          `find … ${program}`,
          `What \`find\` runs on which files is known only in a build.`,
        ),
      );
    }
  }
};

/** `tar`, `unzip` and their like: how much comes out, or goes in, is not known. */
const archive: Handler = (command, draft) => {
  const { words } = command;
  const program = lastName(words[0] ?? '');
  const text = words.slice(1).join(' ');
  if (program === 'tar') {
    const lists = /^-?[a-zA-Z]*t[a-zA-Z]*( |$)/.test(text) || /--list/.test(text);
    const toPipe = /^-?[a-zA-Z]*c/.test(text) && !/f/.test(words[1] ?? '');
    if (lists || (toPipe && command.piped)) return;
    const { values } = readOperands(dashed(words), '-C --directory -f --file');
    const folder = values.get('-C') ?? values.get('--directory') ?? '.';
    const makes = /^-?[a-zA-Z]*c/.test(text) || /--create/.test(text);
    const place = placeOf(makes ? (values.get('-f') ?? '.') : folder, command);
    draft.write(
      unknownAt(
        place,
        'tar',
        makes
          ? 'How big the archive is shows only in a build.'
          : unpacked(values.get('-f') ?? values.get('--file')),
      ),
    );
    return;
  }
  const { values, operands } = readOperands(words, '-d --directory');
  const target =
    /zip$/.test(program) && program !== 'gzip' ? (values.get('-d') ?? '.') : (operands[0] ?? '.');
  draft.write(unknownAt(placeOf(target, command), program, unpacked(operands[0])));
};

/** `tar xzf a`: the first word may be options without a dash. */
function dashed(words: readonly string[]): readonly string[] {
  const [program = '', first = '', ...rest] = words;
  if (!/^[a-zA-Z]+$/.test(first)) return words;
  return [program, `-${first}`, ...rest];
}

function unpacked(name: string | undefined): string {
  const what =
    name === undefined || name === '-' ? 'the archive' : lastName(name).replaceAll('\0', '…');
  return `How much ${what} holds shows only when it is unpacked.`;
}

const strip: Handler = (command, draft) => {
  const { operands } = readOperands(command.words, '-K -N -R -o -F -I -O');
  for (const word of operands) {
    const place = placeOf(word, command);
    if (place === null) continue;
    if (knows(draft, place)) {
      draft.write(
        unknownAt(place, 'strip', `How much of ${place} is left is known only in a build.`),
      );
    } else draft.removeSome(place);
  }
};

/** By the name of the program. */
export const fileHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['rm', remove],
  ['unlink', remove],
  ['shred', remove],
  ['rmdir', () => {}],
  ['chmod', change],
  ['chown', change],
  ['chgrp', change],
  [
    'setcap',
    (command, draft) => changePlace(command.words.at(-1) ?? '', command, draft, 'setcap', false),
  ],
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

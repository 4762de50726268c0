/**
 * Which packages were asked for by name in an image, read from its own history. Only where all of it
 * is plain: a command that may install or remove anything else leaves it unknown.
 */

import type { HistoryRow } from '../engine/engine.ts';

type Row = Pick<HistoryRow, 'createdBy'>;

/** More names or longer histories are no image that somebody wrote by hand. */
const mostNames = 2000;
const longestScript = 20_000;

/**
 * The names that were installed on top of the distribution's plain image, which is at the bottom of
 * the history; null: the history does not tell. What is only recommended must have been left out.
 */
export function packagesOfRows(rows: readonly Row[]): readonly string[] | null {
  const bottom = rows.findIndex(({ createdBy }) => /^# debian\.sh |\bADD /.test(createdBy));
  if (bottom < 0) return null;
  const found = new Set<string>();
  for (const { createdBy } of rows.slice(bottom + 1)) {
    const names = createdBy.length > longestScript ? null : namesOf(createdBy);
    if (names === null || found.size > mostNames) return null;
    for (const name of names) found.add(name);
  }
  return [...found];
}

const none: readonly string[] = [];
const metadata =
  /^(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?: |$)/;

function namesOf(createdBy: string): readonly string[] | null {
  const operation = /^[^#]* #\(nop\) {1,2}/.exec(createdBy)?.[0];
  const text = operation === undefined ? createdBy : createdBy.slice(operation.length);
  if (metadata.test(text)) return none;
  // The root of something else brings its packages along.
  if (/^(?:COPY|ADD) /.test(text)) return /(?:^| )(?:\.|\/|\S*root\S*) /.test(text) ? null : none;
  if (operation !== undefined) return null;
  const script =
    /^(?:RUN )?(?:\|\d+ .*?)?\/bin\/(?:ba|da)?sh (?:-\w+ |-o \w+ )*-\w*c (.*?)(?: # buildkit)?$/s.exec(
      text,
    );
  if (!script) return null;
  const found: string[] = [];
  for (const command of (script[1] as string).split(/&&|\|\||[;|\n]/)) {
    const words = command
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    while (/^\w+=[\w./-]*$/.test(words[0] ?? '')) words.shift();
    const names = words.length === 0 ? none : namesIn(words);
    if (names === null) return null;
    found.push(...names);
  }
  return found;
}

/** Programs that install no packages of the distribution, and start no others that might. */
const harmless = new Set(
  'addgroup adduser cat cd chgrp chmod chown cp curl date echo export gem getent grep groupadd gunzip gzip head id ldconfig ln locale-gen ls mkdir mv npm pip pip3 printf rm sed set sleep tail tar tee test touch true umask unzip update-ca-certificates useradd usermod wget yarn'.split(
    ' ',
  ),
);

function namesIn([program = '', ...words]: readonly string[]): readonly string[] | null {
  if (program.startsWith('#')) return none;
  if (program === 'apt-get' || program === 'apt') return aptNames(words);
  if (program === 'apk') return apkNames(words);
  if (!harmless.has(program)) return null;
  // Whatever a substitution runs, and what package managers remember, is not looked into.
  const isOpen = words.some((word) => /[`]|\$\(|<\(|dpkg|\/apk/.test(word));
  return isOpen ? null : none;
}

const quiet = /^(?:-[yqf]+|-qq|--yes|--assume-yes|--quiet|--no-install-suggests)$/;

function aptNames(words: readonly string[]): readonly string[] | null {
  const flags = words.filter((word) => word.startsWith('-'));
  const [verb = '', ...names] = words.filter((word) => !word.startsWith('-'));
  const isPlain = flags.every((flag) => quiet.test(flag) || flag === '--no-install-recommends');
  if (!isPlain) return null;
  if (/^(?:update|clean|autoclean|distclean)$/.test(verb)) return names.length > 0 ? null : none;
  if (verb !== 'install' || !flags.includes('--no-install-recommends')) return null;
  return plainNames(names.map((name) => name.replace(/=[\w.:~+*-]+$/, '')));
}

function apkNames(words: readonly string[]): readonly string[] | null {
  const flags = words.filter((word) => word.startsWith('-'));
  const [verb = '', ...names] = words.filter((word) => !word.startsWith('-'));
  const isPlain = flags.every((flag) =>
    /^(?:--no-cache|--update|--update-cache|-U|-q|--quiet|--no-progress)$/.test(flag),
  );
  if (!isPlain) return null;
  if (verb === 'update') return none;
  return verb === 'add' ? plainNames(names.map((name) => name.replace(/[<>=~].*$/, ''))) : null;
}

/** A name with `-` at its end is removed, one with `/`, `:` or `@` comes from elsewhere. */
function plainNames(names: readonly string[]): readonly string[] | null {
  return names.every((name) => /^[a-z0-9][a-z0-9.+-]*[a-z0-9+]$/.test(name)) ? names : null;
}

/** The words behind `apt-get install` as names of packages: versions, releases, patterns, files, tasks. */

import type { PackageIndex } from '../../packages/packageIndex.ts';
import { readable } from '../../shell/shellTree.ts';
import { packagePlace, releaseName } from './aptBytes.ts';
import { overridden } from './aptNames.ts';
import type { AptRun } from './aptState.ts';
import { type AptWords, matching, readWanted } from './aptWords.ts';
import { unknownAt } from './contributions.ts';
import type { Draft } from './draft.ts';

/** Real names of what is asked for; writes what cannot be known. */
export function wantedNames(
  { index }: AptRun,
  { operands, release }: AptWords,
  draft: Draft,
): { readonly names: readonly string[]; readonly removed: readonly string[] } {
  const names: string[] = [];
  const removed: string[] = [];
  const exists = (name: string) =>
    index.package(name) !== undefined || index.providers(name).length > 0;
  const lacks = (text: string, reason: string) => {
    const label = `package ${readable(text)}`;
    draft.write({ ...unknownAt(packagePlace, label, reason), kind: 'packages' });
  };
  for (const operand of operands) {
    const wanted = readWanted(operand, exists);
    const { name, text, sign } = wanted;
    const from = wanted.release ?? release;
    if (wanted.kind === 'unknown') {
      lacks(text, `Which packages \`${readable(text)}\` names is known only when it runs.`);
    } else if (wanted.kind === 'file') {
      lacks(text, `What the package file \`${readable(text)}\` holds is known only after a build.`);
    } else if (wanted.kind === 'task') {
      lacks(text, `Which packages the task \`${name}\` stands for is not in the package data.`);
    } else if (sign === '-') removed.push(name);
    else if (from !== null && !isOwnRelease(from, index)) {
      const other = readable(from);
      lacks(
        text,
        `Packages of the release \`${other}\` are not in the package data of ${releaseName(index)}.`,
      );
    } else if (wanted.arch !== null && !isOwnArch(wanted.arch, index)) {
      lacks(text, `Packages of the architecture \`${wanted.arch}\` are not in the package data.`);
    } else if (draft.state.foreignSources && !draft.state.ownSources && overridden(name)) {
      lacks(text, `\`${name}\` may come from a package source that an earlier command added.`);
    } else if (wanted.kind === 'pattern') {
      const found = matching(name, index.names());
      if (found) names.push(...found);
      if (found === null || found.length === 0 || index.partial) {
        lacks(text, `Which packages \`${text}\` matches is known only to the whole package index.`);
      }
    } else names.push(name);
  }
  return { names, removed };
}

function isOwnRelease(release: string, { key }: PackageIndex): boolean {
  const name = release.replace(/^[ac]=|^n=/, '');
  const suffix = /-(updates|security)$/;
  return name.replace(suffix, '') === key.suite || name === 'now';
}

function isOwnArch(arch: string, { key }: PackageIndex): boolean {
  const own = key.arch === 'arm' ? 'armhf' : key.arch === '386' ? 'i386' : key.arch;
  return ['any', 'all', 'native', own].includes(arch);
}

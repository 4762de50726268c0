/** `packages update` and `packages list`: the indexes that figures of package managers rest on. */

import { neededPackages } from '../analysis/neededPackages.ts';
import { dataFolders, openData } from '../host/dataFiles.ts';
import { listIndexes } from '../host/listIndexes.ts';
import { cacheFolder } from '../host/packageStore.ts';
import { type CliIo, Refusal } from './io.ts';
import type { PackagesUpdate } from './options.ts';
import { packageDataFor } from './packageData.ts';
import { analysisOf } from './report.ts';

/** Fetches indexes; the exit code is 0 when all that was asked for is there, else 2. */
export async function runUpdate(command: PackagesUpdate, io: CliIo): Promise<number> {
  const names = new Set(command.indexes);
  if (command.build) {
    const { analysis } = await analysisOf(command.build, io);
    for (const key of neededPackages(analysis)) {
      names.add(`${key.distribution}/${key.suite}/${key.arch}`);
    }
    if (names.size === 0) {
      io.out(
        'No line of the Dockerfile installs packages of a release that is known; name one with --for debian/trixie/amd64.\n',
      );
      return 0;
    }
  }
  const outcome = await packageDataFor(io, openData(dataFolders)).update({
    names: [...names],
    mirrors: new Map(Object.entries(command.mirrors)),
    signal: new AbortController().signal,
    onProgress: progressOf(io),
  });
  if (io.columns !== null) io.err('\r\u001b[K');
  for (const { name, packages, date, source } of outcome.updated) {
    io.out(`${name}: ${packages.toLocaleString('en-US')} packages of ${date} (${source})\n`);
  }
  if (outcome.updated.length === names.size) return 0;
  const problems = outcome.failed.map(({ name, reason }) => `${name}: ${reason}`);
  throw new Refusal(problems.length > 0 ? problems.join('\n') : outcome.message);
}

/** One line that is written again and again, only for people. */
function progressOf(io: CliIo): (message: string, done: number) => void {
  const { columns } = io;
  if (columns === null) return () => {};
  return (message, done) => {
    const text = `${Math.round(100 * done)}% ${message}`;
    io.err(`\r\u001b[K${text.slice(0, Math.max(0, columns - 1))}`);
  };
}

/** What is there, one index a line. */
export async function runList(json: boolean, io: CliIo): Promise<void> {
  const found = await listIndexes(openData(dataFolders), cacheFolder(io.env));
  if (json) {
    io.out(`${JSON.stringify({ indexes: found }, null, 2)}\n`);
    return;
  }
  for (const { name, origin, date, source, packages, problem } of found) {
    if (problem !== null) io.out(`${name}: ${problem}\n`);
    else {
      const count = packages.toLocaleString('en-US');
      io.out(`${name}: ${origin}, ${count} packages of ${date} (${source})\n`);
    }
  }
}

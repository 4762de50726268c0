/** Reads what `git log` prints, whatever bytes names of files have. */

/** A commit with the files that it changed, relative to the folder that was asked about. */
export interface Commit {
  readonly id: string;
  readonly paths: readonly string[];
}

/**
 * The format that `readGitLog` reads, with `-z --name-only`: an empty name stands before each commit,
 * and no file has that name.
 */
export const logFormat = '%x00%H';

/** The commits in the order of the log; with `cut` the last one is left out, as it may lack files. */
export function readGitLog(output: string, cut = false): readonly Commit[] {
  const commits: { id: string; paths: string[] }[] = [];
  const words = output.split('\0');
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '') {
      at += 1;
      const id = words[at];
      if (id !== undefined && /^[0-9a-f]{40,64}$/.test(id)) commits.push({ id, paths: [] });
      continue;
    }
    const paths = commits.at(-1)?.paths;
    if (!paths) continue;
    // A line end stands between the commit and its first file.
    const path = paths.length === 0 && word.startsWith('\n') ? word.slice(1) : word;
    if (path !== '') paths.push(path);
  }
  return cut ? commits.slice(0, -1) : commits;
}

/** Files and links that `git ls-tree -r -z` lists. */
export function readTree(output: string): {
  readonly files: readonly string[];
  readonly links: readonly string[];
} {
  const files: string[] = [];
  const links: string[] = [];
  for (const entry of output.split('\0')) {
    const tab = entry.indexOf('\t');
    if (tab < 0) continue;
    const path = entry.slice(tab + 1);
    files.push(path);
    if (entry.startsWith('120000 ')) links.push(path);
  }
  return { files, links };
}

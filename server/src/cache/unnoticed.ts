/**
 * What changed in the build context without the builder noticing, in words: it takes as unchanged what
 * looks like its last copy (fsutil `sameFile`), and folders keep the mode that they came with.
 */

/** Notes on paths of the context; those of folders end in a slash. */
export function unnoticedNotes(paths: readonly string[]): readonly string[] {
  const isFolder = (path: string) => path.endsWith('/');
  const files = named(paths.filter((path) => !isFolder(path)));
  const folders = named(paths.filter(isFolder));
  const notes: string[] = [];
  if (files !== null) {
    notes.push(
      `${files} changed, but the builder does not notice: size and time are those of its last copy.`,
    );
  }
  if (folders !== null) {
    notes.push(
      `The mode of ${folders} changed, but the builder does not notice: a folder keeps the mode of its last copy.`,
    );
  }
  return notes;
}

/** At most three, and how many more; null: there are none. */
function named(paths: readonly string[]): string | null {
  const first = paths.slice(0, 3).map(shown);
  const rest = paths.length - first.length;
  if (rest > 0) first.push(`${rest} more`);
  const last = first.pop();
  if (last === undefined) return null;
  return first.length === 0 ? last : `${first.join(', ')} and ${last}`;
}

/** A path on one line, and not too long; the root is `.`. */
export function shown(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names of files may have them
  const line = path.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, '?') || '.';
  return line.length <= 80 ? line : `…${line.slice(-79)}`;
}

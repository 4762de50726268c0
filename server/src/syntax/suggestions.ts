/** BuildKit's `(did you mean x?)` (`util/suggest/error.go`). */

/** BuildKit offers a name that is at most two edits away. */
const reach = 2;

/**
 * The option nearest to what was written, or null. Without regard to case the suggestion follows
 * the case of what was written. Of equally near options the first is taken; BuildKit takes any.
 */
export function suggest(
  value: string,
  options: Iterable<string>,
  caseSensitive: boolean,
): string | null {
  const wanted = caseSensitive ? value : value.toLowerCase();
  let best: string | null = null;
  let least = reach + 1;
  for (const option of options) {
    const name = caseSensitive ? option : option.toLowerCase();
    if (name === wanted) return null;
    const edits = distance(wanted, name);
    if (edits >= least) continue;
    least = edits;
    best = caseSensitive ? name : inCaseOf(name, value);
  }
  return best;
}

/** `error`, with BuildKit's suggestion behind it where there is one. */
export function withSuggestion(
  error: string,
  value: string,
  options: Iterable<string>,
  caseSensitive: boolean,
): string {
  const match = suggest(value, options, caseSensitive);
  return match ? `${error} (did you mean ${match}?)` : error;
}

function inCaseOf(name: string, written: string): string {
  if (written === written.toLowerCase()) return name;
  return written === written.toUpperCase() ? name.toUpperCase() : name;
}

/** Levenshtein distance; anything beyond reach when the lengths alone are too far apart. */
function distance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 2 * reach) return reach + 1;
  const source = Array.from(from);
  const target = Array.from(to);
  let row = target.map((_, index) => index + 1);
  for (const [index, char] of source.entries()) {
    let left = index + 1;
    let corner = index;
    row = row.map((above, column) => {
      const change = corner + (target[column] === char ? 0 : 1);
      corner = above;
      left = Math.min(left + 1, above + 1, change);
      return left;
    });
  }
  return row.at(-1) ?? source.length;
}

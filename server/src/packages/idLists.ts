/**
 * Lists of groups of numbers as one line: `;` between lists, a space between the groups of one,
 * `|` between the numbers of a group, each number in base 36.
 */

/** The groups of one place: any number of each group will do. */
export type IdList = readonly (readonly number[])[];

/** One line for lists of groups. Negative numbers are left out. */
export function writeIds(lists: readonly IdList[]): string {
  return lists
    .map((groups) =>
      groups
        .map((ids) =>
          ids
            .filter((id) => id >= 0)
            .map((id) => id.toString(36))
            .join('|'),
        )
        .filter((group) => group !== '')
        .join(' '),
    )
    .join(';');
}

/** Reads such a line; only the list that is asked for is taken apart. */
export function readIds(line: string): (at: number) => IdList {
  const lists = line.split(';');
  return (at) => {
    const list = lists[at];
    if (!list) return [];
    return list.split(' ').map((group) =>
      group
        .split('|')
        .map((id) => Number.parseInt(id, 36))
        .filter((id) => id >= 0),
    );
  };
}

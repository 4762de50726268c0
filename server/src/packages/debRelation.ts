/** Relations between Debian packages as their paragraphs write them (deb-control(5)). */

/** `name (>= 1.2)`; relation and version are `''` where there is none. */
export interface DebRelation {
  readonly name: string;
  readonly relation: string;
  readonly version: string;
}

/** Priorities of packages, the most important first. */
export const debPriorities: readonly string[] = [
  'required',
  'important',
  'standard',
  'optional',
  'extra',
];

const form = /^\s*([^\s(:[<]+)(?::[^\s(]+)?\s*(?:\(\s*([<>=]+)\s*([^\s)]+)\s*\))?/;

/** One alternative of a relation field; undefined where it names no package. */
export function readDebRelation(text: string): DebRelation | undefined {
  const [, name, relation = '', version = ''] = form.exec(text) ?? [];
  return name === undefined ? undefined : { name, relation, version };
}

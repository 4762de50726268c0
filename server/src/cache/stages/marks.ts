/** What a digest hangs on beside what it is made of: RUNs that may make something else. */

import { type Line, standsOn } from './line.ts';

/** What makes a digest less than certain; as in `StageContent`. */
export interface Marks {
  readonly reruns: ReadonlySet<Line>;
  readonly unstable: ReadonlySet<Line>;
  readonly lossy: ReadonlySet<Line>;
  /** Why another digest may stand for the same content, whatever runs again; null: it does not. */
  readonly perhaps: string | null;
  /** Why the content is not known at all; null: it is. */
  readonly unknown: { readonly reason: string; readonly pending: boolean } | null;
}

const noLines: ReadonlySet<Line> = new Set();

/** Nothing uncertain. */
export const certain: Marks = {
  reruns: noLines,
  unstable: noLines,
  lossy: noLines,
  perhaps: null,
  unknown: null,
};

/** The marks of something that is made of both. */
export function joinMarks(one: Marks, other: Marks): Marks {
  if (other === certain || one === other) return one;
  if (one === certain) return other;
  // What is on its way may yet say more than what is not known.
  const unknown =
    one.unknown && !one.unknown.pending ? one.unknown : (other.unknown ?? one.unknown);
  const reruns = joinLines(one.reruns, other.reruns);
  const lossy = joinLines(one.lossy, other.lossy);
  const unstable = joinLines(one.unstable, other.unstable);
  return limited({ reruns, unstable, lossy, perhaps: one.perhaps ?? other.perhaps, unknown });
}

/** The marks where they name few lines; else that these are too many. */
export function limited(marks: Marks): Marks {
  if (marks.reruns.size + marks.lossy.size <= mostLines) return marks;
  return { ...certain, unknown: marks.unknown ?? tooMany };
}

/** More lines than this are not told apart, or long files would take quadratic time. */
const mostLines = 100;
const tooMany = {
  reason: 'More RUN lines have made what is there than are told apart.',
  pending: false,
} as const;

/**
 * Both, but for lines that another one stands on: when they run again, so does that one. In long
 * stages few are left.
 */
function joinLines(one: ReadonlySet<Line>, other: ReadonlySet<Line>): ReadonlySet<Line> {
  if (other.size === 0 || one === other) return one;
  if (one.size === 0) return other;
  let joint: Set<Line> | null = null;
  for (const each of other) {
    const now = joint ?? one;
    if (now.has(each) || has(now, (line) => standsOn(line, each))) continue;
    joint ??= new Set(one);
    for (const line of now) if (standsOn(each, line)) joint.delete(line);
    joint.add(each);
  }
  return joint ?? one;
}

function has(lines: ReadonlySet<Line>, fits: (line: Line) => boolean): boolean {
  for (const line of lines) if (fits(line)) return true;
  return false;
}

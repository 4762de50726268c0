/**
 * Where in the history of a stage something was made. It stands for the line of the file: while
 * someone types, a line that finds what it found before is the same, in whichever plan it is.
 */
export interface Line {
  /** The line that it stands on; null: the image below all. */
  readonly before: Line | null;
  /** How many lines it stands on. */
  readonly depth: number;
  /** One of these lines further down, so that long histories are gone through quickly. */
  readonly jump: Line | null;
}

/** The history of an image, with no line yet. */
export function firstLine(): Line {
  return { before: null, depth: 0, jump: null };
}

/** The line that comes next (the jumps are those of Myers' random-access stack). */
export function lineOn(before: Line): Line {
  const { jump } = before;
  const isEven = jump?.jump && before.depth - jump.depth === jump.depth - jump.jump.depth;
  return { before, depth: before.depth + 1, jump: isEven ? jump.jump : before };
}

/** Is `line` the other or what the other stands on? Takes logarithmic time. */
export function standsOn(other: Line, line: Line): boolean {
  let at: Line | null = other;
  while (at && at.depth > line.depth)
    at = at.jump && at.jump.depth >= line.depth ? at.jump : at.before;
  return at === line;
}

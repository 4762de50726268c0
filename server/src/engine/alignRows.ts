/** Which entry of one image is the same line as which entry of another. */

/** An entry as far as that needs it. */
export interface ComparedRow {
  /** As `rememberedText` gives it. */
  readonly text: string;
  /** Digest of its layer when uncompressed; null: not known. */
  readonly diffId: string | null;
  readonly bytes: number;
}

/** Positions in both lists; null: the line came (the first) or went (the second). */
export type RowPair = readonly [before: number | null, now: number | null];

/** More pairs than this are not weighed against each other; images have at most some hundred layers. */
const mostPairs = 1_000_000;

/**
 * Pairs both lists in the order of lines: what is the same layer or has the same text first, so that
 * of texts that are repeated each keeps its place; then lines that only moved; then lines that stand
 * between the same neighbours and begin with the same word, which were edited.
 */
export function alignRows(
  before: readonly ComparedRow[],
  now: readonly ComparedRow[],
): readonly RowPair[] {
  const partner = inOrder(before, now);
  pairMoved(before, now, partner);
  pairEdited(before, now, partner);
  const taken = new Set(partner);
  return [
    ...now.map((_, to): RowPair => [partner[to] ?? null, to]),
    ...before.flatMap((_, from): RowPair[] => (taken.has(from) ? [] : [[from, null]])),
  ];
}

/** For each entry of `now` its partner's position, or null. */
type Partners = (number | null)[];

/** The alignment of greatest weight among those that keep the order. */
function inOrder(before: readonly ComparedRow[], now: readonly ComparedRow[]): Partners {
  const partner: Partners = now.map(() => null);
  let start = 0;
  while (start < before.length && start < now.length) {
    if (weight(before[start], now[start]) < same) break;
    partner[start] = start;
    start += 1;
  }
  const rows = before.length - start;
  const columns = now.length - start;
  if (rows * columns > mostPairs) return partner;
  const width = columns + 1;
  const best = new Float64Array((rows + 1) * width);
  const at = (row: number, column: number) => best[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const gain = weight(before[start + row], now[start + column]);
      const paired = gain > 0 ? gain + at(row + 1, column + 1) : 0;
      best[row * width + column] = Math.max(paired, at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    const gain = weight(before[start + row], now[start + column]);
    const value = at(row, column);
    if (gain > 0 && value === gain + at(row + 1, column + 1)) {
      partner[start + column] = start + row;
      row += 1;
      column += 1;
    } else if (value === at(row + 1, column)) row += 1;
    else column += 1;
  }
  return partner;
}

/** Same text and same layer. */
const same = 4;

/** How much speaks for two entries being the same line; 0: they are not paired by themselves. */
function weight(a: ComparedRow | undefined, b: ComparedRow | undefined): number {
  if (!a || !b) return 0;
  const isSameLayer = a.diffId !== null && a.diffId === b.diffId;
  if (a.text === b.text) return isSameLayer ? same : 3;
  // All layers without content are one and the same.
  return isSameLayer && b.bytes > 0 ? 2 : 0;
}

/** Lines that stand elsewhere now: the same layer or text, each only once among what is left. */
function pairMoved(
  before: readonly ComparedRow[],
  now: readonly ComparedRow[],
  partner: Partners,
): void {
  for (const key of [
    ({ diffId, bytes }: ComparedRow) => (bytes > 0 ? diffId : null),
    ({ text }: ComparedRow) => text,
  ]) {
    const taken = new Set(partner);
    const left = onlyOnes(before, key, (at) => !taken.has(at));
    const found = onlyOnes(now, key, (at) => partner[at] === null);
    for (const [name, to] of found) {
      const from = left.get(name);
      if (from !== undefined) partner[to] = from;
    }
  }
}

/** Positions of entries whose key no other entry has. */
function onlyOnes(
  rows: readonly ComparedRow[],
  key: (row: ComparedRow) => string | null,
  isOpen: (at: number) => boolean,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const often = new Set<string>();
  for (const [at, row] of rows.entries()) {
    const name = isOpen(at) ? key(row) : null;
    if (name === null) continue;
    if (found.has(name)) often.add(name);
    found.set(name, at);
  }
  for (const name of often) found.delete(name);
  return found;
}

/** Between two neighbours that are paired, as many entries as before with the same first words. */
function pairEdited(
  before: readonly ComparedRow[],
  now: readonly ComparedRow[],
  partner: Partners,
): void {
  const taken = new Set(partner);
  let from = 0;
  for (let to = 0; to < now.length; ) {
    const known = partner[to] ?? null;
    if (known !== null) {
      from = known + 1;
      to += 1;
      continue;
    }
    let end = to;
    while (end < now.length && partner[end] === null) end += 1;
    let last = from;
    while (last < before.length && !taken.has(last)) last += 1;
    const isAlike =
      last - from === end - to &&
      now.slice(to, end).every((row, index) => firstWord(row) === firstWord(before[from + index]));
    if (isAlike) for (let index = to; index < end; index += 1) partner[index] = from + index - to;
    to = end;
  }
}

/** The keyword, also of the legacy builder's texts. */
function firstWord(row: ComparedRow | undefined): string {
  const text = row?.text.replace(/^\/bin\/sh -c #\(nop\) +/, '') ?? '';
  const word = text.split(' ', 1)[0] ?? '';
  return word.startsWith('/') || word.startsWith('|') ? 'RUN' : word;
}

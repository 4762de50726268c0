/** JSON in pieces: the output for a large file is longer than the longest string. */

/** Pieces of the value as JSON with an indentation of two, each the text of at most one deep value. */
export function* jsonPieces(value: unknown, depth = 4, pad = '\n'): Generator<string> {
  const deeper = `${pad}  `;
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield JSON.stringify(value, null, 2).replaceAll('\n', pad);
    return;
  }
  const entries = Array.isArray(value)
    ? value.map((item) => ['', item] as const)
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [`${JSON.stringify(key)}: `, item] as const);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (entries.length === 0) {
    yield `${open}${close}`;
    return;
  }
  for (const [index, [key, item]] of entries.entries()) {
    yield `${index === 0 ? open : ','}${deeper}${key}`;
    yield* jsonPieces(item, depth - 1, deeper);
  }
  yield `${pad}${close}`;
}

/** Sorted names as two lines: how much each takes over from the one before, and how it goes on. */

/** Stands for taking over nothing; one character more for each character taken over. */
const none = 0x28;
const most = 80;

/** The two lines; `names` hold no spaces. */
export function writeNames(names: readonly string[]): readonly [shared: string, rest: string] {
  const shared = names.map((name, i) => sharedLength(names[i - 1] ?? '', name));
  const rest = names.map((name, i) => name.slice(shared[i]));
  return [shared.map((length) => String.fromCharCode(none + length)).join(''), rest.join(' ')];
}

/** The names again; null where the lines do not fit together or hold what is no visible character. */
export function readNames(shared: string, rest: string): readonly string[] | null {
  if (shared === '') return rest === '' ? [] : null;
  const ends = rest.split(' ');
  if (ends.length !== shared.length || !/^[ -~]*$/.test(rest)) return null;
  let before = '';
  return ends.map((end, i) => {
    const length = shared.charCodeAt(i) - none;
    before = length > 0 ? before.slice(0, Math.min(length, most)) + end : end;
    return before;
  });
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length, most);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

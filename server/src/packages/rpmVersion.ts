/** Versions of RPM packages, ordered as rpm orders them (rpm-version(7)). */

export interface RpmVersion {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** Below 0 when `a` is older, 0 when both are the same, above 0 when `a` is newer. */
export function compareRpmVersions(a: RpmVersion, b: RpmVersion): number {
  return (
    a.epoch - b.epoch ||
    compareSegments(a.version, b.version) ||
    compareSegments(a.release, b.release)
  );
}

const segment = /\d+|[a-zA-Z]+|~|\^/g;

/** Runs of digits and of letters by turns; digits beat letters, `~` sorts before the end, `^` just behind it. */
function compareSegments(a: string, b: string): number {
  const partsA = a.match(segment) ?? [];
  const partsB = b.match(segment) ?? [];
  for (let index = 0; index < Math.max(partsA.length, partsB.length); index++) {
    const one = partsA[index];
    const other = partsB[index];
    if (one === other) continue;
    if (one === '~' || other === '~') return one === '~' ? -1 : 1;
    if (one === undefined) return -1;
    if (other === undefined) return 1;
    if (one === '^' || other === '^') return one === '^' ? -1 : 1;
    const order = compareOne(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

function compareOne(one: string, other: string): number {
  const isNumber = /^\d/.test(one);
  if (isNumber !== /^\d/.test(other)) return isNumber ? 1 : -1;
  if (!isNumber) return one < other ? -1 : one > other ? 1 : 0;
  const digits = one.replace(/^0+/, '');
  const others = other.replace(/^0+/, '');
  if (digits.length !== others.length) return digits.length - others.length;
  return digits < others ? -1 : digits > others ? 1 : 0;
}

/** Versions of Debian packages, ordered as dpkg orders them (deb-version(7)). */

/** Below 0 when `a` is older, 0 when both are the same, above 0 when `a` is newer. */
export function compareDebVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [epochA, upstreamA, revisionA] = parts(a);
  const [epochB, upstreamB, revisionB] = parts(b);
  return (
    epochA - epochB || compareParts(upstreamA, upstreamB) || compareParts(revisionA, revisionB)
  );
}

/** A relation of a dependency, such as `>= 2.34`; unknown relations hold. */
export function debVersionFits(version: string, relation: string, wanted: string): boolean {
  const order = compareDebVersions(version, wanted);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
    case '<':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
    case '>':
      return order >= 0;
    case '>>':
      return order > 0;
    default:
      return true;
  }
}

function parts(version: string): readonly [number, string, string] {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return [
    colon < 0 ? 0 : Number(version.slice(0, colon)) || 0,
    dash < 0 ? rest : rest.slice(0, dash),
    dash < 0 ? '' : rest.slice(dash + 1),
  ];
}

/** Runs of other characters and runs of digits by turns; `~` sorts before the end, letters before signs. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const order = rank(a, i) - rank(b, j);
      if (order !== 0) return order;
      i++;
      j++;
    }
    const startA = i;
    const startB = j;
    while (isDigit(a, i)) i++;
    while (isDigit(b, j)) j++;
    const digitsA = a.slice(startA, i).replace(/^0+/, '');
    const digitsB = b.slice(startB, j).replace(/^0+/, '');
    if (digitsA.length !== digitsB.length) return digitsA.length - digitsB.length;
    if (digitsA !== digitsB) return digitsA < digitsB ? -1 : 1;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function rank(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 126) return -1;
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code : code + 256;
}

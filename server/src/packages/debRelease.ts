/** Reads the `Release` file of an apt archive: which files it has, and their hashes. */

export interface DebRelease {
  /** Day on which it was made, `2026-11-21`; null: not said. */
  readonly day: string | null;
  readonly byHash: boolean;
  /** Files by their path below the release. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly bytes: number }>;
}

/** Files that one release may list; those of Debian have 2,000. */
const mostFiles = 100_000;

/** Reads the text, of `Release` or of `InRelease` with its signature around it. */
export function readDebRelease(text: string): DebRelease {
  const files = new Map<string, { readonly sha256: string; readonly bytes: number }>();
  let section = '';
  let day: string | null = null;
  let byHash = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('-----BEGIN PGP SIGNATURE')) break;
    if (line[0] !== ' ') {
      const colon = line.indexOf(':');
      section = line.slice(0, colon);
      const value = line.slice(colon + 1).trim();
      if (section === 'Date') day = dayOf(value);
      else if (section === 'Acquire-By-Hash') byHash = value === 'yes';
      continue;
    }
    if (section !== 'SHA256') continue;
    const [sha256 = '', bytes, path = ''] = line.trim().split(/\s+/);
    if (/^[0-9a-f]{64}$/.test(sha256) && path !== '' && files.size < mostFiles) {
      files.set(path, { sha256, bytes: Number(bytes) || 0 });
    }
  }
  return { day, byHash, files };
}

/** `Sat, 12 Sep 2026 07:55:41 UTC` as its day; null where it is no date. */
function dayOf(text: string): string | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}

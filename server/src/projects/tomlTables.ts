/** The tables of a TOML file, as far as rules on manifests look into them: names and values as written. */

export interface TomlTable {
  /** Of the header, its parts joined by dots, without quotes; `''` above the first header. */
  readonly name: string;
  /** Values as written, by their names without quotes. */
  readonly values: ReadonlyMap<string, string>;
}

/** The tables in the order of the text; null where that is not surely read. */
export function tomlTables(text: string): readonly TomlTable[] | null {
  const tables: { name: string; values: Map<string, string> }[] = [{ name: '', values: new Map() }];
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = withoutComment(lines[at] ?? '').trim();
    if (line === '') continue;
    const header = /^\[\[?\s*([^[\]]+?)\s*\]\]?$/.exec(line);
    if (header) {
      tables.push({ name: plainName(header[1] ?? ''), values: new Map() });
      continue;
    }
    const entry =
      /^((?:[\w-]+|"[^"\\]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"\\]*"|'[^']*'))*)\s*=\s*(.+)$/.exec(
        line,
      );
    if (!entry) return null;
    const first = entry[2] ?? '';
    const parts = [first];
    const fence = /^("""|''')/.exec(first)?.[1];
    // Texts of several lines, and lists.
    let open = fence ? Number(!first.slice(3).includes(fence)) : openBrackets(first);
    while (open > 0) {
      at += 1;
      const next = lines[at];
      if (next === undefined) return null;
      const part = fence ? next : withoutComment(next).trim();
      parts.push(part);
      open = fence ? Number(!part.includes(fence)) : open + openBrackets(part);
    }
    const value = parts.join(fence ? '\n' : ' ');
    tables.at(-1)?.values.set(plainName(entry[1] ?? ''), value);
  }
  return tables;
}

/** The texts in a value, such as those of a list. */
export function tomlTexts(value: string | undefined): readonly string[] {
  return [...(value ?? '').matchAll(quoted)].map(([, one, other]) => one ?? other ?? '');
}

/** What a name has in an inline table, `{ path = "x" }`; undefined: nothing that can be read. */
export function tomlField(value: string, name: string): string | undefined {
  const found = new RegExp(`[{,]\\s*"?${name}"?\\s*=\\s*(?:"([^"\\\\]*)"|'([^']*)')`).exec(value);
  return found?.[1] ?? found?.[2];
}

const quoted = /"([^"\\]*)"|'([^']*)'/g;

function withoutComment(line: string): string {
  return /^((?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*'|["'])*?)(?:#.*)?$/.exec(line)?.[1] ?? line;
}

function openBrackets(value: string): number {
  const bare = value.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
  return bare.replace(/[^[{]/g, '').length - bare.replace(/[^\]}]/g, '').length;
}

function plainName(name: string): string {
  return name
    .split('.')
    .map((part) => part.trim().replace(/^["']|["']$/g, ''))
    .join('.');
}

/** Reads `yarn.lock` of Yarn 1 (a form of its own, near to YAML), and tells later ones apart. */

import { mostPackages } from './projectFacts.ts';

/** One resolved version. */
export interface YarnEntry {
  readonly name: string;
  readonly version: string;
  readonly resolved: string | null;
  readonly integrity: string | null;
  /** `name@range` as other entries and `package.json` ask. */
  readonly dependencies: readonly string[];
  readonly optional: readonly string[];
}

export type YarnReading =
  | {
      readonly ok: true;
      readonly bytes: number;
      /** By `name@range`; equal versions are one object. */
      readonly entries: ReadonlyMap<string, YarnEntry>;
    }
  | { readonly ok: false; readonly reason: string };

/** Entries of a Yarn 1 lock; `path` is where the file lies in the build context. Never throws. */
export function readYarnLock(content: string, path: string): YarnReading {
  if (/^__metadata:/m.test(content)) {
    return {
      ok: false,
      reason: `${path} is of Yarn 2 or later, which keeps packages zipped or unpacks them as its settings say.`,
    };
  }
  const entries = new Map<string, YarnEntry>();
  let open: Open | null = null;
  let section: 'fields' | 'dependencies' | 'optional' | 'other' = 'fields';
  const finish = () => {
    if (!open) return;
    const { patterns, fields, dependencies, optional } = open;
    const version = fields.get('version');
    const name = nameOf(patterns[0] ?? '');
    open = null;
    if (version === undefined || name === null || entries.size > mostPackages) return;
    const resolved = fields.get('resolved') ?? null;
    const integrity = fields.get('integrity') ?? null;
    const entry = { name, version, resolved, integrity, dependencies, optional };
    for (const pattern of patterns) entries.set(pattern, entry);
  };
  for (const line of content.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) {
      finish();
      open = {
        patterns: line.replace(/:$/, '').split(', ').map(unquoted),
        fields: new Map(),
        dependencies: [],
        optional: [],
      };
      section = 'fields';
      continue;
    }
    const current = open as Open | null;
    if (!current) continue;
    const [, indent = '', rest = ''] = /^( +)(.*)$/.exec(line) ?? [];
    if (indent.length === 2 && rest.endsWith(':')) {
      section =
        rest === 'dependencies:'
          ? 'dependencies'
          : rest === 'optionalDependencies:'
            ? 'optional'
            : 'other';
      continue;
    }
    const cut = rest.startsWith('"') ? rest.indexOf('"', 1) + 1 : rest.indexOf(' ');
    if (cut <= 0) continue;
    const key = unquoted(rest.slice(0, cut));
    const value = unquoted(rest.slice(cut).trim());
    if (indent.length === 2) current.fields.set(key, value);
    else if (section === 'dependencies') current.dependencies.push(`${key}@${value}`);
    else if (section === 'optional') current.optional.push(`${key}@${value}`);
  }
  finish();
  return { ok: true, bytes: new TextEncoder().encode(content).length, entries };
}

interface Open {
  readonly patterns: readonly string[];
  readonly fields: Map<string, string>;
  readonly dependencies: string[];
  readonly optional: string[];
}

function unquoted(word: string): string {
  return word.startsWith('"') && word.endsWith('"') ? word.slice(1, -1) : word;
}

/** `@a/b@^1` is `@a/b`. */
function nameOf(pattern: string): string | null {
  const cut = pattern.indexOf('@', 1);
  return cut < 0 ? null : pattern.slice(0, cut);
}

/** Rules of the house as tests: who may import whom, by the table in ARCHITECTURE.md. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Area → areas and packages that it may import. `type:` allows `import type` only. */
const allowed: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    .split('| Area | May import | Only types of |\n')[1]
    ?.split('\n\n')[0]
    ?.split('\n')
    .slice(1)
    .map((row) => {
      const [area, values, types] = row
        .split('|')
        .slice(1)
        .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
      return [area?.[0] ?? '', [...(values ?? []), ...(types ?? []).map((name) => `type:${name}`)]];
    }) ?? [],
);

function areaOf(file: string): string {
  const parts = relative(root, file).split(sep);
  if (parts[0] === 'client') return 'client';
  const inside = parts.slice(2);
  const first = inside[0] ?? '';
  if (first === 'features' && inside[1] === 'render.ts') return 'render';
  return first.replace(/\.ts$/, '');
}

const files = ['client/src', 'server/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name)),
);

describe('import rules', () => {
  for (const file of files) {
    const area = areaOf(file);
    it(`${relative(root, file)} imports only what ${area} may`, () => {
      const rules = allowed[area];
      assert.ok(rules, `the area ${area} has no line in the import table`);
      for (const match of readFileSync(file, 'utf8').matchAll(
        /^\s*(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gms,
      )) {
        const [, type, source, loaded] = match;
        const target = source ?? loaded ?? '';
        const imported = target.startsWith('.') ? areaOf(join(dirname(file), target)) : target;
        if (imported === area) continue;
        const fits = (rule: string) =>
          rule === imported ||
          (rule.endsWith(':') && imported.startsWith(rule)) ||
          imported.startsWith(`${rule}/`);
        const ok = rules.some((rule) =>
          rule.startsWith('type:') ? Boolean(type) && fits(rule.slice(5)) : fits(rule),
        );
        assert.ok(ok, `${area} may not import ${target}`);
      }
    });
  }

  it('looks at files at all', () => assert.ok(files.length > 5));
});

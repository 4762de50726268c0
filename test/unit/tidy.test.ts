/** Rules of the house as tests: who may import whom. The same table stands in ARCHITECTURE.md. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Area → areas and packages that it may import. `type:` allows `import type` only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  syntax: [],
  model: ['syntax'],
  merge: ['syntax', 'model', 'unbash'],
  context: ['type:syntax', 'type:model'],
  size: ['syntax', 'model', 'type:context'],
  settings: [],
  host: ['type:context', 'node:', 'fzstd', 'xz-decompress'],
  protocol: ['vscode-languageserver-protocol'],
  analysis: ['syntax', 'model', 'context', 'size', 'merge', 'settings'],
  render: ['type:protocol', 'type:size'],
  features: [
    'render',
    'merge',
    'syntax',
    'type:model',
    'type:context',
    'type:size',
    'type:analysis',
    'type:settings',
    'type:protocol',
    'vscode-languageserver-types',
    'vscode-languageserver-textdocument',
  ],
  server: [
    'analysis',
    'features',
    'settings',
    'protocol',
    'type:context',
    'vscode-languageserver',
    'vscode-languageserver-textdocument',
  ],
  main: ['server', 'host', 'vscode-languageserver', 'node:'],
  cli: [
    'analysis',
    'features',
    'render',
    'settings',
    'syntax',
    'host',
    'type:protocol',
    'model',
    'type:context',
    'main',
    'node:',
    'vscode-languageserver-textdocument',
  ],
  client: ['vscode', 'vscode-languageclient', 'protocol', 'node:'],
};

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
        /^\s*(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'/gms,
      )) {
        const [, type, target = ''] = match;
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

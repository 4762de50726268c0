/** The documents say what is true of the project: files, scripts, settings, libraries. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const manifest = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly configuration: readonly {
      readonly properties: Readonly<
        Record<string, { readonly default: unknown; readonly enum?: readonly string[] }>
      >;
    }[];
  };
};
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** What stands in backticks within a line. */
function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The cells of the rows of the table below a heading, without its head. */
function tableBelow(document: string, heading: string): readonly (readonly string[])[] {
  const section = read(document).split(`${heading}\n`)[1] ?? '';
  const lines = /(?:^\|.*\n)+/m.exec(section)?.[0].trimEnd().split('\n') ?? [];
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** Files that a document names, each with the places where it may stand. */
function filesNamedIn(document: string): readonly { name: string; places: readonly string[] }[] {
  const found: { name: string; places: readonly string[] }[] = [];
  let folders: readonly string[] = [];
  for (const line of read(document).split('\n')) {
    // A section of the code map speaks of the folders in its heading.
    if (line.startsWith('#')) folders = codeIn(line).map((name) => name.replace(/\/$/, ''));
    const names = codeIn(line).filter(
      (name) =>
        /^\.?[\w-]+(\/[\w.-]+)+\/?$|^[\w-]+\/$|^[\w.-]+\.(?:ts|mjs|json|md|sh)$/.test(name) &&
        // Made by a build, of another project's shape, or beside the project.
        !/^(?:dist|linux|shared|vscode-)\b/.test(name),
    );
    for (const name of names) {
      const places = [
        '',
        'server/src',
        ...folders,
        ...folders.map((folder) => join('server/src', folder)),
      ];
      found.push({ name, places: places.map((place) => join(place, name)) });
    }
  }
  return found;
}

describe('the documents', () => {
  // The README speaks of the files of its reader.
  for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    it(`${document} names only files that are there`, () => {
      for (const { name, places } of filesNamedIn(document)) {
        assert.ok(
          places.some((place) => existsSync(join(root, place))),
          `${document} names ${name}`,
        );
      }
    });
  }

  for (const document of documents) {
    it(`${document} links only to files that are there`, () => {
      for (const [, target = ''] of read(document).matchAll(/\]\((?!https:|#)([^)]+)\)/g)) {
        assert.ok(existsSync(join(root, target)), `${document} links to ${target}`);
      }
    });

    it(`${document} names only scripts that are there`, () => {
      for (const [, byRun, alone] of read(document).matchAll(
        /\bnpm (?:run ([\w:]+)|(start|test)\b)/g,
      )) {
        const script = byRun ?? alone ?? '';
        assert.ok(Object.hasOwn(manifest.scripts, script), `${document} names npm run ${script}`);
      }
    });
  }

  it('name many files, so that the rules above look at something', () => {
    assert.ok(filesNamedIn('ARCHITECTURE.md').length > 40);
    assert.ok(filesNamedIn('CONTRIBUTING.md').length > 10);
  });

  it('describe every script that is meant to be run by hand', () => {
    const text = `${read('README.md')}${read('CONTRIBUTING.md')}`;
    for (const script of Object.keys(manifest.scripts)) {
      // npm and vsce run these by themselves.
      if (script === 'pretest' || script === 'vscode:prepublish') continue;
      assert.match(text, new RegExp(`npm (run )?${script}\\b(?!:)`), script);
    }
  });

  it('list all settings in the README with their defaults and choices', () => {
    const settings = Object.assign(
      {},
      ...manifest.contributes.configuration.map(({ properties }) => properties),
    ) as (typeof manifest.contributes.configuration)[number]['properties'];
    const rows = tableBelow('README.md', '### Settings');
    const defaultOf = (value: unknown) =>
      typeof value === 'string' ? value : JSON.stringify(value);
    assert.deepEqual(
      rows.map(([key, value]) => [key, value]),
      Object.entries(settings).map(([key, setting]) => [
        `\`${key}\``,
        `\`${defaultOf(setting.default)}\``,
      ]),
    );
    for (const [key = '', , text = ''] of rows) {
      const choices = settings[key.slice(1, -1)]?.enum;
      if (choices) assert.deepEqual(codeIn(text), choices, key);
    }
  });

  it('list all libraries that ship with the extension', () => {
    const named = tableBelow('ARCHITECTURE.md', '## Libraries').flatMap(([cell = '']) =>
      codeIn(cell),
    );
    assert.deepEqual([...named].sort(), Object.keys(manifest.dependencies).sort());
  });
});

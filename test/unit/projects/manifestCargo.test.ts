import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cargoManifests } from '../../../server/src/projects/manifestCargo.ts';
import type { Install, ProjectFiles } from '../../../server/src/projects/manifests.ts';
import { tomlField, tomlTables, tomlTexts } from '../../../server/src/projects/tomlTables.ts';

const install: Install = {
  ...{ tool: 'cargo', files: [], noScripts: false, noPlugins: false, noProject: false },
  ...{ frozen: true, isAdded: true },
};

function projectOf(files: Readonly<Record<string, string>>): ProjectFiles {
  const names = Object.keys(files);
  return {
    text: async (path) => files[path] ?? null,
    has: async (path) => names.some((name) => name === path || name.startsWith(`${path}/`)),
    holds: async (path) => names.some((name) => name.startsWith(`${path}/`)),
    glob: async (pattern) => {
      const matcher = new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '[^/]*')}$`);
      return names.filter((name) => matcher.test(name));
    },
  };
}

const own = '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n';
const lock = 'version = 3\n[[package]]\nname = "x"\nsource = "registry"\n';

describe('manifests of Cargo', () => {
  const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'a program': { 'Cargo.toml': own, 'src/main.rs': '' },
    'a library with a program, a benchmark and a test that name no file': {
      'Cargo.toml': `${own}default-run = "tool"\n[lib]\nname = "l"\n[[bin]]\nname = "tool"\n[[bench]]\nname = "speed"\n[[test]]\nname = "deep"\n[[example]]\nname = "e"\npath = "e.rs"\n`,
      'src/lib.rs': '',
      'src/bin/tool.rs': '',
      'benches/speed.rs': '',
      'tests/deep/main.rs': '',
    },
    'programs in a folder': { 'Cargo.toml': own, 'src/bin/b.rs': '', 'src/bin/c/main.rs': '' },
    'a file of another name': {
      'Cargo.toml': `${own}[[bin]]\nname = "a"\npath = "code.rs"\n`,
      'code.rs': '',
    },
    'a script that builds': {
      'Cargo.toml': `${own}build = "b.rs"\n`,
      'src/lib.rs': '',
      'b.rs': '',
    },
    'a workspace with members, dependencies by path, and tables of all kinds': {
      'Cargo.toml': `[workspace] # all
members = [
  "crates/*", # more
  'tool',
]
exclude = ["crates/out"]
resolver = "2"
[workspace.package]
version = "1.0.0"
description = """
[package]
"""
[workspace.dependencies]
b = { path = "crates/b" }
`,
      'crates/b/Cargo.toml': `${own.replace('"a"', '"b"')}`,
      'crates/b/src/lib.rs': '',
      'crates/out/Cargo.toml': 'broken',
      'tool/Cargo.toml':
        '[package]\nname = "tool"\nversion.workspace = true\n[dependencies]\nb = { workspace = true }\nhidden.path = "../deep/hidden"\n[target."cfg(unix)".dev-dependencies.last]\npath = "last"\n',
      'tool/src/main.rs': '',
      'tool/last/Cargo.toml': own.replace('"a"', '"last"'),
      'tool/last/src/lib.rs': '',
      'deep/hidden/Cargo.toml': own.replace('"a"', '"hidden"'),
      'deep/hidden/src/lib.rs': '',
    },
  };
  const hasCargo = spawnSync('cargo', ['--version']).status === 0;
  for (const [name, files] of Object.entries(cases)) {
    it(`are enough for ${name}${hasCargo ? ', as Cargo itself says' : ''}`, async function () {
      this.timeout(20_000);
      const project = { ...files, 'Cargo.lock': lock };
      const found = await cargoManifests(install, projectOf(project));
      assert.ok(found.ok, found.ok ? '' : found.reason);
      const known = new Set(Object.keys(project));
      for (const file of [...found.files, ...(found.dummies ?? [])])
        assert.ok(known.has(file), file);
      assert.ok(!found.files.some((file) => file.includes('out')));
      if (!hasCargo) return;
      const texts = found.files.filter((file) => file !== 'Cargo.lock');
      const given = Object.fromEntries(texts.map((file) => [file, files[file] ?? '']));
      const dummies = Object.fromEntries((found.dummies ?? []).map((file) => [file, '']));
      assert.deepEqual(cargo({ ...given, ...dummies }), { status: 0, stderr: '' });
      const isNeeded = (found.dummies ?? []).length > 0;
      assert.equal(cargo(given).status !== 0, isNeeded);
    });
  }

  const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'no lock file': { 'Cargo.lock': '', 'Cargo.toml': own, 'src/main.rs': '' },
    'no target': { 'Cargo.toml': own },
    'a target that is not there': {
      'Cargo.toml': `${own}[[bench]]\nname = "b"\n`,
      'src/main.rs': '',
    },
    'a package above it': { 'Cargo.toml': own, 'src/main.rs': '', '../Cargo.toml': own },
    'a dependency outside': {
      'Cargo.toml': `${own}[dependencies]\nx = { version = "1", path = "../x" }\n`,
      'src/main.rs': '',
    },
    'a patch that is not there': {
      'Cargo.toml': `${own}[patch.crates-io]\nx = { path = 'x' }\n`,
      'src/main.rs': '',
    },
    'members that cannot be listed': { 'Cargo.toml': '[workspace]\nmembers = ["a/**"]\n' },
    'a manifest that cannot be read': { 'Cargo.toml': `${own}x = [\n`, 'src/main.rs': '' },
    'certificates of the project': {
      'Cargo.toml': own,
      'src/main.rs': '',
      '.cargo/config.toml': '[http]\ncainfo = "certs/ca.pem"\n',
    },
    'a target of its own': {
      'Cargo.toml': own,
      'src/main.rs': '',
      '.cargo/config.toml': '[build]\ntarget = "./my.json"\n',
    },
    'packages that are vendored': {
      'Cargo.toml': own,
      'src/main.rs': '',
      '.cargo/config.toml': '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "v"\n',
    },
  };
  for (const [name, files] of Object.entries(refused)) {
    it(`are not known with ${name}`, async () => {
      const found = await cargoManifests(install, projectOf({ 'Cargo.lock': lock, ...files }));
      assert.equal(found.ok, false);
      assert.match(found.ok ? '' : found.reason, /\.$/);
    });
  }

  it('are read with comments, quotes and lists over lines, or not at all', () => {
    const tables = tomlTables(
      '\ufeffa = 1 # x\n["b c" . d]\n"e.f".g = "#" # y\nh = { i = "1", "path" = \'p\' }\nj = [ "1", # z\n  [\'2\'],\n]\n',
    );
    assert.deepEqual(
      tables?.map(({ name, values }) => [name, [...values.keys()]]),
      [
        ['', ['a']],
        ['b c.d', ['e.f.g', 'h', 'j']],
      ],
    );
    const last = tables?.[1]?.values;
    assert.equal(last?.get('e.f.g'), '"#"');
    assert.equal(tomlField(last?.get('h') ?? '', 'path'), 'p');
    assert.deepEqual(tomlTexts(last?.get('j')), ['1', '2']);
    for (const broken of ['a', 'a = [', '= 1', 'a = """x', '[a'])
      assert.equal(tomlTables(broken), null);
    tomlTables(`a = ${'['.repeat(100_000)}`);
    assert.equal(tomlTables(`a = [\n${'"b",\n'.repeat(200_000)}]\n`)?.length, 1);
    assert.equal(tomlTables(`a = """\n${'b\n'.repeat(200_000)}"""\n`)?.length, 1);
    tomlTables(`${'"'.repeat(50_000)}\n${'a#'.repeat(50_000)}`);
  });
});

/** What Cargo says of a project of these files, without a network. */
function cargo(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'layers-cargo-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { status, stderr } = spawnSync('cargo', ['fetch', '--offline', '--quiet'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

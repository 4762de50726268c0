import assert from 'node:assert/strict';
import { openContext } from '../../../server/src/context/buildContext.ts';
import { memoryDigests } from '../../support/memoryDigests.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';
import { planOf } from '../../support/plans.ts';
import { seeded } from '../../support/random.ts';

/** A file, folder or link by its path with a leading slash; folders have no content. */
type Tree = ReadonlyMap<
  string,
  { readonly mode: number; readonly text?: string; readonly link?: string }
>;

/**
 * What BuildKit hashes (`cache/contenthash/checksum.go`), written out over sorted keys as it stands
 * there, with texts in place of digests: slow, and with nothing of the real implementation in it.
 */
function modelOf(
  tree: Tree,
  source: string,
  exclude: readonly string[],
  include: string | null,
): string {
  const path = `/${source
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
  const p = path === '/' ? '' : path;
  const at = (key: string) => tree.get(key);
  const header = (key: string) => (key === '' ? 'root' : `header ${at(key)?.mode}`);
  const keys = [...tree.keys()].sort((a, b) => {
    const [one, other] = [a, b].map((key) => key.replaceAll('/', '\0')) as [string, string];
    return one < other ? -1 : 1;
  });
  const resolve = (key: string, last: boolean): string | null => {
    let todo = key.split('/').filter(Boolean);
    let here = '';
    for (let links = 0; todo.length > 0; ) {
      const part = todo.shift() ?? '';
      if (part === '..') {
        here = here.slice(0, Math.max(0, here.lastIndexOf('/')));
        continue;
      }
      const next = `${here}/${part}`;
      const link = at(next)?.link;
      if (link === undefined || (!last && todo.length === 0)) {
        here = next;
        continue;
      }
      if (++links > 40) return null;
      todo = [...link.split('/').filter(Boolean), ...todo];
      if (link.startsWith('/')) here = '';
    }
    return here === '' || at(here) ? here : null;
  };
  const whole = (key: string): string => {
    const entry = at(key);
    if (entry?.link !== undefined) return `link ${entry.link}`;
    if (entry?.text !== undefined) return `file ${entry.mode} ${JSON.stringify(entry.text)}`;
    const names = keys.filter(
      (other) => other.startsWith(`${key}/`) && other.indexOf('/', key.length + 1) < 0,
    );
    return JSON.stringify([
      'folder',
      header(key),
      names.map((name) => [name.slice(key.length), whole(name)]),
    ]);
  };
  const fits = (pattern: string, text: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(text);
  const matches = (pattern: string, candidate: string) => {
    const parts = candidate.split('/');
    return parts.some((_, end) => fits(pattern, parts.slice(0, end + 1).join('/')));
  };
  const wild = p.includes('*');
  if (!wild && exclude.length === 0 && include === null) {
    const found = resolve(p, true);
    return found === null ? 'nothing' : whole(found);
  }
  const fixed = wild ? p.slice(0, p.lastIndexOf('/', p.indexOf('*'))) : p;
  const start = resolve(fixed, wild);
  const included: (readonly [string, string])[] = [];
  const list = (item: readonly [string, string]) => {
    if (!included.some(([name]) => name === item[0])) included.push(item);
  };
  let matched = '';
  for (const key of start === null ? [] : ['', ...keys]) {
    if (key !== start && !key.startsWith(`${start}/`)) continue;
    const name = fixed + key.slice((start ?? '').length);
    if (name === '' && p === '') continue;
    if (wild && (matched === '' || !name.startsWith(`${matched}/`))) {
      if (!fits(p, name)) continue;
      matched = name;
    }
    const top = wild ? matched : p;
    const candidate = name.slice(top.length + 1);
    const isTaken =
      (include === null || matches(include, candidate)) &&
      !exclude.some((pattern) => matches(pattern, candidate));
    if (!isTaken) continue;
    for (let end = name.indexOf('/', top.length + 1); end >= 0; end = name.indexOf('/', end + 1)) {
      list([name.slice(0, end), header(key.slice(0, end + key.length - name.length))]);
    }
    if (top !== '' && top !== name) list([top, header((start ?? '') + top.slice(fixed.length))]);
    const isTop = name === top || (top === '' && !name.slice(1).includes('/'));
    const entry = at(key);
    const target = isTop && entry?.link !== undefined ? resolve(key, true) : null;
    if (isTop && entry?.link !== undefined) list([name, target === null ? 'lost' : whole(target)]);
    else
      list([
        name,
        entry?.text === undefined && entry?.link === undefined ? header(key) : whole(key),
      ]);
  }
  included.sort(([a], [b]) => (a.replaceAll('/', '\0') < b.replaceAll('/', '\0') ? -1 : 1));
  const base = (text: string) => text.slice(text.lastIndexOf('/') + 1);
  const [only] = included;
  if (included.length === 1 && only && base(only[0]) === base(p)) return only[1];
  return JSON.stringify(included.map(([name, digest]) => [name.slice(fixed.length), digest]));
}

const lines: readonly (readonly [
  source: string,
  exclude: readonly string[],
  parents: string | null,
])[] = [
  ['.', [], null],
  ['a', [], null],
  ['b', [], null],
  ['a/b', [], null],
  ['a/*', [], null],
  ['*', [], null],
  ['*/a', [], null],
  ['a*', [], null],
  ['.', ['a'], null],
  ['.', ['*/b'], null],
  ['a', ['b'], null],
  ['b', ['a/b', 'c'], null],
  ['a*', ['b'], null],
  ['/', [], 'a/b'],
  ['/', [], '*/c'],
  ['a', [], 'b'],
  ['/', ['c'], 'a'],
];

describe('content digests of random trees', () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`are equal where those of the builder are, and only there (seed ${seed})`, async () => {
      const random = seeded(seed);
      const { pick } = random;
      const answers: { readonly line: number; readonly ours: string; readonly model: string }[] =
        [];
      for (let round = 0; round < 40; round++) {
        const tree = new Map<string, { mode: number; text?: string; link?: string }>();
        const grow = (folder: string, depth: number) => {
          for (const name of ['a', 'b', 'c', 'a.c']) {
            const path = `${folder}/${name}`;
            const roll = random.below(10);
            if (roll < 4) continue;
            if (roll < 7 || depth === 2)
              tree.set(path, { mode: pick([0o644, 0o600]), text: pick(['1', '2']) });
            else if (roll === 7)
              tree.set(path, { mode: 0o777, link: pick(['a', '../b', '/a/b', 'c', '..']) });
            else {
              tree.set(path, { mode: pick([0o755, 0o700]) });
              grow(path, depth + 1);
            }
          }
        };
        grow('', 0);
        const files = memoryFileSystem();
        for (const [path, { mode, text, link }] of tree) {
          const host = `/context${path}`;
          if (link !== undefined) files.symlink(host, link);
          else {
            if (text === undefined) files.folder(host);
            else files.write(host, text);
            files.chmod(host, mode);
          }
        }
        const context = openContext(files, '/context', { digests: memoryDigests(files) });
        for (const [line, [source, exclude, parents]] of lines.entries()) {
          const flags = exclude.map((pattern) => `--exclude=${pattern} `).join('');
          const named = parents === null ? source : `${source}/./${parents}`;
          const copy = planOf(
            `FROM scratch\nCOPY ${parents === null ? '' : '--parents '}${flags}${named} /x/\n`,
          ).stages[0]?.steps[0]?.copy;
          assert.ok(copy);
          const facts = await context.content(copy, null);
          // Where the build fails, or may, there is nothing to compare.
          if (facts.kind === 'unknown' || facts.fails !== null) continue;
          const ours = facts.sources[0]?.digest ?? '';
          answers.push({ line, ours, model: modelOf(tree, source, exclude, parents) });
        }
      }
      assert.ok(answers.length > 200, `${answers.length} answers`);
      let equal = 0;
      for (const [index, one] of answers.entries()) {
        for (const other of answers.slice(index + 1)) {
          // Patterns are part of the operation, so that only equal lines can be the same step.
          if (one.line !== other.line && (one.line > 3 || other.line > 3)) continue;
          const isSame = one.model === other.model;
          if (isSame) equal++;
          assert.equal(
            one.ours === other.ours,
            isSame,
            `${JSON.stringify(one)}\n${JSON.stringify(other)}`,
          );
        }
      }
      assert.ok(equal > 50, `${equal} equal pairs`);
    });
  }
});

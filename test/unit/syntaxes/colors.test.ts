import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parse } from '../../../server/src/syntax/parser.ts';
import { files } from '../../../syntaxes/grammar.ts';
import { cases } from '../../support/conformance.ts';
import { cpuMs } from '../../support/cpuTime.ts';
import {
  contributions,
  type Fixture,
  type Hosts,
  installedHosts,
  loadGrammar,
  readFixtures,
  scopesOf,
  standIn,
} from '../../support/grammar.ts';

const root = join(import.meta.dirname, '../../..');
const fixtures = readFixtures();
const installed = installedHosts();

async function check(fixture: Fixture, hosts: Hosts): Promise<void> {
  const scopes = scopesOf(await loadGrammar(hosts), fixture.lines);
  for (const assertion of fixture.assertions) {
    if (assertion.installedOnly && hosts === standIn) continue;
    for (let at = assertion.from; at < assertion.to; at++) {
      const found = scopes[assertion.line]?.[at] ?? [];
      for (const wanted of assertion.scopes) {
        const scope = wanted.replace(/^!/, '');
        const has = found.some((name) => `${name} `.includes(scope) && fits(name, scope));
        assert.equal(
          has,
          wanted === scope,
          `${fixture.name}: ${fixture.lines[assertion.line]}\n${assertion.text}\ncolumn ${at} has ${found.join(' ')}`,
        );
      }
    }
  }
}

/** A scope may be several names with blanks between them. */
function fits(name: string, scope: string): boolean {
  return name.split(' ').some((part) => part === scope || part.startsWith(`${scope}.`));
}

describe('colors of a Dockerfile', () => {
  for (const fixture of fixtures) {
    it(`${fixture.name} with ${standIn.name}`, () => check(fixture, standIn));
    it(`${fixture.name} with VS Code’s own grammars`, async function () {
      // Skipped, not passed, where no editor is installed (`npm run test:vscode` installs one).
      if (!installed) return this.skip();
      await check(fixture, installed);
    });
  }

  it('has assertions to check', () => {
    assert.ok(fixtures.flatMap((fixture) => fixture.assertions).length > 100);
  });

  it('stay plain inside RUN where the shell grammar is missing', async () => {
    const grammar = await loadGrammar({ ...standIn, shell: null });
    const lines = ['RUN --network=none echo "a" \\', '  && b', 'USER x'];
    const [first = [], , last = []] = scopesOf(grammar, lines);
    assert.ok(first[6]?.includes('constant.other.option.dockerfile'));
    assert.ok(last[0]?.includes('keyword.other.special-method.dockerfile'));
  });

  it('come from files that are what the script beside them writes', () => {
    for (const [name, text] of Object.entries(files)) {
      assert.equal(readFileSync(join(root, 'syntaxes', name), 'utf8'), text, name);
    }
    const shipped = contributions().map((grammar) => grammar.path);
    assert.deepEqual(
      shipped,
      Object.keys(files).map((name) => `./syntaxes/${name}`),
    );
  });

  it('are injected and take no language, scope or embedded language from others', () => {
    for (const grammar of contributions()) {
      assert.deepEqual(Object.keys(grammar).sort(), ['injectTo', 'path', 'scopeName']);
      assert.deepEqual(grammar.injectTo, ['source.dockerfile']);
    }
  });

  it('are quick on the longest line that an editor colors (20,000 characters)', async () => {
    const grammar = await loadGrammar(standIn);
    for (const piece of ['"a" b <<x ', '\\" <<', '${a:-', '--mount=a,b=', '["a", ', 'x && ']) {
      for (const start of ['RUN', 'COPY', 'HEALTHCHECK CMD', 'ENV', 'XX']) {
        const line = `${start} ${piece.repeat(20_000 / piece.length)}`;
        const begin = cpuMs();
        scopesOf(grammar, [line, 'RUN x']);
        const ms = cpuMs() - begin;
        assert.ok(ms < 2_000, `${ms} ms for ${start} ${piece}`);
      }
    }
  });
});

describe('keywords', () => {
  it('are colored exactly where an instruction begins, in every recorded case of builds', async () => {
    const grammar = await loadGrammar(standIn);
    const texts = [
      ...(cases<{ dockerfile: string }>('build_plan') ?? []).map(({ dockerfile }) => dockerfile),
      ...['node', 'python', 'go', 'debian'].map((name) =>
        readFileSync(join(root, 'examples', name, 'Dockerfile'), 'utf8'),
      ),
    ];
    let instructions = 0;
    for (const text of texts) {
      const begins = new Set(parse(text).instructions.map(({ lines }) => lines.start - 1));
      const lines = text.split(/\r?\n/);
      for (const [line, scopes] of scopesOf(grammar, lines).entries()) {
        const first = /^\s*[A-Za-z]/.exec(lines[line] ?? '')?.[0].length ?? 0;
        // CMD on a line of its own may be the type of a health check.
        if (first === 0 || /^\s*CMD/.test(lines[line] ?? '')) continue;
        const isColored = (scopes[first - 1] ?? []).some((scope) =>
          /special-method|keyword\.control\.dockerfile/.test(scope),
        );
        if (isColored) instructions++;
        assert.equal(isColored, begins.has(line), `line ${line + 1} of\n${text}`);
      }
    }
    assert.ok(instructions > 300, `${instructions} instructions`);
  });
});

/**
 * Container Tools and Docker DX color through semantic tokens of their language server, which VS
 * Code paints over those of grammars. So where they are installed nothing looks different as long
 * as a token of theirs covers every character whose scopes ours change.
 */
describe('with the language server of Container Tools', () => {
  it('every word that the injected grammars color is painted over', async () => {
    const service = createRequire(import.meta.url).resolve('dockerfile-language-service');
    const { DockerfileLanguageServiceFactory } = createRequire(import.meta.url)(service);
    const open: string[] = [];
    let covered = 0;
    for (const fixture of fixtures) {
      const [before, after] = await Promise.all(
        [false, true].map(async (on) => scopesOf(await loadGrammar(standIn, on), fixture.lines)),
      );
      const theirs = tokenColumns(
        DockerfileLanguageServiceFactory.createLanguageService().computeSemanticTokens(
          fixture.lines.join('\n'),
        ).data,
      );
      for (const [line, text] of fixture.lines.entries()) {
        for (let at = 0; at < text.length; at++) {
          if (/\s/.test(text[at] ?? '')) continue;
          const color = colors(after?.[line]?.[at]);
          // Plain: a quote that is never closed no longer colors what follows.
          if (color === '' || color === colors(before?.[line]?.[at])) continue;
          if (theirs.has(`${line}:${at}`)) covered++;
          else open.push(`${fixture.name}:${line + 1}:${at + 1} ${text[at]}  in  ${text}`);
        }
      }
    }
    assert.ok(covered > 500, `${covered} characters`);
    // Theirs colors the blank before this `=` in its place.
    assert.deepEqual(open, ['directives.dockerfile:2:8 =  in  #check = skip=all']);
  });
});

/** The scopes that themes color: not those that only group. */
function colors(scopes: readonly string[] = []): string {
  return scopes.filter((scope) => !scope.startsWith('meta.')).join(' ');
}

function tokenColumns(data: readonly number[]): Set<string> {
  const columns = new Set<string>();
  let line = 0;
  let character = 0;
  for (let at = 0; at + 4 < data.length; at += 5) {
    const [deltaLine = 0, deltaCharacter = 0, length = 0] = data.slice(at, at + 3);
    if (deltaLine) character = 0;
    line += deltaLine;
    character += deltaCharacter;
    for (let offset = 0; offset < length; offset++) columns.add(`${line}:${character + offset}`);
  }
  return columns;
}

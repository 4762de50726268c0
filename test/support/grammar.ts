/**
 * Runs the injected grammars over fixture files with scope assertions written inside them.
 *
 * A fixture is a Dockerfile. Lines that begin with `#>` are taken out before it is read, and speak
 * of the line above: `#> text | scopes`. Every character of the text's first occurrence must have
 * the scopes on its stack (the first names of a scope are enough), and none of those with a `!`.
 * `#>>` lines count only where VS Code's own grammars are used.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Both are CommonJS bundles whose names an ES import does not see.
const require = createRequire(import.meta.url);
const textmate = require('vscode-textmate') as typeof import('vscode-textmate');
const oniguruma = require('vscode-oniguruma') as typeof import('vscode-oniguruma');

type Grammar = import('vscode-textmate').IGrammar;
type Engine = import('vscode-textmate').IOnigLib;

const root = join(import.meta.dirname, '../..');
const fixtures = join(root, 'test/fixtures/grammar');

/** Files of the grammars that others own: of the Dockerfile language and of the shell. */
export interface Hosts {
  readonly name: string;
  readonly dockerfile: string;
  /** Null: VS Code without its shell grammar. */
  readonly shell: string | null;
}

/** Written for the tests: the same scope names, little else. */
export const standIn: Hosts = {
  name: 'stand-in grammars',
  dockerfile: join(fixtures, 'dockerfile.tmLanguage.json'),
  shell: join(fixtures, 'shell.tmLanguage.json'),
};

/** VS Code's own, where an installed editor is found; else null. */
export function installedHosts(): Hosts | null {
  const folder = join(homedir(), '.cache/dockerfile-layers');
  if (!existsSync(folder)) return null;
  for (const host of readdirSync(folder)) {
    const extensions = join(folder, host, 'node_modules/code-server/lib/vscode/extensions');
    const dockerfile = join(extensions, 'docker/syntaxes/docker.tmLanguage.json');
    const shell = join(extensions, 'shellscript/syntaxes/shell-unix-bash.tmLanguage.json');
    if (existsSync(dockerfile) && existsSync(shell)) {
      return { name: 'VS Code’s own grammars', dockerfile, shell };
    }
  }
  return null;
}

interface Contribution {
  readonly scopeName: string;
  readonly path: string;
  readonly injectTo?: readonly string[];
}

/** `contributes.grammars` of the manifest. */
export function contributions(): readonly Contribution[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    contributes: { grammars: Contribution[] };
  };
  return manifest.contributes.grammars;
}

let engine: Promise<Engine> | undefined;

function loadEngine(): Promise<Engine> {
  const wasm = require.resolve('vscode-oniguruma/release/onig.wasm');
  engine ??= oniguruma.loadWASM(readFileSync(wasm)).then(() => ({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }));
  return engine;
}

/** The Dockerfile grammar of the hosts, with ours injected as the manifest says (or without). */
export async function loadGrammar(hosts: Hosts, injected = true): Promise<Grammar> {
  const ours = injected ? contributions() : [];
  const paths = new Map([['source.dockerfile', hosts.dockerfile]]);
  if (hosts.shell) paths.set('source.shell', hosts.shell);
  for (const grammar of ours) paths.set(grammar.scopeName, join(root, grammar.path));
  const registry = new textmate.Registry({
    onigLib: loadEngine(),
    loadGrammar: async (scopeName) => {
      const path = paths.get(scopeName);
      return path ? textmate.parseRawGrammar(readFileSync(path, 'utf8'), path) : null;
    },
    getInjections: (scopeName) =>
      ours.filter((grammar) => grammar.injectTo?.includes(scopeName)).map((g) => g.scopeName),
  });
  const grammar = await registry.loadGrammar('source.dockerfile');
  if (!grammar) throw new Error('the Dockerfile grammar could not be loaded');
  return grammar;
}

/** Scopes of every character of every line, outermost first, without the grammar's own. */
export function scopesOf(
  grammar: Grammar,
  lines: readonly string[],
): readonly (readonly (readonly string[])[])[] {
  let state = textmate.INITIAL;
  return lines.map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    const scopes: (readonly string[])[] = [];
    for (const token of result.tokens) {
      scopes.fill(token.scopes, token.startIndex);
      for (let at = token.startIndex; at < Math.min(token.endIndex, line.length); at++) {
        scopes[at] = token.scopes.slice(1);
      }
    }
    return scopes;
  });
}

export interface Fixture {
  readonly name: string;
  readonly lines: readonly string[];
  readonly assertions: readonly {
    readonly line: number;
    readonly from: number;
    readonly to: number;
    readonly scopes: readonly string[];
    readonly installedOnly: boolean;
    readonly text: string;
  }[];
}

/** All fixture files, read. */
export function readFixtures(): readonly Fixture[] {
  return readdirSync(fixtures)
    .filter((name) => name.endsWith('.dockerfile'))
    .map((name) => readFixture(name));
}

function readFixture(name: string): Fixture {
  const lines: string[] = [];
  const assertions: Fixture['assertions'][number][] = [];
  for (const text of readFileSync(join(fixtures, name), 'utf8').replace(/\n$/, '').split('\n')) {
    if (!text.startsWith('#>')) {
      lines.push(text);
      continue;
    }
    const [, marked = '', scopes = ''] = /^#>>? (.+) \| (.+)$/.exec(text) ?? [];
    const from = lines.at(-1)?.indexOf(marked) ?? -1;
    if (!marked || from < 0) throw new Error(`${name}: no such text in the line above: ${text}`);
    assertions.push({
      line: lines.length - 1,
      from,
      to: from + marked.length,
      scopes: scopes.split(/\s+/),
      installedOnly: text.startsWith('#>>'),
      text,
    });
  }
  return { name, lines, assertions };
}

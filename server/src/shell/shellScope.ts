/** The state of a shell while the commands of a RUN are followed. */

import type { SyntaxNode } from 'unbash';
import type { Platform } from '../model/plan.ts';
import type { Redirect, ShellCommand } from './commands.ts';

/** A variable's text with `unknownPart` in it; null: certainly not set; undefined: not known. */
export type Value = string | null | undefined;

/** How much is followed before a script counts as too long. */
export const limits = {
  commands: 2_000,
  steps: 20_000,
  iterations: 200,
  nesting: 12,
  text: 65_536,
};

/** One reading of a RUN, shared by all shells in it. */
export interface Reading {
  readonly platform: Platform;
  readonly commands: ShellCommand[];
  unread: string | null;
  steps: number;
  /** Number of folders that `mktemp` has made up. */
  made: number;
}

/** Variables a process starts with: built when the first one is looked up. */
export interface Given {
  readonly values: ReadonlyMap<string, Value>;
}

/** What a shell reads from. */
export interface Input {
  readonly text: string | null;
  readonly from: number | null;
}

/** Collects what commands print where someone reads it: a pipe or a substitution. */
export interface Printed {
  text: string;
}

export interface Jump {
  readonly kind: 'exit' | 'return' | 'break' | 'continue';
  readonly status: boolean | undefined;
  /** Loops that are left. */
  readonly loops: number;
}

/** A way out that may have been taken, with the state it was taken in. */
export interface Escape {
  readonly jump: Jump;
  readonly state: ShellScope;
}

export interface ShellScope {
  readonly reading: Reading;
  language: 'sh' | 'bash';
  /** Words with braces are more than one word. */
  braces: boolean;
  given: Given;
  /** Set by the script. */
  readonly own: Map<string, Value>;
  exported: ReadonlySet<string>;
  arrays: ReadonlyMap<string, readonly string[] | undefined>;
  functions: ReadonlyMap<string, SyntaxNode>;
  /** Positional parameters; null: not known. */
  args: readonly string[] | null;
  /** `$0`; undefined: not known. */
  program: string | undefined;
  cwd: string | null;
  lastCwd: string | null;
  folders: readonly (string | null)[];
  user: string | null;
  /** False behind a condition that the text does not decide. */
  sure: boolean;
  input: Input | null;
  printed: Printed | null;
  outputs: readonly Redirect[];
  /** The status of the last command; undefined: not known. */
  status: boolean | undefined;
  jump: Jump | null;
  escapes: readonly Escape[];
  /** Commands of `trap … EXIT`. */
  atExit: string | null;
  nesting: number;
  /** What the names that a function made its own were outside of it. */
  locals: Map<string, Value | 'none'> | null;
  /** The environment that the last command saw, while nothing changed. */
  seen: ReadonlyMap<string, string | undefined> | null;
}

/** A copy that goes its own way: a subshell, or a branch. */
export function fork(scope: ShellScope): ShellScope {
  return { ...scope, own: new Map(scope.own) };
}

/** Assigns in the script's own variables. */
export function assign(scope: ShellScope, name: string, value: Value): void {
  const kept = typeof value === 'string' && value.length > limits.text ? undefined : value;
  scope.own.set(name, kept);
  if (scope.arrays.has(name)) {
    const arrays = new Map(scope.arrays);
    arrays.delete(name);
    scope.arrays = arrays;
  }
  scope.seen = null;
}

/** Assigns a list to a Bash array; undefined: not known. */
export function assignArray(
  scope: ShellScope,
  name: string,
  items: readonly string[] | undefined,
): void {
  assign(scope, name, items ? (items[0] ?? null) : undefined);
  scope.arrays = new Map(scope.arrays).set(name, items);
}

/** The value of a variable by name, as far as it is known. */
export function lookUp(scope: ShellScope, name: string): Value {
  if (scope.own.has(name)) return scope.own.get(name);
  if (name === 'PWD') return scope.cwd ?? undefined;
  if (name === 'OLDPWD') return scope.lastCwd ?? undefined;
  if (name === 'HOME') return scope.given.values.get(name) ?? homeOf(scope.user) ?? undefined;
  return scope.given.values.get(name);
}

/**
 * The home folder of a user: `/root`, and by custom `/home/<name>` for those that people make.
 * Undefined for numbers and for users that belong to a service.
 */
export function homeOf(user: string | null): string | undefined {
  const name = user?.split(':')[0];
  if (name === undefined) return undefined;
  if (name === '' || name === 'root' || name === '0') return '/root';
  return /^[a-z][\w-]*$/i.test(name) && !serviceUsers.has(name) ? `/home/${name}` : undefined;
}

const serviceUsers = new Set(
  `backup bin daemon games gnats irc list lp mail man mysql news nobody ntp postgres proxy redis
  sshd sync sys systemd-network tomcat uucp www-data jenkins nginx mongodb elasticsearch apache
  rabbitmq grafana solr`.split(/\s+/),
);

/** What a program that is started now sees; `extra` are assignments in front of it. */
export function environmentOf(
  scope: ShellScope,
  extra: ReadonlyMap<string, Value> | null,
): ReadonlyMap<string, string | undefined> {
  if (!extra && scope.seen) return scope.seen;
  const changes = new Map<string, Value>();
  for (const [name, value] of scope.own) {
    if (scope.exported.has(name) || scope.given.values.has(name)) changes.set(name, value);
  }
  for (const [name, value] of extra ?? []) changes.set(name, value);
  const seen = new ProgramEnvironment(scope.given, changes);
  if (!extra) scope.seen = seen;
  return seen;
}

/** A class, as its map is only made when someone looks. */
export class ProgramEnvironment implements ReadonlyMap<string, string | undefined> {
  readonly #given: Given;
  readonly #changes: ReadonlyMap<string, Value>;
  #made: Map<string, string | undefined> | null = null;

  constructor(given: Given, changes: ReadonlyMap<string, Value>) {
    this.#given = given;
    this.#changes = changes;
  }

  get #map(): Map<string, string | undefined> {
    if (this.#made) return this.#made;
    const made = new Map<string, string | undefined>();
    for (const [name, value] of this.#given.values) if (value !== null) made.set(name, value);
    for (const [name, value] of this.#changes) {
      if (value === null) made.delete(name);
      else made.set(name, value?.includes('\0') ? undefined : value);
    }
    this.#made = made;
    return made;
  }

  get size(): number {
    return this.#map.size;
  }
  get(name: string): string | undefined {
    return this.#map.get(name);
  }
  has(name: string): boolean {
    return this.#map.has(name);
  }
  forEach(each: (value: string | undefined, name: string, map: ProgramEnvironment) => void): void {
    for (const [name, value] of this.#map) each(value, name, this);
  }
  entries() {
    return this.#map.entries();
  }
  keys() {
    return this.#map.keys();
  }
  values() {
    return this.#map.values();
  }
  [Symbol.iterator]() {
    return this.#map[Symbol.iterator]();
  }
}

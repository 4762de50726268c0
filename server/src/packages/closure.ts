/**
 * Which packages apt installs for some names, and which it removes. As apt marks them: what was asked
 * for first, then for each package its plain dependencies, its alternatives, its recommendations.
 * The index has no versions: what no version in it can meet is left out of it already.
 */

import type { Alternatives, PackageFacts, PackageIndex } from './packageIndex.ts';

/** A name that nothing in the index meets. */
export interface Unresolved {
  readonly name: string;
  /** The package that depends on it; null: it was asked for. */
  readonly neededBy: string | null;
}

export interface Closure {
  /** New packages in the order in which they are marked; those that are there already are not. */
  readonly packages: readonly PackageFacts[];
  /** Real names for what was asked for, also of those that are there already. */
  readonly roots: readonly string[];
  readonly unresolved: readonly Unresolved[];
}

export interface ClosureOptions {
  readonly recommends: boolean;
}

/** A set of names; its identity is what answers are remembered by. */
type Installed = ReadonlySet<string>;

const remembered = new WeakMap<PackageIndex, WeakMap<Installed, Map<string, Closure>>>();

/** Beyond this many different questions about one state nobody asks the same twice. */
const mostRemembered = 512;

/**
 * What is installed for `wanted` on top of what is there. Remembered by the identity of index and
 * set, so that asking again costs nothing.
 */
export function closure(
  index: PackageIndex,
  installed: Installed,
  wanted: readonly string[],
  { recommends }: ClosureOptions,
): Closure {
  const sets = remembered.get(index) ?? new WeakMap<Installed, Map<string, Closure>>();
  remembered.set(index, sets);
  const answers = sets.get(installed) ?? new Map<string, Closure>();
  sets.set(installed, answers);
  const question = `${recommends ? '+' : '-'} ${wanted.join(' ')}`;
  const known = answers.get(question);
  if (known) return known;
  const made = resolve(index, installed, wanted, recommends);
  if (answers.size >= mostRemembered) answers.clear();
  answers.set(question, made);
  return made;
}

/** Something still to be done, on a stack of our own: chains of dependencies may be long. */
type Work =
  | { readonly kind: 'package'; readonly of: PackageFacts }
  | { readonly kind: 'choice'; readonly of: PackageFacts; readonly group: Alternatives }
  | { readonly kind: 'recommended'; readonly of: PackageFacts; readonly group: Alternatives };

function resolve(
  index: PackageIndex,
  installed: Installed,
  wanted: readonly string[],
  recommends: boolean,
): Closure {
  const marked = new Map<string, PackageFacts>();
  const unresolved: Unresolved[] = [];
  const refused = refusedBy(index, installed);
  const has = (name: string) => marked.has(name) || installed.has(name);
  const isMet = (name: string) => has(name) || index.providers(name).some((one) => has(one.name));

  const clashes = (facts: PackageFacts): boolean => {
    const { name, conflicts = [] } = facts;
    const by = refused.get(name);
    if (by?.some((other) => other !== name)) return true;
    return conflicts.some((other) => {
      if (other !== name && has(other)) return true;
      return index.providers(other).some((one) => one.name !== name && has(one.name));
    });
  };

  const mark = (facts: PackageFacts): void => {
    if (marked.has(facts.name)) return;
    marked.set(facts.name, facts);
    refuse(index, facts, refused);
  };

  /** The first that may stand beside what is there; else the first, which apt would report. */
  const choose = (group: Alternatives): PackageFacts | undefined => {
    let first: PackageFacts | undefined;
    for (const name of group) {
      for (const one of candidates(index, name)) {
        first ??= one;
        if (!clashes(one)) return one;
      }
    }
    return first;
  };

  const isPossible = (facts: PackageFacts) =>
    has(facts.name) ||
    facts.depends.every(
      (group) =>
        group.some(isMet) ||
        group.some((name) => candidates(index, name).some((one) => !clashes(one))),
    );

  const recommended = (group: Alternatives): PackageFacts | undefined => {
    for (const name of group) {
      for (const one of candidates(index, name)) if (!clashes(one) && isPossible(one)) return one;
    }
    return undefined;
  };

  const roots: PackageFacts[] = [];
  for (const name of wanted) {
    const facts = index.package(name) ?? candidates(index, name)[0];
    if (facts) roots.push(facts);
    else if (!installed.has(name)) unresolved.push({ name, neededBy: null });
  }
  for (const facts of roots) if (!has(facts.name)) mark(facts);

  const done = new Set<string>();
  // What is there already is whole: apt does not look at what it recommends.
  const stack: Work[] = roots
    .filter(({ name }) => !installed.has(name))
    .map((of): Work => ({ kind: 'package', of }))
    .reverse();
  for (let work = stack.pop(); work; work = stack.pop()) {
    const { of } = work;
    if (work.kind === 'package') {
      if (done.has(of.name)) continue;
      done.add(of.name);
      const next: Work[] = [];
      for (const group of of.depends) {
        const [only = ''] = group;
        if (group.length !== 1 || isMet(only)) continue;
        const one = choose(group);
        if (!one) unresolved.push({ name: only, neededBy: of.name });
        else {
          mark(one);
          next.push({ kind: 'package', of: one });
        }
      }
      for (const group of of.depends)
        if (group.length > 1) next.push({ kind: 'choice', of, group });
      if (recommends) {
        for (const group of of.recommends) next.push({ kind: 'recommended', of, group });
      }
      for (let at = next.length - 1; at >= 0; at--) stack.push(next[at] as Work);
      continue;
    }
    if (work.group.some(isMet)) continue;
    const one = work.kind === 'choice' ? choose(work.group) : recommended(work.group);
    if (one) {
      mark(one);
      stack.push({ kind: 'package', of: one });
    } else if (work.kind === 'choice') {
      unresolved.push({ name: work.group.join(' | '), neededBy: of.name });
    }
  }
  return { packages: [...marked.values()], roots: roots.map(({ name }) => name), unresolved };
}

/** The package of that name, then those that provide it, best first. */
function candidates(index: PackageIndex, name: string): readonly PackageFacts[] {
  const real = index.package(name);
  const others = index.providers(name);
  return real ? [real, ...others.filter((one) => one.name !== name)] : others;
}

/** Names that others will not stand beside, with those others. */
type Refused = Map<string, string[]>;

const refusedByBase = new WeakMap<PackageIndex, WeakMap<Installed, Refused>>();

/** A copy that may grow. */
function refusedBy(index: PackageIndex, installed: Installed): Refused {
  const sets = refusedByBase.get(index) ?? new WeakMap<Installed, Refused>();
  refusedByBase.set(index, sets);
  let made = sets.get(installed);
  if (!made) {
    made = new Map();
    for (const name of installed) {
      const facts = index.package(name);
      if (facts) refuse(index, facts, made);
    }
    sets.set(installed, made);
  }
  return new Map([...made].map(([name, by]) => [name, [...by]]));
}

function refuse(index: PackageIndex, { name, conflicts = [] }: PackageFacts, into: Refused): void {
  for (const other of conflicts) {
    for (const one of [other, ...index.providers(other).map((facts) => facts.name)]) {
      if (one === name) continue;
      const by = into.get(one);
      if (by) by.push(name);
      else into.set(one, [name]);
    }
  }
}

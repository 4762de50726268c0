/**
 * Reading shell text with `unbash`: errors on all levels, walking, words with known values, and
 * whether two trees are the same command.
 */

import { forEachChild, type ParsedScript, parse, type SyntaxNode, type Word } from 'unbash';

/** Linux hands one argument of at most 128 KiB to a program, its final NUL included (MAX_ARG_STRLEN). */
export const longestScript = 128 * 1024 - 1;

/** The tree of a script, or undefined when it (or a substitution in it) does not parse. */
export function readScript(text: string): ParsedScript | undefined {
  const script = parse(text);
  // A lone backslash at the end would take in whatever is put behind it.
  if (/(^|[^\\])(\\\\)*\\$/.test(text)) return undefined;
  return isWhole(script, text) ? script : undefined;
}

function isWhole(node: SyntaxNode, text: string): boolean {
  let whole = true;
  visit(node, (child) => {
    if (child.type === 'Script' && child.errors?.length) whole = false;
    if (child.type === 'HereDoc' && !child.closing) whole = false;
    // `a &; b` is an error in every shell.
    const ends = child.type === 'Statement' && child.background;
    if (ends && /^[ \t]*;(?!;)/.test(text.slice(child.end))) whole = false;
    return whole;
  });
  return whole;
}

/** Calls `enter` for the node and all below it in source order; `false` leaves a subtree out. */
export function visit(node: SyntaxNode, enter: (node: SyntaxNode) => boolean): void {
  if (!enter(node)) return;
  forEachChild(node, (child) => visit(child, enter));
}

/** Stands in a word's text for a part that is only known when the script runs. */
export const unknownPart = '\0';

/** Text of a script for people to read: `…` for what is not known. */
export function readable(text: string): string {
  return text.replaceAll(unknownPart, '…');
}

/**
 * The text a word expands to, with `unknownPart` for what is not known from the text alone.
 * Variables are looked up in `env`; a name that maps to undefined is unknown.
 */
export function wordText(word: Word, env: ReadonlyMap<string, string>): string {
  if (!word.parts) return word.value;
  return word.parts.map((part) => partText(part, env)).join('');
}

function partText(
  part: NonNullable<Word['parts']>[number],
  env: ReadonlyMap<string, string>,
): string {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value;
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.map((inner) => partText(inner, env)).join('');
    case 'Glob':
      return part.text;
    case 'SimpleExpansion':
      return env.get(part.text.slice(1)) ?? unknownPart;
    case 'ParameterExpansion':
      if (part.operation || part.prefix || part.index) return unknownPart;
      return env.get(part.parameter) ?? unknownPart;
    default:
      return unknownPart;
  }
}

/**
 * One line that is equal for two scripts exactly when their trees are: kinds and texts of all
 * nodes, places left out. Joining must leave it as it was for each script inside.
 */
export function fingerprint(node: SyntaxNode): string {
  const children: string[] = [];
  forEachChild(node, (child) => {
    children.push(fingerprint(child));
  });
  return fingerprintOf(node.type, ownText(node, children.length === 0), children);
}

/** The fingerprint of a node with these texts of its own and the fingerprints of its children. */
export function fingerprintOf(
  type: SyntaxNode['type'],
  own: readonly unknown[],
  children: readonly string[],
): string {
  return `(${type} ${JSON.stringify(own)} ${children.join('')})`;
}

const ownKeys = [
  'operator',
  'operators',
  'background',
  'quoted',
  'append',
  'prefix',
  'kind',
  'parameter',
  'terminator',
  'name',
] as const;

/** The texts that a node has itself; those of its children and all places left out. */
function ownText(node: SyntaxNode, leaf: boolean): readonly unknown[] {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  const own: unknown[] = [];
  for (const key of ownKeys) {
    const value = fields[key];
    if (value === undefined || (typeof value === 'object' && !isTexts(value))) continue;
    own.push(key, value);
  }
  if (leaf) own.push(fields.value ?? fields.text);
  return own;
}

function isTexts(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
  );
}

/** The variable whose value the node stands for; undefined for any other node. */
export function variableName(node: SyntaxNode): string | undefined {
  if (node.type === 'SimpleExpansion') return node.text.slice(1);
  if (node.type === 'ParameterExpansion') return node.parameter;
  if (node.type === 'ArithmeticWord' && /^[A-Za-z_]\w*$/.test(node.value)) return node.value;
  return undefined;
}

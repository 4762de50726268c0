/** `>`, `<`, heredocs and here-strings of a command. */

import type { Redirection } from 'unbash';
import type { Redirect } from './commands.ts';
import { absolute } from './commandWords.ts';
import type { Expander } from './expansion.ts';
import type { Input, ShellScope } from './shellScope.ts';
import { unknownPart } from './shellTree.ts';

/** Where a command reads from and writes to, by its own redirections. */
export interface Redirected {
  readonly outputs: readonly Redirect[];
  /** Undefined: what the shell reads from. */
  readonly input: Input | undefined;
  /** The standard output goes somewhere else than the shell's. */
  readonly movesOutput: boolean;
}

export const notRedirected: Redirected = { outputs: [], input: undefined, movesOutput: false };

/** Reads the redirections in their order. */
export function readRedirects(
  redirects: readonly Redirection[],
  scope: ShellScope,
  expand: Expander,
): Redirected {
  if (redirects.length === 0) return notRedirected;
  let input: Input | undefined;
  /** What the descriptors 1 and 2 write to: a file, something else (null), or what they did before. */
  const goes = new Map<number, Redirect | null>();
  for (const redirect of redirects) {
    const descriptor =
      redirect.descriptor?.type === 'FileDescriptor' ? redirect.descriptor.value : undefined;
    if (redirect.type === 'HereDoc') {
      const { body, delimiter, operator } = redirect;
      const quoted = delimiter?.quoted ?? false;
      const text = quoted || !body.parts ? body.text : expand.body(body.parts, scope);
      const cut = operator === '<<-' ? text.replace(/^\t+/gm, '') : text;
      if ((descriptor ?? 0) === 0)
        input = { text: cut.includes(unknownPart) ? null : cut, from: null };
      continue;
    }
    const target = redirect.target ? expand.text(redirect.target, scope) : unknownPart;
    if (redirect.type === 'HereString') {
      input = { text: target.includes(unknownPart) ? null : `${target}\n`, from: null };
      continue;
    }
    const operator = redirect.operator;
    if (operator === '<' || operator === '<>' || operator === '<&') {
      if ((descriptor ?? 0) === 0) input = { text: target === '/dev/null' ? '' : null, from: null };
      continue;
    }
    const both = operator.startsWith('&') || (operator === '>&' && !/^\d+$|^-$/.test(target));
    if (operator === '>&' && !both) {
      goes.set(descriptor ?? 1, /^[12]$/.test(target) ? (goes.get(Number(target)) ?? null) : null);
      continue;
    }
    const path = outputPath(target, scope.cwd);
    const file: Redirect = { path, append: operator.endsWith('>>'), from: '1' };
    if (both || descriptor === undefined || descriptor === 1) goes.set(1, file);
    if (both || descriptor === 2) goes.set(2, file);
    if (descriptor !== undefined && descriptor > 2) goes.set(descriptor, file);
  }
  return { outputs: outputsOf(goes), input, movesOutput: goes.has(1) };
}

function outputsOf(goes: ReadonlyMap<number, Redirect | null>): readonly Redirect[] {
  const [out, err] = [goes.get(1), goes.get(2)];
  if (out && out === err) return [{ ...out, from: '&' }];
  const outputs: Redirect[] = [];
  if (out) outputs.push({ ...out, from: '1' });
  if (err) outputs.push({ ...err, from: '2' });
  return outputs;
}

function outputPath(target: string, cwd: string | null): string | null {
  if (target.startsWith('/')) return target.startsWith(unknownPart) ? null : absolute(target, '/');
  if (cwd === null || target.startsWith(unknownPart)) return null;
  return absolute(target, cwd);
}

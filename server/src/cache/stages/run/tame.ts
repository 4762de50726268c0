/** RUNs that leave the folders and programs of the system what they are. */

import type { ResolvedRun } from '../../../model/plan.ts';
import type { Node } from '../nodes.ts';

const tools =
  /^(set\s+-[eux]+|cd\s|mkdir\s|rm\s|echo\s|printf\s|touch\s|(apt-get|apt|apk|dnf|yum|microdnf|zypper|npm|npx|pnpm|yarn|corepack|bun|pip3?|poetry|pipenv|uv|go|cargo|mvn|\.\/mvnw|gradle|\.\/gradlew|dotnet|composer|bundle|gem|mix|cmake|ninja|tsc|node|deno|swift|sbt|stack|cabal)\s|python3?\s+-m\s+(pip|venv|compileall)\s)/;

/**
 * Is every command a tool for packages or builds? Such write where they are told to, but neither link
 * one folder to another nor replace a shell.
 */
export function runsTameTools({ script, argv }: ResolvedRun, text: string): boolean {
  const whole = (script ?? argv.join(' ')).replaceAll('\\\n', ' ');
  if (/\bln\b|<<|\beval\b|`|\$\(/.test(text)) return false;
  return whole
    .split(/&&|\|\||[;|\n]/)
    .map((each) => each.trim())
    .every((each) => each === '' || each.startsWith('#') || tools.test(`${each} `));
}

/** Has nothing below replaced programs or linked folders, as far as it is told? */
export function isTame(root: Node): boolean {
  let at: Node | null = root;
  while (at?.kind === 'folder') at = at.below;
  if (at?.kind === 'veiled' || at?.kind === 'hidden')
    return at.maker.isTame === true || at.maker.isImage === true;
  return true;
}

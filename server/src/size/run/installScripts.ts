/** What install scripts add: something unknown, where they may compile or download. */

import type { JavaScriptLock, LockedPackage } from '../../projects/projectFacts.ts';
import type { ShellCommand } from '../../shell/commands.ts';
import { unknown } from '../size.ts';
import type { CommandLine } from './commandLine.ts';
import { scripted, some } from './dependencies.ts';
import type { Draft } from './draft.ts';
import { variable } from './homes.ts';

/** Scripts that may compile or download, of packages and of the project. */
export function writeScripts(
  command: ShellCommand,
  line: CommandLine,
  lock: JavaScriptLock,
  picked: readonly LockedPackage[],
  place: string,
  draft: Draft,
): void {
  const setting =
    line.options.get('--ignore-scripts')?.at(-1) ?? settingOf(command, 'ignore_scripts');
  if (setting !== undefined && setting !== 'false') return;
  const names = scripted(picked);
  if (names.length > 0) {
    const reason = `What the install scripts of ${some(names)} compile or download is known only after a build.`;
    const label = `install scripts of ${some(names)}`;
    draft.write({ path: place, size: unknown(reason), label, kind: 'dependencies' });
  }
  if (lock.projectScripts) {
    const reason =
      'What the install script of the project itself writes is known only after a build.';
    const label = 'install script of the project';
    draft.write({
      path: place.replace(/\/node_modules$/, '') || '/',
      size: unknown(reason),
      label,
      kind: 'other',
    });
  }
}

/** A setting of npm from the environment, which it takes in small letters and in capitals. */
export function settingOf(command: ShellCommand, name: string): string | undefined {
  return variable(command, `npm_config_${name}`, `NPM_CONFIG_${name.toUpperCase()}`);
}

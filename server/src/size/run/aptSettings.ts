/** What commands change about how apt works: its settings and its sources. */

import type { ShellCommand } from '../../shell/commands.ts';
import { absolutePath } from '../../syntax/slashPaths.ts';
import type { Draft, StageState } from './draft.ts';
import { placeOf } from './operands.ts';

const folder = '/etc/apt/';
const sources = /^\/etc\/apt\/sources\.list(\.d\/|$)/;

/** Notes what a command writes into apt's folder, before that is counted as any other file. */
export function noteAptSettings(command: ShellCommand, draft: Draft): void {
  const { words, input, outputs, runs } = command;
  if (isUnreadScript(words) && !(draft.state.foreignSources && !draft.state.ownSources)) {
    draft.state = { ...draft.state, foreignSources: true, ownSources: false };
  }
  if (runs !== 'always') return;
  const text = [...words.slice(1), input ?? ''].join('\n');
  if (!text.includes(folder) && !outputs.some(({ path }) => path?.startsWith(folder))) return;
  const operands = words.slice(1).map((word) => placeOf(word, command));
  const paths = [...outputs.map(({ path }) => path), ...operands].flatMap((path) =>
    path?.startsWith(folder) ? [absolutePath(path)] : [],
  );
  if (paths.length === 0) return;
  draft.state = noted(draft.state, paths, text);
}

/** A shell that runs what nobody has read: often `curl … | bash`, which adds a source of packages. */
function isUnreadScript([program = '', ...rest]: readonly string[]): boolean {
  return /(^|\/)(ba|da|a|z|k)?sh$/.test(program) && !rest.includes('--version');
}

/** The state after a text went to files of apt. */
export function noted(state: StageState, paths: readonly string[], text: string): StageState {
  let now = state;
  if (paths.some((path) => /^\/etc\/apt\/apt\.conf(\.d\/|$)/.test(path))) {
    const [, value] = /\bAPT::Install-Recommends["\s]+"?(\w+)/i.exec(text) ?? [];
    if (value !== undefined) {
      now = { ...now, leavesRecommended: /^(0|no|false|without|off|disable)$/i.test(value) };
    }
  }
  if (paths.some((path) => sources.test(path))) {
    const own = isOwn(text, state);
    // Lists of another mirror have other names: those that are there are fetched anew.
    if (isMirrorChange(text) && now.hasLists) now = { ...now, hasLists: false };
    if (own && !now.foreignSources) now = { ...now, foreignSources: true, ownSources: true };
    else if (!own && now.ownSources) now = { ...now, ownSources: false };
  }
  return now;
}

const ownHost = /\b(debian\.org|ubuntu\.com|debian|ubuntu|debian-security)\b/;

/** Names mirrors of the distribution, or its own releases, and nothing else. */
function isOwn(text: string, { distribution }: StageState): boolean {
  const lines = text.split('\n').filter((line) => /^\s*deb(-src)?\s/.test(line));
  const suite = distribution?.suite;
  if (lines.length > 0) {
    return lines.every((line) => {
      const [, address = '', release = ''] =
        /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)/.exec(line) ?? [];
      return ownHost.test(address) && suite != null && release.split('-')[0] === suite;
    });
  }
  return isMirrorChange(text) || /\bs(.)\s*main\b/.test(text);
}

/** `sed` that puts another host in the place of the distribution's. */
function isMirrorChange(text: string): boolean {
  return /\bs([^\w\s]).*(debian\.org|ubuntu\.com)/s.test(text);
}

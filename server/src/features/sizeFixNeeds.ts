/** What later lines need of what a RUN leaves behind. */

import type { ResolvedRun, Step } from '../model/plan.ts';
import type { ShellCommand } from '../shell/commands.ts';
import { readRun } from '../shell/readRun.ts';
import { unknownPart } from '../shell/shellTree.ts';
import type { FixPlace } from './sizeFixRun.ts';

/** Leave package lists alone, or do without them. */
const withoutLists = new Set(
  'clean autoclean auto-clean remove purge autoremove auto-remove autopurge distclean dist-clean --version help'.split(
    ' ',
  ),
);

const usesLists =
  /^(apt|apt-get|aptitude|apt-cache|apt-file|apt-show-versions|apt-rdepends|gdebi|tasksel|apt-cacher|dselect|synaptic|netselect-apt|apt-build|equivs-build|mk-build-deps|unattended-upgrades?)$/;

/** Programs whose work is a script that is not here. */
const runsScripts =
  /^(sh|dash|ash|bash|zsh|ksh|\.|source|eval|make|ansible-playbook|puppet|chef-client)$/;

/** May a line below, in this stage or in one built from it, install packages with these lists? */
export function needsListsLater(place: FixPlace): boolean {
  return laterSteps(place).some((steps) => {
    for (const { run } of steps) {
      if (!run) continue;
      const use = listUse(run, place);
      if (use !== 'none') return use === 'needs';
    }
    return false;
  });
}

/** Whether a RUN needs lists that are there before it, fetches its own, or neither. */
export function listUse(run: ResolvedRun, { analysis }: FixPlace): 'needs' | 'fetches' | 'none' {
  const { commands, unread } = readRun(run, analysis.plan.options.platform);
  for (const command of commands) {
    const use = useOf(command);
    if (use !== 'none') return use;
  }
  return unread === null ? 'none' : 'needs';
}

function useOf({ words, runs }: ShellCommand): 'needs' | 'fetches' | 'none' {
  const [program = '', ...rest] = words;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (program.includes(unknownPart) || runsScripts.test(name)) return 'needs';
  // A script of the project, which may call apt.
  if (program.includes('/') && !/^\/(usr\/)?(local\/)?s?bin\//.test(program)) return 'needs';
  if (!usesLists.test(name)) return 'none';
  if (rest.includes('update') || rest.includes('--update')) {
    return runs === 'always' ? 'fetches' : 'needs';
  }
  return rest.some((word) => withoutLists.has(word)) ? 'none' : 'needs';
}

/** The steps behind this one: of its own stage, and of each stage that goes on from it. */
export function laterSteps({ analysis, stage, step }: FixPlace): readonly (readonly Step[])[] {
  const own = [...stage.triggers, ...stage.steps];
  const rest = own.slice(own.indexOf(step) + 1);
  const { stages } = analysis.plan;
  const chains = new Map<number, readonly Step[]>([[stage.index, rest]]);
  for (const one of stages.slice(stage.index + 1)) {
    const before = one.base.stage === null ? undefined : chains.get(one.base.stage);
    if (before) chains.set(one.index, [...before, ...one.triggers, ...one.steps]);
  }
  return [...chains.values()];
}

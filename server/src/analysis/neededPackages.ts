/** Which package indexes the lines of a Dockerfile need. */

import type { Analysis } from '../analysis.ts';
import type { Plan, Stage } from '../model/plan.ts';
import { parsePlatform } from '../model/platform.ts';
import type { IndexKey } from '../packages/packageIndex.ts';

/** Programs that install packages of a distribution. */
const managers = /\b(apt|apt-get|aptitude|apk|dnf5?|yum|microdnf|tdnf|zypper)\b/;

/**
 * The releases below needed stages whose lines install packages, each once. Those of images whose
 * distribution is not known (yet) are not among them.
 */
export function neededPackages({ plan, sizes }: Analysis): readonly IndexKey[] {
  const found = new Map<string, IndexKey>();
  for (const stage of plan.stages) {
    if (!stage.needed || !installs(stage)) continue;
    const base = sizes.base(stage.index);
    if (base?.state !== 'known' || !base.value.distribution?.suite) continue;
    const { id: distribution, suite } = base.value.distribution;
    const key = { distribution, suite, arch: architectureOf(plan, stage) };
    found.set(Object.values(key).join('/'), key);
  }
  return [...found.values()];
}

function installs({ triggers, steps }: Stage): boolean {
  return [...triggers, ...steps].some(
    ({ run }) => run && managers.test(run.script ?? run.argv.join(' ')),
  );
}

/** That of the image at the bottom of the stage's chain. */
function architectureOf({ options, stages }: Plan, stage: Stage): string {
  let bottom = stage;
  for (;;) {
    const below = bottom.base.stage === null ? undefined : stages[bottom.base.stage];
    if (!below || below.index >= bottom.index) break;
    bottom = below;
  }
  if (bottom.base.platform === null) return options.platform.arch;
  const parsed = parsePlatform(bottom.base.platform, options.buildPlatform);
  return parsed.ok ? parsed.platform.arch : options.platform.arch;
}

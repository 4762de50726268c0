/** What the estimate of a RUN shows that need not be in its layer: leftovers and mere recommendations. */

import type { Analysis } from '../analysis.ts';
import type { ResolvedRun, Step } from '../model/plan.ts';
import type { Contribution } from '../size/run/draft.ts';
import type { Problem } from '../syntax/ast.ts';
import { bytes, count } from './render.ts';

/** A piece of advice with what it is about. */
export interface Advice {
  readonly code:
    | 'lists-left-behind'
    | 'archives-left-behind'
    | 'cache-left-behind'
    | 'recommended-packages'
    | 'stores-again'
    | 'frees-nothing';
  readonly severity: Problem['severity'];
  readonly bytes: number;
  readonly message: string;
}

/** What is smaller is not worth a mark: leftovers, and packages that somebody may want. */
const smallestBytes = 1_000_000;
const smallestExtras = 10_000_000;

/** All advice on one RUN; `isNeededBelow`: a line below uses its package lists. */
export function adviceOnRun(
  { sizes, settings: { units, advice: isWanted } }: Analysis,
  step: Step,
  isNeededBelow: () => boolean,
): readonly Advice[] {
  const estimate = sizes.run(step);
  if (!estimate || estimate.size.pending) return [];
  const found: Advice[] = [];
  for (const [kind, code] of leftovers) {
    const left = estimate.contributions.filter((one) => one.kind === kind && isSure(one));
    const sum = left.reduce((all, { size }) => all + (size.bytes ?? 0), 0);
    const [first] = left.sort((a, b) => (b.size.bytes ?? 0) - (a.size.bytes ?? 0));
    if (!first || sum < smallestBytes) continue;
    const about = left.some(({ size }) => size.atLeast) ? 'At least' : 'About';
    const words = `${about} ${bytes(sum, units)}`;
    const message = leftMessage(first, left.length, words, isNeededBelow);
    found.push({ code, severity: 'information', bytes: sum, message });
  }
  const extras = isWanted.recommendedPackages ? sizes.recommended(step) : null;
  if (extras && extras.bytes >= smallestExtras) {
    const { count: number, largest } = extras;
    const named = largest.slice(0, 3).map((one) => `${one.label} ${bytes(one.bytes ?? 0, units)}`);
    const more = number > named.length ? ', …' : '';
    found.push({
      code: 'recommended-packages',
      severity: 'information',
      bytes: extras.bytes,
      message: `About ${bytes(extras.bytes, units)} of this layer are ${count(number, 'package')} that others only recommend (${named.join(', ')}${more}). --no-install-recommends leaves them out; name those of them that are needed.`,
    });
  }
  return found;
}

const leftovers = [
  ['lists', 'lists-left-behind'],
  ['archives', 'archives-left-behind'],
  ['cache', 'cache-left-behind'],
] as const;

/** It is surely in the layer: no command that may run removes it. */
function isSure({ size }: Contribution): boolean {
  return size.bytes !== null && (size.low ?? 0) > 0;
}

function leftMessage(
  { kind, label, path }: Contribution,
  number: number,
  size: string,
  isNeededBelow: () => boolean,
): string {
  if (kind === 'lists') {
    const stay = `${size} of package lists stay in this layer.`;
    if (!path.startsWith('/var/lib/apt')) return `${stay} apk add --no-cache keeps none.`;
    if (isNeededBelow()) {
      return `${stay} A line below installs packages with them: join both lines, and end with rm -rf /var/lib/apt/lists/*.`;
    }
    return `${stay} End this line with rm -rf /var/lib/apt/lists/*, or keep them in a cache mount.`;
  }
  if (kind === 'archives') {
    return `${size} of downloaded packages and caches of apt stay in this layer. End this line with apt-get clean, or keep them in a cache mount.`;
  }
  const clean = cleaners.find(([name]) => name.test(label))?.[1];
  const ways = [
    ...(path === '/' ? [] : [`--mount=type=cache,target=${path}`]),
    ...(clean ? [clean] : []),
  ];
  const way = ways.length === 0 ? 'Remove it in this line.' : `Keep it out: ${ways.join(', or ')}.`;
  const what = number > 1 ? `${label} and other caches` : label;
  return `${size} of ${what} stay in this layer. ${way}`;
}

/** What empties a cache, by its label. */
const cleaners: readonly (readonly [RegExp, string])[] = [
  [/^npm/, 'npm cache clean --force at the end of this line'],
  [/^Yarn/, 'yarn cache clean at the end of this line'],
  [/pip$/, 'pip install --no-cache-dir'],
];

const program = String.raw`\b(?:apt|apt-get|aptitude)\b[^&|;\n]*?\b`;
const installing = new RegExp(`${program}(?:install|build-dep|upgrade|full-upgrade|download)\\b`);
const updating = new RegExp(`${program}(?:update)\\b|\\s--update\\b`);

/** apt installs something there without an update before it. */
export function needsLists({ script, argv }: ResolvedRun): boolean {
  const text = script ?? argv.join(' ');
  const at = text.search(installing);
  if (at < 0) return false;
  const update = text.search(updating);
  return update < 0 || update > at;
}

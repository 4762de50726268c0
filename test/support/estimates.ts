/** Estimates of the RUN lines of a text, with facts that a test gives. */

import type { CopyFacts } from '../../server/src/context/copyFacts.ts';
import type { Fact } from '../../server/src/context/fact.ts';
import type { BaseFacts } from '../../server/src/images/baseFacts.ts';
import type { Step } from '../../server/src/model/plan.ts';
import { type StepSizes, sizeOfSteps } from '../../server/src/size/estimate.ts';
import type { SizeFacts } from '../../server/src/size/run/draft.ts';
import type { Size } from '../../server/src/size/size.ts';
import { planOf } from './plans.ts';

/** Names and sizes of plain files of the build context; a name with a slash at its end is a folder. */
export type Files = Readonly<Record<string, number>>;

const missing = { state: 'unavailable', reason: 'The test has none.' } as const;

/** Debian's plain image, as far as these tests need it. */
export const debian: BaseFacts = {
  size: null,
  reason: 'A test.',
  layers: 1,
  compressedLayers: null,
  distribution: { id: 'debian', suite: 'bookworm', slim: true },
  packages: [],
  date: null,
} as unknown as BaseFacts;

/** Facts of which nothing is known but the base image. */
export function factsOf(given: Partial<SizeFacts> = {}): SizeFacts {
  return {
    base: () => ({ state: 'known', value: debian }),
    packages: () => missing,
    lock: () => missing,
    installed: () => missing,
    download: () => ({ state: 'unavailable', reason: 'Nobody was asked.' }),
    ...given,
  };
}

function copyFacts({ copy }: Step, files: Files): Fact<CopyFacts> {
  const found: { path: string; bytes: number }[] = [];
  for (const source of copy?.sources ?? []) {
    for (const [path, bytes] of Object.entries(files)) {
      if (path === source || source === '.' || path.startsWith(`${source}/`)) {
        found.push({ path, bytes });
      }
    }
  }
  const bytes = found.reduce((all, one) => all + one.bytes, 0);
  const [only] = found;
  return {
    state: 'known',
    value: {
      kind: 'known',
      bytes,
      files: found.length,
      directories: 0,
      isSingleFile: found.length === 1 && only?.path === copy?.sources[0],
      largest: [...found].sort((a, b) => b.bytes - a.bytes).slice(0, 10),
      missing: [],
      ignored: [],
      unmatched: [],
      notes: [],
    },
  };
}

/** Sizes of the steps of a text, and its steps that make layers, in order. */
export function sizesOf(
  dockerfile: string,
  files: Files = {},
  facts: SizeFacts = factsOf(),
): { readonly sizes: StepSizes; readonly steps: readonly Step[] } {
  const plan = planOf(dockerfile);
  const sizes = sizeOfSteps(plan, (step) => copyFacts(step, files), facts);
  const steps = plan.stages.flatMap((stage) => (stage.needed ? stage.steps : []));
  return { sizes, steps: steps.filter(({ effect }) => effect === 'layer') };
}

/** The size of the last layer. */
export function lastSize(dockerfile: string, files: Files = {}, facts?: SizeFacts): Size {
  const { sizes, steps } = sizesOf(dockerfile, files, facts);
  const step = steps.at(-1);
  const size = step && sizes.get(step);
  if (!size) throw new Error('there is no layer');
  return size;
}

/** The figure in one word: `12`, `~12`, `≥ 12`, `?`. */
export function figure({ basis, bytes, atLeast }: Size): string {
  if (bytes === null) return '?';
  return `${atLeast ? '≥ ' : ''}${basis === 'estimated' ? '~' : ''}${bytes}`;
}

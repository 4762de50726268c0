/** Analyses with what an engine says laid into them, as drawn by a test. */

import type { EngineReading } from '../../server/src/analysis/engineReading.ts';
import type { Analysis } from '../../server/src/analysis.ts';
import type { EngineImage, EngineInfo } from '../../server/src/engine/engine.ts';
import type { Laid, Recognized } from '../../server/src/engine/laid.ts';
import type { Measured } from '../../server/src/engine/measured.ts';
import type { Plan, Step } from '../../server/src/model/plan.ts';
import { measuredSizes } from '../../server/src/size/measuredSizes.ts';
import { totals } from '../../server/src/size/totals.ts';
import { engineImage, engineInfo } from './memoryEngine.ts';

export const dockerEngine: EngineInfo = {
  ...engineInfo,
  endpoint: 'unix:///var/run/docker.sock',
  foundBy: 'the usual place',
};

export const builtAt = Date.UTC(2026, 9, 3, 12, 2);

/** An image with a name. */
export const builtImage: EngineImage = engineImage(`sha256:${'1a2b3c4d5e6f'.padEnd(64, '0')}`, {
  references: ['app:latest'],
  createdAt: builtAt,
});

/** A measured figure of an image's layer, certain where nothing else is said. */
export function measurement(bytes: number, more: Partial<Measured> = {}): Measured {
  return {
    bytes,
    store: 'classic',
    source: 'image',
    sure: true,
    reason: 'Measured by Docker Engine 28.5.2 in app:latest, built 14:02.',
    layer: {
      diffId: `sha256:${'abcdef012345'.padEnd(64, '9')}`,
      image: builtImage.id,
      createdAt: builtAt,
      driver: 'overlay2',
      folder: '/var/lib/docker/overlay2/x/diff',
    },
    before: null,
    ...more,
  };
}

/** The image that was built, as far as reports read it. */
export function found(more: Partial<Recognized & { state: 'found' }> = {}): Recognized {
  const laid: Laid = {
    image: builtImage,
    rows: new Map(),
    changed: new Map(),
    gone: [],
    base: null,
    certain: true,
    reason: '',
  };
  return {
    state: 'found',
    laid,
    foundBy: 'history',
    sure: true,
    others: [],
    reason: 'Its history is that of this Dockerfile.',
    ...more,
  } as Recognized;
}

/** The first step whose instruction begins so. */
export function stepOf(plan: Plan, start: string): Step {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  const step = steps.find(({ instruction }) => instruction.joined.text.startsWith(start));
  if (!step) throw new Error(`no step begins with ${start}`);
  return step;
}

/** The analysis as an engine that says so would have made it; figures by how their lines begin. */
export function withEngine(
  analysis: Analysis,
  figures: Readonly<Record<string, Measured>>,
  more: Partial<EngineReading> = {},
): Analysis {
  const { plan, sizes } = analysis;
  const bySteps = new Map(
    Object.entries(figures).map(([start, figure]) => [stepOf(plan, start), figure]),
  );
  const engine: EngineReading = {
    state: { kind: 'up', info: dockerEngine, reason: 'Docker Engine 28.5.2 answers.' },
    recognized: found(),
    measured: (step) => bySteps.get(step),
    comparison: null,
    ...more,
  };
  const measured = measuredSizes(sizes, {
    of: engine.measured,
    figures: analysis.settings.figures,
    changed: () => false,
  });
  return { ...analysis, engine, sizes: measured, totals: totals(plan, measured) };
}

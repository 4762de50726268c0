/** Builds the cases of `measuredCases.ts` in any engine, and says which lines were given their own layer. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineImage, ImageSummary } from '../../server/src/engine/engine.ts';
import type { Laid } from '../../server/src/engine/laid.ts';
import { lay } from '../../server/src/engine/lay.ts';
import { buildPlan } from '../../server/src/model/buildPlan.ts';
import type { BaseImage, Plan, Step } from '../../server/src/model/plan.ts';
import { interpret } from '../../server/src/syntax/instructions.ts';
import { parse } from '../../server/src/syntax/parser.ts';
import { imageSteps } from '../support/plans.ts';
import { baseImage } from './baseImage.ts';
import { type Marked, type MeasuredCase, unit, writeCase } from './measuredCases.ts';
import { platform } from './predicted.ts';

/** What is needed of an engine. */
export interface MeasuringEngine {
  /** Builds a folder's Dockerfile under a name; throws where it cannot. */
  readonly build: (
    folder: string,
    name: string,
    options: {
      readonly target: string | null;
      readonly buildArgs: Readonly<Record<string, string>>;
    },
  ) => Promise<void>;
  readonly image: (name: string) => Promise<EngineImage | null>;
}

export interface BuiltCase {
  readonly measured: MeasuredCase;
  readonly image: EngineImage;
  /** The image that its lowest stage is built on; null: none. */
  readonly base: EngineImage | null;
  /** What images are, by the names that FROM has for them. */
  readonly images: ReadonlyMap<string, EngineImage>;
}

/** Builds one case, under `name`; the base image of all must be there. */
export async function buildCase(
  measured: MeasuredCase,
  name: string,
  { build, image }: MeasuringEngine,
): Promise<BuiltCase> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-lines-'));
  try {
    const { base, target, buildArgs } = measured;
    if (base) {
      const its = { ...measured, built: { text: base.text, marks: new Map() } };
      writeCase(its, folder);
      await build(folder, base.name, { target: null, buildArgs: {} });
    }
    writeCase(measured, folder);
    await build(folder, name, { target, buildArgs });
    const images = new Map<string, EngineImage>();
    for (const each of [baseImage, ...(base ? [base.name] : [])]) {
      const found = await image(each);
      if (found) images.set(each, found);
    }
    const made = await image(name);
    if (!made) throw new Error(`the engine has no ${name} after its build`);
    const from = rootReference(planOf(measured, measured.built, images));
    return { measured, image: made, images, base: (from && images.get(from)) || null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The plan of a case's text as the product makes it, with what is known of base images. */
export function planOf(
  { target }: MeasuredCase,
  { text }: Marked,
  images: ReadonlyMap<string, EngineImage>,
): Plan {
  return buildPlan(interpret(parse(text)), {
    platform,
    buildPlatform: platform,
    ...(target === null ? {} : { target }),
    images: (reference) => {
      const found = images.get(reference);
      return found && asBase(found);
    },
  });
}

function asBase({ config, history, diffIds }: EngineImage): BaseImage {
  return {
    config,
    history: history.map(({ createdBy, bytes }) => ({ createdBy, emptyLayer: bytes === 0 })),
    layers: diffIds.length,
  };
}

function rootReference(plan: Plan): string | null {
  let stage = plan.stages[plan.target];
  while (stage && stage.base.stage !== null) stage = plan.stages[stage.base.stage];
  return stage?.base.reference ?? null;
}

export interface JudgedLines {
  /** Lines that were given their own layer, or rightly none. */
  readonly right: number;
  /** Lines that have a layer in the image and were given none. */
  readonly unsure: readonly string[];
  /** Lines that were given another line's layer. */
  readonly wrong: readonly string[];
  readonly laid: Laid;
}

/** Lays the image over the text, with the base image known or not, and compares with what is true. */
export function judgeLines(built: BuiltCase, text: Marked, isBaseKnown: boolean): JudgedLines {
  const { measured, image, base, images } = built;
  const plan = planOf(measured, text, isBaseKnown ? images : new Map());
  const known = base && { diffIds: base.diffIds, rows: base.history.length };
  const laid = lay(plan, image, isBaseKnown ? known : null);
  const unsure: string[] = [];
  const wrong: string[] = [];
  let right = 0;
  for (const step of imageSteps(plan, plan.target)) {
    if (step.effect !== 'layer') continue;
    const wanted = text.marks.get(lineOf(step)) ?? 0;
    const row = laid.rows.get(step);
    const label = `${step.createdBy} is ${wanted}, given ${row && (row.row.bytes ?? 0) / unit}`;
    // Folders of WORKDIR and small files are less than one unit.
    const given = row ? Math.floor((row.row.bytes ?? 0) / unit) : null;
    if (given === wanted) right++;
    else if (given !== null) wrong.push(label);
    else if (wanted > 0) unsure.push(`${label} (${laid.reason})`);
    else right++;
    if (row && row.layer !== null && image.diffIds[row.layer] !== row.diffId) wrong.push(label);
  }
  return { right, unsure, wrong, laid };
}

/** A trigger's line is that of its ONBUILD, or of FROM where the base image brings it. */
function lineOf({ onbuild, instruction }: Step): number {
  return (onbuild ?? instruction).lines.start;
}

/** What an engine's list of images would say of built cases. */
export function summariesOf(all: readonly BuiltCase[]): readonly ImageSummary[] {
  return all.map(({ image: { id, references, digests, createdAt, labels } }) => ({
    id,
    references,
    digests,
    createdAt,
    labels,
  }));
}

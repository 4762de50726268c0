/** The pure part: text → program, once per version; program and options → plan, once per choice. */

import { buildPlan } from '../model/buildPlan.ts';
import type { BaseImage, Plan, PlanOptions, Platform } from '../model/plan.ts';
import { formatPlatform, parsePlatform } from '../model/platform.ts';
import type { Settings } from '../settings.ts';
import type { Program } from '../syntax/commands.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';
import { buildFlags } from './buildFlags.ts';

/** Programs and plans of one document's last version. */
export interface ModelMemory {
  program: Program | null;
  /** How many edits ago all of the text was read. */
  edits: number;
  /** By options; the document's own and those that were asked for aside. */
  plans: Map<string, Plan>;
  /** Those of the version before. */
  earlier: ReadonlyMap<string, Plan>;
  /** What plans took base images to be, by reference and platform; undefined: not known. */
  readonly bases: Map<string, { readonly asked: Parameters<Images>; readonly image: Known }>;
  /** What is known of images by who asked last. */
  images: Images;
}

type Known = BaseImage | undefined;

/** What is known of a base image now. */
export type Images = (reference: string, platform: Platform) => Known;

const nothingKnown: Images = () => undefined;

/** How many plans of one version are remembered: its own, and a few asked for with other targets. */
const remembered = 8;

/**
 * After so many edits the whole text is read anew. Instructions hold on to the version of the text
 * that they were read from; without this someone who types a long file would keep all its versions.
 */
const reread = 16;

/** Nothing remembered yet. */
export function createModelMemory(): ModelMemory {
  return {
    program: null,
    edits: 0,
    plans: new Map(),
    earlier: new Map(),
    bases: new Map(),
    images: nothingKnown,
  };
}

/**
 * The plan of a text under the target, platform and arguments of the settings. A platform that
 * cannot be read is left to the machine's; what settings cannot be is told by the editor.
 */
export function planOf(
  memory: ModelMemory,
  { text, settings }: { readonly text: string; readonly settings: Settings },
  buildPlatform: Platform,
  images: Images = nothingKnown,
): Plan {
  if (moved(memory, images)) {
    memory.plans = new Map();
    memory.earlier = new Map();
    memory.bases.clear();
  }
  // By text, which is fast to compare: not every editor counts versions up.
  if (memory.program?.dockerfile.text !== text) {
    memory.edits = (memory.edits + 1) % reread;
    const before = memory.edits === 0 ? null : memory.program;
    memory.program = interpret(parse(text, before?.dockerfile), before);
    memory.earlier = memory.plans;
    memory.plans = new Map();
    // Making a plan asks for all its images again.
    memory.bases.clear();
  }
  memory.images = images;
  const { target, platform, buildArgs, buildArguments } = settings;
  const flags = buildFlags(buildArguments);
  const key = JSON.stringify([target, platform, [...buildArgs], flags]);
  const known = memory.plans.get(key);
  if (known) return known;
  const before = memory.earlier.get(key) ?? null;
  const options = before?.options ?? optionsOf(settings, buildPlatform, noting(memory));
  const plan = buildPlan(memory.program, options, before);
  if (memory.plans.size >= remembered) memory.plans.clear();
  memory.plans.set(key, plan);
  return plan;
}

/** Is an image that a plan was made with known otherwise now? */
function moved({ bases }: ModelMemory, images: Images): boolean {
  for (const { asked, image } of bases.values()) if (images(...asked) !== image) return true;
  return false;
}

/** Options outlive the version that they were made for, so that they ask for what is known then. */
function noting(memory: ModelMemory): Images {
  const { bases } = memory;
  return (reference, platform) => {
    const key = `${formatPlatform(platform)} ${reference}`;
    const known = bases.get(key);
    if (known) return known.image;
    const image = memory.images(reference, platform);
    bases.set(key, { asked: [reference, platform], image });
    return image;
  };
}

function optionsOf(
  { target, platform, buildArgs, buildArguments }: Settings,
  buildPlatform: Platform,
  images: Images,
): PlanOptions {
  const flags = buildFlags(buildArguments);
  const parsed = platform === null ? null : parsePlatform(platform, buildPlatform);
  return {
    ...(target !== null && { target }),
    ...(flags && { flags }),
    buildArgs,
    platform: parsed?.ok ? parsed.platform : buildPlatform,
    buildPlatform,
    images,
  };
}

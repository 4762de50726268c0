/** The pure part: text → program, once per version; program and options → plan, once per choice. */

import { buildPlan } from '../model/buildPlan.ts';
import type { Plan, PlanOptions, Platform } from '../model/plan.ts';
import { parsePlatform } from '../model/platform.ts';
import type { Settings } from '../settings.ts';
import type { Program } from '../syntax/commands.ts';
import { interpret } from '../syntax/instructions.ts';
import { parse } from '../syntax/parser.ts';

/** Programs and plans of one document's last version. */
export interface ModelMemory {
  program: Program | null;
  /** How many edits ago all of the text was read. */
  edits: number;
  /** By options; the document's own and those that were asked for aside. */
  plans: Map<string, Plan>;
  /** Those of the version before. */
  earlier: ReadonlyMap<string, Plan>;
}

/** How many plans of one version are remembered: its own, and a few asked for with other targets. */
const remembered = 8;

/**
 * After so many edits the whole text is read anew. Instructions hold on to the version of the text
 * that they were read from; without this someone who types a long file would keep all its versions.
 */
const reread = 16;

/** Nothing remembered yet. */
export function createModelMemory(): ModelMemory {
  return { program: null, edits: 0, plans: new Map(), earlier: new Map() };
}

/**
 * The plan of a text under the target, platform and arguments of the settings. A platform that
 * cannot be read is left to the machine's; what settings cannot be is told by the editor.
 */
export function planOf(
  memory: ModelMemory,
  { text, settings }: { readonly text: string; readonly settings: Settings },
  buildPlatform: Platform,
): Plan {
  // By text, which is fast to compare: not every editor counts versions up.
  if (memory.program?.dockerfile.text !== text) {
    memory.edits = (memory.edits + 1) % reread;
    const before = memory.edits === 0 ? null : memory.program;
    memory.program = interpret(parse(text, before?.dockerfile), before);
    memory.earlier = memory.plans;
    memory.plans = new Map();
  }
  const { target, platform, buildArgs } = settings;
  const key = JSON.stringify([target, platform, [...buildArgs]]);
  const known = memory.plans.get(key);
  if (known) return known;
  const before = memory.earlier.get(key) ?? null;
  const options = before?.options ?? optionsOf(settings, buildPlatform);
  const plan = buildPlan(memory.program, options, before);
  if (memory.plans.size >= remembered) memory.plans.clear();
  memory.plans.set(key, plan);
  return plan;
}

function optionsOf(
  { target, platform, buildArgs }: Settings,
  buildPlatform: Platform,
): PlanOptions {
  const parsed = platform === null ? null : parsePlatform(platform, buildPlatform);
  return {
    ...(target !== null && { target }),
    buildArgs,
    platform: parsed?.ok ? parsed.platform : buildPlatform,
    buildPlatform,
  };
}

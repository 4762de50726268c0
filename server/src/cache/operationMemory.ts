/**
 * Operations of steps and the keys that were made with them, kept from one plan of a document to the
 * next: while someone types, nearly all steps are what they were, and those above the edit stand on
 * what they stood on.
 */

import type { Plan, Platform, ResolvedRun, Step } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { cacheNamespace, sandboxHostname, sourceDateEpoch } from './builderArguments.ts';
import type { EnvironmentDigests } from './environmentDigest.ts';
import { generations } from './generations.ts';
import type { Hash } from './hash.ts';
import type { KeyPart } from './keyedStep.ts';
import { keyText, ownParts, variableParts } from './operation.ts';

/** What a step is, apart from what it stands on and what its sources hold. */
export interface Operation {
  /** None where BuildKit refuses the instruction. */
  readonly parts: readonly KeyPart[];
  /** Digest of the operation with what its sources hold, on a root file system. */
  keyOn(parent: string, sources: string): string;
}

/** Where a step stands. */
export interface Standing {
  readonly plan: Plan;
  /** Platform of the stage. */
  readonly platform: Platform;
  /** The environment of the RUN below in the same stage. */
  readonly before: ReadonlyMap<string, string> | null;
}

/** The operation of a step: equal operations are mostly the same object. */
export type Operations = (step: Step, standing: Standing) => Operation;

/** So many operations are remembered by what they are, for as long as they are in use. */
const most = 12_000;
/** Longer ones are made anew where the step is another. */
const longest = 2_000;

interface Own {
  readonly parts: readonly KeyPart[];
  /** With the same variables and none that was assigned since the RUN below. */
  plain: { readonly variables: string; readonly operation: Operation } | null;
}

/** No plan is held on to, which would keep its text. */
interface Known extends Omit<Standing, 'plan'> {
  readonly options: Plan['options'];
  readonly operation: Operation;
}

/** Nothing is remembered yet. `plainHash`: the same digests, for texts that do not come again. */
export function operationMemory(
  hash: Hash,
  plainHash: Hash,
  variables: EnvironmentDigests,
): Operations {
  const bySteps = new WeakMap<Step, Known>();
  const byText = generations<Own>(most);

  const made = (step: Step, standing: Standing): Operation => {
    const text = textOf(step, standing);
    const make = (): Own => ({ parts: ownParts(step, { hash, ...standing }), plain: null });
    const own = text.length > longest ? make() : byText.get(text, make);
    const { parts } = own;
    if (parts.length === 0) return operation(parts, plainHash);
    const others = variableParts(step, { variables, before: standing.before });
    const [only] = others;
    if (!only) {
      own.plain ??= { variables: '', operation: operation(parts, plainHash) };
      return own.plain.operation;
    }
    if (others.length > 1 || only.name !== '') return operation([...parts, ...others], plainHash);
    if (own.plain?.variables !== only.digest)
      own.plain = { variables: only.digest, operation: operation([...parts, only], plainHash) };
    return own.plain.operation;
  };

  return (step, standing) => {
    const known = bySteps.get(step);
    const { plan, platform, before } = standing;
    const { options } = plan;
    // A plan that took the step over has the very same options.
    const isSame =
      known?.options === options && known.before === before && known.platform === platform;
    if (known && isSame) return known.operation;
    const found = made(step, standing);
    bySteps.set(step, { options, platform, before, operation: found });
    return found;
  };
}

/** Lines that are alike stand on few different things at a time. */
const mostKeys = 4;

function operation(parts: readonly KeyPart[], hash: Hash): Operation {
  const text = keyText(parts);
  const keys: { readonly parent: string; readonly sources: string; readonly key: string }[] = [];
  let next = 0;
  return {
    parts,
    keyOn(parent, sources) {
      const known = keys.find((each) => each.parent === parent && each.sources === sources);
      if (known) return known.key;
      const key = hash(parent + text + sources);
      keys[next] = { parent, sources, key };
      next = (next + 1) % mostKeys;
      return key;
    },
  };
}

/** Equal for steps with equal parts beside their variables. */
function textOf(step: Step, { plan, platform }: Standing): string {
  const { run, copy, workdir } = step;
  if (run) return runText(step, run, plan, platform);
  if (copy) {
    const { sources, parents, remotes, dest, dotted, chown, chmod, exclude, unpack, add } = copy;
    const files = copy.files.map(({ name, content }) => [name, content]);
    const paths = [sources, parents, remotes, files, dest, dotted, exclude];
    return `copy ${JSON.stringify([paths, chown, chmod, unpack, add])}`;
  }
  if (workdir === null) return '';
  const epoch = sourceDateEpoch(plan.options.buildArgs);
  return `workdir ${JSON.stringify([workdir, step.config.user, epoch])}`;
}

function runText(
  { command }: Step,
  run: ResolvedRun,
  { options }: Plan,
  platform: Platform,
): string {
  const { argv, cwd, user, network, security, program, mounts } = run;
  const hostname = sandboxHostname(options.buildArgs);
  const flags = options.flags?.run ?? [];
  const place = [cwd, user, network, security, formatPlatform(platform), hostname, ...flags];
  const devices = command.kind === 'run' ? command.devices : [];
  if (mounts.length === 0 && devices.length === 0 && program == null)
    return `run ${JSON.stringify([argv, place])}`;
  const [body] = command.kind === 'run' ? command.heredocs : [];
  const namespace = cacheNamespace(options.buildArgs);
  const rest = [devices, program ?? null, body?.content.slice(0, 2), mounts, namespace];
  return `run ${JSON.stringify([argv, place, rest])}`;
}

/** What is remembered of a build: only what the builder said, of inputs that stayed as they were. */

import { contextIdentity, recordName } from '../analysis/cacheFacts.ts';
import { type Analysis, analyze } from '../analysis.ts';
import type { FoundBuilder } from '../builder/builder.ts';
import type { StepResult } from '../builder/outcomes.ts';
import type { Vertex } from '../builder/progress.ts';
import type { BuildRecord, StepOutcome } from '../cache/buildRecord.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';
import { probeRecord } from '../cache/probeRecord.ts';
import { recordOf } from '../cache/recordOf.ts';
import type { Step } from '../model/plan.ts';
import { isSaved } from './buildOrder.ts';
import type { StepBytes } from './buildSizes.ts';
import type { Open, ServerState } from './serverState.ts';
import { settledWithKeys } from './settledKeys.ts';

/** A build that came to an end, well or not. */
export interface Built {
  /** As all was before the build began. */
  readonly before: Open;
  readonly keyed: KeyedPlan;
  readonly found: FoundBuilder;
  /** When it began, ISO 8601 in UTC. */
  readonly at: string;
  readonly results: ReadonlyMap<Step, StepResult>;
  readonly source?: BuildRecord['source'];
  /** Of a probe: steps that the builder was found not to have. */
  readonly misses?: ReadonlySet<Step>;
  /** The image that came of it; null: none did. Absent: not known. */
  readonly image?: string | null;
  /** Measured bytes of layers, as far as they are known. */
  readonly bytes?: ReadonlyMap<Step, StepBytes>;
  readonly vertices: ReadonlyMap<string, Vertex>;
}

export interface Recorded {
  readonly recorded: boolean;
  /** A full sentence where something was left out; else `''`. */
  readonly note: string;
}

/**
 * Adds the record of a build to the store. A step enters it with the key that it had before the
 * build, when the builder reported it as cached or run and the same key still holds afterwards: a
 * file that changed in between may have come to the builder in either state.
 */
export async function remember(built: Built, state: ServerState): Promise<Recorded> {
  const { before, keyed, found, at, results, source = 'build', misses = new Set() } = built;
  const { bytes, image } = built;
  const { records, digests, files } = state.ports;
  if (!records || !digests) return { recorded: false, note: '' };
  if (!(await isSaved(before, files))) {
    return nothing(
      'The Dockerfile changed on disk while it was built, so the build is not remembered.',
    );
  }
  const after = await keysAfter(built, state);
  if (!after) return nothing('A base image changed meanwhile, so the build is not remembered.');
  const held = new Set(after.steps.flatMap(({ key }) => key ?? []));
  const outcomes = new Map<Step, StepOutcome>();
  let moved = 0;
  for (const [step, { outcome, ms }] of results) {
    if (outcome !== 'cached' && outcome !== 'ran') continue;
    const key = keyed.of(step)?.key ?? null;
    if (key !== null && !held.has(key)) moved += 1;
    else outcomes.set(step, { outcome, ms, ...sizeOf(bytes?.get(step)) });
  }
  const name = recordName(before.subject);
  const earlier = await records.read(name);
  const made = recordOf(
    keyed,
    {
      dockerfile: name,
      context: contextIdentity(digests.text, before.analysis.context.path),
      at,
      source,
      builder: found.facts,
      complete: false,
      earlier,
      ...(image !== undefined && { image }),
      compared: before.analysis.keyed,
    },
    outcomes,
  );
  const lost = [...misses].filter((step) => held.has(keyed.of(step)?.key ?? ''));
  const record = source === 'probe' ? probeRecord(made, keyed, new Set(lost), earlier) : made;
  const movedNote = notRemembered(moved);
  const saysNothing = made.steps.length === 0 && !made.open && lost.length === 0;
  if (saysNothing) return nothing(movedNote);
  try {
    await records.add({
      ...record,
      files: filesHeld(record, recordOf(after, metaOf(record), outcomes), built),
    });
  } catch (error) {
    return nothing(error instanceof Error ? error.message : String(error));
  }
  state.analyzer.recordsChanged();
  return { recorded: true, note: movedNote };
}

function notRemembered(moved: number): string {
  if (moved === 0) return '';
  const steps = moved === 1 ? 'one step is' : `${moved} steps are`;
  return `Files changed while it was built, so ${steps} not remembered. Build again to have all of it.`;
}

function sizeOf(size: StepBytes | undefined): Pick<StepOutcome, 'bytes' | 'links'> {
  return size ? { bytes: size.bytes, ...(size.links && { links: true }) } : { bytes: null };
}

function nothing(note: string): Recorded {
  return { recorded: false, note };
}

function metaOf({ dockerfile, context, at, source, builder }: BuildRecord) {
  return { dockerfile, context, at, source, builder, complete: false, earlier: [] };
}

/**
 * What keys of a build know of images (`keyedFor`): a builder that is no part of the engine fetches
 * its own, of which the engine does not tell. Undefined: what is known.
 */
export function imagesOf({ loads }: FoundBuilder): Pick<KeyedPlan, 'identities'> | undefined {
  return loads ? undefined : { identities: {} };
}

/**
 * The keys as they are now, of the text and the settings that were built, made with the images as
 * they were before, as an engine may tell of one only now. Null: an image is another one now, and the
 * build may have found either.
 */
async function keysAfter(
  { before, keyed, found }: Built,
  state: ServerState,
): Promise<KeyedPlan | null> {
  const { subject } = before;
  state.analyzer.revalidate(subject.key);
  const now = await settledWithKeys(state, subject.key);
  const isSame = now && sameSubject(now.subject, subject);
  const analysis: Analysis = isSame
    ? now.analysis
    : await analyze(subject, state.ports, { keys: true });
  const { mergesLayers } = found.facts;
  const { identities } = analysis.keyedFor(mergesLayers);
  const isMoved = Object.entries(keyed.identities).some(
    ([place, identity]) => identities[place] !== undefined && identities[place] !== identity,
  );
  if (isMoved) return null;
  return analysis.keyedFor(mergesLayers, keyed);
}

function sameSubject(a: Open['subject'], b: Open['subject']): boolean {
  const flat = ({ settings, version: _, ...rest }: Open['subject']) =>
    JSON.stringify([rest, { ...settings, buildArgs: [...settings.buildArgs], mirrors: null }]);
  return flat(a) === flat(b);
}

/** The context as the builder holds it, without what changed meanwhile; null: it did not ask for it. */
function filesHeld(
  { files }: BuildRecord,
  now: BuildRecord,
  { vertices }: Built,
): BuildRecord['files'] {
  const loaded = [...vertices.values()].some(
    ({ name, completed, error }) =>
      name === '[internal] load build context' && completed !== null && !error,
  );
  if (!loaded || !files || !now.files) return null;
  const same = [...files].filter(([path, entry]) => {
    const other = now.files?.get(path);
    return (
      other?.kind === entry.kind &&
      other.mode === entry.mode &&
      other.bytes === entry.bytes &&
      other.mtimeNs === entry.mtimeNs &&
      other.content === entry.content
    );
  });
  return new Map(same);
}

/**
 * Records of earlier builds of one document, and what follows from them for the next build.
 * Nothing of the context is read for keys before there is a record to compare with, or someone asks.
 */

import {
  asIn,
  type BaseIdentities,
  comparedWith,
  type IdentityNow,
  movedBases,
  toRecord,
} from '../cache/baseIdentity.ts';
import type { BuilderFacts, BuildRecord, RecordStore } from '../cache/buildRecord.ts';
import type { Hash } from '../cache/hash.ts';
import { keyedPlan } from '../cache/keyedPlan.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';
import { createKeyMemory, type KeyMemory } from '../cache/keyMemory.ts';
import { type OwnStep, plainKeys } from '../cache/plainKeys.ts';
import { predict } from '../cache/predict.ts';
import type { Predictions } from '../cache/prediction.ts';
import { stageContents } from '../cache/stages/stageContents.ts';
import { entryDigests } from '../context/contentDigests.ts';
import type { SentContext } from '../context/contentFacts.ts';
import type { FileDigests } from '../context/fileDigests.ts';
import type { EngineInfo } from '../engine/engine.ts';
import type { Plan, ResolvedMount, Step } from '../model/plan.ts';
import type { ContextReading } from './contextFacts.ts';
import { BackgroundFact } from './facts.ts';
import type { Subject } from './subject.ts';

/** The machine's part in predictions. */
export interface CachePorts {
  /** Absent: there are no keys. */
  readonly digests?: FileDigests;
  /** Absent: there are no records. */
  readonly records?: RecordStore;
}

/** What the keys of a document's steps are, and what the next build does with them. */
export interface CacheReading {
  readonly keyed: KeyedPlan;
  /**
   * The keys to be recorded, for a builder whose store merges layers, or does not, or may. `like`:
   * images are what they were for that plan's keys.
   */
  keyedFor(mergesLayers: boolean | null, like?: Pick<KeyedPlan, 'identities'>): KeyedPlan;
  readonly predictions: Predictions;
  /** Stages, by index, whose base image is another than in the last build: full sentences. */
  readonly movedBases: ReadonlyMap<number, string>;
}

const none: readonly BuildRecord[] = [];

/** The records of one document; they are read once, and again when told. */
export class RecordFacts {
  readonly #ports: CachePorts;
  readonly #onChanged: () => void;
  #read: { readonly name: string; readonly fact: BackgroundFact<readonly BuildRecord[]> } | null =
    null;

  constructor(ports: CachePorts, onChanged: () => void) {
    this.#ports = ports;
    this.#onChanged = onChanged;
  }

  /** What is known now, the newest first; starts to read what is not. */
  of(subject: Subject): readonly BuildRecord[] {
    const { records } = this.#ports;
    if (!records) return none;
    const name = recordName(subject);
    if (this.#read?.name !== name) {
      this.#read?.fact.stop();
      const fetch = async () => ({ state: 'known', value: await records.read(name) }) as const;
      this.#read = { name, fact: new BackgroundFact(fetch, this.#onChanged, sameRecords) };
    }
    const { fact } = this.#read.fact.held;
    return fact.state === 'known' ? fact.value : none;
  }

  /** A record was added. */
  refresh(): void {
    this.#read?.fact.refresh();
  }

  get busy(): boolean {
    return (this.#read?.fact.settling ?? null) !== null;
  }

  async settled(): Promise<void> {
    await this.#read?.fact.settling;
  }

  stop(): void {
    this.#read?.fact.stop();
  }
}

/** The name under which records of a document are kept: its path, or its URI where it has none. */
export function recordName({ path, key }: Subject): string {
  return path ?? key;
}

/**
 * Two contexts with equal identities are the same folder for the builder, which goes by the last name
 * of the path alone (seen on an engine); null: there is none.
 */
export function contextIdentity(hash: Hash, root: string | null): string | null {
  return root === null
    ? null
    : hash(`context ${/[^\\/]*$/.exec(root.replace(/[\\/]+$/, ''))?.[0]}`);
}

const sentSince = new WeakMap<BuildRecord, SentContext>();

/** What the builder holds of a folder since the newest record that knows; null: nothing is known. */
export function sentContext(
  records: readonly BuildRecord[],
  root: string | null,
  { digests }: CachePorts,
): SentContext | null {
  if (!digests || root === null) return null;
  const identity = contextIdentity(digests.text, root);
  // A build that takes nothing of the context leaves the builder's copy as it was.
  const record = records.find(({ files, context }) => files?.size && context === identity);
  if (!record?.files) return null;
  const { files } = record;
  // The same one each time, so that what was compared with it need not be compared again.
  const known = sentSince.get(record) ?? ((path: string) => files.get(path));
  sentSince.set(record, known);
  return known;
}

/**
 * Keys and predictions, each made when it is first asked for. `now`: what is told of images. `engine`:
 * who builds as long as no record says it.
 */
export function cacheReading(
  plan: Plan,
  context: ContextReading,
  records: readonly BuildRecord[],
  { digests }: CachePorts,
  memory: KeyMemory | null = digests ? createKeyMemory(digests.text, entryDigests) : null,
  now: IdentityNow = () => null,
  engine: EngineInfo | null = null,
): CacheReading {
  const hash: Hash = digests?.text ?? ((text) => text);
  let keyed: KeyedPlan | null = null;
  let predictions: Predictions | null = null;
  let moved: ReadonlyMap<number, string> | null = null;
  const made = (builder: Rules, images: BaseIdentities) =>
    memory
      ? plainKeys(plan, (plain, own) => keysOf(plain, own, { context, builder, memory, images }))
      : noKeys(plan);
  return {
    get keyed() {
      const builder = records.find((record) => record.builder)?.builder ?? rulesOf(engine);
      keyed ??= made(builder, comparedWith(records, now, hash));
      return keyed;
    },
    keyedFor: (mergesLayers, like) =>
      made({ mergesLayers }, like ? asIn(like.identities) : toRecord(records, now, hash)),
    get movedBases() {
      moved ??= movedBases(plan, records, now, hash);
      return moved;
    },
    get predictions() {
      const noCache = plan.options.flags?.noCache ?? null;
      predictions ??=
        records.length === 0
          ? noPredictions
          : predict(this.keyed, records, noCache === null ? {} : { noCache });
      return predictions;
    },
  };
}

type Rules = Pick<BuilderFacts, 'mergesLayers' | 'hashesBelow'>;

/** How the builder of an engine does it (`factsOf` in `host/foundBuilder.ts` asks in other words). */
export function rulesOf(engine: EngineInfo | null): Rules {
  const stores = { containerd: true, classic: false, podman: null };
  const mergesLayers = engine && stores[engine.store];
  const isOld = engine?.product === 'Docker Engine' && Number.parseInt(engine.version, 10) < 28;
  return { mergesLayers, ...(isOld && { hashesBelow: true }) };
}

interface KeySources {
  readonly context: ContextReading;
  readonly builder: Rules;
  readonly memory: KeyMemory;
  readonly images: BaseIdentities;
}

function keysOf(
  plan: Plan,
  own: OwnStep,
  { context, builder, memory, images }: KeySources,
): KeyedPlan {
  const { hash } = memory;
  const content = (step: Step, mount: ResolvedMount | null) =>
    mount
      ? context.mountContent(own(step), step.run?.mounts.indexOf(mount) ?? -1)
      : context.content(own(step));
  return keyedPlan(plan, {
    hash,
    operations: memory.operations,
    bases: memory.bases,
    content: (step) => context.content(own(step)),
    mountContent: (step, index) => context.mountContent(own(step), index),
    stageContent: stageContents(plan, content, memory, images),
    mergesLayers: builder.mergesLayers,
    hashesBelow: builder.hashesBelow === true,
    images,
  });
}

function noKeys(plan: Plan): KeyedPlan {
  const nothing = () => undefined;
  const empty = () => [];
  const hash = (text: string) => text;
  const rules = { merges: true, hashesBelow: false };
  const lists = { contents: empty, images: empty, identities: {}, rules };
  return { plan, steps: [], of: nothing, hash, ...lists, base: nothing };
}

const noPredictions: Predictions = {
  of: () => undefined,
  again: { steps: 0, ms: 0, unknownTimes: 0 },
  noBuild: true,
};

function sameRecords(a: readonly BuildRecord[], b: readonly BuildRecord[]): boolean {
  return a.length === b.length && a.every((record, index) => same(record, b[index]));
}

function same(a: BuildRecord, b: BuildRecord | undefined): boolean {
  return a.at === b?.at && a.source === b.source && a.steps.length === b.steps.length;
}

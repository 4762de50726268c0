/** What is remembered of a build: what each step depended on, and what came of it. Readonly data. */

import type { SentEntry } from '../context/contentFacts.ts';
import type { KeyedPlan, KeyPart } from './keyedStep.ts';

export interface BuildRecord {
  readonly version: 1;
  /** Absolute path or URI of the Dockerfile, as the store files it. */
  readonly dockerfile: string;
  /** Digest of the name of the context folder, by which the builder keeps its copy; null: none. */
  readonly context: string | null;
  /** Name or index of the stage that was built; null: the last. */
  readonly target: string | null;
  readonly platform: string;
  /** Names of build arguments and digests of their values. */
  readonly arguments: Readonly<Record<string, string>>;
  /** When the build began, ISO 8601 in UTC. */
  readonly at: string;
  /**
   * `noticed`: an image of which nobody said how it was built, taken as built without options that no
   * image shows. `snapshot`: nothing was built; it stands for a build of that moment.
   */
  readonly source: 'build' | 'terminal' | 'noticed' | 'probe' | 'snapshot';
  readonly builder: BuilderFacts | null;
  /** Steps whose result the builder has since then, of all stages that were reached, in order. */
  readonly steps: readonly RecordedStep[];
  /**
   * The same steps as a builder has them that merges no layers; in a snapshot, which knows no builder.
   * Absent: their keys are the same.
   */
  readonly unmerged?: readonly RecordedStep[];
  /**
   * Keys that the builder was found not to have any more, though an older record has them: they count
   * as unknown to it unless a newer record has them. Absent: none.
   */
  readonly gone?: readonly string[];
  /**
   * Operations that were part of it, of which not all that decides their key was known, or of which a
   * probe told nothing: the builder may have them. Absent: none.
   */
  readonly open?: readonly (readonly KeyPart[])[];
  /** Id of the image that it made, in the engine; null: it made none. Absent: not known. */
  readonly image?: string | null;
  /**
   * What the images were that it started from and took files of: their identity (`baseIdentity.ts`),
   * which its keys are made with, by digests of reference and platform (`imagePlace`). Absent: their references
   * stand for them.
   */
  readonly bases?: Readonly<Record<string, string>>;
  /** The context as the builder holds it since then, by relative path; null: not kept (older records). */
  readonly files: ReadonlyMap<string, SentEntry> | null;
}

export interface BuilderFacts {
  readonly name: string;
  /** Does its store merge layers, so that `COPY --link` stands on its own? Null: not known. */
  readonly mergesLayers: boolean | null;
  /** Whose bytes the sizes of steps count, as in `engine/engine.ts`; absent: file contents. */
  readonly store?: 'classic' | 'containerd' | 'podman';
  /**
   * A RUN with a secret or an SSH mount is also found where the files below it are equal, although the
   * steps that made them ran again (BuildKit before 0.16, `getMountDeps` in `ops/exec.go`). Absent: it is not.
   */
  readonly hashesBelow?: true;
  /** Identity of the engine that it is a part of, as in `EngineInfo.id`; absent: not known, or of none. */
  readonly engine?: string;
}

export interface RecordedStep {
  readonly key: string;
  readonly parent: string;
  /** As in `KeyedStep`. */
  readonly after: string;
  readonly parts: readonly KeyPart[];
  readonly stage: number;
  /** Zero-based line of the instruction then. */
  readonly line: number;
  /** The instruction's text then, at most 2,000 characters. */
  readonly text: string;
  /** `assumed`: from a snapshot. */
  readonly outcome: 'cached' | 'ran' | 'assumed';
  /** How long it ran, from the last build that ran it; null: not known. */
  readonly ms: number | null;
  /** Bytes of its layer, as measured; null: not known. */
  readonly bytes: number | null;
  /** Lengths of links may be in these bytes. Absent: they are not. */
  readonly links?: true;
  /** Paths that its sources selected in the context, to tell which of `files` it took. */
  readonly took: readonly string[];
}

/** What a record says beside its steps. */
export interface RecordMeta
  extends Pick<BuildRecord, 'dockerfile' | 'context' | 'at' | 'source' | 'builder' | 'image'> {
  /** False: the build ended early, so that the builder has only the steps with an outcome. */
  readonly complete: boolean;
  /** Records from before, the newest first: times and sizes of steps that did not run now. */
  readonly earlier: readonly BuildRecord[];
  /** The same plan with keys as these records have them; absent: as the new record has them. */
  readonly compared?: KeyedPlan;
}

/** What a build did with a step. */
export type StepOutcome = Pick<RecordedStep, 'outcome' | 'ms' | 'bytes' | 'links'>;

/** Where records are kept. Every method answers for one Dockerfile, by its path or URI. */
export interface RecordStore {
  /** The newest first, as many as are kept; damaged ones are left out. Never rejects. */
  read(dockerfile: string): Promise<readonly BuildRecord[]>;
  /** Rejects with an Error whose message is a full sentence. */
  add(record: BuildRecord): Promise<void>;
}

/**
 * The contract that `report --json` and the stack request share: figures, effects and predictions of
 * a Dockerfile as data. Positions are zero-based, as in LSP; sizes are bytes.
 */

import type { Range } from 'vscode-languageserver-protocol';

/** How a figure is known. Unknown is never zero. */
export type Basis = 'measured' | 'computed' | 'estimated' | 'unknown';

export interface SizeReport {
  readonly basis: Basis;
  /** Unknown: `bytes`, `low` and `high` are null, and `reason` says why. */
  readonly bytes: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** A part of it is unknown. */
  readonly atLeast: boolean;
  readonly reason: string;
  /** A better figure is on its way (server only). */
  readonly pending?: boolean;
  /** What the figure is made of, largest first. */
  readonly parts?: readonly { readonly label: string; readonly bytes: number | null }[];
  /** Whose bytes they are, `classic`, `containerd` or `podman`; `classic` when absent. */
  readonly store?: string;
  /** Beside a measured figure: what was computed or estimated before; absent: nothing was. */
  readonly estimated?: SizeReport;
  /** Beside a figure of file contents: what an engine measured in its own way, as its store counts. */
  readonly measured?: { readonly bytes: number; readonly store: string; readonly reason: string };
  /** Of a sum: how many of its lines are unknown, or in part; absent: none. */
  readonly unknownLines?: number;
}

export interface CacheReport {
  readonly prediction: 'cached' | 'changed' | 'rebuild' | 'unknown';
  readonly cause: { readonly line: number | null; readonly reason: string } | null;
  /** Full sentences worth knowing, such as that a base counts as unmoved. */
  readonly notes?: readonly string[];
  /** How long it ran when it was last run, in milliseconds; null: not known. */
  readonly lastMs?: number | null;
}

/** What the next build runs again, as far as it is known. */
export interface AgainReport {
  readonly steps: number;
  /** What those steps took when they last ran, in milliseconds, of those whose time is known. */
  readonly ms: number;
  readonly unknownTimes: number;
  /** They are in stages that do not wait for each other, so that a build may take less than `ms`. */
  readonly sideBySide: boolean;
  /** Steps of which it is not known whether they run again. */
  readonly unknown: number;
  /** What it is compared with, at the time in ISO 8601. */
  readonly since: {
    readonly at: string;
    readonly source: 'build' | 'terminal' | 'noticed' | 'probe' | 'snapshot';
  } | null;
  /** The first misses in the order of the file, each with what follows it; lines are zero-based. */
  readonly causes: readonly {
    readonly line: number;
    /** The line that causes it, which may be an ARG or ENV above. */
    readonly causeLine: number;
    readonly reason: string;
    /** Steps that run again because of it, its own included. */
    readonly steps: number;
    /** Null: no time is known. */
    readonly ms: number | null;
    /** All of it in words, the line 1-based. */
    readonly text: string;
  }[];
}

/** What an edit of what a line takes costs, by the history of the context. */
export interface ChurnReport {
  /** Commits that were looked at, at most 200. */
  readonly commits: number;
  /** In how many of them something changed that the line takes. */
  readonly changed: number;
  /** Steps after it that then run again. */
  readonly steps: number;
  /** What these took and stored when they were last built, in all; null: not all of it is known. */
  readonly ms: number | null;
  readonly bytes: number | null;
  /** All of it in full sentences. */
  readonly text: string;
}

/** A layer as an engine or registry has it. */
export interface LayerReport {
  /** Digest of its archive when uncompressed, `sha256:…`; null: not certain. */
  readonly diffId: string | null;
  /** Id of the image in the engine; null: a registry told it. */
  readonly image: string | null;
  /** ISO 8601; null: not known. */
  readonly createdAt: string | null;
  /** `overlay2` …; null: a registry told it. */
  readonly driver: string | null;
  /** Its folder on the engine's machine, and a sentence where that is another machine; null: not told. */
  readonly folder: string | null;
  /** Bytes of the same line in the build before; null: none is known. */
  readonly before: number | null;
  /** What it grew or shrank by since then; null: none is known. */
  readonly grew: number | null;
}

/** The engine, and the image in it that was built from the Dockerfile. */
export interface EngineReport {
  /** `off`: by setting, option or Restricted Mode; `idle`: not asked yet; `down`: it does not answer. */
  readonly state: 'off' | 'idle' | 'connecting' | 'up' | 'down';
  /** A full sentence. */
  readonly text: string;
  readonly product: string | null;
  readonly version: string | null;
  readonly endpoint: string | null;
  readonly driver: string | null;
  readonly store: string | null;
  /** Null: none was found, `imageText` says why. */
  readonly image: ImageReport | null;
  /** A full sentence on which image the figures are from, or why there is none; `''`: not looked for. */
  readonly imageText: string;
  /** Other images that could be chosen, the likeliest first. */
  readonly candidates: readonly {
    readonly id: string;
    readonly references: readonly string[];
    readonly createdAt: string | null;
  }[];
}

/** The image that was built from the Dockerfile. */
export interface ImageReport {
  readonly id: string;
  readonly references: readonly string[];
  readonly createdAt: string | null;
  readonly foundBy: 'choice' | 'setting' | 'record' | 'compose' | 'history';
  /** False: it is probably that one. */
  readonly sure: boolean;
  /** Can be told which line made which layer? */
  readonly certain: boolean;
}

/** What became of the image since the build before; figures are of one store. */
export interface CompareReport {
  /** ISO 8601, of the build before. */
  readonly since: string;
  /** Bytes that the whole of the own layers grew by; negative: it shrank. */
  readonly own: number;
  /** Lines that grew or shrank, the largest change first; `line` is zero-based, null: the line is gone. */
  readonly lines: readonly {
    readonly line: number | null;
    readonly text: string;
    readonly before: number | null;
    readonly now: number | null;
  }[];
  /** A full sentence. */
  readonly text: string;
}

export interface InstructionReport {
  readonly range: Range;
  readonly keyword: string;
  readonly effect: 'base' | 'layer' | 'metadata';
  readonly layer: number | null;
  readonly createdBy: string | null;
  readonly createdByExact: boolean;
  /** Null for metadata. */
  readonly size: SizeReport | null;
  /** Null for FROM, metadata and stages that are not needed. */
  readonly cache: CacheReport | null;
  /** How often what it takes from the context changes; absent: it takes nothing, or git does not know. */
  readonly churn?: ChurnReport;
  /** The instruction on one line, shortened, for a row of a tree. */
  readonly text: string;
  /** What the instruction sets in the image config (`Sets the user to app.`); null for layers. */
  readonly metadataDetail: string | null;
  /** The layer that was built of it; absent: none is known. */
  readonly built?: LayerReport;
  /** An ONBUILD instruction of the base that runs here; `range` is then that of the FROM line. */
  readonly fromTrigger: boolean;
  /** BuildKit refuses this instruction; the problems say why. */
  readonly invalid: boolean;
  readonly display: DisplayText;
}

/** Words for a row, so that no client formats figures by itself. */
export interface DisplayText {
  /** `base`, `layer 3`, `metadata`, `not built`; `''` for an instruction that BuildKit refuses. */
  readonly effect: string;
  /** `1.2 MB`, `~84 MB`, `≥ 3 MB`; `''` when unknown or none. */
  readonly size: string;
  /** `cached`, `changed`, `rebuild` or `''`. */
  readonly cache: string;
  /** Beside a measured size: `84 MB`, estimated or computed, where that differs notably; else `''`. */
  readonly estimated: string;
  /** Against the build before: `+4.1 MB`, `−12 kB`; `''` when it did not grow, or none is known. */
  readonly grew: string;
  /** The layer that was built of it, in sentences: digest, time, where the engine keeps it. */
  readonly built: readonly string[];
  /** `41 s last time`; `''` when not known. */
  readonly time: string;
  /** The same for a row: `41 s`. */
  readonly took: string;
  /** Why it runs again, or why that is not known; `''` where it does not, or nothing is compared. */
  readonly cause: string;
  /** All of it as one sentence, for screen readers. */
  readonly accessible: string;
}

export interface StageReport {
  readonly index: number;
  readonly name: string | null;
  readonly needed: boolean;
  readonly base: {
    readonly reference: string;
    readonly stage: number | null;
    readonly scratch: boolean;
    readonly size: SizeReport;
    readonly layers:
      | readonly {
          readonly size: SizeReport;
          /** Null: not known. */
          readonly createdBy: string | null;
          readonly diffId: string | null;
          /** Compressed (transfer) bytes; null: not known. */
          readonly compressed: number | null;
          /** ISO 8601; null: not known. */
          readonly createdAt: string | null;
          readonly folder: string | null;
          readonly display: {
            /** What made it on one line, shortened: `RUN apt-get update`; `''` where nothing tells. */
            readonly text: string;
            /** `91 MB`, `28 MB compressed`; `''` when not known. */
            readonly size: string;
            /** Digest, time, where the engine keeps it; sentences. */
            readonly built: readonly string[];
          };
        }[]
      | null;
    /** Who says what is known of it: an engine, a registry, the bundled table, the settings; absent: nobody. */
    readonly source?: 'engine' | 'registry' | 'table' | 'setting';
    /** Platforms that the image is there for, by a registry; of an engine the one of its image; absent: not told. */
    readonly platforms?: readonly string[];
    /** What is told of the image beside its layers: digest, time, platforms; sentences, absent: nothing. */
    readonly facts?: readonly string[];
    /** Digest that registries name it by, else its id in the engine; absent: not told. */
    readonly digest?: string;
    /** The tag means another image than in the last build: a full sentence; absent: not as far as is known. */
    readonly moved?: string;
    readonly triggers: readonly InstructionReport[];
  };
  /** FROM first, then the instructions of the stage in order. */
  readonly instructions: readonly InstructionReport[];
  /** From FROM to the end of the last instruction. */
  readonly range: Range;
  /** Number of the stage's topmost own layer, those inherited through FROM stage counted; 0: none. */
  readonly lastLayer: number;
  /** What the stage's own layers add, those inherited through FROM stage included. */
  readonly own: SizeReport;
  readonly display: {
    /** The base on one line: `debian:bookworm`, `stage build`, `scratch`. */
    readonly base: string;
    /** Size of the base; `''` when unknown. */
    readonly baseSize: string;
    /** What the stage's own layers add; `''` when unknown. */
    readonly ownSize: string;
  };
}

/** A stage that can be chosen as target. */
export interface TargetReport {
  readonly index: number;
  readonly name: string | null;
  readonly line: number;
}

/** A build argument that the Dockerfile declares, the first declaration of each name. */
export interface ArgumentReport {
  readonly name: string;
  /** As written; null when the ARG has none. */
  readonly default: string | null;
  /** What is passed to the build by settings or choice; null: nothing. */
  readonly value: string | null;
  readonly line: number;
  /** Declared before the first FROM. */
  readonly global: boolean;
}

/** Which folder is taken as the build context, and why. */
export interface ContextChoiceReport {
  /** Null while it is being looked for, and where there is none; `reason` says so. */
  readonly path: string | null;
  /** Found by rule, not named by anyone. */
  readonly inferred: boolean;
  /** A full sentence. */
  readonly reason: string;
  /** Other folders that could be meant. */
  readonly alternatives: readonly string[];
}

export interface ProblemReport {
  readonly range: Range;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly message: string;
  readonly code?: string;
}

export interface StackReport {
  readonly schema: 1;
  readonly dockerfile: string;
  readonly context: string | null;
  readonly target: number;
  /** The error at which BuildKit stops comes first, all others in source order. */
  readonly problems: readonly ProblemReport[];
  readonly globals: readonly InstructionReport[];
  readonly stages: readonly StageReport[];
  readonly totals: {
    readonly layers: number;
    readonly baseLayers: number | null;
    readonly size: SizeReport;
    readonly base: SizeReport;
    readonly own: SizeReport;
  };
  /** Null: there is no earlier build to compare with. */
  readonly again: AgainReport | null;
  readonly engine: EngineReport;
  /** Null: no build before is known. */
  readonly compare: CompareReport | null;
  readonly targets: readonly TargetReport[];
  readonly arguments: readonly ArgumentReport[];
  /** `os/arch[/variant]` that the plan is made for. */
  readonly platform: string;
  readonly contextChoice: ContextChoiceReport;
  readonly display: {
    /** Size of the whole, `≥ 12 MB`; `''` when nothing of it is known. */
    readonly size: string;
    /** The same with what it lacks: `≥ 12 MB + 2 unknown lines`. */
    readonly total: string;
    readonly own: string;
    /** `7 layers`. */
    readonly layers: string;
    /** The image whose figures are shown: `app:latest`, `probably app:latest`; `''`: none is. */
    readonly image: string;
    /** Against the build before: `+4.1 MB`; `''` when it did not grow, or none is known. */
    readonly grew: string;
    /** What the next build runs again: `4 steps again, about 1 min 40 s`, `all cached`; `''` when not known. */
    readonly again: string;
    /** The same as a sentence. */
    readonly nextBuild: string;
    /** All of it as one sentence, for screen readers and tooltips. */
    readonly accessible: string;
  };
}

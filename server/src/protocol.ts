/**
 * The messages of our own, and the contract that `report --json` and the stack request share.
 * The only file that client and server both import. Positions are zero-based, as in LSP.
 */

import { NotificationType, type Range, RequestType } from 'vscode-languageserver-protocol';

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
  /** `classic` when absent. */
  readonly store?: string;
}

export interface CacheReport {
  readonly prediction: 'cached' | 'changed' | 'rebuild' | 'unknown';
  readonly cause: { readonly line: number | null; readonly reason: string } | null;
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
          readonly createdBy: string;
          readonly diffId: string;
        }[]
      | null;
    readonly triggers: readonly InstructionReport[];
  };
  /** FROM first, then the instructions of the stage in order. */
  readonly instructions: readonly InstructionReport[];
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
}

export interface StackParams {
  readonly textDocument: { readonly uri: string };
  readonly target?: string;
}

/** Client to server: the layer stack of a document; null when it is no open Dockerfile. */
export const stackRequest = new RequestType<StackParams, StackReport | null, void>(
  'dockerfileLayers/stack',
);

/** Server to client: asking for the stack of this document again gives something new. */
export const stackChanged = new NotificationType<{ readonly uri: string }>(
  'dockerfileLayers/stackChanged',
);

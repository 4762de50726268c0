/** What an analysis is asked of, and which folder its files come from. */

import type { Settings } from '../settings.ts';

/** One Dockerfile as it stands. */
export interface Subject {
  /** Identity over versions: the document's URI. */
  readonly key: string;
  /** Absolute path; null for a document that is no file. */
  readonly path: string | null;
  /** The workspace folder that holds it. */
  readonly folder: string | null;
  /** Restricted Mode: only files below these folders are read; null: no restriction. */
  readonly within: readonly string[] | null;
  /** Nobody has worked with the document yet: no process is started for it; absent: false. */
  readonly untouched?: boolean;
  readonly text: string;
  /** Different for different texts of one key. */
  readonly version: number;
  readonly settings: Settings;
}

/** Which folder is the build context, and why. */
export interface ContextState {
  /** Null while it is being looked for, and where there is none; `reason` says so. */
  readonly path: string | null;
  /** Found by rule, not named by anyone. */
  readonly inferred: boolean;
  /** A full sentence. */
  readonly reason: string;
  readonly alternatives: readonly string[];
}

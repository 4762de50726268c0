import type { Engine } from '../engine/engine.ts';

/** What a command of the tool sees of its process, so that tests can hand it another. */

export interface CliIo {
  /** Standard input, whole. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns of the terminal that the output goes to; null: it goes to none. */
  readonly columns: number | null;
  readonly color: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** The container engine of this machine, which is contacted when it is asked; absent: there is none. */
  readonly engine?: Engine;
  /** Starts the language server, which takes over the process. */
  readonly serve: () => Promise<void>;
}

/** Bad usage or an unreadable file: the sentence goes to standard error, the exit code is 2. */
export class Refusal extends Error {}

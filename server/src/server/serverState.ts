/** What the server's handlers share, so that each family of requests can stand in a file of its own. */

import type { Connection } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { AskLength } from '../analysis/downloads.ts';
import type { AskRegistry, PackageSizes } from '../analysis/packageSizes.ts';
import type { Subject } from '../analysis/subject.ts';
import type { Analysis, AnalysisPorts, Analyzer } from '../analysis.ts';
import type { Builder, NotedBuild } from '../builder/builder.ts';
import type { Prober } from '../builder/prober.ts';
import type { Settings } from '../settings.ts';
import type { Client } from './client.ts';
import type { PackageUpdates } from './packageUpdate.ts';

/** The machine as the server needs it. */
export interface ServerPorts extends AnalysisPorts {
  /** Absolute path of a `file:` URI in the host's form; null for any other. */
  pathOf(uri: string): string | null;
  /** Fetches package data when the client asks for it; absent: nothing is ever fetched. */
  readonly packageUpdates?: PackageUpdates;
  /** Asks a server how long a download is; absent: nobody is asked. */
  readonly askLength?: AskLength;
  /** Asks registries for sizes of packages; absent: nobody is asked. */
  readonly askRegistry?: AskRegistry;
  /** Keeps what registries said for another time. */
  readonly keepSizes?: (sizes: PackageSizes) => Promise<void>;
  /** Builds when the user asks for it; absent: nothing is ever built. */
  readonly builder?: Builder;
  /** The client's folder for what is kept; null: it gave none. */
  readonly useStorage?: (folder: string | null) => void;
  /** Asks a builder what it has; absent: none is ever asked. */
  readonly prober?: Prober;
  /** Builds that began since a time, in milliseconds since 1970; absent: none are noticed. */
  readonly buildsSince?: (time: number) => Promise<readonly NotedBuild[]>;
}

/** A document with its analysis, both of the same version. */
export interface Open {
  readonly document: TextDocument;
  readonly analysis: Analysis;
  readonly settings: Settings;
  readonly subject: Subject;
}

export interface ServerState {
  readonly connection: Connection;
  readonly ports: ServerPorts;
  readonly analyzer: Analyzer;
  /** What the client said of itself last. */
  readonly client: Client;
  /** The client has asked to shut down. */
  readonly ended: boolean;
  /** URIs of open documents. */
  readonly openUris: readonly string[];
  /** Null: it is no open document. Rejects where the document moved on. */
  analysisOf(uri: string, target?: string): Promise<Open | null>;
  /** With all that is being found out; only for what the user waits for. */
  settledAnalysisOf(uri: string): Promise<Open | null>;
  /** When builds were made, in milliseconds since 1970, of which it is known that no record may come of their images. */
  readonly unlikeBuilds: { readonly from: number; readonly to: number }[];
  /** Facts of this document moved: what the client shows is asked for again soon. */
  factsChanged(uri: string): void;
}

/**
 * The messages of our own, and the contract that `report --json` and the stack request share.
 * The only file that client and server both import. Positions are zero-based, as in LSP.
 */

import {
  NotificationType,
  RequestType,
  type WorkDoneProgressParams,
} from 'vscode-languageserver-protocol';

import type { StackReport } from './protocol/report.ts';

export type * from './protocol/report.ts';

export interface StackParams {
  readonly textDocument: { readonly uri: string };
  readonly target?: string;
}

/** What a client may tell the server when it starts it (`initializationOptions`). */
export interface InitializationOptions {
  /** The client has the commands that label parts of hints name; else hints come without commands. */
  readonly commands?: boolean;
  /** Docker DX or Container Tools is active: settings on `auto` stay silent then. */
  readonly otherDockerfileExtension?: boolean;
  /** The extension hadolint is active: advice that it gives too is shown more quietly. */
  readonly hadolint?: boolean;
  /** The client says with `visible` what somebody sees; else every open document counts as seen. */
  readonly visibility?: boolean;
  /** False in Restricted Mode: no file outside the workspace folders is read. */
  readonly trusted?: boolean;
  /** Folder of the extension's own for package data that the user has fetched. */
  readonly storage?: string;
  /** Settings for a client without `workspace/configuration`: the section `dockerfileLayers`. */
  readonly settings?: unknown;
}

/** What the user picked for one Dockerfile; a field that is absent or null leaves it to the settings. */
export interface Choices {
  readonly target?: string | null;
  readonly platform?: string | null;
  /** Laid over the arguments of the settings. */
  readonly buildArgs?: Readonly<Record<string, string>> | null;
  /** Absolute folder. */
  readonly context?: string | null;
  /** Id or reference of the image whose figures are shown. */
  readonly image?: string | null;
}

/** Commands that label parts of hints name; both take the document's URI and a zero-based line. */
export const revealLayerCommand = 'dockerfileLayers.revealLayer';
/** Puts the cursor on the line that broke the cache. */
export const revealCauseCommand = 'dockerfileLayers.revealCause';

/** Client to server: the layer stack of a document; null when it is no open Dockerfile. */
export const stackRequest = new RequestType<StackParams, StackReport | null, void>(
  'dockerfileLayers/stack',
);

export interface UpdatePackagesParams extends WorkDoneProgressParams {
  /** Open documents whose package indexes are wanted; absent: all open ones. */
  readonly documents?: readonly string[];
  /** Further indexes by name, such as `debian/trixie/arm64`. */
  readonly indexes?: readonly string[];
}

export interface UpdatePackagesResult {
  /** All that happened, in full sentences. */
  readonly message: string;
  readonly updated: readonly string[];
  readonly failed: readonly string[];
  readonly cancelled: boolean;
}

/** Client to server: fetch package indexes. Only this, `askDownloads`, `askRegistry` and the setting `registry.enable` let the server use the network. */
export const updatePackagesRequest = new RequestType<
  UpdatePackagesParams,
  UpdatePackagesResult,
  void
>('dockerfileLayers/updatePackages');

export interface AskDownloadsParams {
  readonly textDocument: { readonly uri: string };
}

export interface AskDownloadsResult {
  /** All that happened, one sentence a line. */
  readonly message: string;
  /** How many lengths are known now. */
  readonly known: number;
  /** What could not be found out, and why. */
  readonly failed: readonly string[];
  readonly cancelled: boolean;
}

/** Client to server: ask servers how long the downloads of a document are, one HEAD request each. */
export const askDownloadsRequest = new RequestType<AskDownloadsParams, AskDownloadsResult, void>(
  'dockerfileLayers/askDownloads',
);

export interface BuildParams extends WorkDoneProgressParams {
  readonly textDocument: { readonly uri: string };
}

export interface BuildResult {
  /** `refused`: nothing was built. */
  readonly outcome: 'built' | 'failed' | 'cancelled' | 'refused';
  /** What happened, in full sentences. */
  readonly message: string;
  /** Zero-based line that the build failed at; null: it did not, or none is named. */
  readonly line: number | null;
  /** The build is remembered, so that the next one can be predicted from it. */
  readonly recorded: boolean;
}

/** Client to server: build what the analysis of a saved document stands for, and remember what came of it. */
export const buildRequest = new RequestType<BuildParams, BuildResult, void>(
  'dockerfileLayers/build',
);

/** Server to client: the next lines of a build's log. */
export const buildOutput = new NotificationType<{ readonly uri: string; readonly text: string }>(
  'dockerfileLayers/buildOutput',
);

export interface ProbeParams {
  readonly textDocument: { readonly uri: string };
}

export interface ProbeResult {
  /** `complete`: the builder has all; `stopped`: it was stopped at the first step that it has not. */
  readonly outcome: 'complete' | 'stopped' | 'failed' | 'cancelled' | 'refused';
  /** What was found, in full sentences. */
  readonly message: string;
  /** Zero-based line of the first step that is not cached; null: there is none, or it is not known. */
  readonly line: number | null;
  /** Steps that the builder said it has. */
  readonly cached: number;
  readonly ms: number;
  /** What was found is remembered. */
  readonly recorded: boolean;
}

/** Client to server: ask the builder which steps of a saved document it has, without building it. */
export const probeRequest = new RequestType<ProbeParams, ProbeResult, void>(
  'dockerfileLayers/probe',
);

export interface TerminalBuildParams {
  /** The command as it was typed, where the shell says so. */
  readonly command: string;
  /** Absolute folder in which it ran; null: not known. */
  readonly folder: string | null;
  /** Null: not known. */
  readonly exitCode: number | null;
  /** When it began, milliseconds since 1970. */
  readonly startedAt: number;
  /** The user asks for this build; else it is taken only where the settings say so. */
  readonly asked: boolean;
}

export interface TerminalBuildResult {
  /** The build is remembered. */
  readonly recorded: boolean;
  /** Why, or why not; full sentences. */
  readonly message: string;
}

/** Client to server: a command ended in a terminal that may have built an open document. */
export const terminalBuildRequest = new RequestType<TerminalBuildParams, TerminalBuildResult, void>(
  'dockerfileLayers/terminalBuild',
);

/** Server to client: asking for the stack of this document again gives something new. */
export const stackChanged = new NotificationType<{ readonly uri: string }>(
  'dockerfileLayers/stackChanged',
);

/** Client to server: what the user picked for this Dockerfile; replaces what was picked before. */
export const choicesChanged = new NotificationType<{
  readonly uri: string;
  readonly choices: Choices;
}>('dockerfileLayers/choicesChanged');

/** Client to server: the window or an editor came to the front, so files may have changed unseen. */
export const focused = new NotificationType<{ readonly uri: string | null }>(
  'dockerfileLayers/focused',
);

/** Client to server: another Dockerfile extension was activated or went away. */
export const peersChanged = new NotificationType<{
  readonly otherDockerfileExtension: boolean;
  readonly hadolint?: boolean;
}>('dockerfileLayers/peersChanged');

/** Client to server: documents that somebody sees and works with; the engine is followed for these alone. */
export const visibleChanged = new NotificationType<{ readonly uris: readonly string[] }>(
  'dockerfileLayers/visible',
);

export interface AskRegistryParams extends WorkDoneProgressParams {
  readonly textDocument: { readonly uri: string };
}

export interface AskRegistryResult {
  /** All that happened, one sentence a line. */
  readonly message: string;
  /** References that are known now. */
  readonly known: readonly string[];
  readonly failed: readonly string[];
  readonly cancelled: boolean;
}

/** Client to server: read the base images of a document from their registries. */
export const askRegistryRequest = new RequestType<AskRegistryParams, AskRegistryResult, void>(
  'dockerfileLayers/askRegistry',
);

export interface WritableParams extends WorkDoneProgressParams {
  readonly textDocument: { readonly uri: string };
}

export interface WritableResult {
  /** A full sentence. */
  readonly message: string;
  readonly cancelled: boolean;
  readonly containers: readonly {
    readonly name: string;
    readonly state: string;
    /** Bytes that it wrote; null: not told. */
    readonly writes: number | null;
    /** `12 kB`; `''` when not told. */
    readonly size: string;
  }[];
}

/** Client to server: what containers made of the document's image have written. */
export const writableRequest = new RequestType<WritableParams, WritableResult, void>(
  'dockerfileLayers/writable',
);

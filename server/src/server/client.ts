/** What the client on the other side can do and told us when it started the server. */

import type { InitializeParams } from 'vscode-languageserver';
import { type InitializationOptions, revealCauseCommand, revealLayerCommand } from '../protocol.ts';

export interface Client {
  /** Answers `workspace/configuration`. */
  readonly configuration: boolean;
  readonly registersConfiguration: boolean;
  readonly registersWatchers: boolean;
  readonly changesFolders: boolean;
  readonly refreshesHints: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly pullsDiagnostics: boolean;
  /** Takes edits that name the document version they were made for. */
  readonly versionedEdits: boolean;
  /** Resolves tooltips of label parts; else the whole hint gets one. */
  readonly partTooltips: boolean;
  /** Shows Markdown in hovers; else they are plain text. */
  readonly markdown: boolean;
  /** Commands for label parts; null: the client has none of ours. */
  readonly commands: { readonly layer: string; readonly cause: string } | null;
  readonly otherDockerfileExtension: boolean;
  readonly hadolint: boolean;
  /** Says which documents somebody sees; else every open one counts as seen. */
  readonly visibility: boolean;
  /** False in Restricted Mode. */
  readonly trusted: boolean;
  /** Folder for what the user has fetched; null: nothing is kept. */
  readonly storage: string | null;
  /** Settings for a client without `workspace/configuration`. */
  readonly settings: unknown;
}

/** Reads capabilities and options; anything absent or of a wrong type is the careful answer. */
export function readClient(params: InitializeParams): Client {
  const { workspace, textDocument } = params.capabilities;
  const options: Readonly<Record<keyof InitializationOptions, unknown>> = {
    commands: undefined,
    otherDockerfileExtension: undefined,
    hadolint: undefined,
    visibility: undefined,
    trusted: undefined,
    storage: undefined,
    settings: undefined,
    ...(typeof params.initializationOptions === 'object' ? params.initializationOptions : {}),
  };
  const resolvable = textDocument?.inlayHint?.resolveSupport?.properties ?? [];
  return {
    configuration: workspace?.configuration === true,
    registersConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registersWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    changesFolders: workspace?.workspaceFolders === true,
    refreshesHints: workspace?.inlayHint?.refreshSupport === true,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    pullsDiagnostics: textDocument?.diagnostic !== undefined,
    versionedEdits: workspace?.workspaceEdit?.documentChanges === true,
    partTooltips: resolvable.includes('label.tooltip'),
    markdown: textDocument?.hover?.contentFormat?.includes('markdown') ?? true,
    commands:
      options.commands === true ? { layer: revealLayerCommand, cause: revealCauseCommand } : null,
    otherDockerfileExtension: options.otherDockerfileExtension === true,
    hadolint: options.hadolint === true,
    visibility: options.visibility === true,
    trusted: options.trusted !== false,
    storage: typeof options.storage === 'string' && options.storage !== '' ? options.storage : null,
    settings: options.settings,
  };
}

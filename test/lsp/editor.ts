/**
 * An editor without a screen: the real server on the other end of a pair of streams in memory, real
 * files in a folder of their own, and the messages that an editor sends.
 */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import {
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  ConfigurationRequest,
  createProtocolConnection,
  type Diagnostic,
  DiagnosticRefreshRequest,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type InlayHint,
  InlayHintRefreshRequest,
  InlayHintRequest,
  LogMessageNotification,
  type MarkupContent,
  type Position,
  type ProtocolConnection,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { nodeDecompressors } from '../../server/src/host/decompress.ts';
import { buildPlatform, pathOf } from '../../server/src/host/machine.ts';
import { nodeFileSystem } from '../../server/src/host/nodeFileSystem.ts';
import { type StackReport, stackChanged, stackRequest } from '../../server/src/protocol.ts';
import type { ServerPorts } from '../../server/src/server/serverState.ts';
import { startServer } from '../../server/src/server.ts';
import { writeTree } from '../support/files.ts';
import { drawHints, readDrawing } from '../support/marked.ts';

export interface EditorOptions {
  readonly capabilities?: ClientCapabilities;
  readonly initializationOptions?: unknown;
  /** The section `dockerfileLayers` for every document; changed with `configure`. */
  readonly settings?: unknown;
  /** Ports of the machine that a test replaces. */
  readonly ports?: Partial<ServerPorts>;
}

/** What VS Code says of itself, as far as the server looks. */
export const vscode: ClientCapabilities = {
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    workspaceFolders: true,
    workspaceEdit: { documentChanges: true },
    inlayHint: { refreshSupport: true },
    diagnostics: { refreshSupport: true },
  },
  textDocument: {
    diagnostic: {},
    inlayHint: { resolveSupport: { properties: ['tooltip', 'label.tooltip', 'label.command'] } },
  },
};

export class Editor {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'layers-')));
  readonly client: ProtocolConnection;
  readonly registered: string[] = [];
  readonly changed: string[] = [];
  readonly logged: string[] = [];
  hintRefreshes = 0;
  diagnosticRefreshes = 0;
  settings: unknown;
  #version = 1;
  #document = TextDocument.create('', 'dockerfile', 0, '');
  #options: EditorOptions;

  constructor(options: EditorOptions = {}) {
    this.#options = options;
    this.settings = options.settings;
    const up = new PassThrough();
    const down = new PassThrough();
    // Readers and writers, not bare streams: on those the library ends the process with the stream.
    const server = createConnection(
      ProposedFeatures.all,
      new StreamMessageReader(up),
      new StreamMessageWriter(down),
    );
    startServer(server, {
      files: nodeFileSystem,
      decompressors: nodeDecompressors,
      buildPlatform,
      pathOf,
      ...options.ports,
    });
    this.client = createProtocolConnection(
      new StreamMessageReader(down),
      new StreamMessageWriter(up),
    );
    this.client.onRequest(RegistrationRequest.type, ({ registrations }) => {
      this.registered.push(...registrations.map(({ method }) => method));
    });
    this.client.onRequest(ConfigurationRequest.type, ({ items }) =>
      items.map(() => this.settings ?? null),
    );
    this.client.onRequest(InlayHintRefreshRequest.type, () => {
      this.hintRefreshes += 1;
    });
    this.client.onRequest(DiagnosticRefreshRequest.type, () => {
      this.diagnosticRefreshes += 1;
    });
    this.client.onNotification(stackChanged, ({ uri }) => {
      this.changed.push(uri);
    });
    this.client.onNotification(LogMessageNotification.type, ({ message }) => {
      this.logged.push(message);
    });
    this.client.listen();
  }

  async initialize(): Promise<InitializeResult> {
    const result = await this.client.sendRequest(InitializeRequest.type, {
      processId: null,
      rootUri: null,
      capabilities: this.#options.capabilities ?? vscode,
      workspaceFolders: [{ uri: this.uriOf(''), name: 'test' }],
      initializationOptions: this.#options.initializationOptions,
    });
    await this.client.sendNotification(InitializedNotification.type, {});
    return result;
  }

  uriOf(path: string): string {
    return pathToFileURL(join(this.folder, path)).href;
  }

  get uri(): string {
    return this.#document.uri;
  }

  get text(): string {
    return this.#document.getText();
  }

  /** Writes the drawing's files and opens its Dockerfile. */
  async open(drawing: string, uri = this.uriOf('Dockerfile')): Promise<void> {
    const { text, tree } = readDrawing(drawing);
    writeTree(this.folder, tree);
    this.#document = TextDocument.create(uri, 'dockerfile', this.#version, text);
    await this.client.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: 'dockerfile', version: this.#version, text },
    });
  }

  /** Replaces the first occurrence of `before`, as an incremental change. */
  async edit(before: string, after: string): Promise<void> {
    const start = this.text.indexOf(before);
    if (start < 0) throw new Error(`the document does not hold ${before}`);
    const range = {
      start: this.#document.positionAt(start),
      end: this.#document.positionAt(start + before.length),
    };
    this.#version += 1;
    const change = { range, text: after };
    this.#document = TextDocument.update(this.#document, [change], this.#version);
    await this.client.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: this.uri, version: this.#version },
      contentChanges: [change],
    });
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, path), content);
  }

  async hints(): Promise<readonly InlayHint[]> {
    return (
      (await this.client.sendRequest(InlayHintRequest.type, {
        textDocument: { uri: this.uri },
        range: this.whole(),
      })) ?? []
    );
  }

  /** The Dockerfile with its hints drawn in. */
  async drawn(): Promise<string> {
    return drawHints(this.text, await this.hints());
  }

  async hover(position: Position): Promise<string | null> {
    const found = await this.client.sendRequest(HoverRequest.type, {
      textDocument: { uri: this.uri },
      position,
    });
    return found ? (found.contents as MarkupContent).value : null;
  }

  async diagnostics(): Promise<readonly Diagnostic[]> {
    const report = await this.client.sendRequest(DocumentDiagnosticRequest.type, {
      textDocument: { uri: this.uri },
    });
    return report.kind === 'full' ? report.items : [];
  }

  async actions(range: Range, only?: string[]): Promise<readonly CodeAction[]> {
    const found = await this.client.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: this.uri },
      range,
      context: { diagnostics: [], ...(only && { only }) },
    });
    return (found ?? []) as CodeAction[];
  }

  async stack(target?: string): Promise<StackReport | null> {
    return this.client.sendRequest(stackRequest, {
      textDocument: { uri: this.uri },
      ...(target !== undefined && { target }),
    });
  }

  whole(): Range {
    return {
      start: { line: 0, character: 0 },
      end: { line: this.#document.lineCount, character: 0 },
    };
  }

  at(offset: number): Position {
    return this.#document.positionAt(offset);
  }

  /** The edits of an action, whichever form the client asked for. */
  editsOf(action: CodeAction): readonly TextEdit[] {
    const { changes, documentChanges } = action.edit ?? {};
    return (
      changes?.[this.uri] ??
      ((documentChanges ?? []).flatMap((change) =>
        'edits' in change ? change.edits : [],
      ) as TextEdit[])
    );
  }

  close(): void {
    const end = () => this.client.dispose();
    // The server would otherwise go on hearing the engine.
    this.client.sendRequest(ShutdownRequest.type).then(end, end);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until `holds` does, for at most five seconds; then the assertion that follows fails. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await holds()) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

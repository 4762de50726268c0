/**
 * The language server: capabilities, documents, and one short handler per message.
 *
 * No handler waits for a disk, an engine or a network. An answer is made of what is known; when
 * more is known the client is told that asking again gives something new.
 */

import {
  CodeActionKind,
  type Connection,
  type Diagnostic,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  type InitializeResult,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isWithin } from './analysis/hostPaths.ts';
import type { Subject } from './analysis/subject.ts';
import { createAnalyzer } from './analysis.ts';
import { codeActions } from './features/codeActions.ts';
import { diagnostics } from './features/diagnostics.ts';
import { documentSymbols } from './features/documentSymbols.ts';
import { foldingRanges } from './features/foldingRanges.ts';
import { hover } from './features/hover.ts';
import { inlayHints, resolveInlayHint } from './features/inlayHints.ts';
import { stack } from './features/stack.ts';
import {
  type Choices,
  choicesChanged,
  focused,
  peersChanged,
  stackChanged,
  stackRequest,
  visibleChanged,
} from './protocol.ts';
import { handleAsking, shutDown } from './server/asking.ts';
import { handleAskRegistry } from './server/askRegistry.ts';
import { handleBuilding } from './server/build.ts';
import { readClient } from './server/client.ts';
import { createDocumentSettings, type DocumentSettings } from './server/documentSettings.ts';
import { createNoticing } from './server/noticedBuild.ts';
import { namesOf } from './server/packageUpdate.ts';
import { handleProbing } from './server/probe.ts';
import { type Changes, createRefresher } from './server/refresher.ts';
import { type Handler, Outdated, safely } from './server/safely.ts';
import type { Open, ServerPorts, ServerState } from './server/serverState.ts';
import { handleTerminalBuilds } from './server/terminalBuild.ts';
import { createUnwatched } from './server/unwatched.ts';
import { handleWritable } from './server/writable.ts';
import { type Settings, withChoices } from './settings.ts';

const capabilities: ServerCapabilities = {
  textDocumentSync: {
    openClose: true,
    change: TextDocumentSyncKind.Incremental,
    save: { includeText: false },
  },
  inlayHintProvider: { resolveProvider: true },
  hoverProvider: true,
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  codeActionProvider: {
    codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite],
  },
  diagnosticProvider: {
    identifier: 'dockerfile-layers',
    interFileDependencies: false,
    workspaceDiagnostics: false,
  },
  workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
};

/** Wires the server to a connection that is not listening yet, and makes it listen. */
export function startServer(connection: Connection, ports: ServerPorts): void {
  const documents = new TextDocuments(TextDocument);
  const choices = new Map<string, Choices>();
  /** Documents as they were opened, by version: opening one starts no process. */
  const untouched = new Map<string, number>();
  const log = connection.console;
  let client = readClient({ capabilities: {}, processId: null, rootUri: null });
  let folders: readonly string[] = [];
  let settings: DocumentSettings = createDocumentSettings(null, undefined, () => {});

  const refresher = createRefresher((changes) => tell(changes), { firstMs: 50, spacingMs: 300 });
  const analyzer = createAnalyzer(ports, (uri) => refresher.factsChanged(uri));
  const unwatched = createUnwatched(
    () => (client.registersWatchers ? folders : []),
    (uri) => analyzer.revalidate(uri),
  );
  let ended = false;
  const on = <P, R>(
    method: string,
    neutral: R,
    run: (params: P) => R | Promise<R>,
  ): Handler<P, R> => {
    const handler = safely<P, R>(log, method, neutral, run);
    return async (params, token) => (ended ? shutDown() : handler(params, token));
  };

  async function analysisOf(uri: string, target?: string): Promise<Open | null> {
    const document = documents.get(uri);
    if (!document) return null;
    const version = document.version;
    const known = settings.of(uri);
    // Awaiting only what is not here yet keeps the usual way from a message to its answer direct.
    const set = known instanceof Promise ? await known : known;
    if (documents.get(uri)?.version !== version) throw new Outdated();
    const chosen = withChoices(set, {
      ...choices.get(uri),
      ...(target !== undefined && { target }),
    });
    const path = ports.pathOf(uri);
    const subject: Subject = {
      key: uri,
      path,
      folder: path === null ? null : workspaceFolderOf(path, folders),
      within: client.trusted ? null : folders,
      untouched: untouched.get(uri) === version,
      text: document.getText(),
      version,
      settings: chosen,
    };
    const analysis = analyzer.analysis(subject, target !== undefined);
    unwatched.asked(uri, analysis.context.path);
    return { document, analysis, settings: chosen, subject };
  }

  /** With all that its base images are known to be; only for what the user waits for. */
  async function settledAnalysisOf(uri: string): Promise<Open | null> {
    for (;;) {
      const found = await analysisOf(uri).catch(() => null);
      if (!found) return null;
      namesOf([found.analysis]);
      if (!found.analysis.pending) return found;
      await analyzer.settled(uri);
    }
  }

  function tell({ uris, facts }: Changes): void {
    const open = uris.filter((uri) => documents.get(uri));
    if (facts && client.refreshesHints) ignore(connection.languages.inlayHint.refresh());
    if (facts && client.refreshesDiagnostics) ignore(connection.languages.diagnostics.refresh());
    for (const uri of open) {
      if (facts) noticing.look(uri);
      ignore(connection.sendNotification(stackChanged, { uri }));
      if (!client.pullsDiagnostics) void push(uri);
    }
  }

  function diagnosticsOf({ analysis, document }: Open): Diagnostic[] {
    return [...diagnostics(analysis, document, client), ...building.diagnosticsOf(document)];
  }

  /** For a client that does not pull diagnostics. */
  async function push(uri: string): Promise<void> {
    try {
      const found = await analysisOf(uri);
      if (!found) return;
      const items = diagnosticsOf(found);
      const { version } = found.document;
      await connection.sendDiagnostics({ uri, version, diagnostics: items });
    } catch (error) {
      if (!(error instanceof Outdated)) log.error(`publishDiagnostics: ${error}`);
    }
  }

  connection.onInitialize((params): InitializeResult => {
    client = readClient(params);
    ports.packageUpdates?.useFolder(client.storage);
    ports.useStorage?.(client.storage);
    folders = (params.workspaceFolders ?? (params.rootUri ? [{ uri: params.rootUri }] : []))
      .map(({ uri }) => ports.pathOf(uri))
      .filter((path) => path !== null);
    settings = createDocumentSettings(
      client.configuration
        ? (uri) =>
            connection.workspace.getConfiguration({ scopeUri: uri, section: 'dockerfileLayers' })
        : null,
      client.settings,
      (uri) => refresher.factsChanged(uri),
    );
    return { capabilities, serverInfo: { name: 'dockerfile-layers' } };
  });

  connection.onInitialized(() => {
    if (client.registersConfiguration) {
      const section = { section: 'dockerfileLayers' };
      ignore(connection.client.register(DidChangeConfigurationNotification.type, section));
    }
    if (client.registersWatchers) {
      const watchers = [{ globPattern: '**/*' }];
      ignore(connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }));
    }
    if (client.changesFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const paths = (list: readonly { uri: string }[]) =>
          list.map(({ uri }) => ports.pathOf(uri)).filter((path) => path !== null);
        const gone = new Set(paths(removed));
        folders = [...folders.filter((path) => !gone.has(path)), ...paths(added)];
        for (const { uri } of documents.all()) refresher.factsChanged(uri);
      });
    }
  });

  documents.onDidOpen(({ document }) => {
    untouched.set(document.uri, document.version);
    void settings.of(document.uri);
    analyzer.revalidate(document.uri);
    if (!client.visibility) analyzer.follow(documents.keys());
  });
  documents.onDidChangeContent(({ document }) => refresher.textChanged(document.uri));
  documents.onDidSave(({ document }) => {
    untouched.delete(document.uri);
    analyzer.retryEngines();
    analyzer.revalidate(document.uri);
    probing.saved(document.uri);
  });
  documents.onDidClose(({ document: { uri } }) => {
    untouched.delete(uri);
    unwatched.forget(uri);
    settings.forget(uri);
    analyzer.close(uri);
    if (!client.pullsDiagnostics) ignore(connection.sendDiagnostics({ uri, diagnostics: [] }));
  });

  connection.onDidChangeConfiguration(({ settings: pushed }) =>
    settings.reload(pushed?.dockerfileLayers ?? pushed),
  );
  connection.onDidChangeWatchedFiles(({ changes }) =>
    analyzer.filesChanged(
      changes.map(({ uri }) => ports.pathOf(uri)).filter((path) => path !== null),
    ),
  );
  connection.onNotification(visibleChanged, ({ uris }) => analyzer.follow(uris));
  connection.onNotification(focused, ({ uri }) => {
    analyzer.retryEngines();
    for (const one of uri === null ? documents.keys() : [uri]) analyzer.revalidate(one);
  });
  connection.onNotification(choicesChanged, ({ uri, choices: picked }) => {
    choices.set(uri, picked);
    if (documents.get(uri)) refresher.factsChanged(uri);
  });
  connection.onNotification(peersChanged, ({ otherDockerfileExtension, hadolint = false }) => {
    client = { ...client, otherDockerfileExtension, hadolint };
    for (const { uri } of documents.all()) refresher.factsChanged(uri);
  });

  connection.languages.inlayHint.on(
    on('textDocument/inlayHint', null, async ({ textDocument, range }) => {
      const found = await analysisOf(textDocument.uri);
      return found && inlayHints(found.analysis, found.document, range, client.commands);
    }),
  );
  connection.languages.inlayHint.resolve(async (hint, token) => {
    const run = on('inlayHint/resolve', hint, async () => {
      const found = await analysisOf(String(hint.data?.uri));
      return found ? resolveInlayHint(hint, found.analysis, found.document, client) : hint;
    });
    return run(undefined, token);
  });
  connection.onHover(
    on('textDocument/hover', null, async ({ textDocument, position }) => {
      if (untouched.delete(textDocument.uri)) refresher.factsChanged(textDocument.uri);
      analyzer.retryEngines();
      const found = await analysisOf(textDocument.uri);
      return found && hover(found.analysis, found.document, position, client);
    }),
  );
  connection.onDocumentSymbol(
    on('textDocument/documentSymbol', null, async ({ textDocument }) => {
      const found = await analysisOf(textDocument.uri);
      if (!found || !outlines(found.settings)) return null;
      return documentSymbols(found.analysis.program, found.document);
    }),
  );
  connection.onFoldingRanges(
    on('textDocument/foldingRange', null, async ({ textDocument }) => {
      const found = await analysisOf(textDocument.uri);
      if (!found || !outlines(found.settings)) return null;
      return foldingRanges(found.analysis.program, found.document);
    }),
  );
  connection.languages.diagnostics.on(
    on<DocumentDiagnosticParams, DocumentDiagnosticReport>(
      'textDocument/diagnostic',
      { kind: DocumentDiagnosticReportKind.Full, items: [] },
      async ({ textDocument }) => {
        const found = await analysisOf(textDocument.uri);
        const items = found ? diagnosticsOf(found) : [];
        return { kind: DocumentDiagnosticReportKind.Full, items };
      },
    ),
  );
  connection.onCodeAction(
    on('textDocument/codeAction', null, async ({ textDocument, range, context }) => {
      const found = await analysisOf(textDocument.uri);
      return found && codeActions(found.analysis, found.document, range, context, client);
    }),
  );
  connection.onRequest(
    stackRequest,
    on('dockerfileLayers/stack', null, async ({ textDocument, target }) => {
      const found = await analysisOf(textDocument.uri, target);
      return found && stack(found.analysis, found.document);
    }),
  );
  const state: ServerState = {
    connection,
    ports,
    analyzer,
    get client() {
      return client;
    },
    get ended() {
      return ended;
    },
    get openUris() {
      return documents.keys();
    },
    analysisOf,
    settledAnalysisOf,
    unlikeBuilds: [],
    factsChanged: (uri) => refresher.factsChanged(uri),
  };
  handleAsking(state);
  handleAskRegistry(state);
  const building = handleBuilding(state);
  const probing = handleProbing(state);
  handleTerminalBuilds(state);
  const noticing = createNoticing(state);
  handleWritable(state);
  connection.onShutdown(() => {
    ended = true;
    building.stop();
    probing.stop();
    noticing.stop();
    refresher.stop();
    analyzer.stop();
  });

  function outlines({ outline }: Settings): boolean {
    return outline === 'on' || (outline === 'auto' && !client.otherDockerfileExtension);
  }

  /** For messages that the client may refuse, or that find the connection closed: nothing follows from that. */
  function ignore(sent: Promise<unknown>): void {
    sent.catch(() => {});
  }

  documents.listen(connection);
  connection.listen();
}

/** The innermost workspace folder that holds the path; null when none does. */
function workspaceFolderOf(path: string, folders: readonly string[]): string | null {
  const holding = folders.filter((folder) => isWithin(path, folder));
  return holding.reduce<string | null>(
    (best, folder) => (best === null || folder.length > best.length ? folder : best),
    null,
  );
}

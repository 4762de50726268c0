/**
 * The extension's entry. Starts the language server and shows what it says: stack view, status bar
 * item, commands. It knows no Dockerfile syntax, starts no other process and opens no connection.
 */

import * as vscode from 'vscode';
import { LanguageClient, State, TransportKind } from 'vscode-languageclient/node';
import {
  choicesChanged,
  focused,
  type InitializationOptions,
  peersChanged,
  revealCauseCommand,
} from '../../server/src/protocol.ts';
import { Attention } from './attention.ts';
import { BuildLog } from './build.ts';
import { RememberedChoices } from './choices.ts';
import { registerCommands } from './commands.ts';
import { FollowedStack } from './followedStack.ts';
import { hasHadolint, hasPeer } from './peers.ts';
import { StackView } from './stackView.ts';
import { Status } from './status.ts';
import { TerminalBuilds } from './terminalBuilds.ts';

const commandsInHovers = [
  'dockerfileLayers.updatePackageData',
  'dockerfileLayers.askForDownloadSizes',
  'dockerfileLayers.buildAndRecord',
  'dockerfileLayers.askBuilder',
  'dockerfileLayers.chooseImage',
  'dockerfileLayers.readBaseImages',
  revealCauseCommand,
];

/** What `activate` gives to tests. */
export interface Api {
  readonly client: LanguageClient;
  readonly stack: FollowedStack;
  readonly view: StackView;
  readonly status: Status;
  readonly choices: RememberedChoices;
}

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const log = vscode.window.createOutputChannel('Dockerfile Layers', { log: true });
  const client = new LanguageClient(
    'dockerfileLayers',
    'Dockerfile Layers',
    { module: context.asAbsolutePath('dist/server.cjs'), transport: TransportKind.ipc },
    {
      documentSelector: [
        { scheme: 'file', language: 'dockerfile' },
        { scheme: 'untitled', language: 'dockerfile' },
      ],
      outputChannel: log,
      // Links in hovers; text of Dockerfiles is escaped there, and no other command runs.
      markdown: { isTrusted: { enabledCommands: commandsInHovers } },
      initializationOptions: () => ({
        ...initializationOptions(),
        storage: vscode.Uri.joinPath(context.globalStorageUri, 'packages').fsPath,
      }),
      middleware: {
        // The server should know what is built before it sees the text.
        didOpen: async (document, next) => {
          void choices.recall(document.uri.toString());
          await next(document);
        },
        // Nothing else tells that somebody reads hovers.
        provideHover: (document, position, token, next) => {
          attention.work();
          return next(document, position, token);
        },
        // Only when the mouse rests on a hint.
        resolveInlayHint: (hint, token, next) => {
          attention.work();
          return next(hint, token);
        },
      },
    },
  );
  const choices = new RememberedChoices(context.workspaceState, (uri, picked) =>
    client.sendNotification(choicesChanged, { uri, choices: picked }),
  );
  const stack = new FollowedStack(client);
  const view = new StackView(stack, context.globalState);
  const status = new Status(stack);
  const attention = new Attention(client, () => (view.visible ? stack.uri : undefined));
  const buildLog = new BuildLog(client);
  const terminalBuilds = new TerminalBuilds(client);
  const lookAgain = () => {
    if (client.state === State.Running) {
      void client.sendNotification(focused, { uri: stack.uri ?? null });
    }
  };
  const restart = async () => {
    if (client.state === State.Running) await client.restart();
    else await client.start();
  };

  let peers = peersNow();
  context.subscriptions.push(
    log,
    stack,
    view,
    status,
    attention,
    view.onDidShowAgain(() => attention.work()),
    stack.onDidChange(() => attention.changed()),
    buildLog,
    terminalBuilds,
    registerCommands({
      client,
      stack,
      view,
      choices,
      buildLog,
      terminalBuilds,
      attention,
      lookAgain,
      restart,
    }),
    vscode.window.onDidChangeWindowState((window) => window.focused && lookAgain()),
    vscode.window.onDidChangeActiveTextEditor(lookAgain),
    // An editor may leave out events of files; what was saved here is certain to have changed.
    vscode.workspace.onDidSaveTextDocument(lookAgain),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.extensions.onDidChange(() => {
      const now = peersNow();
      if (JSON.stringify(now) === JSON.stringify(peers)) return;
      peers = now;
      void client.sendNotification(peersChanged, now);
    }),
    { dispose: () => void client.dispose() },
  );
  void vscode.commands.executeCommand('setContext', 'dockerfileLayers.active', true);
  try {
    await client.start();
  } catch (error) {
    // The view says that there is no server; the client has shown the error.
    log.error(String(error));
  }
  return { client, stack, view, status, choices };
}

function peersNow() {
  return { otherDockerfileExtension: hasPeer(), hadolint: hasHadolint() };
}

/** Asked at each start of the server, so that a restart takes up what has changed. */
function initializationOptions(): InitializationOptions {
  return {
    commands: true,
    visibility: true,
    ...peersNow(),
    trusted: vscode.workspace.isTrusted,
  };
}

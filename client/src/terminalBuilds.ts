/**
 * Builds that the user makes in a terminal of the editor. Where the shell says which commands it ran,
 * the server is told of those that may have built an image; nothing is asked for or started here.
 */

import * as vscode from 'vscode';
import { type LanguageClient, State } from 'vscode-languageclient/node';
import {
  type TerminalBuildParams,
  type TerminalBuildResult,
  terminalBuildRequest,
} from '../../server/src/protocol.ts';

/** Much may look like a build that is none; the server reads it closely. */
const mayBuild = /\b(?:docker|buildx)\b.*\b(?:build|bake)\b/s;

/** Follows terminals until it is disposed of. */
export class TerminalBuilds implements vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #listening: vscode.Disposable;
  readonly #started = new WeakMap<vscode.TerminalShellExecution, number>();
  #last: TerminalBuildParams | undefined;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#listening = vscode.Disposable.from(
      vscode.window.onDidStartTerminalShellExecution(({ execution }) => {
        if (mayBuild.test(execution.commandLine.value)) this.#started.set(execution, Date.now());
      }),
      vscode.window.onDidEndTerminalShellExecution(({ execution, exitCode }) => {
        const startedAt = this.#started.get(execution);
        if (startedAt === undefined) return;
        this.#last = {
          command: execution.commandLine.value,
          folder: execution.cwd?.scheme === 'file' ? execution.cwd.fsPath : null,
          exitCode: exitCode ?? null,
          startedAt,
          asked: false,
        };
        void this.#send(this.#last);
      }),
    );
  }

  /** Has the last build taken over because the user asks for it, and says what came of it. */
  async takeOver(): Promise<TerminalBuildResult | undefined> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showInformationMessage(
        'Builds are not remembered in Restricted Mode. Trust the workspace to use this command.',
      );
      return undefined;
    }
    if (!this.#last) {
      void vscode.window.showInformationMessage(
        'No build was seen in a terminal of this window. Run `docker build` in a terminal that has shell integration, then use this command.',
      );
      return undefined;
    }
    const result = await this.#send({ ...this.#last, asked: true });
    if (result) void vscode.window.showInformationMessage(result.message);
    return result;
  }

  dispose(): void {
    this.#listening.dispose();
  }

  async #send(params: TerminalBuildParams): Promise<TerminalBuildResult | undefined> {
    if (!vscode.workspace.isTrusted || this.#client.state !== State.Running) return undefined;
    try {
      return await this.#client.sendRequest(terminalBuildRequest, params);
    } catch {
      // The server went away; the build is not remembered, and nobody waits for that.
      return undefined;
    }
  }
}

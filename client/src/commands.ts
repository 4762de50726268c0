/** The commands that need the editor. Those that name a line take it from a row, a hint or the cursor. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { revealCauseCommand, revealLayerCommand } from '../../server/src/protocol.ts';
import type { Attention } from './attention.ts';
import { type BuildLog, buildAndRecord, showBuildOutput } from './build.ts';
import type { RememberedChoices } from './choices.ts';
import { showContainerWrites } from './containerWrites.ts';
import { askForDownloads } from './downloads.ts';
import type { FollowedStack } from './followedStack.ts';
import { showMenu } from './menu.ts';
import { updatePackageData } from './packageData.ts';
import { pickBuildArguments, pickContext, pickPlatform, pickTarget } from './pickers.ts';
import { chooseImage, imagesAreKnown } from './pickImage.ts';
import { askBuilder } from './probe.ts';
import { readBaseImages } from './readBaseImages.ts';
import type { Row } from './row.ts';
import type { StackView } from './stackView.ts';
import { pickerCommand } from './subject.ts';
import type { TerminalBuilds } from './terminalBuilds.ts';

export interface Parts {
  readonly client: LanguageClient;
  readonly stack: FollowedStack;
  readonly view: StackView;
  readonly choices: RememberedChoices;
  readonly buildLog: BuildLog;
  readonly terminalBuilds: TerminalBuilds;
  readonly attention: Attention;
  /** Has the server look at the files on disk again. */
  readonly lookAgain: () => void;
  readonly restart: () => Promise<void>;
}

/** Registers all commands; disposing of the result takes them back. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const { client, stack, view, choices } = parts;
  const picker = (run: Parameters<typeof pickerCommand>[2]) => pickerCommand(stack, choices, run);
  const commands: Readonly<Record<string, (...args: never[]) => unknown>> = {
    toggleInlayHints,
    showMenu: picker(showMenu),
    pickTarget: picker(pickTarget),
    pickPlatform: picker(pickPlatform),
    pickBuildArguments: picker(pickBuildArguments),
    pickContext: picker(pickContext),
    chooseImage: pickerCommand(stack, choices, chooseImage, imagesAreKnown),
    readBaseImages: () => readBaseImages(client, stack.uri),
    showContainerWrites: () => showContainerWrites(client, stack, view),
    refresh: () => {
      parts.attention.workAnew();
      parts.lookAgain();
      stack.ask();
    },
    askBuilder: () => askBuilder(client, stack.document),
    takeOverLastBuild: () => parts.terminalBuilds.takeOver(),
    showBuildOutput: (uri?: unknown) =>
      showBuildOutput(parts.buildLog, typeof uri === 'string' ? uri : stack.uri),
    goToFirstMiss: () => goToFirstMiss(stack),
    goToCause: (row?: Row) => goToCause(stack, row ?? view.selected),
    buildAndRecord: () => buildAndRecord(client, parts.buildLog, stack.document),
    updatePackageData: () => updatePackageData(client),
    askForDownloadSizes: () => askForDownloads(client, stack.uri),
    restartServer: parts.restart,
    showLog: () => client.outputChannel.show(),
    sortBySize: () => view.setSort('size'),
    sortByOrder: () => view.setSort('order'),
    showMetadata: () => view.setMetadata(true),
    hideMetadata: () => view.setMetadata(false),
    revealLine: (row?: Row) => goToRow(stack, row ?? view.selected),
    copyHistory: (row?: Row) => copy((row ?? view.selected)?.history),
    copySize: (row?: Row) => copy((row ?? view.selected)?.bytes?.toString()),
    copyDiffId: (row?: Row) => copy((row ?? view.selected)?.diffId),
    copyImageId: (row?: Row) => copy((row ?? view.selected)?.image),
    copyLayerFolder: (row?: Row) => copy((row ?? view.selected)?.folder),
    [named(revealLayerCommand)]: async (uri: unknown, line: unknown) => {
      const place = placeOf(uri, line);
      if (!place) return;
      await goTo(place.uri, place.line);
      await view.revealLine(place.line);
    },
    [named(revealCauseCommand)]: async (uri: unknown, line: unknown) => {
      const place = placeOf(uri, line);
      if (place) await goTo(place.uri, place.line);
    },
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, run]) =>
      vscode.commands.registerCommand(`dockerfileLayers.${id}`, (...args: never[]) => {
        parts.attention.workNow();
        return run(...args);
      }),
    ),
  );
}

/** Turns our hints on or off where that is set now: in the workspace if it is set there. */
async function toggleInlayHints(): Promise<void> {
  const scope = vscode.window.activeTextEditor?.document.uri;
  const section = vscode.workspace.getConfiguration('dockerfileLayers', scope ?? null);
  const key = 'inlayHints.enable';
  const at = section.inspect<boolean>(key);
  const target =
    at?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : at?.workspaceValue !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await section.update(key, !section.get<boolean>(key, true), target);
}

async function goToRow(stack: FollowedStack, row: Row | undefined): Promise<void> {
  if (row?.lines && stack.document) await goTo(stack.document.uri, row.lines.first);
}

/** Goes to where what the next build runs again begins, or says in the status bar why it cannot. */
async function goToFirstMiss({ document, report }: FollowedStack): Promise<void> {
  const [first] = report?.again?.causes ?? [];
  if (document && first) {
    await goTo(document.uri, first.causeLine);
    return;
  }
  const why = report?.display.nextBuild || 'There is no earlier build to compare with.';
  vscode.window.setStatusBarMessage(document ? why : 'Open a Dockerfile first.', 4000);
}

async function goToCause(stack: FollowedStack, row: Row | undefined): Promise<void> {
  if (row && row.causeLine !== null && stack.document)
    await goTo(stack.document.uri, row.causeLine);
}

/** Puts the cursor on a line; the focus stays where it is, so that the arrow keys go on in the tree. */
async function goTo(uri: vscode.Uri, line: number): Promise<void> {
  const start = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(uri, {
    selection: new vscode.Range(start, start),
    preserveFocus: true,
    preview: true,
  });
}

async function copy(text: string | null | undefined): Promise<void> {
  if (!text) return;
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage('Copied.', 2000);
}

/** The arguments of a hint's command; whatever else is passed names no place. */
function placeOf(uri: unknown, line: unknown): { uri: vscode.Uri; line: number } | undefined {
  if (typeof uri !== 'string' || typeof line !== 'number') return undefined;
  return { uri: vscode.Uri.parse(uri), line };
}

function named(command: string): string {
  return command.slice('dockerfileLayers.'.length);
}

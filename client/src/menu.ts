/** The menu of the status bar item: what is built, what the next build does, and the commands for both. */

import * as vscode from 'vscode';
import type { StackReport } from '../../server/src/protocol.ts';
import { engineName, openEngineSettings } from './engineWords.ts';
import {
  folderName,
  pickBuildArguments,
  pickContext,
  pickPlatform,
  pickTarget,
} from './pickers.ts';
import { chooseImage } from './pickImage.ts';
import { type Action, type Subject, stageName } from './subject.ts';

interface ActionItem extends vscode.QuickPickItem {
  readonly run?: Action;
}

/** The whole menu. */
export async function showMenu(subject: Subject): Promise<void> {
  const { report, choices, uri } = subject;
  const target = report.targets.find((one) => one.index === report.target);
  const picked = choices.of(uri);
  const set = report.arguments.filter((argument) => argument.value !== null);
  const items: ActionItem[] = [
    nextBuild(report),
    {
      label: '$(target) Target stage',
      description: target ? stageName(target) : 'none',
      detail: source(picked.target),
      run: pickTarget,
    },
    {
      label: '$(chip) Platform',
      description: report.platform,
      detail: source(picked.platform),
      run: pickPlatform,
    },
    {
      label: '$(symbol-parameter) Build arguments',
      description: set.map((one) => `${one.name}=${one.value}`).join(' ') || 'none given',
      detail: source(picked.buildArgs),
      run: pickBuildArguments,
    },
    {
      label: '$(folder) Build context',
      description: report.contextChoice.path ? folderName(report.contextChoice.path) : 'unknown',
      detail: report.contextChoice.reason,
      run: pickContext,
    },
    {
      label: '$(package) Built image',
      description: report.display.image || 'none is known',
      detail: source(picked.image) || report.engine.imageText,
      run: chooseImage,
    },
    {
      label: '$(server) Engine',
      description: engineName(report),
      detail: report.engine.text,
      run: openEngineSettings,
    },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...(vscode.workspace.isTrusted
      ? [
          command('$(tools) Build and record', 'dockerfileLayers.buildAndRecord'),
          command('$(question) Ask the builder what is cached', 'dockerfileLayers.askBuilder'),
        ]
      : []),
    command('$(eye) Toggle inlay hints', 'dockerfileLayers.toggleInlayHints'),
    command('$(list-tree) Show the layers', 'dockerfileLayers.stack.focus'),
    command('$(refresh) Refresh', 'dockerfileLayers.refresh'),
    command('$(terminal) Show build output', 'dockerfileLayers.showBuildOutput'),
    command('$(output) Show log', 'dockerfileLayers.showLog'),
  ];
  if (Object.keys(picked).length > 0) {
    items.splice(7, 0, {
      label: '$(discard) Back to the settings',
      description: 'forget what was picked for this Dockerfile',
      run: ({ choices, uri }) =>
        choices.pick(uri, {
          target: null,
          platform: null,
          buildArgs: null,
          context: null,
          image: null,
        }),
    });
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.workspace.asRelativePath(subject.document.uri),
    placeHolder: 'What is built from this Dockerfile',
  });
  await chosen?.run?.(subject);
}

/** What the next build runs again, and the way to where that begins; or the way to know it. */
function nextBuild({ again, display }: StackReport): ActionItem {
  const label = '$(history) Next build';
  const [first] = again?.causes ?? [];
  if (first) {
    const detail = `${first.text.charAt(0).toUpperCase()}${first.text.slice(1)}.`;
    return {
      ...command(label, 'dockerfileLayers.goToFirstMiss'),
      description: display.again,
      detail,
    };
  }
  if (again) return { label, description: display.again, detail: display.nextBuild };
  const description = 'not known';
  const detail = 'There is no earlier build to compare with.';
  if (!vscode.workspace.isTrusted) return { label, description, detail };
  return {
    ...command(label, 'dockerfileLayers.buildAndRecord'),
    description,
    detail: `${detail} Build and Record makes one.`,
  };
}

function command(label: string, id: string): ActionItem {
  return { label, run: async () => vscode.commands.executeCommand(id) };
}

function source(picked: unknown): string {
  return picked === undefined || picked === null ? '' : 'Picked for this Dockerfile.';
}

/** The Dockerfile that a command of the menu is about. */

import * as vscode from 'vscode';
import type { StackReport } from '../../server/src/protocol.ts';
import type { RememberedChoices } from './choices.ts';
import type { FollowedStack } from './followedStack.ts';

/** One Dockerfile with what is known of it and what was picked. */
export interface Subject {
  readonly uri: string;
  readonly document: vscode.TextDocument;
  readonly report: StackReport;
  readonly choices: RememberedChoices;
}

export type Action = (subject: Subject) => Promise<unknown>;

/** The user waits for what is being asked because of the command, but not for long. */
const patienceMs = 2500;

/** Makes a command of a picker; it says in the status bar why it cannot run. */
export function pickerCommand(
  stack: FollowedStack,
  choices: RememberedChoices,
  run: Action,
  ready: (report: StackReport) => boolean = () => true,
): () => Promise<void> {
  return async () => {
    await stack.until(ready, patienceMs);
    const { uri, document, report } = stack;
    if (!uri || !document || !report) {
      vscode.window.setStatusBarMessage('Open a Dockerfile first.', 4000);
      return;
    }
    await run({ uri, document, report, choices });
  };
}

/** A stage as people call it. */
export function stageName(target: {
  readonly name: string | null;
  readonly index: number;
}): string {
  return target.name ?? `stage ${target.index}`;
}

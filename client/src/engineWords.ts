/** What menus say of the engine, and the way to its settings. */

import * as vscode from 'vscode';
import type { StackReport } from '../../server/src/protocol.ts';

/** Opens the settings that say which engine and image are asked. */
export async function openEngineSettings(): Promise<void> {
  await vscode.commands.executeCommand(
    'workbench.action.openSettings',
    '@id:dockerfileLayers.engine.enable,dockerfileLayers.engine.endpoint,dockerfileLayers.image',
  );
}

/** `Docker Engine 28.5.2`, or what state it is in. */
export function engineName({ engine: { product, version, state } }: StackReport): string {
  if (product !== null) return [product, version].filter(Boolean).join(' ');
  const states = {
    off: 'off',
    idle: 'not asked yet',
    connecting: 'being asked',
    up: 'answers',
    down: 'does not answer',
  };
  return states[state];
}

/** Other extensions that report BuildKit's errors and give an outline of Dockerfiles. */

import * as vscode from 'vscode';

const peers = ['docker.docker', 'ms-azuretools.vscode-containers', 'ms-azuretools.vscode-docker'];

/** Whether one of them is installed and enabled in this window. */
export function hasPeer(): boolean {
  return peers.some((id) => vscode.extensions.getExtension(id) !== undefined);
}

/** Whether the extension hadolint is installed and enabled, which names some of the lines that we give advice on. */
export function hasHadolint(): boolean {
  return vscode.extensions.getExtension('exiasr.hadolint') !== undefined;
}

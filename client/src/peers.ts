/** Other extensions that report BuildKit's errors and give an outline of Dockerfiles. */

import * as vscode from 'vscode';

const peers = ['docker.docker', 'ms-azuretools.vscode-containers', 'ms-azuretools.vscode-docker'];

/** Whether one of them is installed and enabled in this window. */
export function hasPeer(): boolean {
  return peers.some((id) => vscode.extensions.getExtension(id) !== undefined);
}
